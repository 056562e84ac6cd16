package views

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/proto"
)

// View is what both kinds of view can do.
type View interface {
	// Map calls f for every element of the inputs and waits.
	Map(f any, args ...any) *Result
	// MapAsync is Map without waiting.
	MapAsync(f any, args ...any) *Result
	// Apply calls f with the arguments and waits.
	Apply(f any, args ...any) *Result
	// ApplyAsync is Apply without waiting.
	ApplyAsync(f any, args ...any) *Result
}

// base is what views have in common.
type base struct {
	conn     *conn.Conn
	settings settings
	targets  []proto.EngineID // empty: all
	err      error            // what is wrong with the view, told by its calls
}

func (b base) with(opts []Option) base {
	s, err := b.settings.with(opts)
	b.settings = s
	if b.err == nil {
		b.err = err
	}
	return b
}

// call is what a view's methods begin with: options apart, and errors that need no cluster found.
func (b base) call(f any, args []any) (base, *function, []any, error) {
	inputs, opts := split(args)
	if len(opts) > 0 {
		b = b.with(opts)
	}
	if b.err != nil {
		return b, nil, nil, b.err
	}
	fn, err := readFunction(f)
	return b, fn, inputs, err
}

func (b base) mapAsync(place proto.Placement, sync bool, f any, args []any) *Result {
	b, fn, xs, err := b.call(f, args)
	if err != nil {
		return failed("map", b.settings, err)
	}
	what := "map " + fn.unit.Name
	if fn.variadic != nil {
		return failed(what, b.settings, fmt.Errorf("cannot map %s: it is variadic; map a function that calls it", fn.describe()))
	}
	ins, streamed, err := readInputs(fn, xs, !sync)
	switch {
	case err != nil:
		return failed(what, b.settings, err)
	case len(ins) == 0:
		return failed(what, b.settings, fmt.Errorf("cannot map %s: it has no parameter; use Apply", fn.describe()))
	case streamed && place != proto.PlaceAny:
		return failed(what, b.settings, errors.New("a direct view shares inputs out, for which it must know how many there are: "+
			"map an iterator with a load-balanced view, or collect it with slices.Collect"))
	}
	spec := proto.JobSpec{Placement: place, Targets: b.targets, Open: streamed}
	refer(&spec, ins)
	objects, err := fn.use(b.settings.context(), b.conn, &spec, sync && !streamed && ins[0].block.N >= compileFirst)
	if err != nil {
		return failed(what, b.settings, err)
	}
	r := newResult(what, b.settings, shape{kind: proto.JobCall, inputs: ins, results: fn.results}, -1)
	r.compiled = fn.compiled
	if streamed {
		r.lazy = &stream{keep: sync}
	} else {
		spec.Inputs = blocks(ins)
		r.total = ins[0].block.N
	}
	if err := r.submit(b.conn, spec, objects); err != nil {
		return failed(what, b.settings, err)
	}
	if streamed {
		if err := r.feed(b.conn, ins); err != nil {
			r.abort(err)
		}
	}
	return r
}

func (b base) applyAsync(place proto.Placement, f any, args []any) *Result {
	b, fn, values, err := b.call(f, args)
	if err != nil {
		return failed("apply", b.settings, err)
	}
	what := fn.applied
	ins, err := readArgs(fn, values)
	if err != nil {
		return failed(what, b.settings, err)
	}
	spec := proto.JobSpec{Placement: place, Targets: b.targets, Inputs: blocks(ins)}
	refer(&spec, ins)
	objects, err := fn.use(b.settings.context(), b.conn, &spec, false)
	if err != nil {
		return failed(what, b.settings, err)
	}
	if place == proto.PlaceEach && len(b.targets) != 1 {
		objects = append(objects, largeArgs(&spec)...)
	}
	return b.run(what, spec, objects, shape{results: fn.results}, fn.compiled)
}

// run submits a job that has no elements of its own.
func (b base) run(what string, spec proto.JobSpec, objects []*proto.Object, sh shape, compiled *compilation) *Result {
	if b.err != nil {
		return failed(what, b.settings, b.err)
	}
	total := 1
	if sh.kind, sh.perEngine = spec.Kind, spec.Placement == proto.PlaceEach; sh.perEngine {
		if total = len(b.targets); total == 0 {
			total = -1
		}
	}
	r := newResult(what, b.settings, sh, total)
	r.compiled = compiled
	if err := r.submit(b.conn, spec, objects); err != nil {
		return failed(what, b.settings, err)
	}
	return r
}

func (b base) on() string {
	if len(b.targets) == 0 {
		return "all engines"
	}
	var ids []string
	for _, e := range b.targets {
		ids = append(ids, fmt.Sprint(int(e)))
	}
	if len(ids) == 1 {
		return "engine " + ids[0]
	}
	return "engines " + strings.Join(ids, ", ")
}

func (b base) engines() []int {
	var ids []int
	for _, e := range b.targets {
		ids = append(ids, int(e))
	}
	return ids
}

// LoadBalancedView runs functions on whichever engine is free. It is safe for concurrent use.
type LoadBalancedView struct{ base base }

// NewLoadBalanced makes a view for package client. No targets are all engines, now and later; err is told by the view's calls.
func NewLoadBalanced(c *conn.Conn, targets []proto.EngineID, err error) *LoadBalancedView {
	return &LoadBalancedView{base{conn: c, targets: slices.Clone(targets), err: err}}
}

// With returns the view with other defaults for its jobs' options.
func (v *LoadBalancedView) With(opts ...Option) *LoadBalancedView {
	return &LoadBalancedView{v.base.with(opts)}
}

// Map calls f for every element of the inputs, one input per parameter, and waits. Options may stand among the inputs. If engines
// are lost, what they had runs elsewhere.
func (v *LoadBalancedView) Map(f any, args ...any) *Result {
	return v.base.mapAsync(proto.PlaceAny, true, f, args).finish()
}

// MapAsync is Map without waiting.
func (v *LoadBalancedView) MapAsync(f any, args ...any) *Result {
	return v.base.mapAsync(proto.PlaceAny, false, f, args)
}

// Apply calls f with the arguments on one engine, and waits.
func (v *LoadBalancedView) Apply(f any, args ...any) *Result {
	return v.ApplyAsync(f, args...).finish()
}

// ApplyAsync is Apply without waiting.
func (v *LoadBalancedView) ApplyAsync(f any, args ...any) *Result {
	return v.base.applyAsync(proto.PlaceAny, f, args)
}

// Engines returns the ids of the engines that the view is bound to, none for all.
func (v *LoadBalancedView) Engines() []int { return v.base.engines() }

func (v *LoadBalancedView) String() string { return "LoadBalancedView of " + v.base.on() }

// DirectView runs functions and source on the engines that it addresses. It is safe for concurrent use.
type DirectView struct{ base base }

// NewDirect makes a view for package client. No targets are all engines there are at each call; err is told by the view's calls.
func NewDirect(c *conn.Conn, targets []proto.EngineID, err error) *DirectView {
	return &DirectView{base{conn: c, targets: slices.Clone(targets), err: err}}
}

// With returns the view with other defaults for its jobs' options.
func (v *DirectView) With(opts ...Option) *DirectView { return &DirectView{v.base.with(opts)} }

// Map calls f for every element of the inputs, one input per parameter, and waits. Each engine gets one contiguous share.
func (v *DirectView) Map(f any, args ...any) *Result {
	return v.base.mapAsync(proto.PlaceSplit, true, f, args).finish()
}

// MapAsync is Map without waiting.
func (v *DirectView) MapAsync(f any, args ...any) *Result {
	return v.base.mapAsync(proto.PlaceSplit, false, f, args)
}

// Apply calls f with the arguments on each engine, and waits. There is one value per engine.
func (v *DirectView) Apply(f any, args ...any) *Result {
	return v.ApplyAsync(f, args...).finish()
}

// ApplyAsync is Apply without waiting.
func (v *DirectView) ApplyAsync(f any, args ...any) *Result {
	return v.base.applyAsync(proto.PlaceEach, f, args)
}

// Engines returns the ids of the engines that the view is bound to, none for all.
func (v *DirectView) Engines() []int { return v.base.engines() }

func (v *DirectView) String() string { return "DirectView of " + v.base.on() }

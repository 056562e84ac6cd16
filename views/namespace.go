package views

import (
	"context"
	"fmt"
	"go/token"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/proto"
)

// Execute runs Go source in each engine's session, as a cell, and waits. What it declares stays there, for later calls. The values
// are what the last expression shows, a [Shown] each. It is compiled for engines on our own platform if this program is gocluster or a session
// of it; [Task.Tier] says how it ran, [Result.NotCompiled] why it is interpreted.
func (v *DirectView) Execute(source string, opts ...Option) *Result {
	return v.ExecuteAsync(source, opts...).finish()
}

// ExecuteAsync is Execute without waiting.
func (v *DirectView) ExecuteAsync(source string, opts ...Option) *Result {
	return v.base.with(opts).run("execute", proto.JobSpec{
		Kind: proto.JobExecute, Placement: proto.PlaceEach, Targets: v.base.targets, Source: source, Func: firstLine(source),
	}, nil, shape{}, nil)
}

// Clear empties the engines' sessions.
func (v *DirectView) Clear(opts ...Option) error {
	return v.base.with(opts).run("clear", proto.JobSpec{
		Kind: proto.JobClear, Placement: proto.PlaceEach, Targets: v.base.targets,
	}, nil, shape{}, nil).Wait(context.Background())
}

// Push sets variables in the engines' sessions.
func (v *DirectView) Push(vars map[string]any, opts ...Option) error {
	b := v.base.with(opts)
	spec := proto.JobSpec{Kind: proto.JobPush, Placement: proto.PlaceEach, Targets: b.targets}
	var objects []*proto.Object
	for _, name := range sortedKeys(vars) {
		value := unbox(reflect.ValueOf(vars[name]))
		if err := addName(&spec, name, value.IsValid()); err != nil {
			return err
		}
		data, err := codec.Append(nil, value)
		if err != nil {
			return fmt.Errorf("cannot push %s: %w", name, err)
		}
		spec.Types = append(spec.Types, codec.TypeText(value.Type()))
		objects = b.addValue(&spec, data, objects)
	}
	if len(vars) == 0 {
		return nil
	}
	return b.run("push", spec, objects, shape{}, nil).Wait(context.Background())
}

// largeValue is the size from which on a value that all engines get is an object, which travels once per machine.
const largeValue = 64 << 10

// addValue adds a value to a push, and to its objects if it is large.
func (b base) addValue(spec *proto.JobSpec, data []byte, objects []*proto.Object) []*proto.Object {
	var block proto.Block
	var hash proto.Hash
	if len(data) >= largeValue {
		o := b.conn.Object(data)
		block, hash, objects = proto.Block{Kind: proto.BlockNone, N: 1}, o.Hash, append(objects, o)
	} else {
		block.Append(data)
	}
	spec.Inputs, spec.Objects = append(spec.Inputs, block), append(spec.Objects, hash)
	return objects
}

// addName adds a variable's name to a push.
func addName(spec *proto.JobSpec, name string, hasType bool) error {
	if !token.IsIdentifier(name) || name == "_" {
		return fmt.Errorf("cannot push %q: it is no name of a Go variable", name)
	}
	if !hasType {
		return fmt.Errorf("cannot push %s: nil has no type", name)
	}
	spec.Names = append(spec.Names, name)
	return nil
}

// Pull evaluates an expression in the engines' sessions, for example the name of a variable, and returns the values, one per engine.
func (v *DirectView) Pull(expr string, opts ...Option) ([]any, error) {
	return v.PullAsync(expr, opts...).Get()
}

// PullAsync is Pull without waiting.
func (v *DirectView) PullAsync(expr string, opts ...Option) *Result {
	return v.base.with(opts).run("pull "+expr, proto.JobSpec{
		Kind: proto.JobPull, Placement: proto.PlaceEach, Targets: v.base.targets, Source: expr, Func: firstLine(expr),
	}, nil, shape{}, nil)
}

// Scatter cuts a slice or array into one contiguous part per engine, and sets the variable to its part, a slice, in each
// engine's session.
func (v *DirectView) Scatter(name string, xs any, opts ...Option) error {
	b := v.base.with(opts)
	if b.err != nil {
		return b.err
	}
	list, err := asSlice(xs)
	if err != nil {
		return fmt.Errorf("cannot scatter %s: %w", name, err)
	}
	spec := proto.JobSpec{Kind: proto.JobPush, Placement: proto.PlaceEach}
	if err := addName(&spec, name, true); err != nil {
		return err
	}
	if spec.Targets, err = b.present(); err != nil {
		return fmt.Errorf("cannot scatter %s: %w", name, err)
	}
	b.targets = spec.Targets
	spec.Types = []string{codec.TypeText(list.Type())}
	objects, err := b.addParts(&spec, list)
	if err != nil {
		return fmt.Errorf("cannot scatter %s: %w", name, err)
	}
	return b.run("scatter", spec, objects, shape{}, nil).Wait(context.Background())
}

// addParts adds a part of a list for each target to a push. Large ones are objects, which are made side by side.
func (b base) addParts(spec *proto.JobSpec, list reflect.Value) (objects []*proto.Object, err error) {
	n := len(spec.Targets)
	parts := make([]proto.Object, n)
	g := group.New(context.Background())
	for i := range n {
		_ = g.Go("part", func(context.Context) (err error) {
			p := &parts[i]
			if p.Data, err = codec.Append(nil, list.Slice(list.Len()*i/n, list.Len()*(i+1)/n)); err == nil && len(p.Data) >= largeValue {
				*p = *b.conn.Object(p.Data)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var block proto.Block
	for i := range parts {
		p := &parts[i]
		if spec.Objects = append(spec.Objects, p.Hash); !p.Hash.IsZero() {
			block.Append(nil)
			objects = append(objects, p)
			continue
		}
		block.Append(p.Data)
	}
	if spec.Inputs = []proto.Block{block}; len(objects) == 0 {
		spec.Objects = nil
	}
	return objects, nil
}

// asSlice returns the slice of a slice, an array or a range.
func asSlice(xs any) (reflect.Value, error) {
	if r, ok := xs.(Integers); ok {
		return reflect.ValueOf(slices.Collect(r.All())), r.err
	}
	v := unbox(reflect.ValueOf(xs))
	switch {
	case v.IsValid() && v.Kind() == reflect.Slice:
		return v, nil
	case v.IsValid() && v.Kind() == reflect.Array:
		out := reflect.MakeSlice(reflect.SliceOf(v.Type().Elem()), v.Len(), v.Len())
		reflect.Copy(out, v)
		return out, nil
	}
	return v, fmt.Errorf("a %T is no slice, array or views.Range", xs)
}

// present returns the engines that the view addresses now.
func (b base) present() ([]proto.EngineID, error) {
	if len(b.targets) > 0 {
		return b.targets, nil
	}
	st, err := b.conn.Status(b.settings.context())
	if err != nil {
		return nil, err
	}
	var ids []proto.EngineID
	for _, e := range st.Engines {
		if e.State != proto.EngineLost && e.State != proto.EngineDraining {
			ids = append(ids, e.ID)
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%w: the cluster has no engine; `goengine` starts some", ErrNoEngine)
	}
	slices.Sort(ids)
	return ids, nil
}

// Gather is the inverse of Scatter: it evaluates an expression, for example the name of a variable, in the engines' sessions,
// and returns their slices one after the other as one slice.
func (v *DirectView) Gather(expr string, opts ...Option) (any, error) {
	parts, err := v.Pull(expr, opts...)
	if err != nil {
		return nil, err
	}
	var all reflect.Value
	for _, part := range parts {
		p := reflect.ValueOf(part)
		switch {
		case !p.IsValid() || p.Kind() != reflect.Slice:
			return nil, fmt.Errorf("cannot gather %s: it is a %T on the engines, not a slice", expr, part)
		case !all.IsValid():
			all = reflect.MakeSlice(p.Type(), 0, p.Len()*len(parts))
		case p.Type() != all.Type():
			return nil, fmt.Errorf("cannot gather %s: it is a %s on one engine and a %s on another", expr, all.Type(), p.Type())
		}
		all = reflect.AppendSlice(all, p)
	}
	if !all.IsValid() {
		return nil, fmt.Errorf("cannot gather %s: %w", expr, ErrNoEngine)
	}
	return all.Interface(), nil
}

// firstLine is what people know source by.
func firstLine(source string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(source), "\n")
	return line
}

func sortedKeys(vars map[string]any) []string { return slices.Sorted(maps.Keys(vars)) }

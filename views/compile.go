package views

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
	"github.com/gocluster/gocluster/internal/unit/build"
)

// A function that is mapped is interpreted at once, and compiled meanwhile; engines turn to the program when it is there. Functions that
// are done before it is worth it are never compiled.

// When compiling begins: at once for jobs of many elements, for others when one has not ended for a while, or when there were so many.
const (
	compileAfter = 50 * time.Millisecond
	compileUses  = 32
	compileMany  = 10_000
	// A call that waits for its job and has this many elements waits a moment for its program first: on one machine, interpreters
	// would only take the compiler's time.
	compileFirst    = 100_000
	compilePatience = 300 * time.Millisecond
)

// compilation is what is known of a unit's programs. There is one for each unit.
type compilation struct {
	unit *unit.Unit

	mu       sync.Mutex
	programs map[string]*proto.Object // by platform; nil: there is none yet
	why      map[string]error         // by platform, why there will be none
	jobs     map[*Result]bool         // under way without a program for some of their engines
	uses     int                      // jobs that began without a program
	busy     bool                     // somebody sees to it
	many     chan struct{}            // closed when one of the jobs has many elements
}

var compilations sync.Map // *unit.Unit -> *compilation

func compilationOf(u *unit.Unit) *compilation {
	if c, ok := compilations.Load(u); ok {
		return c.(*compilation)
	}
	c, _ := compilations.LoadOrStore(u, &compilation{unit: u, programs: map[string]*proto.Object{}, why: map[string]error{}, jobs: map[*Result]bool{}})
	return c.(*compilation)
}

// prepare has what compiles be looked for when the first function is shipped: a job that is worth compiling then need not wait for that.
var prepare sync.Once

// platforms are those of a cluster's engines, as far as is known.
var platforms sync.Map // *conn.Conn -> []string

func platformsOf(c *conn.Conn) []string {
	if ps, ok := platforms.Load(c); ok && len(ps.([]string)) > 0 {
		return ps.([]string)
	}
	return here
}

// here are the platforms of clusters of which nothing is known.
var here = []string{build.Here()}

// askedPlatforms are those of a cluster's engines, which is asked if nothing is known yet.
func askedPlatforms(ctx context.Context, c *conn.Conn) []string {
	if _, known := platforms.Load(c); !known {
		if st, err := c.Status(ctx); err == nil { // else the job will say what is wrong with the connection
			var there []string
			for _, e := range st.Engines {
				if p := e.Info.Platform(); !slices.Contains(there, p) && e.Info.OS != "" {
					there = append(there, p)
				}
			}
			platforms.Store(c, there)
		}
	}
	return platformsOf(c)
}

// lacks reports whether a job is without a program for some of the platforms.
func lacks(programs []proto.Program, platforms []string) bool {
	return slices.ContainsFunc(platforms, func(p string) bool {
		return !slices.ContainsFunc(programs, func(q proto.Program) bool { return q.Platform == p })
	})
}

// keepCompiled is how many units' programs are kept in memory; the others are on the disk.
const keepCompiled = 8

// inMemory are the compilations whose programs are, the last used last.
var inMemory struct {
	sync.Mutex
	order []*compilation
}

// used notes that a unit's programs have been used, and drops those of the unit whose were not for longest.
func (c *compilation) used() {
	m := &inMemory
	m.Lock()
	defer m.Unlock()
	if n := len(m.order); n > 0 && m.order[n-1] == c {
		return
	}
	m.order = append(slices.DeleteFunc(m.order, func(o *compilation) bool { return o == c }), c)
	if len(m.order) > keepCompiled {
		old := m.order[0]
		m.order = slices.Delete(m.order, 0, 1)
		old.mu.Lock()
		clear(old.programs) // they are looked for again
		old.mu.Unlock()
	}
}

// ready returns the programs that are there.
func (c *compilation) ready(platforms []string) (programs []proto.Program, objects []*proto.Object) {
	defer func() {
		if len(programs) > 0 {
			c.used()
		}
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range platforms {
		o, looked := c.programs[p]
		if !looked {
			o, _ = c.compiler().Cached(c.unit, p)
			c.programs[p] = o
		}
		if o != nil {
			programs = append(programs, proto.Program{Platform: p, Hash: o.Hash})
			objects = append(objects, o)
		}
	}
	return programs, objects
}

// NeedsProgramError says that a function cannot be interpreted, and could not be compiled either.
type NeedsProgramError struct {
	// Func is the function; Why is why it cannot be interpreted, Err why it was not compiled.
	Func, Why string
	Err       error
}

func (e *NeedsProgramError) Error() string {
	return fmt.Sprintf("cannot send %s to engines: %s, and it was not compiled: %v", e.Func, e.Why, e.Err)
}

// Unwrap returns why the function was not compiled.
func (e *NeedsProgramError) Unwrap() error { return e.Err }

// use puts the programs that are there into a job. A unit that cannot be interpreted waits for its program; first says that others do so for a
// moment.
func (f *function) use(ctx context.Context, c *conn.Conn, spec *proto.JobSpec, first bool) ([]*proto.Object, error) {
	f.fill(spec)
	ps := platformsOf(c)
	if f.unit.Native != "" {
		ps = askedPlatforms(ctx, c)
	}
	prepare.Do(func() {
		_ = c.Go("prepare compiling", func(ctx context.Context) error {
			_ = build.Default().Prepare(ctx, build.Here()) // who builds is told what is wrong
			return nil
		})
	})
	if f.unit.Native != "" {
		f.compiled.build(ctx, ps)
	}
	programs, objects := f.compiled.ready(ps)
	if f.unit.Native != "" && len(programs) < max(1, len(ps)) {
		return nil, &NeedsProgramError{f.unit.Name, f.unit.Native, f.compiled.failure(ctx, ps)}
	}
	if first && len(programs) == 0 && f.unit.Main != "" && f.compiled.soon(ctx, c, ps) {
		programs, objects = f.compiled.ready(ps)
	}
	spec.Programs = programs
	if len(objects) == 0 {
		return f.objects(), nil
	}
	return append(slices.Clip(f.objects()), objects...), nil
}

var errNoEngines = errors.New("the cluster has no engines for which it could be")

// failure is why there is no program.
func (c *compilation) failure(ctx context.Context, platforms []string) error {
	return cmp.Or(c.refused(platforms), context.Cause(ctx), errNoEngines)
}

// refused is why there will be no programs for some of these platforms, nil if nothing is known against any. It names the platform unless
// it is the same for all.
func (c *compilation) refused(platforms []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, p := range platforms {
		switch err := c.why[p]; {
		case err == nil:
		case p == build.Here():
			return err
		default:
			errs = append(errs, fmt.Errorf("for engines on %s: %w", p, err))
		}
	}
	return errors.Join(errs...)
}

// watch has a job's unit compiled if the job takes long enough, and engines told.
func (c *compilation) watch(r *Result, n int) {
	c.wait(r, n)
	if r.Ready() { // perhaps since before it waited
		c.ended(r)
	}
}

func (c *compilation) wait(r *Result, n int) {
	ps := platformsOf(r.conn)
	if why := c.refused(ps); why != nil {
		r.setPlain(why)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.ContainsFunc(ps, func(p string) bool { return c.why[p] == nil }) {
		return
	}
	c.jobs[r] = true
	c.uses++
	if c.busy {
		c.hurry(n)
		return
	}
	c.busy, c.many = true, make(chan struct{})
	c.hurry(n)
	if r.conn.Go("compile", func(ctx context.Context) error { c.see(ctx, r.conn); return nil }) != nil {
		c.busy = false
	}
}

// hurry ends the wait where there are many elements. The caller holds mu.
func (c *compilation) hurry(n int) {
	select {
	case <-c.many:
	default:
		if n < 0 || n >= compileMany {
			close(c.many)
		}
	}
}

// see waits until compiling is worth it, and compiles.
func (c *compilation) see(ctx context.Context, conn *conn.Conn) {
	timer := time.NewTimer(compileAfter)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.many:
	case <-ctx.Done():
	}
	c.mu.Lock()
	idle := len(c.jobs) == 0 && c.uses < compileUses
	c.busy = !idle && ctx.Err() == nil
	c.mu.Unlock()
	if idle || ctx.Err() != nil {
		return
	}
	c.build(ctx, platformsOf(conn))
	c.mu.Lock()
	waiting := c.jobs
	c.jobs, c.busy = map[*Result]bool{}, false
	c.mu.Unlock()
	for r := range waiting {
		ps := platformsOf(r.conn)
		if why := c.refused(ps); why != nil {
			r.setPlain(why)
		}
		if programs, objects := c.ready(ps); len(programs) > 0 {
			// What cannot be sent goes with its connection, or is sent again on the next.
			_ = r.underWay().Compiled(ctx, programs, objects, c.unit.Quiet())
		}
	}
}

// soon builds programs, and reports whether that was done in a moment; else it goes on.
func (c *compilation) soon(ctx context.Context, conn *conn.Conn, platforms []string) bool {
	done := make(chan struct{})
	if conn.Go("compile", func(ctx context.Context) error { defer close(done); c.build(ctx, platforms); return nil }) != nil {
		return false
	}
	timer := time.NewTimer(compilePatience)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// build builds the programs that are missing.
func (c *compilation) build(ctx context.Context, platforms []string) {
	for _, p := range platforms {
		c.mu.Lock()
		have := c.programs[p] != nil || c.why[p] != nil
		c.mu.Unlock()
		if have {
			continue
		}
		o, err := c.compiler().Build(ctx, c.unit, p)
		c.mu.Lock()
		c.programs[p] = o
		if err != nil && ctx.Err() == nil {
			c.why[p] = err
		}
		c.mu.Unlock()
	}
}

func (c *compilation) ended(r *Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.jobs, r)
}

// setPlain notes why the job's function runs interpreted.
func (r *Result) setPlain(why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.plain = why
}

func (r *Result) underWay() *conn.Job {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.job
}

// NotCompiled says why the job's function is not compiled for engines, "" if nothing is known against it: it may still run interpreted, if
// it ended before compiling it was worth it. Of source that was executed it says why the engines that are done have interpreted it. [Task.Tier]
// says how each task ran.
func (r *Result) NotCompiled() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shape.kind == proto.JobExecute {
		return r.interpreted()
	}
	if r.plain == nil {
		return ""
	}
	var missing *build.MissingError
	if errors.As(r.plain, &missing) {
		return missing.Error()
	}
	return r.plain.Error()
}

// interpreted says why engines have interpreted source. The caller holds mu.
func (r *Result) interpreted() string {
	by := map[string][]string{}
	for _, p := range r.sorted() {
		var said struct{ Interpreted string }
		if len(p.Outputs) > 0 && json.Unmarshal(p.Outputs[0].At(0), &said) == nil && said.Interpreted != "" {
			by[said.Interpreted] = append(by[said.Interpreted], p.Engine.String())
		}
	}
	var all []string
	for _, why := range slices.Sorted(maps.Keys(by)) {
		if n := len(by[why]); n < r.total {
			all = append(all, fmt.Sprintf("%s: %s", strings.Join(by[why], ", "), why))
		} else {
			all = append(all, why)
		}
	}
	return strings.Join(all, "; ")
}

package session

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/interp"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session/host"
	"github.com/gocluster/gocluster/internal/unit"
)

// tasks are the shipped functions that this process has compiled, each in an interpreter of its own.
type tasks struct {
	byKey map[proto.Hash]*task
}

// task is a shipped function.
type task struct {
	unit     *unit.Unit
	captures []byte
	interp   *interp.Interp
	fn       reflect.Value
	lines    mapper
	// takesContext tells that the first parameter is a context, which is not among the inputs.
	takesContext bool
}

var contextType = reflect.TypeFor[context.Context]()

// file is the name of a unit's source.
const unitFile = "unit.go"

// compile makes the function ready to be called. It is called again when an element could not be stopped.
func (t *task) compile(exports []interp.Exports) error {
	i, err := interp.New(exports...)
	if err != nil {
		return err
	}
	if err := i.Load(unitFile, t.unit.Source); err != nil {
		return err
	}
	fn, err := i.Func(t.unit.Entry)
	if err != nil {
		return err
	}
	t.interp, t.fn = i, fn
	ft := fn.Type()
	t.takesContext = ft.NumIn() > 0 && ft.In(0) == contextType
	return t.capture(t.captures)
}

// capture gives the captured variables their values.
func (t *task) capture(data []byte) error {
	t.captures = data
	if len(t.unit.Captures) == 0 {
		return nil
	}
	var values [][]byte
	if err := codec.Unmarshal(data, &values); err != nil {
		return fmt.Errorf("the captured values: %w", err)
	}
	if len(values) != len(t.unit.Captures) {
		return fmt.Errorf("%d captured values for %d variables", len(values), len(t.unit.Captures))
	}
	for k, c := range t.unit.Captures {
		v, err := t.interp.Var(c.Var)
		if err == nil {
			err = t.names().UnmarshalValue(values[k], v)
		}
		if err != nil {
			return fmt.Errorf("the captured variable %s: %w", c.Name, err)
		}
	}
	return nil
}

// names are the types that the unit declares.
func (t *task) names() codec.Names { return t.interp.Types }

// call serves a callRequest.
func (p *process) call(r *callRequest) {
	t, err := p.task(r)
	if err != nil {
		p.reply(r.Seq, p.cells, func(*cell) *failure { return p.taskFailure(err) })
		return
	}
	p.reply(r.Seq, t.interp, func(c *cell) *failure {
		b, err := p.batch(t, r, c)
		if err != nil {
			return &failure{Kind: proto.KindValue, Name: "ValueError", Message: err.Error()}
		}
		b.run()
		chunk := b.chunk()
		c.note(func(d *done) { d.Chunk = chunk })
		if err := b.putBack(); err != nil {
			return &failure{Kind: proto.KindValue, Name: "ValueError", Message: err.Error()}
		}
		return nil
	})
}

func (p *process) taskFailure(err error) *failure {
	f := p.failure(err, nil)
	if f.Kind == proto.KindInternal {
		f.Kind = proto.KindValue
	}
	return f
}

// task finds or makes the function that a request calls.
func (p *process) task(r *callRequest) (*task, error) {
	if p.tasks.byKey == nil {
		p.tasks.byKey = map[proto.Hash]*task{}
	}
	for _, key := range r.Forget {
		delete(p.tasks.byKey, key)
	}
	t := p.tasks.byKey[r.Key]
	if t == nil || t.interp == nil {
		if t == nil {
			u, err := unit.Decode(r.Unit)
			if err != nil {
				return nil, err
			}
			t = &task{unit: u, lines: mapper{unitFile: {u.Source, u.Lines}}, captures: r.Captures}
			p.tasks.byKey[r.Key] = t
		}
		if t.unit.Native != "" {
			return nil, &interp.CompileError{File: t.unit.Name, Text: t.unit.Native}
		}
		if r.HasCaptures {
			t.captures = r.Captures
		}
		return t, t.compile(p.exports)
	}
	if r.HasCaptures {
		return t, t.capture(r.Captures)
	}
	return t, nil
}

// batch is a call under way: one goroutine runs its elements, one watches the time.
type batch struct {
	p      *process
	t      *task
	r      *callRequest
	c      *cell
	in     []reflect.Value // a slice for each parameter
	out    []reflect.Value // a slice for each result
	fails  bool            // the last result is an error
	errors []proto.ElementError
	lent   []lent

	mu sync.Mutex
	// life is the number of the goroutine that runs elements; one that could not be stopped has an old number.
	life int
	// ended is how many elements have ended, about.
	ended atomic.Int64
	// stop is set while elements are to end: a timeout, or an interrupt.
	stop atomic.Bool
	at   int       // the element that runs
	from time.Time // when it began
	late int       // the element that was stopped because of its time
}

// batch decodes a request's inputs.
func (p *process) batch(t *task, r *callRequest, c *cell) (*batch, error) {
	b := &batch{p: p, t: t, r: r, c: c}
	ft := t.fn.Type()
	skip := 0
	if t.takesContext {
		skip = 1
	}
	if got, want := len(r.Inputs), ft.NumIn()-skip; got != want {
		return nil, fmt.Errorf("%s takes %d arguments, it was given %d", t.unit.Name, want, got)
	}
	for i, block := range r.Inputs {
		if i < len(r.Vars) && r.Vars[i].Name != "" {
			x, err := b.refer(r.Vars[i], ft.In(i+skip))
			if err != nil {
				return nil, fmt.Errorf("argument %d of %s: %w", i+1, t.unit.Name, err)
			}
			b.in = append(b.in, codec.Repeat(x, r.Count))
			continue
		}
		if block.N != r.Count {
			return nil, fmt.Errorf("argument %d of %s has %d values for %d elements", i+1, t.unit.Name, block.N, r.Count)
		}
		xs, err := t.names().Values(block, ft.In(i+skip))
		if err != nil {
			return nil, fmt.Errorf("argument %d of %s: %w", i+1, t.unit.Name, err)
		}
		b.in = append(b.in, xs)
	}
	results := ft.NumOut()
	if t.unit.Fails {
		b.fails = true
		results--
	}
	for i := range results {
		b.out = append(b.out, reflect.MakeSlice(reflect.SliceOf(ft.Out(i)), r.Count, r.Count))
	}
	return b, nil
}

// variable returns a variable of the namespace by its lowered name.
func (p *process) variable(name string) (reflect.Value, error) {
	if p.native {
		if v, ok := host.LookupVar(name); ok {
			return v, nil
		}
	} else if p.cells != nil {
		return p.cells.Var(name)
	}
	return reflect.Value{}, fmt.Errorf("the session has no variable %s", name)
}

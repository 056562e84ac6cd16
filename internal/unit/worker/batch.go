package worker

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/proto"
)

// batch is a task under way.
type batch struct {
	p       *Program
	t       *proto.Task
	in, out []reflect.Value // a slice for each parameter and result
	c       Call
	errors  []proto.ElementError
	begun   time.Time
	stuck   bool // an element did not end in its time: the task ends with it
}

func newBatch(p *Program, t *proto.Task, vars variables) (*batch, error) {
	b := &batch{p: p, t: t}
	if got, want := len(t.Inputs), len(p.Params); got != want {
		return nil, fmt.Errorf("%s takes %d arguments, it was given %d", p.Name, want, got)
	}
	for i, block := range t.Inputs {
		if block.N != t.N {
			return nil, fmt.Errorf("argument %d of %s has %d values for %d elements", i+1, p.Name, block.N, t.N)
		}
		var xs reflect.Value
		var err error
		if i < len(t.Names) && t.Names[i] != "" {
			xs, err = vars.refer(t.Names[i], p.Params[i], t.N)
		} else {
			xs, err = codec.Values(block, p.Params[i])
		}
		if err != nil {
			return nil, fmt.Errorf("argument %d of %s: %w", i+1, p.Name, err)
		}
		b.in = append(b.in, xs)
	}
	b.out = p.results(t.N)
	b.c = Call{In: interfaces(b.in), Out: interfaces(b.out), To: t.N, Context: context.Background()}
	return b, nil
}

// results makes room for n elements' results.
func (p *Program) results(n int) []reflect.Value {
	var out []reflect.Value
	for _, r := range p.Results {
		out = append(out, reflect.MakeSlice(reflect.SliceOf(r), n, n))
	}
	return out
}

func interfaces(vs []reflect.Value) []any {
	out := make([]any, len(vs))
	for i, v := range vs {
		out[i] = v.Interface()
	}
	return out
}

// run runs the elements that are left, one after the other, each to its end.
func (b *batch) run() {
	if b.t.Timeout > 0 {
		for ; b.c.At < b.t.N && !b.stuck; b.c.At++ {
			b.timed(b.c.At)
		}
		return
	}
	for b.c.At < b.t.N {
		if fail := b.span(); fail != nil {
			b.fail(b.c.At, fail)
			b.c.At++
		}
	}
}

// span runs elements until one fails. Where the function ends the goroutine the element has failed, too.
func (b *batch) span() (fail *proto.Error) {
	returned := false
	defer func() {
		r := recover()
		switch {
		case returned:
		case r != nil:
			fail = &proto.Error{Kind: proto.KindPanic, Message: "panic: " + panicText(r), Trace: b.p.trace(2)}
		default:
			b.fail(b.c.At, goexit())
			b.c.At++
		}
	}()
	ambient.Store(&b.c.Context)
	err := b.p.Run(&b.c)
	returned = true
	if err != nil {
		return failed(err)
	}
	return nil
}

// failed is an error that the function returned.
func failed(err error) *proto.Error {
	return &proto.Error{Kind: proto.KindUser, Message: safely(err.Error), Value: codec.EncodeError(err)}
}

func goexit() *proto.Error {
	return &proto.Error{Kind: proto.KindPanic, Message: "panic: the function ended its goroutine (runtime.Goexit)"}
}

// goroutine runs a call in a goroutine of its own, which the function may end.
func (p *Program) goroutine(c *Call, over chan<- *proto.Error) {
	returned := false
	defer func() {
		switch r := recover(); {
		case returned:
		case r == nil:
			over <- goexit()
		default:
			over <- &proto.Error{Kind: proto.KindPanic, Message: "panic: " + panicText(r), Trace: p.trace(2)}
		}
	}()
	ambient.Store(&c.Context)
	err := p.Run(c)
	returned = true
	if err != nil {
		over <- failed(err)
		return
	}
	over <- nil
}

// far says how far the task is.
func (b *batch) far() *proto.TaskProgress {
	done, failed := b.counts()
	return &proto.TaskProgress{Tasks: []proto.TaskAt{{Task: b.t.ID, Attempt: b.t.Attempt, Done: done, Failed: failed}}}
}

// counts are those of a task that goes on while they are looked at: older ones are as good, and generated code counts as it likes.
//
//go:norace
func (b *batch) counts() (done, failed int) { return b.c.At, len(b.errors) }

// late is how long a function that takes a context may take to notice that its time is over.
const late = 100 * time.Millisecond

// timed runs one element, and gives it up when its time is over: compiled code cannot be stopped, so that it runs on until the host ends
// the process. The elements after it are another process's.
func (b *batch) timed(i int) {
	ctx, cancel := context.WithTimeout(context.Background(), b.t.Timeout)
	defer cancel()
	c := &Call{To: 1, Context: ctx}
	for _, in := range b.in {
		c.In = append(c.In, in.Slice(i, i+1).Interface())
	}
	out := b.p.results(1) // of its own: what runs on may still write to it
	c.Out = interfaces(out)
	over := make(chan *proto.Error, 1)
	go b.p.goroutine(c, over) // is waited for, or ended with the process
	timer := time.NewTimer(b.t.Timeout + late)
	defer timer.Stop()
	tooLong := &proto.Error{Kind: proto.KindTimeout, Message: fmt.Sprintf("it ran longer than %v", b.t.Timeout)}
	select {
	case fail := <-over:
		if fail != nil && ctx.Err() != nil {
			fail = tooLong
		}
		if fail != nil {
			b.fail(i, fail)
			return
		}
		for k := range out {
			b.out[k].Index(i).Set(out[k].Index(0))
		}
	case <-timer.C:
		b.fail(i, tooLong)
		b.stuck = true
	}
}

func (b *batch) fail(i int, err *proto.Error) {
	b.errors = append(b.errors, proto.ElementError{Index: b.t.First + i, Engine: proto.NoEngine, Error: *err})
	for _, out := range b.out {
		out.Index(i).SetZero()
	}
}

// chunk encodes the results, in memory that the next task's will have. An element whose result cannot be sent has an error.
func (b *batch) chunk(memory []codec.Scratch) *proto.Chunk {
	k := &proto.Chunk{N: b.c.At}
	for i, out := range b.out {
		out = out.Slice(0, k.N)
		block, err := memory[i].Block(out)
		if err != nil {
			b.refuse(out)
			if block, err = memory[i].Block(out); err != nil {
				return whole(b.t, &proto.Error{Kind: proto.KindValue, Message: err.Error()})
			}
		}
		k.Outputs = append(k.Outputs, block)
	}
	slices.SortStableFunc(b.errors, func(x, y proto.ElementError) int { return x.Index - y.Index })
	k.Errors = slices.CompactFunc(b.errors, func(x, y proto.ElementError) bool { return x.Index == y.Index })
	return k
}

// refuse finds the elements whose results cannot be sent, and makes errors of them.
func (b *batch) refuse(out reflect.Value) {
	for i := range out.Len() {
		if _, err := codec.Append(nil, out.Index(i)); err != nil {
			b.fail(i, &proto.Error{Kind: proto.KindValue, Message: strings.TrimPrefix(err.Error(), "codec: ")})
		}
	}
}

var ambient atomic.Pointer[context.Context]

// Context is the ctx of generated code.
func Context() context.Context {
	if c := ambient.Load(); c != nil {
		return *c
	}
	return context.Background()
}

package session

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/interp"
	"github.com/gocluster/gocluster/internal/proto"
)

// run runs the batch's elements to their ends.
func (b *batch) run() {
	for next := 0; next < b.r.Count; {
		next = b.watch(next)
	}
}

// watch runs elements from one on, in a goroutine that it gives up when an element does not stop after its time. It returns where to
// go on.
func (b *batch) watch(from int) int {
	b.mu.Lock()
	b.life++
	life := b.life
	b.mu.Unlock()
	ended := make(chan struct{})
	if b.p.group.Go("elements", func(context.Context) error {
		defer close(ended)
		b.elements(life, from)
		return nil
	}) != nil {
		return b.r.Count
	}
	if b.r.Timeout <= 0 {
		b.untimed(ended)
		return b.r.Count
	}
	return b.timed(ended)
}

// farAfter is how often it is told how far a call is.
const farAfter = 250 * time.Millisecond

// untimed waits until all elements are done, and tells how far they are where there are several.
func (b *batch) untimed(ended <-chan struct{}) {
	if b.r.Count == 1 {
		<-ended
		return
	}
	tick := time.NewTicker(farAfter)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
			b.far()
		}
	}
}

// far tells how far the elements are.
func (b *batch) far() {
	b.mu.Lock()
	failed := len(b.errors)
	b.mu.Unlock()
	b.p.out.tell(&event{Far: &far{b.r.Seq, int(b.ended.Load()), failed}})
}

// timed watches the elements' time until all are done, or one cannot be stopped.
func (b *batch) timed(ended <-chan struct{}) int {
	tick := time.NewTicker(min(max(b.r.Timeout/8, time.Millisecond), farAfter))
	defer tick.Stop()
	var stopped, told time.Time
	for {
		select {
		case <-ended:
			return b.r.Count
		case now := <-tick.C:
			if b.r.Count > 1 && now.Sub(told) >= farAfter {
				told = now
				b.far()
			}
			b.mu.Lock()
			late := now.Sub(b.from) > b.r.Timeout
			if late && stopped.Before(b.from) {
				b.late = b.at
				b.stop.Store(true)
				b.t.interp.Stop()
				stopped = now
			} else if late && now.Sub(stopped) > patience {
				next := b.abandon()
				b.mu.Unlock()
				return next
			}
			b.mu.Unlock()
		}
	}
}

// abandon leaves an element that waits in compiled code to itself: its interpreter stays stopped, a new one goes on. The caller
// holds mu.
func (b *batch) abandon() int {
	b.life++
	b.fail(b.at, b.timeout())
	b.stop.Store(false)
	next := b.at + 1
	if err := b.t.compile(b.p.exports); err != nil {
		f := b.p.taskFailure(err)
		for ; next < b.r.Count; next++ {
			b.fail(next, f)
		}
	}
	b.p.running.Lock()
	b.p.running.interp = b.t.interp
	b.c.code.Store(b.t.interp)
	b.p.running.Unlock()
	return next
}

func (b *batch) timeout() *failure {
	return &failure{Kind: proto.KindTimeout, Name: "timeout", Message: fmt.Sprintf("it ran longer than %v", b.r.Timeout)}
}

var cancelled = &failure{Kind: proto.KindCancelled, Name: InterruptName, Message: "the call was cancelled"}

// fail notes an element's error. The caller holds mu.
func (b *batch) fail(i int, f *failure) {
	b.errors = append(b.errors, f.element(b.r.First+i))
}

// elements runs elements from one on, as the goroutine number life.
func (b *batch) elements(life, from int) {
	b.p.owners.adopt(b.c)
	call := b.caller()
	for i := from; i < b.r.Count; {
		b.mu.Lock()
		if b.life != life {
			b.mu.Unlock()
			return
		}
		b.at, b.from = i, time.Now()
		b.mu.Unlock()
		stopped := false
		err := b.t.interp.Run(func() { stopped = b.span(life, &i, call) })
		if !b.settle(life, &i, err, stopped) {
			return
		}
	}
}

// span calls the function for elements until one panics, fails or is stopped; i is where it is. Elements that are timed are noted.
func (b *batch) span(life int, i *int, call func(i int) error) (stopped bool) {
	timed := b.r.Timeout > 0
	code := b.t.interp
	for *i < b.r.Count {
		if timed && !b.begin(*i) {
			return true
		}
		err := call(*i)
		if code.IsStopped() {
			return true
		}
		if err != nil {
			panic(userError{err})
		}
		*i++
		b.ended.Store(int64(*i))
	}
	return false
}

// begin notes that an element begins, unless everything has been stopped, perhaps because the last one was slow to end.
func (b *batch) begin(i int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stop.Load() {
		return false
	}
	b.at, b.from = i, time.Now()
	return true
}

// userError carries an error that the user's function returned out of a span.
type userError struct{ err error }

// settle deals with what ended a span. It reports whether this goroutine goes on.
func (b *batch) settle(life int, i *int, err error, stopped bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.life != life {
		return false
	}
	// A stop that came with the panic or the end wins: what ran meanwhile saw zero values.
	stopped = stopped || b.t.interp.IsStopped()
	switch {
	case stopped && b.stop.Load():
		b.stop.Store(false)
		b.resume()
		if *i == b.late { // else it ended in the last moment
			b.fail(*i, b.timeout())
			b.zero(*i)
			*i++
		}
	case stopped:
		for ; *i < b.r.Count; *i++ {
			b.fail(*i, cancelled)
		}
	case err != nil:
		f := b.failure(err)
		if b.r.Timeout > 0 && time.Since(b.from) >= b.r.Timeout {
			f = b.timeout() // which it may have learnt from its context, and returned as an error of its own
		}
		b.fail(*i, f)
		b.zero(*i)
		*i++
	}
	return true
}

// resume lets the interpreter go on after a timeout, unless the whole call is being interrupted.
func (b *batch) resume() {
	b.p.running.Lock()
	defer b.p.running.Unlock()
	if !b.p.running.interrupted {
		_ = b.t.interp.Resume() // it executes an empty program
	}
}

func (b *batch) failure(err error) *failure {
	var panicked *interp.Panic
	if !errors.As(err, &panicked) {
		return b.p.failure(err, nil)
	}
	if u, ok := panicked.Value.(userError); ok {
		return &failure{Kind: proto.KindUser, Name: errorName(u.err), Message: u.err.Error(), Value: codec.EncodeError(u.err)}
	}
	return panicFailure(panicked, b.t.lines, nil, 0)
}

func (b *batch) zero(i int) {
	for _, out := range b.out {
		out.Index(i).SetZero()
	}
}

// context returns the context that a function is given.
func (b *batch) context() context.Context { return b.p.ambient() }

// caller returns how an element is called. Functions of one number or text to another have fast ways.
func (b *batch) caller() func(i int) error {
	if len(b.in) == 1 && len(b.out) == 1 && !b.fails && !b.t.takesContext {
		if call := fastCaller(b.t.fn.Interface(), b.in[0].Interface(), b.out[0].Interface()); call != nil {
			return call
		}
	}
	fn, ft := b.t.fn, b.t.fn.Type()
	invoke := fn.Call
	if ft.IsVariadic() {
		invoke = fn.CallSlice
	}
	args := make([]reflect.Value, ft.NumIn())
	skip := 0
	if b.t.takesContext {
		skip = 1
	}
	return func(i int) error {
		if skip == 1 {
			ctx := b.context()
			if b.r.Timeout > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, b.r.Timeout)
				defer cancel()
			}
			args[0] = reflect.ValueOf(&ctx).Elem()
		}
		for k, in := range b.in {
			args[skip+k] = in.Index(i)
		}
		results := invoke(args)
		for k := range b.out {
			b.out[k].Index(i).Set(results[k])
		}
		if b.fails {
			last := interp.Unbox(results[len(results)-1])
			if err, ok := valueOf(last).(error); ok && err != nil {
				b.zero(i)
				return err
			}
		}
		return nil
	}
}

// fastCaller returns nil for functions that it does not know.
func fastCaller(fn, in, out any) func(i int) error {
	switch f := fn.(type) {
	case func(int) int:
		return fast(f, in, out)
	case func(int) float64:
		return fast(f, in, out)
	case func(int) bool:
		return fast(f, in, out)
	case func(int) string:
		return fast(f, in, out)
	case func(int) []int:
		return fast(f, in, out)
	case func(int64) int64:
		return fast(f, in, out)
	case func(int64) []int64:
		return fast(f, in, out)
	case func(uint64) uint64:
		return fast(f, in, out)
	case func(float64) float64:
		return fast(f, in, out)
	case func(float64) int:
		return fast(f, in, out)
	case func(float64) bool:
		return fast(f, in, out)
	case func(string) string:
		return fast(f, in, out)
	case func(string) int:
		return fast(f, in, out)
	case func(string) bool:
		return fast(f, in, out)
	}
	return nil
}

func fast[A, R any](f func(A) R, in, out any) func(i int) error {
	xs, ok1 := in.([]A)
	ys, ok2 := out.([]R)
	if !ok1 || !ok2 {
		return nil
	}
	return func(i int) error {
		ys[i] = f(xs[i])
		return nil
	}
}

// chunk encodes the results. An element whose result cannot be sent has an error.
func (b *batch) chunk() *proto.Chunk {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := &proto.Chunk{First: b.r.First, N: b.r.Count, Engine: proto.NoEngine}
	for _, out := range b.out {
		block, err := codec.Block(out)
		if err != nil {
			b.refuse(out)
			if block, err = codec.Block(out); err != nil {
				b.errors = nil
				for i := range b.r.Count {
					b.fail(i, &failure{Kind: proto.KindValue, Message: err.Error()})
				}
				block = proto.Block{Kind: proto.BlockNone, N: b.r.Count}
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
			b.fail(i, &failure{Kind: proto.KindValue, Message: strings.TrimPrefix(err.Error(), "codec: ")})
			out.Index(i).SetZero()
		}
	}
}

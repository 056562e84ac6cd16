package host

import (
	"bytes"
	"reflect"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
)

// The interpreter's own deferred calls are a list that it walks once: a panic in one loses the others, and a function that recovers must
// be a literal that is deferred where it is written. Where interpreted code needs more, its deferred calls are kept here.

// Deferring has the deferred calls of one call of a function.
type Deferring struct {
	calls []func()
	// even are calls that are made also if the interpreted code was interrupted, by how many there were before.
	even      map[int]func()
	panicking bool
	value     any // what the function is panicking with
	// through is how many functions that only pass on the deferred call in hand have been entered.
	through int
}

// NewDeferred returns the list for a call that begins.
func NewDeferred() *Deferring { return &Deferring{} }

// Defer adds a call.
func Defer(d *Deferring, f func()) { d.calls = append(d.calls, f) }

// EvenInterrupted gives the function and the arguments of the call that was deferred last, which is one of compiled code; spread is that
// of f(args...).
func EvenInterrupted(d *Deferring, spread bool, f any, args ...any) {
	fn := reflect.ValueOf(f)
	if fn.Kind() != reflect.Func || fn.IsNil() {
		return
	}
	if d.even == nil {
		d.even = map[int]func(){}
	}
	d.even[len(d.calls)-1] = func() {
		call := fn.Call
		if spread {
			call = fn.CallSlice
		}
		in := make([]reflect.Value, len(args))
		for i, a := range args {
			if in[i] = reflect.ValueOf(a); a == nil {
				in[i] = reflect.Zero(parameter(fn.Type(), i, spread))
			}
		}
		call(in)
	}
}

// parameter is the type of a function's n-th argument.
func parameter(t reflect.Type, n int, spread bool) reflect.Type {
	if last := t.NumIn() - 1; t.IsVariadic() && n >= last && !spread {
		return t.In(last).Elem()
	}
	return t.In(n)
}

// RunRest makes what calls of compiled code are left when a function has ended: if it was interrupted, the interpreter did not call
// RunDeferred, and would not run what it was given. A mutex is unlocked also then.
func RunRest(d *Deferring) {
	for len(d.calls) > 0 {
		n := len(d.calls) - 1
		if d.calls = d.calls[:n]; d.even[n] != nil {
			d.even[n]()
		}
	}
}

// DeferRecover defers a call of recover itself, by a function that Entered has returned record to.
func DeferRecover(d, record *Deferring) {
	Defer(d, func() {
		if !d.panicking {
			Recover(record)
		}
	})
}

// RunDeferred makes the calls, the last one first, when the function ends; r is what it panicked with, if it did. It panics if the
// function is still panicking afterwards.
func RunDeferred(d *Deferring, r any) {
	d.panicking, d.value = r != nil, r
	d.unwind()
	if d.panicking {
		panic(d.value)
	}
}

func (d *Deferring) unwind() {
	for len(d.calls) > 0 {
		f := d.calls[len(d.calls)-1]
		d.calls = d.calls[:len(d.calls)-1]
		delete(d.even, len(d.calls))
		d.make(f)
	}
}

// make makes one call. If it ends the goroutine, the others are made while that ends.
func (d *Deferring) make(f func()) {
	done := false
	defer func() {
		if done {
			return
		}
		if r := recover(); r != nil {
			d.panicking, d.value = true, r
			return
		}
		d.panicking, d.value = false, nil
		if d.unwind(); d.panicking {
			panic(d.value)
		}
	}()
	id := goroutine()
	active.enter(id, d)
	defer active.leave(id)
	d.through = 0
	invokeDeferred(f)
	done = true
}

// invokeDeferred is what direct looks for on the stack.
//
//go:noinline
func invokeDeferred(f func()) { f() }

// active are the functions whose deferred calls are being made, by goroutine, innermost last.
var active running

type running struct {
	n  atomic.Int32
	mu sync.Mutex
	by map[uint64][]*Deferring
}

func (r *running) enter(id uint64, d *Deferring) {
	r.n.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by == nil {
		r.by = map[uint64][]*Deferring{}
	}
	r.by[id] = append(r.by[id], d)
}

func (r *running) leave(id uint64) {
	r.n.Add(-1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if ds := r.by[id]; len(ds) > 1 {
		r.by[id] = ds[:len(ds)-1]
	} else {
		delete(r.by, id)
	}
}

func (r *running) innermost(id uint64) *Deferring {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ds := r.by[id]; len(ds) > 0 {
		return ds[len(ds)-1]
	}
	return nil
}

// Entered is called first by interpreted functions that recover. It returns the list in which the function is being called, nil if it is
// not called by the deferring function itself.
func Entered() *Deferring { return direct() }

// Through is called first by interpreted functions that stand for another, which may recover.
func Through() {
	if d := direct(); d != nil {
		d.through++
	}
}

// Recover is the builtin recover in a function that Entered has returned d to.
func Recover(d *Deferring) any {
	if d == nil || !d.panicking {
		return nil
	}
	r := d.value
	d.panicking, d.value = false, nil
	return Recovered(r)
}

const (
	// interpretedCall is the function that runs an interpreted one.
	interpretedCall = "github.com/traefik/yaegi/interp.runCfg"
	// deepest is how deep in the stack we look: a deferred call is a few frames deep.
	deepest = 128
)

// direct returns the innermost list of which a call is being made, if the caller of our caller is the function that is called.
func direct() *Deferring {
	if active.n.Load() == 0 {
		return nil
	}
	d := active.innermost(goroutine())
	if d == nil {
		return nil
	}
	pcs := make([]uintptr, deepest)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	calls := 0
	for {
		f, more := frames.Next()
		switch f.Function {
		case interpretedCall:
			calls++
		case invoked:
			if calls == 2+d.through { // the deferred call itself is in a function of its own
				return d
			}
			return nil
		}
		if !more {
			return nil
		}
	}
}

const invoked = "github.com/gocluster/gocluster/internal/session/host.invokeDeferred"

// goroutine returns the calling goroutine's number.
func goroutine() uint64 {
	buf := make([]byte, 64)
	buf = bytes.TrimPrefix(buf[:runtime.Stack(buf, false)], []byte("goroutine "))
	if i := bytes.IndexByte(buf, ' '); i > 0 {
		n, _ := strconv.ParseUint(string(buf[:i]), 10, 64)
		return n
	}
	return 0
}

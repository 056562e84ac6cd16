package host

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
)

// Native is what a Runtime does for compiled code besides.
type Native interface {
	// Stop ends the calling goroutine if the cell that it belongs to was interrupted.
	Stop()
	// End ends the calling goroutine.
	End()
	// Context is that of the cell that the calling goroutine belongs to.
	Context() context.Context
	// Exit ends the process because the user's code says so.
	Exit(code int)
}

func native() (Native, bool) {
	n, ok := Current().(Native)
	return n, ok
}

// Stopping is not 0 while an interrupted cell's goroutines are to end: at the heads of loops and functions, compiled code then
// calls Stop.
var Stopping Flag

// Flag is a counter that compiled code reads at every turn of its loops. An atomic read there would make them twice as slow; a plain one
// costs nothing, and sees a change soon enough.
type Flag struct{ n uint32 }

// Load returns the count.
//
//go:norace
func (f *Flag) Load() uint32 { return f.n }

// Add adds to the count, which may be negative.
func (f *Flag) Add(n int32) { atomic.AddUint32(&f.n, uint32(n)) }

// Ending is not 0 while an interrupted cell computes in a loop that calls nothing. Such a loop would be slowed down by looking at
// Stopping, since Stop may return; so whatever goroutine is in one then calls End.
var Ending Flag

// AtEnding is Ending's address. Code of plugins finds it faster in a variable of its own than through their table of symbols.
var AtEnding = &Ending

// End ends the calling goroutine, running its deferred functions.
func End() {
	if n, ok := native(); ok {
		n.End()
	}
	runtime.Goexit()
}

// Stop ends the calling goroutine, running its deferred functions, if the cell that it belongs to was interrupted.
func Stop() {
	if n, ok := native(); ok {
		n.Stop()
	}
}

// Zombies counts the interrupted cells of which goroutines still wait for something: behind statements that may have waited, compiled
// code then calls Woke.
var Zombies Flag

// Woke ends the calling goroutine if it has waited for longer than its cell was to live.
func Woke() { Stop() }

// Context is the context of the cell that the calling goroutine belongs to. An interrupt cancels it, with the cause Interrupted.
func Context() context.Context {
	if n, ok := native(); ok {
		return n.Context()
	}
	return context.Background()
}

// Done is closed when the cell that the calling goroutine belongs to is interrupted.
func Done() <-chan struct{} { return Context().Done() }

// Recv receives from a channel, as an expression does. An interrupt ends the waiting, and the goroutine, without taking a value.
func Recv[T any](c <-chan T) T {
	v, _ := Recv2(c)
	return v
}

// Recv2 is Recv for where it is asked whether the channel was closed.
func Recv2[T any](c <-chan T) (v T, ok bool) {
	select {
	case v, ok = <-c:
		return v, ok
	default:
	}
	done := Done()
	for {
		select {
		case v, ok = <-c:
			return v, ok
		case <-done:
			Stop()
			done = nil // a deferred function of an ending goroutine may still wait
		}
	}
}

// Send sends to a channel, as the statement does. An interrupt ends the waiting, and the goroutine, without giving the value.
func Send[T any](c chan<- T, v T) {
	select {
	case c <- v:
		return
	default:
	}
	done := Done()
	for {
		select {
		case c <- v:
			return
		case <-done:
			Stop()
			done = nil
		}
	}
}

// Sleep is time.Sleep that ends with an interrupt.
func Sleep(d time.Duration) {
	done := Done()
	if d <= 0 || done == nil {
		time.Sleep(d)
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			return
		case <-done:
			Stop()
			done = nil
		}
	}
}

// Forever is what select {} is: it waits until an interrupt ends the goroutine.
func Forever() {
	for done := Done(); ; done = nil {
		<-done
		Stop()
	}
}

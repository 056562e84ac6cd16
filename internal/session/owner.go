package session

import (
	"context"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// What runs belongs to the request whose goroutine runs it, or whose goroutine started the one that does: profiler labels are
// inherited by goroutines, and their address names the owner.

//go:linkname profLabel runtime/pprof.runtime_getProfLabel
func profLabel() unsafe.Pointer

// owner is what a label stands for.
type owner struct {
	cell *cell
	// ending is set of goroutines that have been told to end: until then their deferred functions may run.
	ending time.Time
}

// owners knows the labels in use: they are forgotten when no goroutine has them.
type owners struct {
	byAddr sync.Map // uintptr -> *owner
	latest atomic.Pointer[cell]
}

// adopt makes the calling goroutine, and those that it will start, the request's.
func (o *owners) adopt(c *cell) { o.label(&owner{cell: c}) }

func (o *owners) label(w *owner) {
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(requestLabel, strconv.Itoa(w.cell.seq))))
	at := profLabel()
	key := uintptr(at)
	o.byAddr.Store(key, w)
	runtime.AddCleanup((*byte)(at), func(w *owner) { o.byAddr.CompareAndDelete(key, w) }, w)
}

// requestLabel is the name of the profiler label.
const requestLabel = "request"

// owner returns the calling goroutine's owner, nil if it has labels of its own or was started by something else.
func (o *owners) owner() *owner {
	if w, ok := o.byAddr.Load(uintptr(profLabel())); ok {
		return w.(*owner)
	}
	return nil
}

// cell returns the request that the calling goroutine belongs to; the latest if that is not known.
func (o *owners) cell() *cell {
	if w := o.owner(); w != nil {
		return w.cell
	}
	if c := o.latest.Load(); c != nil {
		return c
	}
	return newCell(0)
}

// current returns the number of the request that the calling goroutine belongs to.
func (o *owners) current() int { return o.cell().seq }

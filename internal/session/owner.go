package session

import (
	"context"
	"runtime/pprof"
	"strconv"
	"sync"
	"unsafe"
)

// Output belongs to the request whose goroutine printed it, or whose goroutine started the one that did: profiler labels are
// inherited by goroutines, and their address names the request.

//go:linkname profLabel runtime/pprof.runtime_getProfLabel
func profLabel() unsafe.Pointer

type owners struct {
	mu     sync.RWMutex
	byAddr map[unsafe.Pointer]int
	addrs  []unsafe.Pointer
	latest int
}

// adopt makes the calling goroutine, and those that it will start, the request's.
func (o *owners) adopt(seq int) {
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("request", strconv.Itoa(seq))))
	at := profLabel()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.latest = seq
	if o.byAddr == nil {
		o.byAddr = map[unsafe.Pointer]int{}
	}
	o.byAddr[at] = seq
	o.addrs = append(o.addrs, at)
	if len(o.addrs) > keepOutputs {
		delete(o.byAddr, o.addrs[0])
		o.addrs = o.addrs[1:]
	}
}

// current returns the request that the calling goroutine belongs to; the latest if it is too old, or was started by something else.
func (o *owners) current() int {
	at := profLabel()
	o.mu.RLock()
	defer o.mu.RUnlock()
	if seq, ok := o.byAddr[at]; ok {
		return seq
	}
	return o.latest
}

package kernel

import (
	"sync"
	"sync/atomic"
)

// line has things done one after the other: at once, by whoever brings one and finds nobody there; in turn, by the goroutine that
// serves the line, where somebody is. Most find nobody, and wake no goroutine so.
type line[T any] struct {
	ahead atomic.Int64 // what waits or is being done
	mu    sync.Mutex   // held while something is being done
	queue chan T
}

func newLine[T any](capacity int) *line[T] { return &line[T]{queue: make(chan T, capacity)} }

// now does something at once if the line is empty, and reports whether it did.
func (l *line[T]) now(do func()) bool {
	if !l.ahead.CompareAndSwap(0, 1) {
		return false
	}
	l.do(do)
	return true
}

// do is the turn of something that has been counted.
func (l *line[T]) do(do func()) {
	defer l.ahead.Add(-1)
	l.beside(do)
}

// beside does something between two turns, without a place in line.
func (l *line[T]) beside(do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	do()
}

// put puts x in line, and waits for room until done is closed. Who serves the line takes x from the queue and does it.
func (l *line[T]) put(x T, done <-chan struct{}) {
	l.ahead.Add(1)
	select {
	case l.queue <- x:
	case <-done:
		l.ahead.Add(-1)
	}
}

// bar ends now for good.
func (l *line[T]) bar() { l.ahead.Add(1) }

package toolchain

import (
	"context"
	"errors"
	"sync"
)

// Once runs what has the same key once at a time: who comes meanwhile gets what the first one gets. The zero value is ready.
type Once[T any] struct {
	mu   sync.Mutex
	busy map[string]*run[T]
}

type run[T any] struct {
	done chan struct{}
	v    T
	err  error
}

// Do runs f, or waits for who is running the same. A run that was cancelled counts for nobody else.
func (o *Once[T]) Do(ctx context.Context, key string, f func() (T, error)) (T, error) {
	for {
		r, first := o.join(key)
		if first {
			r.v, r.err = f()
			o.mu.Lock()
			delete(o.busy, key)
			o.mu.Unlock()
			close(r.done)
			return r.v, r.err
		}
		select {
		case <-r.done:
		case <-ctx.Done():
			var none T
			return none, context.Cause(ctx)
		}
		if !errors.Is(r.err, context.Canceled) && !errors.Is(r.err, context.DeadlineExceeded) {
			return r.v, r.err
		}
	}
}

func (o *Once[T]) join(key string) (r *run[T], first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r, ok := o.busy[key]; ok {
		return r, false
	}
	if o.busy == nil {
		o.busy = map[string]*run[T]{}
	}
	r = &run[T]{done: make(chan struct{})}
	o.busy[key] = r
	return r, true
}

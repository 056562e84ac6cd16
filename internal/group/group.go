// Package group is where every goroutine starts: named, owned and waited for. A panic in a goroutine of a group
// becomes the group's error, so that one defect ends one component with a cause, not the process without one.
package group

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// ErrStopped is the cause of a group's context after Stop, and what Go's callers get from a group that has stopped.
var ErrStopped = errors.New("stopped")

// PanicError is a panic caught in a goroutine of a group.
type PanicError struct {
	Name  string
	Value any
	Stack []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("%s: panic: %v\n%s", e.Name, e.Value, e.Stack)
}

// Group owns goroutines. The first that fails cancels the group's context with its error as the cause.
type Group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	stopped bool
	err     error
}

// New returns a group whose goroutines live no longer than ctx asks.
func New(ctx context.Context) *Group {
	g := &Group{}
	g.ctx, g.cancel = context.WithCancelCause(ctx)
	return g
}

// Context is cancelled when the group stops or one of its goroutines fails.
func (g *Group) Context() context.Context { return g.ctx }

// Go starts f as a goroutine called name, or returns ErrStopped if the group has been stopped. A nil error of f is no event;
// any other stops the group.
func (g *Group) Go(name string, f func(ctx context.Context) error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return ErrStopped
	}
	g.wg.Go(func() {
		if err := run(g.ctx, name, f); err != nil {
			g.fail(err)
		}
	})
	return nil
}

func run(ctx context.Context, name string, f func(ctx context.Context) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &PanicError{Name: name, Value: r, Stack: debug.Stack()}
		}
	}()
	return f(ctx)
}

func (g *Group) fail(err error) {
	g.mu.Lock()
	if g.err == nil && !g.stopped {
		g.err = err
	}
	g.mu.Unlock()
	g.cancel(err)
}

// Stop cancels the group's context and waits for its goroutines. It returns the first error from before the stop and may
// be called again.
func (g *Group) Stop() error {
	g.mu.Lock()
	g.stopped = true
	g.mu.Unlock()
	g.cancel(ErrStopped)
	return g.Wait()
}

// Wait waits for all goroutines and returns the first error.
func (g *Group) Wait() error {
	g.wg.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

package views

import (
	"context"
	"fmt"
	"time"

	"github.com/gocluster/gocluster/internal/conn"
)

// Option changes how a job runs. Options are given to With, for all jobs of a view, or among the inputs of a call.
type Option struct{ set func(*settings) error }

// settings are what options set.
type settings struct {
	ctx       context.Context
	label     string
	chunk     int
	retries   int
	timeout   time.Duration
	lookAhead int
	unordered bool
	output    func(Output)
}

// defaultLookAhead is how many elements of an iterator may be under way.
const defaultLookAhead = 256

func (s settings) with(opts []Option) (settings, error) {
	for _, o := range opts {
		if o.set == nil {
			continue
		}
		if err := o.set(&s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// context is what a call waits and submits under.
func (s settings) context() context.Context {
	if s.ctx != nil {
		return s.ctx
	}
	return conn.Ambient()
}

func positive(what string, n int, set func(*settings)) Option {
	return Option{func(s *settings) error {
		if n < 1 {
			return fmt.Errorf("views.%s(%d): it must be at least 1", what, n)
		}
		set(s)
		return nil
	}}
}

// Context binds calls to ctx: when it is cancelled, waiting for them ends and the jobs are cancelled. Without it that is the
// context of the program or cell that calls.
func Context(ctx context.Context) Option {
	return Option{func(s *settings) error { s.ctx = ctx; return nil }}
}

// Label gives jobs a name, which the cluster's status shows.
func Label(text string) Option {
	return Option{func(s *settings) error { s.label = text; return nil }}
}

// ChunkSize makes tasks of n elements each. Without it the scheduler chooses, by how long elements take.
func ChunkSize(n int) Option {
	return positive("ChunkSize", n, func(s *settings) { s.chunk = n })
}

// Retries tries an element whose function failed up to n more times. Elements whose engine is lost are tried again in
// any case.
func Retries(n int) Option {
	return Option{func(s *settings) error {
		if n < 0 {
			return fmt.Errorf("views.Retries(%d): it cannot be negative", n)
		}
		s.retries = n
		return nil
	}}
}

// Timeout bounds how long the function may run for one element.
func Timeout(d time.Duration) Option {
	return Option{func(s *settings) error {
		if d <= 0 {
			return fmt.Errorf("views.Timeout(%v): it must be positive", d)
		}
		s.timeout = d
		return nil
	}}
}

// LookAhead bounds how many elements are taken from an iterator before earlier ones have been used; see [Result.All].
func LookAhead(n int) Option {
	return positive("LookAhead", n, func(s *settings) { s.lookAhead = n })
}

// Ordered makes [Result.All] go through the elements in the order of the inputs, which it does without options.
func Ordered() Option {
	return Option{func(s *settings) error { s.unordered = false; return nil }}
}

// AsCompleted makes [Result.All] go through the elements as they are completed.
func AsCompleted() Option {
	return Option{func(s *settings) error { s.unordered = true; return nil }}
}

// Output is text that a running task printed.
type Output struct {
	Engine int
	// Element is the index of the first element of the task that printed.
	Element int
	Stderr  bool
	Text    string
}

// Live calls f with what tasks print, while they run. It is called from another goroutine, and must not wait for results.
func Live(f func(Output)) Option {
	return Option{func(s *settings) error { s.output = f; return nil }}
}

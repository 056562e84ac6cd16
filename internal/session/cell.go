package session

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/gocluster/gocluster/internal/interp"
	"github.com/gocluster/gocluster/internal/session/host"
	"github.com/gocluster/gocluster/internal/unit"
)

// cell is a request that runs in the child, or has run: goroutines that it started may go on.
type cell struct {
	seq    int
	ctx    context.Context
	cancel context.CancelCauseFunc
	// step is the number of the last statement that began.
	step atomic.Int64
	// code is what interprets the request's code, nil if nothing does.
	code atomic.Pointer[interp.Interp]
	// beside tells that it does not wait for its turn.
	beside bool
	// keep tells that the last expression's value is asked for.
	keep atomic.Bool
	// final tells that the cell waits for a job that is its value.
	final atomic.Bool

	mu  sync.Mutex
	now done
	// where is where an interrupt has ended compiled statements, if that is known; source is what is interpreted.
	where  trace
	source *runRequest

	// Of compiled code:

	interrupted atomic.Bool
	// alive counts the goroutines that the cell's code runs in, as far as go statements have started them.
	alive atomic.Int64
	// goroutine is the number of the one that runs the cell's statements; ended is closed when it has ended, abandoned when nobody
	// waits for that any more.
	goroutine        atomic.Uint64
	ended, abandoned chan struct{}
	// stopping and zombie tell whether the cell counts in host.Stopping and host.Zombies.
	stopping, zombie bool
}

func newCell(seq int) *cell {
	c := &cell{seq: seq, now: done{Seq: seq}, ended: make(chan struct{}), abandoned: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.step.Store(-1)
	return c
}

// stopAt notes where an interrupt ends the statements.
func (c *cell) stopAt(t trace) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.where = t
}

// runs notes what is interpreted: where it is can be told from the statement.
func (c *cell) runs(r *runRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.source = r
}

// at is where an interrupt has ended compiled statements, or which statement is interpreted.
func (c *cell) at() trace {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.source != nil {
		if at, found := stepPosition(c.source, int(c.step.Load())); found {
			return trace{[]unit.Position{at}, []string{""}, []int{0}}
		}
	}
	return c.where
}

// note adds to the reply.
func (c *cell) note(add func(d *done)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	add(&c.now)
}

// reply returns what the request has come to.
func (c *cell) reply() done {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.now
	d.Step = int(c.step.Load())
	return d
}

// stop tells the cell's goroutines to end.
func (c *cell) stop() {
	c.mu.Lock()
	c.interrupted.Store(true)
	c.stopping, c.zombie = true, true
	host.Stopping.Add(1)
	host.Zombies.Add(1)
	c.mu.Unlock()
	c.cancel(host.Interrupted)
	if c.alive.Load() == 0 {
		c.stopped(true)
	}
}

// stopped says that none of the cell's goroutines runs any more; gone that there are none, not even such as wait.
func (c *cell) stopped(gone bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopping {
		c.stopping = false
		host.Stopping.Add(-1)
	}
	if gone && c.zombie {
		c.zombie = false
		host.Zombies.Add(-1)
	}
}

func (c *cell) isStopping() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopping
}

// enter and leave surround what a goroutine of the cell runs.
func (c *cell) enter() { c.alive.Add(1) }

func (c *cell) leave() {
	if c.alive.Add(-1) == 0 && c.interrupted.Load() {
		c.stopped(true)
	}
}

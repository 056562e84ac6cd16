package session

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/gocluster/gocluster/internal/session/host"
)

// cell is a request that runs in the child, or has run: goroutines that it started may go on.
type cell struct {
	seq    int
	ctx    context.Context
	cancel context.CancelCauseFunc
	// step is the number of the last statement that began.
	step atomic.Int64

	mu  sync.Mutex
	now done
	// where is where an interrupt has ended the statements, if that is known.
	where trace

	// Of compiled code:

	interrupted atomic.Bool
	// alive counts the goroutines that the cell's code runs in, as far as go statements have started them.
	alive atomic.Int64
	// goroutine is the number of the one that runs the cell's statements; ended is closed when it has ended, abandoned when nobody
	// waits for that any more.
	goroutine        atomic.Uint64
	ended, abandoned chan struct{}
	// stopping, ending and zombie tell whether the cell counts in host.Stopping, host.Ending and host.Zombies.
	stopping, ending, zombie bool
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

// stoppedAt is where an interrupt has ended the statements.
func (c *cell) stoppedAt() trace {
	c.mu.Lock()
	defer c.mu.Unlock()
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
	if c.ending {
		c.ending = false
		host.Ending.Add(-1)
	}
	if gone && c.zombie {
		c.zombie = false
		host.Zombies.Add(-1)
	}
}

// insist ends loops that call nothing: the cell has not stopped by itself.
func (c *cell) insist() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopping && !c.ending {
		c.ending = true
		host.Ending.Add(1)
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

package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// keeper keeps a worker for one engine: it starts one, has it run the engine's tasks, and replaces it when it has died.
type keeper struct {
	host *host
	slot *slot
	id   proto.EngineID
	pid  int // of the worker
	// bad counts the workers, one after the other, that died soon after their start and had not run a task.
	bad int
	// killed is set when the worker was killed because a task that was taken back did not stop.
	killed atomic.Bool
	// last is why the worker before has ended, "" if there was none.
	last string
	// unfit is why the worker cannot have tasks although it lives.
	unfit string
}

// young is the age under which the death of a worker that has not run a task says that workers cannot live here.
const young = 5 * time.Second

// The pauses between workers that die young: none after the first, then doubling.
const (
	firstPause = 200 * time.Millisecond
	lastPause  = 15 * time.Second
)

func (k *keeper) pause() time.Duration {
	if k.bad < 2 {
		return 0
	}
	return min(firstPause<<min(k.bad-2, 10), lastPause)
}

// keep runs until its context ends.
func (k *keeper) keep(ctx context.Context) error {
	for ctx.Err() == nil {
		w, err := k.start(ctx)
		if ctx.Err() != nil {
			if err == nil {
				k.close(w)
			}
			return nil
		}
		if err != nil {
			k.bad++
			rest(ctx, k.down(0, fmt.Sprintf("its worker cannot be started: %v", err)))
			continue
		}
		born := time.Now()
		k.killed.Store(false)
		k.unfit = ""
		k.up(w)
		used := k.serve(ctx, w)
		var wait time.Duration
		if ctx.Err() == nil {
			if k.bad++; used || time.Since(born) > young && k.unfit == "" {
				k.bad = 0
			}
			k.last = k.death(w)
			wait = k.down(k.pid, k.last)
		}
		k.close(w)
		rest(ctx, wait)
	}
	return nil
}

// start starts a worker, when not too many others are just being started.
func (k *keeper) start(ctx context.Context) (Worker, error) {
	select {
	case k.host.starts <- struct{}{}:
		defer func() { <-k.host.starts }()
		return k.host.cfg.NewWorker(ctx, k.id)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// down reports that there is no worker, and returns how long to wait before the next.
func (k *keeper) down(pid int, why string) time.Duration {
	wait := k.pause()
	if k.bad > 1 {
		why = fmt.Sprintf("%s (%d times in a row)", why, k.bad)
	}
	k.host.do(func() { k.host.engineDown(k.slot, pid, why, wait) })
	return wait
}

func rest(ctx context.Context, wait time.Duration) {
	if wait == 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (k *keeper) close(w Worker) {
	if err := w.Close(); err != nil {
		k.host.cfg.Log.Warn("a worker did not end cleanly", "engine", int(k.id), "pid", w.PID(), "err", err)
	}
}

// up reports the worker's process.
func (k *keeper) up(w Worker) {
	pid := w.PID()
	k.pid = pid
	var programs *pool
	s, ok := w.(*sessionWorker)
	if ok {
		programs, s.before = &s.pool, k.last
	}
	k.host.do(func() {
		k.slot.session = s
		k.host.engineUp(k.slot, pid, programs)
	})
}

// serve runs tasks until the worker has died or the context ends. It reports whether the worker has run any.
func (k *keeper) serve(ctx context.Context, w Worker) (used bool) {
	for {
		select {
		case <-ctx.Done():
			return used
		case <-w.Died():
			return used
		case a := <-k.slot.work:
			used = used || a.environment == 0
			if k.run(w, a) {
				return used
			}
			switch pid := w.PID(); {
			case pid == k.pid:
			case a.Kind == proto.JobClear: // to forget everything, it has changed its process
				k.last = ""
				k.up(w)
			default: // its declarations are in another process, which runs code in another way
				k.pid = pid
				k.host.do(func() { k.host.inProcess(k.slot, pid) })
			}
		}
	}
}

// run runs one task and reports whether the worker has died of it, or is of no use.
func (k *keeper) run(w Worker, a *attempt) (dead bool) {
	over := make(chan struct{})
	unhook := context.AfterFunc(a.ctx, func() { k.killUnless(over, w, context.Cause(a.ctx)) })
	printed := &capture{live: a.Live, send: func(stderr bool, text string) {
		k.host.out.print(a.ctx, &proto.TaskOutput{Task: a.ID, Attempt: a.Attempt, Stderr: stderr, Text: text})
	}}
	a.Show = func(text string, shown []byte) {
		if a.Live {
			k.host.out.print(a.ctx, &proto.TaskOutput{Task: a.ID, Attempt: a.Attempt, Text: text, Shown: shown})
		}
		printed.keep(false, text)
	}
	a.Cells = k.host.cells
	a.Far = func(done, failed int) { k.host.do(func() { k.host.far(a, done, failed) }) }
	chunk, err := w.Run(a.ctx, &a.Task, printed.take)
	if err == nil {
		err = k.host.carry(&chunk, a.shared)
	}
	close(over)
	unhook()
	death := ""
	if errors.Is(err, ErrDied) {
		<-w.Died()
		death = k.death(w)
	}
	printed.fill(&chunk)
	if a.environment > 0 && err != nil && death == "" {
		k.unfit = notPrepared(err)
	}
	k.host.do(func() { k.host.ran(a, chunk, err, death) })
	return death != "" || k.unfit != ""
}

// death says why the worker has ended.
func (k *keeper) death(w Worker) string {
	if k.unfit != "" {
		return k.unfit
	}
	if k.killed.Load() {
		return "killed, because a task that was taken back did not stop"
	}
	return w.Death()
}

// killUnless kills the worker if its task, whose context has ended, does not stop in a moment. A host or an engine that ends
// has no moment to give.
func (k *keeper) killUnless(over <-chan struct{}, w Worker, cause error) {
	if !errors.Is(cause, ErrRevoked) {
		w.Kill()
		return
	}
	timer := time.NewTimer(k.host.cfg.Grace)
	defer timer.Stop()
	select {
	case <-over:
	case <-timer.C:
		k.killed.Store(true)
		w.Kill()
	}
}

package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// slot is one engine of the host, as the loop sees it.
type slot struct {
	index    int
	id       proto.EngineID
	pid      int // of the worker; 0 when there is none
	up       bool
	was      bool   // has been up before
	told     bool   // the controller knows of the worker
	prepared uint64 // the version of the environment that the worker needs nothing of
	loaded   loaded // what it has run last
	queue    []*attempt
	running  *attempt
	work     chan *attempt  // to the engine's goroutine; holds one
	pool     *pool          // the worker's programs, nil if it has none
	session  *sessionWorker // that the pool is of
	program  *program       // that has the tasks inside
	inside   []*attempt     // tasks that the program has been given, in order
	entered  int            // of those, how many it has been sent
	remove   context.CancelFunc
}

// startEngine starts the goroutine that keeps a worker for the engine.
func (h *host) startEngine(s *slot) {
	ctx, cancel := context.WithCancel(h.group.Context())
	s.remove = cancel
	k := &keeper{host: h, slot: s, id: s.id}
	// A group that has stopped has no use for engines.
	_ = h.group.Go(s.id.String(), func(context.Context) error { defer cancel(); return k.keep(ctx) })
}

// removeEngine ends an engine for good. Its tasks are given back.
func (h *host) removeEngine(s *slot, why string) {
	if why == "" {
		why = "it was told to stop"
	}
	for len(s.queue) > 0 {
		h.unqueue(s.queue[0], "the engine has stopped: "+why)
	}
	for a := s.at(); a != nil; a = s.at() {
		if h.drop(a); a.environment > 0 {
			continue
		}
		h.lose(a.key, s.id, true, "the engine has stopped: "+why)
	}
	delete(h.byID, s.id)
	for i, other := range h.slots {
		if other == s {
			h.slots = append(h.slots[:i:i], h.slots[i+1:]...)
			break
		}
	}
	if s.remove != nil {
		s.remove()
	}
	h.tell(&proto.EngineDown{Engine: s.id, PID: s.pid, Reason: why})
	s.up, s.pid = false, 0
	if h.cfg.Registered != nil && len(h.slots) > 0 {
		h.cfg.Registered(h.ids())
	}
}

// at is the attempt that an engine is at, nil if it is idle.
func (s *slot) at() *attempt {
	if s.running == nil && len(s.inside) > 0 {
		return s.inside[0]
	}
	return s.running
}

// engineUp notes that an engine has a worker, and maybe programs.
func (h *host) engineUp(s *slot, pid int, programs *pool) {
	if h.byID[s.id] != s {
		return
	}
	s.up, s.pid, s.pool = true, pid, programs
	s.told, s.prepared, s.loaded = false, 0, loaded{}
	if h.prepared(s) {
		h.isUp(s)
	}
	h.advance(s)
}

// inProcess notes that an engine's worker is another process, with all that the former had declared.
func (h *host) inProcess(s *slot, pid int) {
	s.pid = pid
	if s.told {
		h.tell(&proto.EngineUp{Engine: s.id, PID: pid})
	}
}

// isUp tells the controller that an engine takes tasks.
func (h *host) isUp(s *slot) {
	if s.told {
		return
	}
	s.told = true
	h.tell(&proto.EngineUp{Engine: s.id, PID: s.pid})
	h.cfg.Log.Info("engine up", "engine", int(s.id), "pid", s.pid)
	if !s.was {
		s.was = true
		if h.ready++; h.ready == len(h.slots) {
			h.allReady()
		}
	}
}

func (h *host) allReady() {
	select {
	case h.complete <- struct{}{}:
	default:
	}
	if h.cfg.Ready != nil {
		h.cfg.Ready(h.ids())
	}
}

func (h *host) ids() []proto.EngineID {
	var ids []proto.EngineID
	for _, s := range h.slots {
		ids = append(ids, s.id)
	}
	return ids
}

// engineDown notes that an engine's worker has ended or could not be started, and that the next try comes after wait. Without a wait
// the queue stays; otherwise its tasks go back, for other engines to take.
func (h *host) engineDown(s *slot, pid int, why string, wait time.Duration) {
	if h.byID[s.id] != s {
		return
	}
	s.up, s.told, s.pid, s.pool = false, false, 0, nil
	h.empty(s)
	select {
	case a := <-s.work: // handed over just when the worker died
		if s.running = nil; a.environment == 0 {
			s.queue = append([]*attempt{a}, s.queue...)
		}
	default:
	}
	if wait > 0 {
		why = fmt.Sprintf("%s; trying again in %v", why, wait)
	}
	h.cfg.Log.Warn("engine down", "engine", int(s.id), "pid", pid, "reason", why)
	h.tell(&proto.EngineDown{Engine: s.id, PID: pid, Reason: why, Restarting: true})
	if h.cfg.Failed != nil {
		h.cfg.Failed(s.id, why)
	}
	for wait > 0 && len(s.queue) > 0 {
		h.unqueue(s.queue[0], "its engine has no worker: "+why)
	}
}

// ran takes what became of the task that an engine was running.
func (h *host) ran(a *attempt, k proto.Chunk, err error, death string) {
	s := a.slot
	if a.environment > 0 {
		h.tried(a, err)
		return
	}
	if h.byKey[a.key] != a {
		return // its engine was removed
	}
	revoked := errors.Is(context.Cause(a.ctx), ErrRevoked)
	switch {
	case err == nil:
		s.learn(a, h.environment.Version)
		h.finish(a, k)
	case death != "" && !revoked:
		h.drop(a)
		h.lose(a.key, s.id, true, death)
	case errors.Is(err, errProgramDied) && !revoked:
		h.drop(a)
		h.lose(a.key, s.id, true, strings.TrimPrefix(err.Error(), errProgramDied.Error()+": "))
	case revoked:
		h.drop(a)
		h.lose(a.key, s.id, true, ErrRevoked.Error())
	default:
		var known *proto.Error
		if !errors.As(err, &known) {
			known = proto.Errorf(proto.KindInternal, "%v", err)
		}
		whole := failed(&a.Task, known)
		whole.Stdout, whole.Stderr = k.Stdout, k.Stderr
		h.finish(a, whole)
	}
	if death == "" {
		h.advance(s)
		return
	}
	s.up, s.pool = false, nil // until the keeper has a new worker
}

package sched

import (
	"fmt"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// host is an engine host.
type host struct {
	id         proto.PeerID
	name       string
	up         bool
	local      bool // it sees the controller's files
	registered bool // on this connection
	epoch      int  // counts connections and their ends
	info       proto.HostInfo
	load       float64
	free       int64         // memory
	ahead      time.Duration // its clock, of ours
	end        end
	engines    []*engine
	assign     []proto.Task // to be sent, or just sent
	assigned   proto.Assign // with them
	revoke     []proto.Held
	recall     []proto.Held
	dirty      bool
	stock      *stock            // what its machine has, nil: nothing
	replaced   bool              // another has its engines or some of them
	lacks      map[uint64]string // parcels that it must have before it has tasks, and why it has not
}

func (h *host) ids() []proto.EngineID {
	ids := make([]proto.EngineID, len(h.engines))
	for i, e := range h.engines {
		ids[i] = e.id
	}
	return ids
}

func (s *Scheduler) hostUp(ev Up) {
	h := s.hosts[ev.Peer]
	if h == nil {
		h = &host{id: ev.Peer}
		s.hosts[ev.Peer] = h
	} else if h.up {
		s.away(h)
	}
	h.name, h.up, h.registered, h.local = ev.Name, true, false, false
	h.epoch++
	epoch := h.epoch
	s.after(s.cfg.Stubborn, func() {
		if h.epoch == epoch && !h.registered {
			s.kick(h.id, "the host did not register within %v", s.cfg.Stubborn)
		}
	})
}

// away closes a host's engines to work while it is disconnected.
func (s *Scheduler) away(h *host) {
	h.up, h.registered = false, false
	h.assign, h.revoke, h.recall = nil, nil, nil
	for _, e := range h.engines {
		s.set(e, engineAway)
	}
}

func (s *Scheduler) hostDown(h *host, ev Down) {
	s.away(h)
	h.epoch++
	if ev.Final || len(h.engines) == 0 {
		s.hostLost(h, ev.Reason)
		return
	}
	s.log("host %s (%s) is disconnected: %s", h.name, enginesText(h.ids()), ev.Reason)
	epoch := h.epoch
	s.after(s.cfg.HostGrace, func() {
		if h.epoch == epoch {
			s.hostLost(h, ev.Reason)
		}
	})
}

// hostLost gives a host up, with its engines.
func (s *Scheduler) hostLost(h *host, reason string) {
	h.up = false
	h.epoch++
	s.stop(h.end.timer)
	delete(s.hosts, h.id)
	s.hostForgotten(h)
	defer s.stockDown(h)
	if len(h.engines) == 0 {
		s.log("host %s is gone: %s", h.name, reason)
		return
	}
	tasks := 0
	for _, e := range h.engines {
		tasks += len(e.flight)
	}
	ids := h.ids()
	s.announce(proto.EventHostLost, ids[0], proto.JobID{}, "The engine host on %s with %s is lost: %s.%s",
		h.name, enginesText(ids), reason, againText(tasks))
	for _, e := range slices.Clone(h.engines) {
		s.engineLost(e, "its host on "+h.name+" is lost: "+reason)
	}
}

// engineLost takes an engine from its host, and its tasks from it.
func (s *Scheduler) engineLost(e *engine, reason string) {
	h := e.host
	h.engines = slices.DeleteFunc(h.engines, func(x *engine) bool { return x == e })
	s.set(e, engineLost)
	e.lost, e.death, e.pid, e.memory = s.now, reason, 0, 0
	flight := slices.Clone(e.flight)
	for _, t := range flight {
		s.drop(t)
	}
	s.calm(e)
	e.host, e.stopping, e.draining = nil, "", ""
	s.there, s.kinds = nil, nil
	s.waitForReturn(e)
	// The last first: what is put back goes to the front.
	for _, t := range slices.Backward(flight) {
		s.gone(t, !t.started.IsZero(), reason)
	}
}

// waitForReturn sets a limit to how long the work that is bound to a lost engine waits for it.
func (s *Scheduler) waitForReturn(e *engine) {
	s.stop(e.giveUp)
	e.giveUp = s.after(s.cfg.Return, func() {
		e.giveUp = nil
		if e.state == engineLost {
			s.giveUp(e)
		}
	})
}

// giveUp fails what needs an engine that did not return.
func (s *Scheduler) giveUp(e *engine) {
	why := fmt.Sprintf("engine %d did not come back within %v: %s", int(e.id), s.cfg.Return, e.death)
	own := e.own
	e.own = nil
	for _, h := range own {
		h.queued = false
		s.failShare(h, why)
	}
	for _, l := range slices.Clone(e.lanes) {
		if l.pool != nil && l.pool != s.all && s.abandoned(l.pool) {
			s.failPool(l.pool, why)
		}
	}
}

// abandoned reports whether none of a pool's engines is there or expected.
func (s *Scheduler) abandoned(p *pool) bool {
	return p.targets != nil && !slices.ContainsFunc(p.targets, func(id proto.EngineID) bool {
		e := s.engines[id]
		return e.host != nil || e.giveUp != nil
	})
}

// failPool ends the jobs of a pool that has lost its engines.
func (s *Scheduler) failPool(p *pool, why string) {
	s.order.all(func(j *job) bool {
		if j.flow != nil && j.flow.pool == p {
			s.finish(j, proto.JobFailed, proto.Errorf(proto.KindLost, "all engines of the job are lost: %s", why))
		}
		return true
	})
}

// register takes in a host's engines, gives them ids, and compares what it holds with what it should.
func (s *Scheduler) register(h *host, m *proto.Register) {
	if len(m.Engines) > s.cfg.HostEngines {
		s.kick(h.id, "%d engines are more than a host may have (%d)", len(m.Engines), s.cfg.HostEngines)
		return
	}
	before := h.engines
	restarted := len(before) > 0 && h.info.PID != m.Info.PID
	if restarted {
		s.announce(proto.EventHostLost, before[0].id, proto.JobID{}, "The engine host on %s (process %d) with %s was lost and has been restarted.",
			h.name, h.info.PID, enginesText(h.ids()))
	}
	h.info, h.registered = m.Info, true
	s.setEnd(h, m)
	s.stockUp(h)
	if m.Info.Host != "" {
		h.name = m.Info.Host
	}
	h.engines = nil
	spare := slices.DeleteFunc(slices.Clone(before), func(e *engine) bool {
		return slices.ContainsFunc(m.Engines, func(info proto.EngineInfo) bool { return info.ID == e.id })
	})
	answer := &proto.Registered{Environment: s.environment, Parcels: s.parcelsOf(h, m.Placed)}
	for _, info := range m.Engines {
		e := s.place(h, before, &spare, info.ID)
		if e == nil {
			h.engines = append(h.engines, remaining(before, h.engines)...)
			s.kick(h.id, "the cluster has %d engines, which is the most it may have", len(s.engines))
			return
		}
		e.host = h
		h.engines = append(h.engines, e)
		answer.Engines = append(answer.Engines, e.id)
		s.arrive(e, info.PID)
	}
	for _, e := range remaining(before, h.engines) {
		h.engines = append(h.engines, e)
		s.engineLost(e, "its host came back without it")
	}
	answer.Drop = s.reconcile(h, m.Held, restarted)
	s.send(h.id, answer)
	s.announce(proto.EventHostUp, proto.NoEngine, proto.JobID{}, "The engine host on %s is there with %s.%s", h.name, enginesText(answer.Engines), s.clockText(h, m.Now))
	for _, e := range h.engines {
		s.open(e)
	}
}

// skewNoticed is how far clocks may differ before somebody is told.
const skewNoticed = time.Minute

// clockText says that a host's clock is wrong, or ours, if they differ.
func (s *Scheduler) clockText(h *host, now time.Time) string {
	if h.ahead = 0; !now.IsZero() {
		h.ahead = now.Sub(s.now)
	}
	where := "ahead of"
	switch {
	case h.ahead.Abs() < skewNoticed:
		return ""
	case h.ahead < 0:
		where = "behind"
	}
	return fmt.Sprintf(" Its clock is %v %s the controller's: set one of them, or times will not match.", h.ahead.Abs().Round(time.Second), where)
}

// remaining returns the engines of all that are not in some.
func remaining(all, some []*engine) []*engine {
	var rest []*engine
	for _, e := range all {
		if !slices.Contains(some, e) {
			rest = append(rest, e)
		}
	}
	return rest
}

// place finds the engine for a host's wish: its own of before, one that is free, or one whose host is disconnected (a
// host process that was started in place of another asks for the other's engines); else one of its spare ones, which it does
// not know that it has, or the lowest free.
func (s *Scheduler) place(h *host, before []*engine, spare *[]*engine, want proto.EngineID) *engine {
	if want >= 0 && int(want) < s.cfg.MaxEngines {
		switch e := s.engineAt(want); {
		case e == nil || e.host == nil:
			return s.newEngine(want)
		case e.host == h:
			if slices.Contains(before, e) && !slices.Contains(h.engines, e) {
				return e
			}
		case !e.host.up:
			s.replaced(e)
			return e
		}
	}
	if len(*spare) > 0 {
		e := (*spare)[0]
		*spare = (*spare)[1:]
		return e
	}
	id := s.freeEngine()
	if int(id) >= s.cfg.MaxEngines {
		return nil
	}
	return s.newEngine(id)
}

// replaced takes an engine from a disconnected host for another.
func (s *Scheduler) replaced(e *engine) {
	old := e.host
	if !old.replaced {
		old.replaced = true
		s.announce(proto.EventHostLost, e.id, proto.JobID{}, "The engine host on %s (process %d) is lost; another has taken the place of %s.",
			old.name, old.info.PID, enginesText(old.ids()))
	}
	s.engineLost(e, fmt.Sprintf("its host on %s was replaced by another", old.name))
	if len(old.engines) == 0 {
		s.hostLost(old, "it was replaced by another")
	}
}

// arrive gives an engine to its host of now; open lets it have work.
func (s *Scheduler) arrive(e *engine, pid int) {
	s.stop(e.giveUp)
	e.giveUp = nil
	e.pid = pid
	s.set(e, engineStarting)
}

func (s *Scheduler) open(e *engine) {
	if e.stopping != "" {
		s.set(e, engineStopping)
		s.send(e.host.id, &proto.Stop{Engines: []proto.EngineID{e.id}, Reason: e.stopping})
		return
	}
	if e.pid == 0 || e.state != engineStarting {
		return
	}
	e.rested = s.now
	s.set(e, engineUp)
	s.feed(e)
}

// reconcile compares what a host holds with what it was given, and returns what it should drop. What a restarted host does not
// hold was lost with its former process.
func (s *Scheduler) reconcile(h *host, held []proto.Held, restarted bool) []proto.Held {
	has := make(map[proto.TaskID]proto.Attempt, len(held))
	var drop []proto.Held
	for _, k := range held {
		t := s.current(h, k.Task, k.Attempt)
		if t == nil || t.revoked {
			drop = append(drop, k)
			continue
		}
		has[k.Task] = k.Attempt
	}
	for _, e := range h.engines {
		var vanished []*task
		for _, t := range e.flight {
			if has[t.id] != t.attempt {
				vanished = append(vanished, t)
			}
		}
		for _, t := range vanished {
			s.drop(t)
		}
		for _, t := range slices.Backward(vanished) {
			if restarted {
				s.gone(t, !t.started.IsZero(), "its host was lost")
			} else {
				s.vanish(t)
			}
		}
		if len(e.flight) > 0 {
			s.watch(e.flight[0])
		}
	}
	return drop
}

func (s *Scheduler) engineUp(h *host, m *proto.EngineUp) {
	e := s.engineAt(m.Engine)
	if e == nil || e.host != h {
		return
	}
	again := e.pid != m.PID
	e.pid = m.PID
	if e.state != engineStarting {
		return
	}
	if again {
		s.announce(proto.EventEngineUp, e.id, proto.JobID{}, "Engine %d on %s is up (process %d).", int(e.id), h.name, e.pid)
	}
	s.open(e)
}

func (s *Scheduler) engineDown(h *host, m *proto.EngineDown) {
	e := s.engineAt(m.Engine)
	if e == nil || e.host != h {
		return
	}
	e.pid, e.memory = 0, 0
	if !m.Restarting {
		s.announce(proto.EventEngineDown, e.id, proto.JobID{}, "Engine %d on %s has ended: %s.%s", int(e.id), h.name, m.Reason, againText(len(e.flight)))
		s.engineLost(e, m.Reason)
		return
	}
	e.restarts++
	e.death = m.Reason
	if e.state == engineUp {
		s.set(e, engineStarting)
	}
	s.announce(proto.EventEngineDown, e.id, proto.JobID{}, "The worker of engine %d on %s has ended: %s. A new one is being started.", int(e.id), h.name, m.Reason)
}

func (s *Scheduler) hostStats(h *host, m *proto.HostStats) {
	h.load, h.free = m.Load, m.Free
	for _, st := range m.Engines {
		if e := s.engineAt(st.Engine); e != nil && e.host == h {
			e.memory = st.Memory
		}
	}
}

// stopEngines ends engines on a client's wish.
func (s *Scheduler) stopEngines(ids []proto.EngineID, reason string) {
	for _, id := range ids {
		e := s.engineAt(id)
		if e == nil || e.host == nil {
			continue
		}
		if !e.host.up {
			s.engineLost(e, reason)
			continue
		}
		e.stopping = reason
		s.open(e)
	}
}

package sched

import (
	"fmt"
	"slices"

	"github.com/gocluster/gocluster/internal/proto"
)

// Draining: an engine that is to leave takes no more of the work that others may do. It ends what it has begun, and what nobody else may do; what it
// has not begun goes to others. Then it is told to stop.

// drain has engines leave when they are done.
func (s *Scheduler) drain(ids []proto.EngineID, reason string) {
	for _, id := range ids {
		e := s.engineAt(id)
		if e == nil || e.host == nil || e.draining != "" || e.stopping != "" {
			continue
		}
		e.draining = reason
		s.draining = append(s.draining, e)
		s.there, s.kinds = nil, nil
		s.log("engine %d on %s: %s", int(e.id), e.host.name, reason)
		s.relevel(e)
		for _, t := range slices.Clone(e.flight) {
			if t.started.IsZero() && t.share == nil && !t.recalled && !t.revoked {
				s.recall(t)
			}
		}
	}
}

// drained goes on with the engines that are to leave.
func (s *Scheduler) drained() {
	s.draining = slices.DeleteFunc(s.draining, func(e *engine) bool {
		if e.host == nil || e.draining == "" {
			return true
		}
		if !e.host.up || !e.host.registered || len(e.flight) > 0 {
			return false
		}
		if own := s.hasOwn(e); own || s.only(e) != nil {
			if e.state == engineUp && len(e.host.lacks) == 0 {
				s.giveLast(e, own)
			}
			return false
		}
		e.stopping = e.draining
		s.open(e)
		return true
	})
}

// giveLast gives an engine that is to leave a piece of what nobody else may do.
func (s *Scheduler) giveLast(e *engine, own bool) {
	if own {
		if e.mayOwn() && s.fitsLane(e, &lane{}) {
			s.give(e, s.takeOwn(e))
		}
		return
	}
	p := s.only(e)
	if len(p.needs) > 0 && !e.host.stock.enough(p.needs) || !s.fitsLane(e, &lane{pool: p}) {
		return
	}
	j, cut := s.take(p, e)
	t := j.newTask()
	t.piece = cut
	s.give(e, t)
}

// only returns a pool with work that no other engine may do than some that are to leave, nil if there is none.
func (s *Scheduler) only(e *engine) *pool {
	for _, l := range e.lanes {
		if l.pool == nil || l.pool.targets == nil || l.pool.flows.len() == 0 {
			continue
		}
		if !slices.ContainsFunc(l.pool.targets, func(id proto.EngineID) bool { return s.stays(s.engines[id]) }) {
			return l.pool
		}
	}
	return nil
}

// stays reports whether an engine is there, and is not to leave.
func (s *Scheduler) stays(e *engine) bool {
	return e.host != nil && !e.host.end.leaving && e.draining == "" && e.stopping == ""
}

// leavingText says that an engine takes no new work, "" if it does.
func (e *engine) leavingText() string {
	switch {
	case e.state == engineStopping:
		return fmt.Sprintf("engine %d is being shut down", int(e.id))
	case e.draining != "":
		return fmt.Sprintf("engine %d is being drained: it takes no more work", int(e.id))
	case e.host != nil && e.host.end.leaving:
		return fmt.Sprintf("engine %d leaves: the time of its job is nearly up", int(e.id))
	}
	return ""
}

// There lists the engines that are there and are not to leave, with their sets.
func (s *Scheduler) There() []proto.EngineOf {
	var out []proto.EngineOf
	for _, e := range s.engines {
		if s.stays(e) {
			out = append(out, proto.EngineOf{ID: e.id, Set: e.host.info.Set, Part: e.host.info.Part, Rank: e.host.info.Rank})
		}
	}
	return out
}

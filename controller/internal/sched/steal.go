package sched

// Stealing: a task that was prefetched behind another that turns out long is taken back when an engine that may do it has
// nothing to do. It is looked at when it has waited for Config.Steal, so that short tasks stay where they are.

// stealSoon sets the timer for stealing when there is something to be stolen and someone to do it.
func (s *Scheduler) stealSoon() {
	if s.steal != nil || s.queued.n == 0 || s.levels[0].n == 0 {
		return
	}
	at := s.queued.front.task.given.Add(s.cfg.Steal)
	if !at.After(s.now) {
		at = s.now.Add(s.cfg.Steal)
	}
	s.steal = s.at(at, func() {
		s.steal = nil
		s.stealNow()
	})
}

// stealNow takes back as many tasks as there are idle engines for them.
func (s *Scheduler) stealNow() {
	idle := s.levels[0].n
	s.queued.all(func(q *queuedTask) bool {
		t := q.task
		if idle == 0 || s.now.Sub(t.given) < s.cfg.Steal {
			return false
		}
		if p := t.job.flow; p != nil && s.idleIn(p.pool, t) {
			s.recall(t)
			idle--
		}
		return true
	})
}

// idleIn reports whether an engine of a pool has nothing to do that could have a task which another has.
func (s *Scheduler) idleIn(p *pool, t *task) bool {
	if p == s.all {
		return s.levels[0].n > 0
	}
	for _, id := range s.members(p) {
		e := s.engines[id]
		if e.level == 0 && (len(p.needs) == 0 || e.host.stock == t.took || e.host.stock.enough(p.needs)) {
			return true
		}
	}
	return false
}

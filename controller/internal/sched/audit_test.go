package sched

import (
	"errors"
	"fmt"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// audit checks that the scheduler's books agree with each other.
func (s *Scheduler) audit() error {
	flights := 0
	for _, e := range s.engines {
		var load time.Duration
		bytes := 0
		for _, t := range e.flight {
			load += t.estimate
			bytes += t.bytes
			if s.tasks[t.id] != t || t.engine != e {
				return fmt.Errorf("engine %d has a task that is not its own", e.id)
			}
		}
		flights += len(e.flight)
		switch {
		case load != e.load || bytes != e.bytes:
			return fmt.Errorf("engine %d: load %v and %d bytes are in the books, %v and %d in flight", e.id, e.load, e.bytes, load, bytes)
		case s.room(e) != (e.level >= 0) || e.level >= 0 && e.level != len(e.flight):
			return fmt.Errorf("engine %d with %d tasks is linked at level %d", e.id, len(e.flight), e.level)
		case s.room(e) && s.hasOwn(e) && e.mayOwn():
			return fmt.Errorf("engine %d has room and work of its own", e.id)
		}
	}
	if flights != len(s.tasks) {
		return fmt.Errorf("%d tasks are in the books, %d in flight", len(s.tasks), flights)
	}
	if s.all.flows.len() > 0 && s.roomiest() != nil {
		return errors.New("an engine has room while work waits")
	}
	if err := s.auditStocks(); err != nil {
		return err
	}
	return s.auditJobs()
}

// auditStocks checks that tasks have what is said to be used, no more than there is, and that no work waits for what is free.
func (s *Scheduler) auditStocks() error {
	used := map[*stock]map[string]int{}
	for _, t := range s.tasks {
		if (t.took == nil) != (len(t.job.spec.Needs) == 0) {
			return fmt.Errorf("task %d needs %s and has taken something: %v", t.id, needsText(t.job.spec.Needs), t.took != nil)
		}
		for _, r := range t.job.spec.Needs {
			if used[t.took] == nil {
				used[t.took] = map[string]int{}
			}
			used[t.took][r.Name] += r.N
		}
	}
	for key, st := range s.stocks {
		for name, n := range st.used {
			if n != used[st][name] || n > st.total[name] {
				return fmt.Errorf("%s: %d %s of %d are in use, tasks have %d", key, n, name, st.total[name], used[st][name])
			}
		}
	}
	for _, p := range s.pools {
		for _, e := range s.enginesOf(p) {
			if len(p.needs) > 0 && p.flows.len() > 0 && e.level >= 0 && e.host.end.cut.IsZero() && e.host.stock.enough(p.needs) {
				return fmt.Errorf("engine %d has room and %s while work waits for that", e.id, needsText(p.needs))
			}
		}
	}
	return nil
}

// auditJobs checks that no element is lost or there twice.
func (s *Scheduler) auditJobs() error {
	unacked := map[*client]int{}
	for _, j := range s.jobs {
		for _, m := range j.out {
			unacked[j.client] += m.bytes
		}
		if j.state.Final() {
			continue
		}
		n := j.done
		for _, t := range j.flight {
			n += t.n
		}
		for _, p := range j.again {
			n += p.n
		}
		for _, h := range j.shares {
			n += h.end - h.next
			for _, p := range h.again {
				n += p.n
			}
		}
		if j.spec.Placement == proto.PlaceAny {
			n += j.total - j.next
		}
		if n != j.total {
			return fmt.Errorf("job %s has %d elements, %d of them somewhere", j.id, j.total, n)
		}
	}
	for _, c := range s.clients {
		if c.unacked != unacked[c] || c.piped < 0 || c.piped > c.unacked {
			return fmt.Errorf("client %v: %d bytes kept and %d sent are in the books, %d are there", c.id, c.unacked, c.piped, unacked[c])
		}
	}
	return nil
}

// leftovers reports what should be gone when all jobs have ended.
func (s *Scheduler) leftovers() error {
	switch {
	case len(s.tasks) > 0:
		return fmt.Errorf("%d tasks are left", len(s.tasks))
	case len(s.jobs) > 0 || s.order.n > 0:
		return fmt.Errorf("%d jobs are left", len(s.jobs))
	case len(s.pools) > 0 || s.all.jobs > 0 || len(s.all.of) > 0:
		return fmt.Errorf("%d pools and %d flows are left", len(s.pools), len(s.all.of))
	case s.queued.n > 0 || s.timers.len() > 0:
		return fmt.Errorf("%d queued tasks and %d timers are left", s.queued.n, s.timers.len())
	}
	for key, st := range s.stocks {
		if left := st.inUse(); len(left) > 0 {
			return fmt.Errorf("%s is still in use of %s", needsText(left), key)
		}
	}
	for _, c := range s.clients {
		if len(c.flows) > 0 || len(c.jobs) > 0 || c.stalled || len(c.backlog) > c.head {
			return fmt.Errorf("client %v has %d flows, %d jobs, a backlog of %d", c.id, len(c.flows), len(c.jobs), len(c.backlog)-c.head)
		}
	}
	return nil
}

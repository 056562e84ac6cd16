package sched

import (
	"fmt"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// A host may know its end: when the time of its job in a batch system is up. It begins nothing more a while before, and what is expected to take
// longer than the rest of its time is not given to it at all. Others do it, or it waits for them.

// end is when a host begins nothing more, and when it is no more; zero: nothing is known of an end.
type end struct {
	leaves, cut time.Time
	timer       *timer
	leaving     bool
}

// setEnd takes in what a host knows of its end.
func (s *Scheduler) setEnd(h *host, m *proto.Register) {
	s.stop(h.end.timer)
	h.end = end{}
	if m.Leaves == 0 || m.Ends < m.Leaves {
		return
	}
	h.end.leaves, h.end.cut = s.now.Add(m.Leaves), s.now.Add(m.Ends)
	h.end.timer = s.at(h.end.leaves, func() { s.leavesNow(h) })
}

// leavesNow closes a host's engines to work: it lets them go now, one by one, when they have done what they are at.
func (s *Scheduler) leavesNow(h *host) {
	h.end.leaving, h.end.timer = true, nil
	s.there, s.kinds = nil, nil
	s.announce(proto.EventHostUp, proto.NoEngine, proto.JobID{}, "The engine host on %s with %s leaves: the time of its job is nearly up.", h.name, enginesText(h.ids()))
	for _, e := range h.engines {
		s.relevel(e)
	}
}

// leavesIn is how long a host begins tasks, as proto.HostStatus has it.
func (s *Scheduler) leavesIn(h *host) time.Duration {
	switch {
	case h.end.leaves.IsZero():
		return 0
	case h.end.leaving || !h.end.leaves.After(s.now):
		return -1
	}
	return h.end.leaves.Sub(s.now)
}

// expected returns how long the next piece of a job, or of a share of it, should take, as far as anything is known: by the elements that are done, by
// one that has not ended yet, or by the time that it may take; 0: nothing is.
func (j *job) expected(now time.Time, again []piece, left int) time.Duration {
	n := 1
	switch {
	case len(again) > 0:
		n = again[len(again)-1].n
	case j.spec.Chunk > 0:
		n = min(j.spec.Chunk, left)
	}
	limit := time.Duration(min(float64(j.spec.Timeout)*float64(n), float64(1<<62)))
	if j.spec.Kind != proto.JobCall {
		return limit
	}
	known := time.Duration(0)
	if j.cost.known() {
		known = time.Duration(min(j.cost.element()*float64(n)*float64(time.Second), float64(1<<62)))
	} else if limit == 0 && len(j.flight) > 0 && !j.flight[0].started.IsZero() {
		known = now.Sub(j.flight[0].started) / time.Duration(j.flight[0].n) * time.Duration(n)
	}
	switch {
	case known == 0:
		return limit
	case limit == 0:
		return known
	}
	return min(known, limit)
}

// marginPart is the part of the time between a host's leaving and its end that stays free.
const marginPart = 10

// fits reports whether what is expected to take so long ends before an engine's host does.
func (s *Scheduler) fits(e *engine, d time.Duration) bool {
	h := e.host
	if h.end.cut.IsZero() || d == 0 {
		return true
	}
	margin := h.end.cut.Sub(h.end.leaves) / marginPart
	return d < h.end.cut.Sub(s.now)-margin-e.load
}

// fitsJob is fits for the next piece of a job that its pool has.
func (s *Scheduler) fitsJob(e *engine, j *job) bool {
	return e.host.end.cut.IsZero() || s.fits(e, j.expected(s.now, j.again, j.total-j.next))
}

// fitsLane reports whether an engine has the time for something of a lane that is not empty.
func (s *Scheduler) fitsLane(e *engine, l *lane) bool {
	switch {
	case e.host.end.cut.IsZero():
		return true
	case l.pool != nil:
		f, _ := s.pick(l.pool, e)
		return f != nil
	}
	h := e.own[0]
	return s.fits(e, h.job.expected(s.now, h.again, h.end-h.next))
}

// pick returns the job of a pool that is not empty that is to be served next, of those that an engine has the time for; nil if there is none.
func (s *Scheduler) pick(p *pool, e *engine) (*flow, *job) {
	f := p.flows.min()
	if j := f.first(); s.fitsJob(e, j) {
		return f, j
	}
	var best *flow
	var next *job
	for _, f := range p.flows.xs {
		if best != nil && !f.before(best) {
			continue
		}
		if j := f.firstOf(func(j *job) bool { return s.fitsJob(e, j) }); j != nil {
			best, next = f, j
		}
	}
	return best, next
}

// firstOf is first for jobs that are good for something.
func (f *flow) firstOf(good func(*job) bool) *job {
	var first *job
	for _, j := range f.fresh.jobs[f.fresh.head:] {
		if j != nil && j.fresh && good(j) {
			first = j
			break
		}
	}
	for _, j := range f.jobs.xs {
		if (first == nil || j.before(first)) && good(j) {
			first = j
		}
	}
	return first
}

// hurry closes an engine to work that has no time for what waits, until something else does.
func (s *Scheduler) hurry(e *engine) {
	e.hurried = true
	s.hurried = append(s.hurried, e)
	s.relevel(e)
}

// unhurry opens engines to work again that had no time for what waited, and have it for a job.
func (s *Scheduler) unhurry(j *job) {
	if len(s.hurried) == 0 || j.flow == nil || !j.pending() {
		return
	}
	var open []*engine
	for _, e := range s.hurried {
		if (j.flow.pool.targets == nil || slices.Contains(j.flow.pool.targets, e.id)) && s.fitsJob(e, j) {
			open = append(open, e)
		}
	}
	for _, e := range open {
		s.calm(e)
		s.feed(e)
	}
}

// calm lets an engine look for work again.
func (s *Scheduler) calm(e *engine) {
	if e.hurried {
		e.hurried = false
		s.hurried = slices.DeleteFunc(s.hurried, func(x *engine) bool { return x == e })
		s.relevel(e)
	}
}

// explainHurry says that what is left of a job would not end before engines do, "" if it would.
func (s *Scheduler) explainHurry(j *job) string {
	for _, e := range s.hurried {
		if e.host != nil && j.flow != nil && !s.fitsJob(e, j) {
			return fmt.Sprintf("an element is expected to take %v, and the time of engines is up before: engine %d leaves in %v",
				j.expected(s.now, nil, 1).Round(time.Second), int(e.id), max(0, s.leavesIn(e.host)).Round(time.Second))
		}
	}
	return ""
}

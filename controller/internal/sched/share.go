package sched

import (
	"slices"

	"github.com/gocluster/gocluster/internal/proto"
)

// share is the part of a job that is bound to one engine.
type share struct {
	job       *job
	engine    *engine
	next, end int     // the elements that were not given out yet
	again     []piece // those that were, and were lost
	queued    bool
}

// shares is an engine's own queue.
type shares []*share

func (h *share) empty() bool { return len(h.again) == 0 && h.next == h.end }

// split gives every target its share of a job: a contiguous part, or one element each.
func (s *Scheduler) split(j *job) {
	targets := j.spec.Targets
	k := len(targets)
	from := 0
	for i, id := range targets {
		n := j.total / k
		if i < j.total%k {
			n++
		}
		h := &share{job: j, engine: s.engines[id], next: from, end: from + n}
		from += n
		j.shares = append(j.shares, h)
		s.enqueue(h, false)
	}
	for _, id := range targets {
		s.feed(s.engines[id])
	}
}

// enqueue puts a share that has work into its engine's queue: at the front when it is lost work, so that what one engine
// is to do keeps its order.
func (s *Scheduler) enqueue(h *share, front bool) {
	if h.empty() {
		return
	}
	e := h.engine
	if h.queued {
		if !front || e.own[0] == h {
			return
		}
		e.own = slices.DeleteFunc(e.own, func(x *share) bool { return x == h })
	}
	h.queued = true
	if front {
		e.own = slices.Insert(e.own, 0, h)
	} else {
		e.own = append(e.own, h)
	}
	if e.state == engineLost && e.giveUp == nil {
		s.waitForReturn(e)
	}
	s.calm(e) // it looks again whether it has the time
}

// hasOwn reports whether an engine has work of its own that may be given out now.
func (s *Scheduler) hasOwn(e *engine) bool {
	for len(e.own) > 0 {
		h := e.own[0]
		if !h.job.client.stalled && !h.job.state.Final() && !h.empty() {
			return true
		}
		s.popOwn(e)
		if h.job.client.stalled {
			h.job.client.parked = append(h.job.client.parked, h)
		}
	}
	return false
}

func (s *Scheduler) popOwn(e *engine) {
	e.own[0].queued = false
	e.own[0] = nil
	e.own = e.own[1:]
}

// takeOwn cuts the next piece of an engine's own work, which there must be.
func (s *Scheduler) takeOwn(e *engine) *task {
	h := e.own[0]
	t := h.job.newTask()
	t.share = h
	if k := len(h.again); k > 0 {
		t.piece = h.again[k-1]
		h.again = h.again[:k-1]
	} else {
		j := h.job
		n := h.end - h.next
		if j.spec.Placement == proto.PlaceSplit {
			n = s.size(j, j.segmentOf(h.next), n, n)
		}
		t.piece = piece{first: h.next, n: n}
		h.next += n
	}
	if h.empty() {
		s.popOwn(e)
	}
	return t
}

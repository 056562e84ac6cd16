package sched

import (
	"fmt"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// Adapt bounds how many engines a set has, which has more while work waits, and fewer when some have had nothing to do for Idle.
type Adapt struct {
	Min, Max int
	Idle     time.Duration
}

const (
	// adaptEvery is how often it is looked whether a set has the right size, and how long work waits before there are more engines for it.
	adaptEvery = time.Second
	// adaptStart is how long engines that were asked for may take to be on their way before others are.
	adaptStart = 30 * time.Second
)

// situation is what the size of a set is decided by.
type situation struct {
	engines int           // that are there, and are not to leave
	coming  int           // that were asked for
	waiting int           // elements and tasks that no engine has begun
	waited  time.Duration // for how long there have been such
	idle    int           // engines that have had nothing to do for Idle
	spare   int           // of those coming, how many can be given up
	steady  time.Duration // since the size was changed
}

// change returns how many engines more a set should have, or, below zero, fewer. It at most doubles at once; and it shrinks only some time after
// it has changed, so that it does not swing.
func (a Adapt) change(x situation) int {
	n := x.engines + x.coming
	switch {
	case n < a.Min:
		return a.Min - n
	case x.waiting > 0 && x.waited >= adaptEvery && x.coming == 0:
		return max(0, min(x.waiting, max(1, n), a.Max-n))
	case x.waiting == 0 && x.idle+x.spare > 0 && x.steady >= a.Idle:
		return -max(0, min(x.idle+x.spare, n-a.Min))
	}
	return 0
}

// adaptive is a set whose size is adapted.
type adaptive struct {
	Adapt
	set     string
	coming  int       // as the keeper says
	asked   int       // of those coming, how many more than before the set was adapted
	target  int       // as many were wanted last
	until   time.Time // so long engines are expected up to that
	changed time.Time
}

// keep takes what the cluster's keeper says about its sets.
func (s *Scheduler) keep(c *client, m *proto.Keep) {
	c.keeps = true
	if len(s.adaptives) == 0 && s.adapting == nil {
		s.adapting = s.after(adaptEvery, s.adaptSets)
	}
	var all []*adaptive
	for _, k := range m.Sets {
		if k.Max == 0 {
			continue
		}
		a := &adaptive{set: k.Name, changed: s.now}
		if i := slices.IndexFunc(s.adaptives, func(a *adaptive) bool { return a.set == k.Name }); i >= 0 {
			a = s.adaptives[i]
		}
		a.Adapt, a.coming = Adapt{k.Min, k.Max, k.Idle}, k.Coming
		a.asked = min(a.asked, k.Coming)
		all = append(all, a)
	}
	s.adaptives = all
}

// unkept notes that nobody starts engines any more.
func (s *Scheduler) unkept(c *client) {
	if c.keeps {
		c.keeps, s.adaptives = false, nil
	}
}

// adaptSets looks from time to time whether sets have the right sizes.
func (s *Scheduler) adaptSets() {
	s.adapting = nil
	if len(s.adaptives) == 0 {
		s.pressed = time.Time{}
		return
	}
	s.adapting = s.after(adaptEvery, s.adaptSets)
	waiting := s.waiting()
	if waiting == 0 {
		s.pressed = time.Time{}
	} else if s.pressed.IsZero() {
		s.pressed = s.now
	}
	for _, a := range s.adaptives {
		s.adapt(a, waiting)
	}
}

func (s *Scheduler) adapt(a *adaptive, waiting int) {
	x := situation{waiting: waiting, spare: min(a.asked, a.coming), steady: s.now.Sub(a.changed)}
	if waiting > 0 {
		x.waited = s.now.Sub(s.pressed)
	}
	var idle []proto.EngineID
	for _, e := range s.engines {
		if !s.stays(e) || e.host.info.Set != a.set {
			continue
		}
		x.engines++
		if e.state == engineUp && len(e.flight) == 0 && len(e.own) == 0 && s.now.Sub(e.rested) >= a.Idle {
			idle = append(idle, e.id)
		}
	}
	x.idle, x.coming = len(idle), a.coming
	if n := s.waitingFor(a.set); n > 0 && x.engines == 0 { // more engines on a machine that has some bring nothing
		x.waiting, x.waited = x.waiting+n, adaptEvery
	}
	if s.now.Before(a.until) {
		x.coming = max(a.coming, a.target-x.engines)
	}
	n := a.change(x)
	switch {
	case n > 0:
		a.target, a.until, a.changed = x.engines+x.coming+n, s.now.Add(adaptStart), s.now
		a.asked += n
		s.log("%d more engines are started: %d there, %d wait", n, x.engines, waiting)
		s.do(Grow{Set: a.set, N: n})
	case n < 0:
		a.until, a.changed = time.Time{}, s.now
		spared := min(-n, x.spare)
		if spared > 0 {
			a.asked, a.coming = a.asked-spared, a.coming-spared
			s.log("%d engines that are on their way are given up: there is nothing to do", spared)
			s.do(Grow{Set: a.set, N: -spared})
		}
		s.drain(idle[len(idle)+n+spared:], fmt.Sprintf("drained: it had nothing to do for %v", a.Idle))
	}
}

// waiting counts what any engine may do and none has begun.
func (s *Scheduler) waiting() int {
	n := s.queued.n
	s.order.all(func(j *job) bool {
		if j.flow == nil || j.flow.pool != s.all || j.client.stalled {
			return true
		}
		n += j.total - j.next
		for _, p := range j.again {
			n += p.n
		}
		return true
	})
	return n
}

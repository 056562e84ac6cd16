package sched

import "time"

// timer is something to be done at a time.
type timer struct {
	at     time.Time
	serial uint64 // timers of one time go in the order in which they were set
	run    func()
	index  int
}

func (t *timer) place() *int { return &t.index }
func (t *timer) before(u *timer) bool {
	if t.at.Equal(u.at) {
		return t.serial < u.serial
	}
	return t.at.Before(u.at)
}

func (s *Scheduler) at(when time.Time, run func()) *timer {
	s.serial++
	t := &timer{at: when, serial: s.serial, run: run}
	s.timers.push(t)
	return t
}

// stop takes a timer back; nil and one that has run are fine.
func (s *Scheduler) stop(t *timer) {
	if t != nil {
		s.timers.remove(t)
	}
}

// Next returns when the scheduler must be told the time with Tick, if nothing else happens before.
func (s *Scheduler) Next() (time.Time, bool) {
	if s.timers.len() == 0 {
		return time.Time{}, false
	}
	return s.timers.min().at, true
}

func (s *Scheduler) expire() {
	for s.timers.len() > 0 && !s.timers.min().at.After(s.now) {
		t := s.timers.min()
		s.timers.remove(t)
		t.run()
	}
}

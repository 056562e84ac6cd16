package views

import (
	"runtime"
	"sync/atomic"
	"time"
)

// To wake a processor that sleeps takes longer on many machines than a brief task does. So who waits for the only task of a call may stay awake
// for it, without doing anything, if calls have turned out to be faster that way: that is the case on a machine that has nothing else to do.
const (
	// briefly is how long a call stays awake, at most.
	briefly = 250 * time.Microsecond
	// atOnce is how soon after its submission somebody must wait for a call to be one that is made and waited for at once.
	atOnce = 50 * time.Microsecond
	// Of each tryEvery calls the first ones are made asleep and awake, to compare: so many that the system has time to place the processes.
	tryEvery, tries = 2048, 64
)

// vigil finds out whether to stay awake. One call at a time does so, and counts.
type vigil struct {
	taken  atomic.Bool
	calls  int
	awake  pace
	asleep pace
}

// pace is about how long calls have taken lately; 0: there were none.
type pace time.Duration

// slowest is what counts of a call that took long: it says little about the others.
const slowest = time.Millisecond

func (p *pace) took(d time.Duration) {
	d = min(d, slowest)
	if *p == 0 {
		*p = pace(d)
	}
	*p += (pace(d) - *p) / 16
}

var calls vigil

// wait stays awake for a call's result, if that is worth while, and then waits for it with sleep.
func (v *vigil) wait(r *Result, sleep func() error) error {
	if !r.single() || runtime.GOMAXPROCS(0) < 2 || time.Since(r.submitted) > atOnce || !v.taken.CompareAndSwap(false, true) {
		return sleep()
	}
	defer v.taken.Store(false)
	way := &v.asleep
	if v.stay() {
		way = &v.awake
		for !r.finished.Load() && time.Since(r.submitted) < briefly {
			yield()
		}
	}
	err := sleep()
	way.took(time.Since(r.submitted))
	return err
}

// stay decides about a call: for the way that is clearly faster.
func (v *vigil) stay() bool {
	n := v.calls % tryEvery
	v.calls++
	switch {
	case n < tries, time.Duration(v.asleep) > 2*briefly: // the latter are no brief tasks
		return false
	case n < 2*tries:
		return true
	}
	return v.awake < v.asleep-v.asleep/16
}

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
	// tryEvery is after how many calls the other way is tried.
	tryEvery = 64
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
	*p += (pace(d) - *p) / 8
}

var calls vigil

// wait stays awake for a call's result, if that is worth while, and then waits for it with sleep.
func (v *vigil) wait(r *Result, sleep func() error) error {
	if r.total != 1 || runtime.GOMAXPROCS(0) < 2 || time.Since(r.submitted) > atOnce || !v.taken.CompareAndSwap(false, true) {
		return sleep()
	}
	defer v.taken.Store(false)
	way := &v.asleep
	if v.stay() {
		way = &v.awake
		for !r.finished.Load() && time.Since(r.submitted) < briefly {
		}
	}
	err := sleep()
	way.took(time.Since(r.submitted))
	return err
}

// stay decides about a call: for the way that is clearly faster, and now and then for the other one.
func (v *vigil) stay() bool {
	v.calls++
	if v.asleep == 0 || time.Duration(v.asleep) > 2*briefly {
		return false // there is nothing to compare with, or tasks are not brief
	}
	stay := v.awake > 0 && v.awake < v.asleep-v.asleep/8
	if v.calls%tryEvery == 0 {
		return !stay
	}
	return stay
}

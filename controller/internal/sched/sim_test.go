package sched

import (
	"errors"
	"flag"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

var (
	simSeed  = flag.Uint64("sim.seed", 0, "simulate this seed alone, and print what happens")
	simSeeds = flag.Uint64("sim.seeds", 0, "how many seeds to simulate (0: 10,000, or 300 with -short)")
)

// tooLong is the simulated time after which a world without an end is wrong.
const tooLong = time.Hour

// TestSimulation checks the law in worlds of kills, crashes, partitions, delays, duplicates, reconnects and cancels.
func TestSimulation(t *testing.T) {
	if *simSeed != 0 {
		w := newWorld(*simSeed, "")
		w.trace = t.Logf
		t.Logf("%+v", w.c)
		if err := w.live(); err != nil {
			t.Fatal(err)
		}
		return
	}
	n := *simSeeds
	if n == 0 {
		n = 10_000
		if testing.Short() {
			n = 300
		}
	}
	if seed, err := firstViolation(n, ""); err != nil {
		t.Fatalf("seed %d: %v\nreplay it with: go test ./controller/internal/sched -run TestSimulation -v -sim.seed=%d", seed, err, seed)
	}
}

// defects are what Config.defect can name.
var defects = []string{"leak credit", "forget lost", "blame all", "no resend", "leak resources"}

// TestSimulationFindsDefects breaks the scheduler in one way each and lets the simulation find out.
func TestSimulationFindsDefects(t *testing.T) {
	for _, defect := range defects {
		t.Run(defect, func(t *testing.T) {
			seed, err := firstViolation(300, defect)
			if err == nil {
				t.Fatalf("300 seeds have not shown the defect")
			}
			t.Logf("seed %d: %v", seed, err)
		})
	}
}

// firstViolation simulates the seeds from 1 to n and returns one that breaks the law.
func firstViolation(n uint64, defect string) (seed uint64, wrong error) {
	var next atomic.Uint64
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for s := next.Add(1); s <= n; s = next.Add(1) {
				if err := newWorld(s, defect).live(); err != nil {
					mu.Lock()
					if wrong == nil || s < seed {
						seed, wrong = s, err
					}
					mu.Unlock()
					next.Store(n)
				}
			}
		})
	}
	wg.Wait()
	return seed, wrong
}

// live lets a world run to its end and checks the law.
func (w *world) live() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("after %v: panic: %v", w.now.Sub(w.start), r)
			if w.trace != nil {
				panic(r)
			}
		}
	}()
	for w.wrong == nil && w.next() {
		if w.now.Sub(w.start) > tooLong {
			w.fail("there is no end: %s", w.unfinished())
		}
	}
	if w.wrong == nil {
		w.judge()
	}
	return w.wrong
}

func (w *world) unfinished() string {
	for _, c := range w.clients {
		for _, j := range c.jobs {
			if !c.gone && j.end == nil && !j.refused {
				return fmt.Sprintf("job %s: %s", j.spec.ID, w.s.Explain(j.spec.ID))
			}
		}
	}
	return "all jobs have ended"
}

// judge checks, when nothing will ever happen again, that every element came once and that nothing is left over.
func (w *world) judge() {
	for _, c := range w.clients {
		for _, j := range c.jobs {
			if !c.gone && !j.refused {
				w.judgeJob(j)
			}
		}
	}
	for k, n := range w.begun {
		if n != 0 {
			w.fail("client %v needs object %s for %d jobs that are over", k.client, k.object, n)
		}
	}
	if err := errors.Join(w.s.audit(), w.s.leftovers()); err != nil {
		w.fail("%v", err)
	}
}

func (w *world) judgeJob(j *simJob) {
	if j.end == nil {
		w.fail("job %s never ends: %s", j.spec.ID, w.s.Explain(j.spec.ID))
		return
	}
	for e, n := range j.seen {
		if n != 1 || e < 0 || e >= j.total {
			w.fail("job %s: element %d of %d came %d times", j.spec.ID, e, j.total, n)
		}
	}
	if j.end.State != proto.JobDone {
		if j.end.Error.Message == "" {
			w.fail("job %s is %v and does not say why", j.spec.ID, j.end.State)
		}
		if j.end.State == proto.JobCancelled && !j.cancelled {
			w.fail("job %s was cancelled by nobody: %s", j.spec.ID, j.end.Error.Message)
		}
		return
	}
	for e := range j.total {
		if j.seen[e] == 0 {
			w.fail("job %s is done but element %d is missing", j.spec.ID, e)
		}
		w.judgeElement(j, e)
	}
}

// judgeElement checks that an element failed if, and only if, it had a reason.
func (w *world) judgeElement(j *simJob, e int) {
	work := w.work[j.spec.ID]
	kind, failed := j.errors[e]
	switch {
	case work.killers[e] && !failed:
		w.fail("job %s: element %d kills and has a result", j.spec.ID, e)
	case kind == proto.KindLost && j.spec.Kind == proto.JobCall && !work.killers[e] && !w.lethal:
		w.fail("job %s: element %d is said to be lost in a peaceful world", j.spec.ID, e)
	case kind == proto.KindCancelled:
		w.fail("job %s: element %d is said to be cancelled in a job that was not", j.spec.ID, e)
	case kind == proto.KindUser && work.fails[e] <= j.spec.Retries:
		w.fail("job %s: element %d failed %d times and was not tried again %d times", j.spec.ID, e, work.fails[e], j.spec.Retries)
	case work.stuck[e] && kind != proto.KindTimeout && kind != proto.KindLost:
		w.fail("job %s: element %d never ends and is said to be %v", j.spec.ID, e, kind)
	case kind == proto.KindTimeout && !work.stuck[e]:
		w.fail("job %s: element %d is said to take too long", j.spec.ID, e)
	case !failed && work.fails[e] > j.spec.Retries && !w.lethal && w.c.breakLink == 0:
		w.fail("job %s: element %d fails %d times and has a result after %d retries", j.spec.ID, e, work.fails[e], j.spec.Retries)
	}
}

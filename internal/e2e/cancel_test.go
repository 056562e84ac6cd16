package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/views"
)

// holdings are what a cluster's processes hold.
type holdings struct {
	processes, files int // of the controller, the engine host and all below it
	goroutines       int // of the client
}

func (h holdings) String() string {
	return fmt.Sprintf("%d processes with %d files; %d goroutines of the client", h.processes, h.files, h.goroutines)
}

// holds counts what a cluster and its client hold now.
func holds(t *testing.T, rc *client.Client) (h holdings) {
	t.Helper()
	st := status(t, rc)
	parents := parentsOfProcesses(t)
	for pid := range parents {
		up := pid
		for up > 1 && up != st.PID && up != st.Engines[0].HostPID {
			up = parents[up]
		}
		if up > 1 {
			h.processes++
		}
		if pid == st.PID || pid == st.Engines[0].HostPID {
			files, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
			h.files += len(files)
		}
	}
	h.goroutines = runtime.NumGoroutine()
	return h
}

// parentsOfProcesses are those that are no zombies.
func parentsOfProcesses(t *testing.T) map[int]int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		t.Fatal("the system does not say which processes there are", err)
	}
	out := map[int]int{}
	for _, name := range stats {
		data, _ := os.ReadFile(name) // it may have ended
		head, rest, ok := strings.Cut(string(data), ") ")
		fields := strings.Fields(rest)
		if !ok || len(fields) < 2 {
			continue
		}
		pid, _ := strconv.Atoi(strings.Fields(head)[0])
		parent, _ := strconv.Atoi(fields[1])
		out[pid] = parent
	}
	return out
}

// within waits until ok is true, and returns how long that took.
func within(t *testing.T, d time.Duration, what string, ok func() bool) time.Duration {
	t.Helper()
	begun := time.Now()
	for !ok() {
		if time.Since(begun) > d {
			t.Fatalf("after %v: still not so that %s", d, what)
		}
		runtime.Gosched()
	}
	return time.Since(begun)
}

// TestAThousandCancelsLeaveNothing cancels native jobs that never end: before they begin, when they have just begun, and in their midst.
func TestAThousandCancelsLeaveNothing(t *testing.T) {
	const cancels = 1000
	rc := connect(t, start(t, 2), func(client.Event) {})
	view := rc.LoadBalanced()
	untilNative(t, view, spin, views.Range(2, 4))
	next := func() {
		if got, err := view.Map(spin, views.Range(2, 6), views.ChunkSize(1)).Get(); err != nil || fmt.Sprint(got) != "[2 3 4 5]" {
			t.Errorf("the next job: %v, %v", got, err)
		}
	}
	var before holdings
	var idle []time.Duration
	for i := range cancels {
		if i == 20 { // what is made once is there
			next()
			before = holds(t, rc)
		}
		r := view.MapAsync(spin, []int{1, 1}, views.ChunkSize(1))
		midst := i%10 == 0
		if midst {
			within(t, lab.Patience, "both engines are busy", func() bool { return len(busy(t, rc)) == 2 })
		} else if i%3 == 0 {
			within(t, lab.Patience, "a task is under way", func() bool { return running(t, rc) > 0 })
		}
		r.Cancel()
		if midst {
			idle = append(idle, within(t, lab.Patience, "the engines are idle", func() bool { return len(busy(t, rc)) == 0 }))
		}
		if err := r.Wait(lab.Patient(t)); err == nil {
			t.Fatal("a job that was cancelled has ended by itself")
		}
	}
	next()
	slices.Sort(idle)
	t.Logf("the engines were idle %v after a cancel in the middle, %v at the latest", idle[len(idle)/2], idle[len(idle)-1])
	if idle[len(idle)/2] > time.Second {
		t.Error("that is too long")
	}
	var after holdings
	within(t, 10*time.Second, fmt.Sprintf("no more is held than before (%v)", before), func() bool {
		h := holds(t, rc)
		if h != after {
			t.Logf("before: %v; now: %v", before, h)
		}
		after = h
		return after.processes <= before.processes && after.files <= before.files+4 && after.goroutines <= before.goroutines+4
	})
}

// running counts the tasks that engines have, begun or not.
func running(t *testing.T, rc *client.Client) (n int) {
	t.Helper()
	for _, e := range status(t, rc).Engines {
		n += e.Running + e.Queued
	}
	return n
}

// stray returns its argument, or never.
func stray(x int) int {
	for x%5 == 2 {
	}
	return x
}

// TestANativeElementThatTakesTooLongIsEnded has elements that never end among others in one chunk: they cost the time that they may take and
// no more, and nothing of them runs on.
func TestANativeElementThatTakesTooLongIsEnded(t *testing.T) {
	rc := connect(t, start(t, 1), nil)
	view := rc.LoadBalanced()
	untilNative(t, view, stray, views.Range(3, 7))
	r := view.Map(stray, views.Range(0, 10), views.ChunkSize(10), views.Timeout(100*time.Millisecond))
	values, err := r.Get()
	var failed *views.MapError
	if !errors.As(err, &failed) || len(failed.Failed) != 2 || failed.Failed[0].Index != 2 || failed.Failed[1].Index != 7 || !errors.Is(err, views.ErrTimeout) {
		t.Fatalf("got %v", err)
	}
	for i, v := range values {
		if i%5 != 2 && v != i {
			t.Errorf("element %d is %v", i, v)
		}
	}
	if n := tiers(r); n["native"] != 10 || len(r.Tasks()) != 1 {
		t.Errorf("%d tasks ran as %v", len(r.Tasks()), n)
	}
	within(t, 10*time.Second, "no process spins", func() bool { return spinning(t, rc) == 0 })
}

// spinning counts the programs of a cluster that are computing.
func spinning(t *testing.T, rc *client.Client) (n int) {
	t.Helper()
	host := status(t, rc).Engines[0].HostPID
	for pid, parent := range parentsOfProcesses(t) {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if _, rest, ok := strings.Cut(string(stat), ") "); parent == host && ok && strings.HasPrefix(rest, "R") {
			n++
		}
	}
	return n
}

// TestManyTasksAndOneLong submits brief tasks one by one behind one that is long, on engines that were given several each: none may wait for
// the long one while another engine is idle.
func TestManyTasksAndOneLong(t *testing.T) {
	view := connect(t, start(t, 4), nil).LoadBalanced()
	untilNative(t, view, doze, []int{0, 0, 0, 0})
	begun := time.Now()
	var all []*views.Result
	for i := range 400 {
		ms := 0
		if i == 200 {
			ms = 3000
		}
		all = append(all, view.ApplyAsync(doze, ms))
	}
	for i, r := range all {
		if i == 200 {
			continue
		}
		if v, err := r.Value(); err != nil || v != 0 {
			t.Fatal(v, err)
		}
	}
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("brief tasks waited for a long one: they took %v", took)
	}
	if v, err := all[200].Value(); err != nil || v != 3000 {
		t.Error(v, err)
	}
}

// doze sleeps for a number of milliseconds.
func doze(ms int) int {
	time.Sleep(time.Duration(ms) * time.Millisecond) // it is the work
	return ms
}

// TestEnginesSleepTogether maps tasks that take some time, and measures how much of the engines' time they filled.
func TestEnginesSleepTogether(t *testing.T) {
	const engines, tasks = 8, 64
	view := connect(t, start(t, engines), nil).LoadBalanced()
	untilNative(t, view, doze, make([]int, engines))
	naps := make([]int, tasks)
	total := time.Duration(0)
	for i := range naps {
		naps[i] = 100 + i*37%101
		total += time.Duration(naps[i]) * time.Millisecond
	}
	begun := time.Now()
	if err := view.Map(doze, naps).Err(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begun)
	efficiency := total.Seconds() / engines / took.Seconds()
	t.Logf("%.1f %% of %v on %d engines", 100*efficiency, took, engines)
	if efficiency < 0.75 { // with so few tasks the last ones leave engines idle
		t.Error("the engines were idle too much")
	}
}

// fatal ends its process for one argument, as no code can prevent.
func fatal(x int) int {
	if x == 137 {
		new(sync.Mutex).Unlock()
	}
	return x
}

// TestADeathAmongBriefTasks submits brief tasks, of which one ends its process: whoever was in it with it has a result.
func TestADeathAmongBriefTasks(t *testing.T) {
	view := connect(t, start(t, 2), func(client.Event) {}).LoadBalanced()
	untilNative(t, view, fatal, views.Range(0, 4), views.ChunkSize(1))
	var all []*views.Result
	for i := range 300 {
		all = append(all, view.ApplyAsync(fatal, i))
	}
	for i, r := range all {
		v, err := r.Value()
		if i == 137 {
			if err == nil || !strings.Contains(err.Error(), "unlock of unlocked mutex") {
				t.Errorf("the task that ends its process: %v, %v", v, err)
			}
		} else if err != nil || v != i {
			t.Errorf("task %d: %v, %v", i, v, err)
		}
	}
}

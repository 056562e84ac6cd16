//go:build unix

package e2e

import (
	"context"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/views"
)

// diary keeps what a client is told.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(e client.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.Loss {
		d.lines = append(d.lines, e.Text)
	}
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.lines, "\n")
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if pid <= 1 {
		t.Fatalf("there is no process %d to kill", pid)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("killing process %d: %v", pid, err)
	}
}

// engineOf returns an engine's status.
func engineOf(t *testing.T, rc *client.Client, id int) client.EngineStatus {
	t.Helper()
	for _, e := range status(t, rc).Engines {
		if e.ID == id {
			return e
		}
	}
	t.Fatalf("there is no engine %d", id)
	return client.EngineStatus{}
}

// TestKilledInTheMiddle factors, and kills a process when a tenth is done.
func TestKilledInTheMiddle(t *testing.T) {
	for _, c := range []struct {
		name   string
		victim func(e client.EngineStatus) int
		told   []string
	}{
		{"worker", func(e client.EngineStatus) int { return e.PID }, []string{"ngine 2", "signal 9"}},
		{"engine host", func(e client.EngineStatus) int { return e.HostPID }, []string{"host", "lost"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cluster := start(t, 4)
			var told diary
			rc := connect(t, cluster, told.note)
			ns := numbers()
			r := views.MapAsync(rc.LoadBalanced(), factors, ns)
			times := make([]int, len(ns))
			done := 0
			for e := range r.Result.AsCompleted() {
				if e.Err != nil {
					t.Fatal(e.Err)
				}
				times[e.Index]++
				if done++; done == len(ns)/10 {
					kill(t, c.victim(engineOf(t, rc, 2)))
				}
			}
			for i, n := range times {
				if n != 1 {
					t.Errorf("element %d came %d times", i, n)
				}
			}
			got, err := r.Get()
			if err != nil {
				t.Fatal(err)
			}
			checkFactors(t, ns, got)
			for _, text := range c.told {
				if !strings.Contains(told.String(), text) {
					t.Errorf("what was told does not say %q: %s", text, told.String())
				}
			}
			t.Logf("told: %s", told.String())
			if err := rc.WaitForEngines(lab.Patient(t), 4); err != nil {
				t.Errorf("the engines are not back: %v", err)
			}
		})
	}
}

// goneIn is how long calls may go on waiting for a controller that is gone.
const goneIn = 10 * time.Second

func TestControllerKilled(t *testing.T) {
	cluster := start(t, 2)
	rc := connect(t, cluster, nil)
	r := rc.LoadBalanced().MapAsync(factors, numbers())
	for range r.AsCompleted() {
		break // the job runs
	}
	st := status(t, rc)
	waits := map[string]func() error{
		"result":      func() error { _, err := r.Get(); return err },
		"map":         func() error { _, err := rc.LoadBalanced().Map(nap, views.Range(0, 1000)).Get(); return err },
		"direct view": func() error { return rc.All().Execute("select {}").Wait(context.Background()) },
		"engines":     func() error { return rc.WaitForEngines(context.Background(), 100) },
	}
	type end struct {
		what string
		err  error
	}
	ends := make(chan end, len(waits))
	for what, wait := range waits {
		go func() { ends <- end{what, wait()} }()
	}
	killed := time.Now()
	kill(t, st.PID)
	late := time.After(goneIn)
	for range waits {
		select {
		case e := <-ends:
			if !errors.Is(e.err, client.ErrController) || !strings.Contains(e.err.Error(), "the controller is gone") {
				t.Errorf("%s: got %v, want an error that says that the controller is gone", e.what, e.err)
			}
		case <-late:
			t.Fatalf("calls wait longer than %v for a controller that is gone", goneIn)
		}
	}
	t.Logf("everybody knew after %v: %v", time.Since(killed), rc.Err())
	if _, err := rc.Status(); !errors.Is(err, client.ErrController) {
		t.Errorf("status afterwards: %v", err)
	}
	for _, e := range st.Engines {
		awaitEnd(t, e.PID)
		awaitEnd(t, e.HostPID)
	}
}

// awaitEnd waits until a process has ended.
func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ctx := lab.Patient(t)
	for syscall.Kill(pid, 0) == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("process %d is still there", pid)
		}
	}
}

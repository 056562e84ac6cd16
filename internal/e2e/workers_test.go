package e2e

import (
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/views"
)

// T5 of the table in docs/tests.md: the machines are all listed, with what they do, also while all engines compute and the controller is busy;
// and at once.
func TestWorkersAreListedUnderLoad(t *testing.T) {
	hub, _ := head(t)
	token := hub.invite()
	for range 2 {
		newMachine(t).start("goengine", "--join="+token, "--n=2").Says("of cluster lab-")
	}
	rc := hub.client()
	if err := rc.WaitForEngines(lab.Patient(t), 4); err != nil {
		t.Fatal(err)
	}
	idle := workers(t, rc)
	load := views.MapAsync(rc.LoadBalanced(), spinFor, views.Range(0, 100_000), views.ChunkSize(1))
	defer load.Cancel()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	var took []time.Duration
	for deadline := time.Now().Add(lab.Patience); len(took) < 100; {
		begun := time.Now()
		all := workers(t, rc)
		took = append(took, time.Since(begun))
		busy, done := 0, 0
		for i, w := range all {
			busy += w.Busy
			done += w.TasksDone
			if w.Host != host || w.Platform != runtime.GOOS+"/"+runtime.GOARCH || w.Cores != runtime.NumCPU() || !w.Connected || len(w.Engines) != 2 || w.PID != idle[i].PID {
				t.Fatalf("an incomplete answer: %+v", w)
			}
		}
		if len(took) == 100 && (busy != 4 || done == 0) {
			took = took[1:] // the load has not begun everywhere
			if time.Now().After(deadline) {
				t.Fatalf("they do nothing: %+v", all)
			}
		}
	}
	slices.Sort(took)
	t.Logf("listed in %v (median), %v at most", took[50], took[99])
	if took[0] > 10*time.Millisecond {
		t.Errorf("the fastest of %d answers took %v", len(took), took[0])
	}
	for deadline := time.Now().Add(lab.Patience); runtime.GOOS == "linux"; {
		w := workers(t, rc)[0]
		if w.Memory > 0 && w.Free > 0 && w.Free <= w.HostMemory && w.Load > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("memory and load are unknown: %+v", w)
		}
		<-time.After(100 * time.Millisecond) // told every two seconds
	}
}

// workers lists the machines of the test's cluster, of which there are two.
func workers(t *testing.T, rc *client.Client) client.Workers {
	t.Helper()
	all, err := rc.Workers()
	if err != nil || len(all) != 2 {
		t.Fatalf("the machines are %+v, %v", all, err)
	}
	return all
}

func spinFor(int) int {
	n := 0
	for begun := time.Now(); time.Since(begun) < 5*time.Millisecond; n++ {
	}
	return n
}

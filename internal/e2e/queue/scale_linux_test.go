package queue

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/views"
)

// jobs are the states of the user's jobs in the queue, sorted. One that is ending is not counted.
func jobs(t *testing.T) []string {
	t.Helper()
	var out []string
	for line := range strings.Lines(queued(t)) {
		if f := strings.Fields(line); len(f) > 1 && f[1] != "COMPLETING" {
			out = append(out, f[1])
		}
	}
	slices.Sort(out)
	return out
}

// scaled scales a set and checks what is in the queue when its engines are there.
func scaled(t *testing.T, rc *client.Client, set string, n, engines int, queue ...string) {
	t.Helper()
	if err := rc.ScaleSet(lab.Patient(t), set, n); err != nil {
		t.Fatal(err)
	}
	lab.Await(t, fmt.Sprintf("%d engines, and %q in the queue after scaling to %d", engines, queue, n), func() bool {
		return len(rc.IDs()) == engines && slices.Equal(jobs(t), queue)
	})
}

// TestASetInAQueueGrowsAndShrinks by jobs: more are submitted, and cancelled when they wait or have no engines any more.
func TestASetInAQueueGrowsAndShrinks(t *testing.T) {
	slurm(t)
	// Each of the two nodes has four cores.
	p := lab.Profile(t, "[sets.queue]\nwhere = \"slurm\"\nn = 2\ntime = \"1:00:00\"\n")
	rc := lab.Up(t, 2)
	scaled(t, rc, "queue", 5, 5, "RUNNING", "RUNNING", "RUNNING")
	ranks(t, rc, "0 of 1", "1 of 2", "2 of 3")

	// There is room for two of ten more. Those that wait are given up first.
	scaled(t, rc, "queue", 15, 7, "PENDING", "PENDING", "PENDING", "PENDING", "RUNNING", "RUNNING", "RUNNING", "RUNNING")
	lab.Await(t, "seven engines and eight that are coming", func() bool {
		return strings.Contains(lab.Must(t, "sets", "--profile=lab"), "queue  slurm, srun  7        8       -        ready")
	})
	scaled(t, rc, "queue", 3, 3, "RUNNING", "RUNNING")
	ranks(t, rc, "0 of 1", "1 of 2")

	// To nothing and back, with work that is under way.
	r := rc.LoadBalanced().MapAsync(place, views.Range(0, 200), views.ChunkSize(1))
	scaled(t, rc, "queue", 0, 0)
	scaled(t, rc, "queue", 2, 2, "RUNNING")
	if got, err := r.Get(); err != nil || len(got) != 200 {
		t.Errorf("%d elements, %v", len(got), err)
	}
	down(t, p)
	if left := queued(t); left != "" {
		t.Errorf("in the queue is left: %s", left)
	}
}

// TestASetInAQueueFollowsTheWork by jobs, and gives up those that wait when there is nothing to do.
func TestASetInAQueueFollowsTheWork(t *testing.T) {
	slurm(t)
	p := lab.Profile(t, "[sets.here]\nn = 1\n[sets.queue]\nwhere = \"slurm\"\nn = 1\nmax = 9\nmin = 0\nidle = \"2s\"\n")
	rc := lab.Up(t, 2)
	lab.Await(t, "the end of the engine that has nothing to do", func() bool { return len(rc.IDs()) == 1 && len(jobs(t)) == 0 })
	ctx, cancel := context.WithCancel(lab.Patient(t))
	r := rc.LoadBalanced().MapAsync(place, views.Range(0, 1_000_000), views.ChunkSize(1), views.Context(ctx))
	// There are eight cores: the ninth engine waits.
	lab.Await(t, "eight engines in the queue", func() bool { return len(rc.IDs()) == 9 })
	lab.Await(t, "a job that waits", func() bool { return slices.Contains(jobs(t), "PENDING") })
	cancel()
	if _, err := r.Get(); err == nil {
		t.Error("a job that was cancelled ended well")
	}
	lab.Await(t, "the end of all jobs", func() bool { return len(rc.IDs()) == 1 && len(jobs(t)) == 0 })
	down(t, p)
}

// TestAClusterThatWaitsInAQueue says so, and what comes when.
func TestAClusterThatWaitsInAQueue(t *testing.T) {
	slurm(t)
	run(t, "salloc", "--quiet", "--nodes=2", "--exclusive", "--no-shell")
	p := lab.Profile(t, "[sets.queue]\nwhere = \"slurm\"\nnodes = 2\nn = 2\n")
	said := lab.Start(t)
	for _, part := range []string{"cluster lab runs, and has no engines yet, ", "4 engines come when the batch system starts what waits there (job ", "'gocluster status --watch --profile=lab' shows them"} {
		if !strings.Contains(said, part) {
			t.Errorf("start says\n%swithout %q", said, part)
		}
	}
	down(t, p)
}

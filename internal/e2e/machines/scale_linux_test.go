package machines

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/hosttest"
	"github.com/gocluster/gocluster/views"
)

// onHosts checks how many engines there are on each host.
func onHosts(t *testing.T, rc *client.Client, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	lab.Await(t, fmt.Sprintf("engines on the hosts as in %v", want), func() bool {
		workers, err := rc.Workers()
		if err != nil {
			t.Fatal(err)
		}
		clear(got)
		for _, w := range workers {
			got[w.Host] += len(w.Engines)
		}
		return maps.Equal(got, want)
	})
}

// TestASetOverSSHGrowsAndShrinks on all of its hosts alike, to nothing and back, and without a host that is down.
func TestASetOverSSHGrowsAndShrinks(t *testing.T) {
	l := hosttest.New(t, "alpha", "beta", "gamma")
	profile(t, l, "[sets.lab]\nwhere = \"ssh\"\nhosts = [\"alpha\", \"beta\", \"gamma\"]\nn = 1\n[ssh]\noptions = [\"ConnectTimeout=3\"]\n")
	rc := lab.Up(t, 3)
	ctx := lab.Patient(t)
	scaled := func(n int, want map[string]int) {
		t.Helper()
		if err := rc.Scale(ctx, n); err != nil {
			t.Fatal(err)
		}
		onHosts(t, rc, want)
	}
	scaled(5, map[string]int{"alpha": 2, "beta": 2, "gamma": 1})
	scaled(6, map[string]int{"alpha": 2, "beta": 2, "gamma": 2})
	r := rc.LoadBalanced().MapAsync(whereabouts, views.Range(0, 300), views.ChunkSize(1))
	scaled(4, map[string]int{"alpha": 2, "beta": 1, "gamma": 1})
	if got, err := r.Get(); err != nil || len(got) != 300 {
		t.Errorf("%d elements, %v", len(got), err)
	}
	scaled(0, map[string]int{})
	bare(t, l.Host("alpha"), l.Host("beta"), l.Host("gamma")) // the cluster runs

	// One host is down: the others have their engines, and it is said.
	l.Host("beta").Link(false)
	err := rc.Scale(ctx, 6)
	if err == nil || !strings.Contains(err.Error(), "beta: ") {
		t.Errorf("a host that is down: %v", err)
	}
	onHosts(t, rc, map[string]int{"alpha": 2, "gamma": 2})
	if sets, err := rc.Sets(); err != nil || len(sets) != 1 || sets[0].State != "failed" || !strings.Contains(strings.Join(sets[0].Notes, "\n"), "beta: failed: ") {
		t.Errorf("sets: %+v, %v", sets, err)
	}
	l.Host("beta").Link(true)
	scaled(6, map[string]int{"alpha": 2, "beta": 2, "gamma": 2})
	if got := hostsOf(t, rc, 60, nil); !slices.Equal(got, []string{"alpha", "beta", "gamma"}) {
		t.Errorf("the job ran on %q", got)
	}
	lab.Stop(t)
	bare(t, l.Host("alpha"), l.Host("beta"), l.Host("gamma"))
}

// TestSetsAreAddedAndDrained while the cluster runs.
func TestSetsAreAddedAndDrained(t *testing.T) {
	l := hosttest.New(t, "alpha", "beta", "gamma")
	p := profile(t, l, "[sets.here]\nn = 1\n")
	rc := lab.Up(t, 1)
	said := lab.Must(t, "sets", "add", "more", "--profile=lab", "--where=ssh", "--hosts=alpha,beta:2", "-n", "1", "--env=COLOUR=it's blue")
	if !strings.Contains(said, "engines [0 1 2 3], ") {
		t.Errorf("sets add says %q", said)
	}
	lab.Settings(t, p, withSSH(l, "[sets.here]\nn = 1\n[sets.late]\nwhere = \"ssh\"\nhosts = [\"gamma\"]\nn = 2\n"))
	if err := rc.AddSet(lab.Patient(t), "late", ""); err != nil {
		t.Fatal(err)
	}
	got := lab.Must(t, "sets", "--profile=lab")
	for _, line := range []string{"here  local  1        0       -        ready", "late  ssh    2        0       -        ready", "more  ssh    3        0       -        ready"} {
		if !strings.Contains(got, line) {
			t.Errorf("sets says\n%s\nwithout %q", got, line)
		}
	}
	if err := rc.ScaleSet(lab.Patient(t), "more", 4); err != nil {
		t.Fatal(err)
	}
	if got := lab.Must(t, "exec", "--profile=lab", "--each-host", "--", "hostname"); !strings.Contains(got, "[alpha] alpha\n") || !strings.Contains(got, "[gamma] gamma\n") {
		t.Errorf("hosts of added sets are not used: %s", got)
	}
	r := rc.LoadBalanced().MapAsync(whereabouts, views.Range(0, 300), views.ChunkSize(1))
	lab.Must(t, "sets", "drain", "more", "--profile=lab")
	if got, err := r.Get(); err != nil || len(got) != 300 {
		t.Errorf("%d elements, %v", len(got), err)
	}
	bare(t, l.Host("alpha"), l.Host("beta"))
	if got := lab.Must(t, "sets", "--profile=lab"); strings.Contains(got, "more") {
		t.Errorf("a set that was drained is still there: %s", got)
	}
	lab.Must(t, "sets", "add", "more", "--profile=lab", "--where=ssh", "--hosts=alpha", "-n=2")
	lab.Engines(t, rc, 5)
	lab.Stop(t)
	bare(t, l.Host("alpha"), l.Host("gamma"))
}

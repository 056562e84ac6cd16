//go:build unix

package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/views"
)

// waits takes so many milliseconds.
func waits(ms int) int {
	<-time.After(time.Duration(ms) * time.Millisecond)
	return ms
}

func TestAClusterGrowsAndShrinks(t *testing.T) {
	rc := connect(t, start(t, 1), nil)
	ctx := lab.Patient(t)
	scaled := func(n int, want ...int) {
		t.Helper()
		if err := rc.Scale(ctx, n); err != nil {
			t.Fatal(err)
		}
		if got := rc.IDs(); !slices.Equal(got, want) {
			t.Errorf("engines %v, want %v", got, want)
		}
	}
	scaled(3, 0, 1, 2)
	if err := rc.ScaleSet(ctx, "lab", 2); err == nil || !strings.Contains(err.Error(), "there is no engine set lab") {
		t.Errorf("a set that is not there: %v", err)
	}

	// Engines that are drained end what they run, the rest is done by others.
	long := views.MapAsync(rc.LoadBalanced(), waits, slices.Repeat([]int{300}, 9), views.ChunkSize(1))
	bound := rc.Engines(2).ApplyAsync(waits, 301)
	for busy := 0; busy < 3; { // all have begun something
		busy = 0
		for _, e := range status(t, rc).Engines {
			busy += min(e.Running, 1)
		}
	}
	shrunk := make(chan error, 1)
	go func() { shrunk <- rc.Scale(ctx, 1) }()
	for draining := 0; draining < 2; {
		draining = 0
		for _, e := range status(t, rc).Engines {
			if e.State == "draining" {
				draining++
			}
		}
	}
	if err := rc.Engines(2).Apply(waits, 1).Err(); !errors.Is(err, views.ErrNoEngine) || !strings.Contains(err.Error(), "drained") {
		t.Errorf("work for an engine that is drained: %v", err)
	}
	if got, err := long.Get(); err != nil || len(got) != 9 {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := bound.Get(); err != nil || fmt.Sprint(got) != "[301]" {
		t.Errorf("what was the engine's own: %v, %v", got, err)
	}
	if err := <-shrunk; err != nil {
		t.Fatal(err)
	}
	for _, j := range status(t, rc).Jobs {
		if j.Retried > 0 {
			t.Errorf("%s: %d elements were tried again", j.Func, j.Retried)
		}
	}
	scaled(1, 0)
	scaled(2, 0, 1)
	scaled(0)
	scaled(1, 0)
}

func TestASetFollowsTheWork(t *testing.T) {
	m := newMachine(t)
	config := filepath.Join(m.dir, "profiles", "spare", "gocluster.toml")
	if err := os.MkdirAll(filepath.Dir(config), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte("[sets.here]\nwhere = \"local\"\nn = 1\nmax = 2\nidle = \"1s\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m.run("start", "--profile=spare", "--daemonize")
	t.Cleanup(func() { m.run("stop", "--profile=spare") })
	t.Setenv("GOCLUSTER_DIR", m.dir)
	rc, err := client.Connect(lab.Patient(t), client.Options{Profile: "spare", Events: func(client.Event) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	r := views.MapAsync(rc.LoadBalanced(), waits, slices.Repeat([]int{200}, 40), views.ChunkSize(1))
	if err := rc.WaitForEngines(lab.Patient(t), 2); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Get(); err != nil || len(got) != 40 {
		t.Errorf("%v, %v", got, err)
	}
	for len(rc.IDs()) != 1 {
		<-time.After(50 * time.Millisecond)
	}
}

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/views"
)

func talk(x int) int {
	fmt.Println("element", x)
	fmt.Fprintln(os.Stderr, "warned", x)
	return x
}

func spin(x int) int {
	for x == 1 {
	}
	return x
}

// untilDone waits for its context, which the engine gives.
func untilDone(ctx context.Context, x int) (int, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func negate(x float64) float64 { return -x }

func engineID(int) string { return os.Getenv("GOCLUSTER_ENGINE") }

func failOdd(x int) (int, error) {
	if x%2 == 1 {
		return 0, fmt.Errorf("%d is odd", x)
	}
	return x, nil
}

// TestViews asks for what views promise, of real engines.
func TestViews(t *testing.T) {
	rc := connect(t, start(t, 4), nil)
	view := rc.LoadBalanced()
	t.Run("output", func(t *testing.T) { testOutput(t, rc) })
	t.Run("timeout", func(t *testing.T) {
		values, err := view.Map(spin, views.Range(0, 3), views.Timeout(200*time.Millisecond)).Get()
		if !errors.Is(err, views.ErrTimeout) || fmt.Sprint(values) != "[0 <nil> 2]" {
			t.Errorf("got %v, %v", values, err)
		}
	})
	t.Run("cancel", func(t *testing.T) {
		r := view.MapAsync(untilDone, views.Range(0, 100))
		r.Cancel()
		if err := r.Wait(lab.Patient(t)); !errors.Is(err, views.ErrCancelled) {
			t.Errorf("got %v", err)
		}
		get(t, view.Map(add, []int{1}, []int{2}), 3)
	})
	t.Run("errors are counted", func(t *testing.T) {
		_, err := views.TryMap(view, failOdd, views.Range(0, 100), views.Retries(2)).Get()
		var all *views.MapError
		if !errors.As(err, &all) || len(all.Failed) != 50 || !strings.HasPrefix(err.Error(), "50 of 100 elements failed:\n  element 1 (1) on engine ") ||
			!strings.HasSuffix(err.Error(), "and 47 more") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a direct view shares out", func(t *testing.T) {
		get(t, rc.Engines(3, 1).Map(engineID, views.Range(0, 4)), "3", "3", "1", "1")
	})
	t.Run("endless inputs", func(t *testing.T) { testEndless(t, view) })
	t.Run("long inputs", func(t *testing.T) { testLong(t, view) })
}

func testOutput(t *testing.T, rc *client.Client) {
	var mu sync.Mutex
	live := map[string]bool{}
	r := rc.LoadBalanced().Map(talk, views.Range(0, 3), views.ChunkSize(1), views.Live(func(o views.Output) {
		mu.Lock()
		defer mu.Unlock()
		live[strings.TrimSpace(o.Text)] = true
	}))
	get(t, r, 0, 1, 2)
	if r.Stdout() != "element 0\nelement 1\nelement 2\n" || r.Stderr() != "warned 0\nwarned 1\nwarned 2\n" {
		t.Errorf("printed %q, %q", r.Stdout(), r.Stderr())
	}
	mu.Lock()
	defer mu.Unlock()
	if !live["element 2"] || !live["warned 0"] {
		t.Errorf("live: %v", live)
	}
	if tasks := r.Tasks(); len(tasks) != 3 || tasks[1].Stdout != "element 1\n" || tasks[1].Attempt != 1 {
		t.Errorf("tasks %+v", tasks)
	}
}

func testEndless(t *testing.T, view *views.LoadBalancedView) {
	pulled, seen := 0, 0
	naturals := func(yield func(int) bool) {
		for pulled = 0; yield(pulled); pulled++ {
		}
	}
	r := view.MapAsync(add, naturals, views.Range(0, 1_000_000), views.LookAhead(20))
	for v, err := range r.All() {
		if err != nil || v != 2*seen {
			t.Fatalf("value %d is %v, %v", seen, v, err)
		}
		if seen++; seen == 500 {
			break
		}
	}
	if err := r.Wait(lab.Patient(t)); !errors.Is(err, views.ErrCancelled) {
		t.Errorf("leaving the loop: %v", err)
	}
	if pulled > 500+20 {
		t.Errorf("%d elements were taken for 500", pulled)
	}
}

func testLong(t *testing.T, view *views.LoadBalancedView) {
	xs := make([]float64, 1_000_000) // eight megabytes each way
	for i := range xs {
		xs[i] = float64(i)
	}
	got, err := views.Map(view, negate, xs).Get()
	if err != nil || len(got) != len(xs) {
		t.Fatalf("%d values, %v", len(got), err)
	}
	for i, x := range got {
		if x != -xs[i] {
			t.Fatalf("value %d is %v", i, x)
		}
	}
}

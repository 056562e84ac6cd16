package launch

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/views"
)

// cluster starts an embedded cluster and connects to it.
func cluster(t *testing.T, n int) (*client.Client, *Cluster, <-chan client.Event) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	c, err := Embedded(ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	events := make(chan client.Event, 1000)
	rc, err := client.Connect(ctx, client.Options{ConnectionFile: c.ConnectionFile(), Events: func(e client.Event) { events <- e }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rc.Close() })
	return rc, c, events
}

// loss waits until the cluster has told of a loss.
func loss(t *testing.T, events <-chan client.Event, part string) {
	t.Helper()
	late := time.After(testTime)
	for {
		select {
		case e := <-events:
			if e.Loss && strings.Contains(e.Text, part) {
				return
			}
		case <-late:
			t.Fatalf("nobody told of a loss with %q", part)
		}
	}
}

func square(x int) int { return x * x }

func TestAMapOnRealEngines(t *testing.T) {
	rc, _, _ := cluster(t, 2)
	got, err := rc.LoadBalanced().Map(square, views.Range(0, 8)).Get()
	if want := []any{0, 1, 4, 9, 16, 25, 36, 49}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestNamespacesOfRealEngines(t *testing.T) {
	rc, _, _ := cluster(t, 2)
	all := rc.All()
	if err := all.Push(map[string]any{"a": 20, "words": []string{"x", "y"}}); err != nil {
		t.Fatal(err)
	}
	if err := all.Execute(`b := a + len(words)
fmt.Println("hello from", os.Getenv("GOCLUSTER_ENGINE"))`).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := all.Pull("b")
	if want := []any{22, 22}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if err := all.Clear(); err != nil {
		t.Fatal(err)
	}
	if _, err = all.Pull("b"); err == nil || !strings.Contains(err.Error(), "undefined: b") {
		t.Errorf("after Clear: %v, want that b is undefined", err)
	}
}

// slowly takes a moment and says where it ran.
func slowly(x int) string {
	time.Sleep(20 * time.Millisecond) // the work that is done
	return strconv.Itoa(x) + " " + strconv.Itoa(os.Getpid())
}

func TestKillsInTheMiddleOfAMap(t *testing.T) {
	for what, told := range map[string]string{
		"a worker": "The worker of engine 0", "the engine host": "was lost and has been restarted",
	} {
		t.Run(what, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("the processes' ids are found in another way there")
			}
			rc, _, events := cluster(t, 2)
			r := rc.LoadBalanced().MapAsync(slowly, views.Range(0, 100), views.ChunkSize(2))
			seen := 0
			for _, err := range r.All() {
				if err != nil {
					t.Fatal(err)
				}
				if seen++; seen == 10 {
					victim(t, rc, what)
				}
			}
			got, err := r.Get()
			if err != nil {
				t.Fatal(err)
			}
			loss(t, events, told)
			for i, v := range got {
				if n, _, _ := strings.Cut(fmt.Sprint(v), " "); n != strconv.Itoa(i) {
					t.Errorf("element %d is %v", i, v)
				}
			}
		})
	}
}

func victim(t *testing.T, rc *client.Client, what string) {
	t.Helper()
	st, err := rc.Status()
	if err != nil {
		t.Fatal(err)
	}
	e := st.Engines[0]
	pid := e.PID
	if what != "a worker" {
		pid = e.HostPID
	}
	p, err := os.FindProcess(pid)
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAKilledControllerEndsWhatWaits(t *testing.T) {
	rc, c, _ := cluster(t, 2)
	r := rc.LoadBalanced().MapAsync(slowly, views.Range(0, 10_000))
	st, err := rc.Status()
	if err != nil {
		t.Fatal(err)
	}
	p, err := os.FindProcess(st.PID)
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := r.Get(); err == nil || !strings.Contains(err.Error(), "the controller is gone") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	<-c.Done()
}

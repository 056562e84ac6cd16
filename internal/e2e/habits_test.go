//go:build unix

package e2e

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/views"
)

// What people are used to who come from minimalcluster, ipyparallel and StarCluster. The table in docs/tests.md has the numbers.

// inCircle reports whether a random point of the square is in the circle; the same point for the same number.
func inCircle(i int) int {
	r := rand.New(rand.NewPCG(uint64(i), 42))
	x, y := r.Float64(), r.Float64()
	if x*x+y*y <= 1 {
		return 1
	}
	return 0
}

// tossed is another random point at each call.
func tossed(int) bool {
	x, y := rand.Float64(), rand.Float64()
	return x*x+y*y <= 1
}

func inverse(x int) int { return 1 / x }

func fives(n int) []int {
	var at []int
	for n%5 == 0 {
		at = append(at, 5)
		n /= 5
	}
	return at
}

func TestHabits(t *testing.T) {
	rc := connect(t, start(t, 4), nil)
	view := rc.LoadBalanced()
	t.Run("T1 pi by a million random points", func(t *testing.T) {
		hits, err := views.Map(view, inCircle, views.Range(0, 1_000_000)).Get()
		if err != nil || len(hits) != 1_000_000 {
			t.Fatalf("%d results, %v", len(hits), err)
		}
		sum := 0
		for _, h := range hits {
			sum += h
		}
		if pi := 4 * float64(sum) / 1e6; math.Abs(pi-math.Pi) > 0.0066 {
			t.Errorf("pi is %v", pi)
		}
	})
	t.Run("T1 nothing is remembered for an argument", func(t *testing.T) {
		same, err := views.Map(view, tossed, make([]int, 1000)).Get()
		if err != nil || !slices.Contains(same, true) || !slices.Contains(same, false) {
			t.Errorf("a thousand calls with one argument give %d results that are all the same, %v", len(same), err)
		}
	})
	t.Run("T2 all of the numbers", func(t *testing.T) {
		var ns []int
		for i := range 5001 {
			ns = append(ns, firstNumber+2*i)
		}
		got, err := views.Map(view, factors, ns).Get()
		if err != nil {
			t.Fatal(err)
		}
		checkFactors(t, ns, got)
	})
	t.Run("T3 several arguments", func(t *testing.T) {
		pairs := [][2]int{{1, 2}, {3, 4}, {5, 6}, {7, 8}}
		get(t, view.Map(func(p [2]int) int { return p[0] + p[1] }, pairs), 3, 7, 11, 15)
		get(t, view.Map(add, []int{1, 3, 5, 7}, []int{2, 4, 6, 8}), 3, 7, 11, 15)
	})
	t.Run("T4 the same argument twice", func(t *testing.T) { get(t, view.Map(fives, []int{25, 25, 5}), []int{5, 5}, []int{5, 5}, []int{5}) })
	t.Run("T9 an environment", func(t *testing.T) { testEnvironment(t, rc) })
	t.Run("T10 an error in one element", func(t *testing.T) {
		values, err := views.TryMap(view, func(x int) (int, error) { return inverse(x), nil }, []int{1, 0, 2}).Get()
		var e *views.ElementError
		if !errors.As(err, &e) || e.Index != 1 || e.Value != 0 || e.Engine < 0 || !strings.Contains(e.Message, "integer divide by zero") || !strings.Contains(e.Trace, "inverse") {
			t.Errorf("got %v", err)
		}
		if len(values) != 3 || values[0] != 1 || values[2] != 0 {
			t.Errorf("the others' results are %v", values)
		}
	})
	t.Run("T13 hello world", func(t *testing.T) {
		get(t, view.Map(func(int) string { return "hello world" }, views.Range(0, 2)), "hello world", "hello world")
		get(t, rc.All().Map(func(int) string { return "hello world" }, views.Range(0, 2)), "hello world", "hello world")
	})
	t.Run("T17 thirtieth powers", func(t *testing.T) {
		got, err := views.Map(view, power, views.Range(0, 8)).Get()
		if want := "[0 1 1073741824 205891132094649 1152921504606846976 931322574615478515625 221073919720733357899776 22539340290692258087863249]"; err != nil || fmt.Sprint(got) != want {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

// testEnvironment has engines know functions that came as text, from a string and from a file, which is then edited.
func testEnvironment(t *testing.T, rc *client.Client) {
	ctx := lab.Patient(t)
	file := filepath.Join(t.TempDir(), "environment.go")
	load := func(text string) error {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return rc.LoadEnv(ctx, file)
	}
	pull := func(expr, want string) {
		t.Helper()
		if got, err := rc.All().Pull(expr); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s is %v, %v; want %s", expr, got, err, want)
		}
	}
	if err := rc.LoadEnv(ctx, "import \"strings\"\nfunc shout(s string) string { return strings.ToUpper(s) + \"!\" }"); err != nil {
		t.Fatal(err)
	}
	pull(`shout("go")`, "[GO! GO! GO! GO!]")
	const scaled = "package environment\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\nfunc shout(s string) string { return strings.ToUpper(s) + \"!\" }\n" +
		"func scaled(x int) int { return factor * x }\nfunc both(x int) string { return shout(fmt.Sprint(scaled(x))) }\nconst factor = "
	if err := load(scaled + "2"); err != nil {
		t.Fatal(err)
	}
	pull("both(4)", "[8! 8! 8! 8!]")
	if err := load(scaled + "3"); err != nil {
		t.Fatal(err)
	}
	pull("both(4)", "[12! 12! 12! 12!]")

	err := load(scaled + "3\nvar missing = nowhere\n")
	if err == nil || !strings.Contains(err.Error(), "environment.go:12:15") || !strings.Contains(err.Error(), "engine 2") || !strings.Contains(err.Error(), "undefined: nowhere") {
		t.Errorf("a mistake in the environment: %v", err)
	}
	if err := rc.LoadEnv(ctx, filepath.Join(t.TempDir(), "none.go")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := rc.All().Clear(); err != nil {
		t.Fatal(err)
	}
	pull("both(4)", "[12! 12! 12! 12!]")
	if err := rc.Engines(1).Execute("import \"os\"\nos.Exit(3)").Err(); !errors.Is(err, views.ErrEngineLost) {
		t.Errorf("an engine that ends: %v", err)
	}
	pull("both(5)", "[15! 15! 15! 15!]")
}

// An environment is there on a host that comes late.
func TestALateHostHasTheEnvironment(t *testing.T) {
	hub, _ := head(t)
	rc := hub.client()
	if err := rc.LoadEnv(lab.Patient(t), "func twice(x int) int { return 2 * x }"); err != nil {
		t.Fatal(err)
	}
	newMachine(t).start("goengine", "--join="+hub.invite(), "--n=2").Says("engines 0, 1 of cluster")
	if got, err := rc.All().Pull("twice(21)"); err != nil || fmt.Sprint(got) != "[42 42]" {
		t.Errorf("got %v, %v", got, err)
	}
}

// T15: a profile, a controller, engines and a client, by four commands; then T13 on them.
func TestPieceByPiece(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	m := newMachine(t)
	m.run("profile", "create", "smallcluster")
	controller := m.start("gocontroller", "--ip=127.0.0.1", "--port="+port, "--profile=smallcluster")
	controller.Says("listens on 127.0.0.1:" + port)
	file := filepath.Join(m.dir, "profiles", "smallcluster", "security", "engine.json")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the engines' file: %v, %v", info, err)
	}
	m.start("goengine", "--profile=smallcluster", "--n=2").Says("engines 0, 1 of cluster smallcluster-")
	// The old way to another machine: the file is copied.
	other := newMachine(t)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(other.dir, "engine.json")
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		t.Fatal(err)
	}
	other.start("goengine", "--connection-file="+copied, "--n=1").Says("engine 2 of cluster smallcluster-")
	t.Setenv("GOCLUSTER_DIR", m.dir)
	rc, err := client.Connect(lab.Patient(t), client.Options{Profile: "smallcluster"})
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	get(t, rc.All().Map(func(int) string { return "hello world" }, views.Range(0, 2)), "hello world", "hello world")
	if got := rc.IDs(); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("the engines are %v", got)
	}
	// At a terminal: exec ends with its program, although its input does not.
	in, typed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer typed.Close()
	cmd := role.Command(lab.Role, "exec", "--profile=smallcluster", "-n", "1", "--", "echo", "hello world")
	cmd.Stdin = in
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "[0] hello world\n" {
		t.Errorf("exec: %v, %s", err, out)
	}
}

// slowly takes longer on engine 0 from the 50th element on than anybody waits.
func slowly(x int) string {
	engine := os.Getenv("GOCLUSTER_ENGINE")
	time.Sleep(5 * time.Millisecond) // the work
	if x >= 50 && engine == "0" {
		time.Sleep(time.Hour) // the work
	}
	return engine
}

// T12: a host that comes late takes part; one that is killed does not cost an element.
func TestALateHostAndAKilledOne(t *testing.T) {
	hub, _ := head(t)
	token := hub.invite()
	first := newMachine(t).start("goengine", "--join="+token, "--n=1")
	first.Says("engine 0 of cluster")
	rc := hub.client()
	const n = 600
	r := views.MapAsync(rc.LoadBalanced(), slowly, views.Range(0, n), views.ChunkSize(1))
	times, by := make([]int, n), map[int]int{}
	var second *lab.Process
	for e := range r.Result.AsCompleted() {
		if e.Err != nil {
			t.Fatal(e.Err)
		}
		times[e.Index]++
		by[e.Engine]++
		switch {
		case second == nil:
			second = newMachine(t).start("goengine", "--join="+token, "--n=1")
			second.Says("engine 1 of cluster")
		case by[1] == 10:
			first.Kill()
		}
	}
	for i, k := range times {
		if k != 1 {
			t.Errorf("element %d came %d times", i, k)
		}
	}
	if got, err := r.Get(); err != nil || len(got) != n || slices.Contains(got, "") {
		t.Errorf("%d values, %v", len(got), err)
	}
	if by[1] < 10 || by[0] == 0 {
		t.Errorf("elements by engine: %v", by)
	}
}

func forever(x int) int {
	for x == 0 {
	}
	return x
}

// T11: the end of a cluster, whether its workers are idle or busy, leaves no process and no port; the second end changes nothing.
func TestTheEndLeavesNothing(t *testing.T) {
	for name, busy := range map[string]bool{"idle": false, "busy": true} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.run("start", "--n=2", "--daemonize")
			t.Setenv("GOCLUSTER_DIR", m.dir)
			rc, err := client.Connect(lab.Patient(t), client.Options{Profile: "default", Events: func(client.Event) {}})
			if err != nil {
				t.Fatal(err)
			}
			defer rc.Close()
			if busy {
				rc.LoadBalanced().MapAsync(forever, make([]int, 4), views.ChunkSize(1))
				for late := time.Now().Add(lab.Patience); status(t, rc).Engines[1].State != "busy"; {
					if time.Now().After(late) {
						t.Fatal("the engines do not begin")
					}
				}
			}
			st := status(t, rc)
			pids := []int{st.PID}
			for _, e := range st.Engines {
				pids = append(pids, e.PID, e.HostPID)
			}
			addr := controllerAddr(t, m)
			m.run("stop")
			for _, pid := range pids {
				if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
					t.Errorf("process %d is left: %v", pid, err)
				}
			}
			ln, err := net.Listen("tcp", addr)
			if err != nil {
				t.Fatalf("the port is not free: %v", err)
			}
			_ = ln.Close()
			m.fails("no cluster of profile default is running", "stop")
			if err := rc.Close(); err != nil {
				t.Errorf("closing the client: %v", err)
			}
		})
	}
}

// controllerAddr is where the controller of the machine's default profile listens.
func controllerAddr(t *testing.T, m *machine) string {
	t.Helper()
	said := m.run("list")
	_, rest, _ := strings.Cut(said, "controller ")
	_, addr, _ := strings.Cut(rest, ", ")
	addr, _, ok := strings.Cut(addr, ")")
	if !ok {
		t.Fatalf("list says %q", said)
	}
	return addr
}

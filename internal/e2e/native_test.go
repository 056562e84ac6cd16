package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/unit/build"
	"github.com/gocluster/gocluster/views"
)

type point struct {
	X, y float64
	Tags []string
}

type node struct {
	point
	Name string
	Next *node
}

func (p point) length() float64 { return p.X*p.X + p.y*p.y }

func (n *node) rename(s string) *node { n.Name += s; return n }

type number interface{ ~int | ~float64 }

func largest[T number](xs ...T) T {
	m := xs[0]
	for _, x := range xs {
		m = max(m, x)
	}
	return m
}

var scale = 3

var letters = map[string]int{"a": 1, "b": 2}

var corpus = []struct {
	name string
	fn   any
	in   []any
}{
	{"numbers", func(x int) int { return scale * x }, []any{views.Range(-5, 5)}},
	{"small integers", func(a int8, b uint16) int64 { return int64(a) * int64(b) }, []any{[]int8{-128, 127}, []uint16{65535, 2}}},
	{"floats", func(x float64) float64 { return 1 / x }, []any{[]float64{0, -1, 3}}},
	{"complex", func(z complex128) complex128 { return z * z }, []any{[]complex128{1i, 2 + 3i}}},
	{"text", func(s string) []byte { return []byte(s + "é") }, []any{[]string{"", "aα"}}},
	{"maps", func(s string) map[string]int { return map[string]int{s: letters[s]} }, []any{[]string{"a", "b", "c"}}},
	{"structs", func(p point) point { p.X *= 2; p.Tags = append(p.Tags, "seen"); return p }, []any{[]point{{1, 2, nil}, {3, 4, []string{"t"}}}}},
	{"embedded", func(n node) *node { return n.rename("!") }, []any{[]node{{point{1, 2, nil}, "n", &node{Name: "next"}}}}},
	{"methods", func(p point) float64 { return p.length() }, []any{[]point{{3, 4, nil}}}},
	{"generic", func(x int) float64 { return float64(largest(x, 2, 7)) + largest(0.5, float64(x)) }, []any{views.Range(5, 10)}},
	{"any", func(x any) string { return fmt.Sprintf("%v %T", x, x) }, []any{[]any{1, "a", 2.5, true}}},
	{"errors", failOdd, []any{views.Range(0, 6)}},
	{"two results", func(x int) (int, string) { return -x, strconv.Itoa(x) }, []any{views.Range(0, 3)}},
	{"no result", func(int) {}, []any{views.Range(0, 3)}},
	{"panics", func(x int) int { return []int{1, 2}[x] }, []any{views.Range(0, 4)}},
	{"nil maps", func(x int) int {
		var m map[int]int
		m[x] = 1
		return 0
	}, []any{views.Range(0, 1)}},
	{"division", func(x int) int { return 10 / x }, []any{views.Range(-1, 2)}},
	{"own panics", func(x int) int { panic(fmt.Errorf("no %d", x)) }, []any{views.Range(0, 2)}},
	{"deep panics", func(x int) int { return fallDown(x) }, []any{views.Range(0, 2)}},
	{"times", func(d time.Duration) time.Time { return time.Unix(0, 0).UTC().Add(d) }, []any{[]time.Duration{time.Hour}}},
	{"prints", talk, []any{views.Range(0, 3), views.ChunkSize(3)}},
	{"goroutines", func(x int) int {
		c := make(chan int)
		go func() { c <- x + 1 }()
		return <-c
	}, []any{views.Range(0, 3)}},
	{"closures", func(x int) int {
		f := func(y int) int { return x + y }
		defer func() { x = 0 }()
		return f(1)
	}, []any{views.Range(0, 3)}},
}

func fallDown(x int) int {
	if x == 0 {
		return 1
	}
	var p *point
	return int(p.X)
}

// outcome is all that a map came to.
type outcome struct {
	values         []any
	err            string
	stdout, stderr string
}

func outcomeOf(r *views.Result) outcome {
	values, err := r.Get()
	o := outcome{values: values, stdout: r.Stdout(), stderr: r.Stderr()}
	var failed *views.MapError
	if errors.As(err, &failed) {
		for _, e := range failed.Failed {
			o.err += fmt.Sprintf("%d: %v\n", e.Index, e.Message+"\n"+e.Trace)
		}
	} else if err != nil {
		o.err = err.Error()
	}
	o.err = indexes.ReplaceAllString(o.err, "$1")
	return o
}

// indexes are what compiled code says more than the interpreter.
var indexes = regexp.MustCompile(`(index out of range) \[.*`)

// tiers counts a job's elements by how they ran.
func tiers(r *views.Result) map[string]int {
	n := map[string]int{}
	for _, t := range r.Tasks() {
		n[t.Tier] += t.N
	}
	return n
}

// untilNative maps until all of a job runs natively, and returns that job. The function is mapped often enough to be worth compiling.
func untilNative(t *testing.T, view views.View, fn any, in ...any) *views.Result {
	t.Helper()
	var r *views.Result
	for begun := time.Now(); time.Since(begun) < 2*lab.Patience; {
		r = view.Map(fn, in...)
		if n := tiers(r); n["interpreted"] == 0 && n["native"] > 0 {
			return r
		}
		if why := r.NotCompiled(); why != "" {
			t.Fatal(why)
		}
	}
	t.Fatalf("it was never compiled: %v, it printed %q", tiers(r), r.Stderr())
	return nil
}

// TestTheTiersAgree maps functions of all kinds in the interpreter and as programs.
func TestTheTiersAgree(t *testing.T) {
	build.SetDefault(build.New(build.Options{Cache: t.TempDir()})) // where nothing has been compiled
	t.Cleanup(func() { build.SetDefault(build.New(build.Options{})) })
	view := connect(t, start(t, 2), nil).LoadBalanced()
	for _, c := range corpus {
		t.Run(c.name, func(t *testing.T) {
			first := view.Map(c.fn, c.in...)
			if n := tiers(first); n["native"] > 0 {
				t.Fatal("a function was native before it was ever compiled")
			}
			interpreted, native := outcomeOf(first), outcomeOf(untilNative(t, view, c.fn, c.in...))
			if !reflect.DeepEqual(native, interpreted) {
				t.Errorf("native:\n%+v\ninterpreted:\n%+v", native, interpreted)
			}
		})
	}
}

// TestWhatTakesLongIsBegunAnewAsAProgram: elements that would be interpreted for a minute do not keep their engines, which lose nothing by it.
func TestWhatTakesLongIsBegunAnewAsAProgram(t *testing.T) {
	build.SetDefault(build.New(build.Options{Cache: t.TempDir()}))
	t.Cleanup(func() { build.SetDefault(build.New(build.Options{})) })
	rc := connect(t, start(t, 2), nil)
	if err := rc.All().Push(map[string]any{"kept": 42}); err != nil {
		t.Fatal(err)
	}
	r := rc.LoadBalanced().Map(func(x int) int {
		for i := range 500_000_000 {
			x ^= i
		}
		return x
	}, views.Range(0, 6))
	if n := tiers(r); n["native"] != 6 {
		t.Errorf("of 6 long elements %d were native", n["native"])
	}
	if kept, err := rc.All().Pull("kept"); err != nil || fmt.Sprint(kept) != "[42 42]" {
		t.Errorf("the engines have %v, %v", kept, err)
	}
}

// TestCancellingANativeJobLeavesNothing cancels what never ends, and looks for processes that are left.
func TestCancellingANativeJobLeavesNothing(t *testing.T) {
	rc := connect(t, start(t, 2), nil)
	view := rc.LoadBalanced()
	untilNative(t, view, spin, views.Range(2, 4))
	for range 5 {
		r := view.MapAsync(spin, []int{1, 1}, views.ChunkSize(1))
		for len(busy(t, rc)) < 2 {
		}
		begun := time.Now()
		r.Cancel()
		for len(busy(t, rc)) > 0 {
		}
		took := time.Since(begun)
		t.Log("the engines are idle after", took)
		if took > 2*time.Second {
			t.Errorf("the engines were busy for %v", took)
		}
		if got, err := view.Map(spin, views.Range(2, 4)).Get(); err != nil || fmt.Sprint(got) != "[2 3]" {
			t.Errorf("the next job: %v, %v", got, err)
		}
	}
}

func busy(t *testing.T, rc *client.Client) (ids []int) {
	t.Helper()
	st, err := rc.Status()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range st.Engines {
		if e.Running > 0 {
			ids = append(ids, int(e.ID))
		}
	}
	return ids
}

// TestANativeProcessThatIsKilledCostsNoElement kills programs while elements run.
func TestANativeProcessThatIsKilledCostsNoElement(t *testing.T) {
	view := connect(t, start(t, 2), nil).LoadBalanced()
	if got := untilNative(t, view, slow, views.Range(0, 4)); got.Err() != nil {
		t.Fatal(got.Err())
	}
	r := view.MapAsync(slow, views.Range(0, 400))
	killed := map[string]bool{}
	for !r.Ready() && len(killed) < 3 {
		for _, p := range r.Tasks() {
			if id := strings.TrimSpace(p.Stdout); id != "" && !killed[id] {
				killed[id] = true
				_ = exec.Command("kill", "-9", strings.Fields(id)[0]).Run()
				break
			}
		}
	}
	values, err := r.Get()
	if err != nil || len(values) != 400 {
		t.Fatalf("%d values, %v", len(values), err)
	}
	for i, v := range values {
		if v != i {
			t.Errorf("element %d is %v", i, v)
		}
	}
}

// slow takes a while, and tells its process.
func slow(x int) int {
	fmt.Println(os.Getpid())
	time.Sleep(5 * time.Millisecond) // it is the work
	return x
}

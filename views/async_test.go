package views_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/conn/conntest"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/views"
)

// gate is a function that waits until it is let through.
type gate struct{ open chan struct{} }

func (g gate) pass(x int) int { <-g.open; return x }

func newGate(t *testing.T) gate {
	g := gate{make(chan struct{})}
	t.Cleanup(func() {
		select {
		case <-g.open:
		default:
			close(g.open)
		}
	})
	return g
}

func TestAsyncReturnsAtOnce(t *testing.T) {
	f, g := newFixture(t), newGate(t)
	xs := []int{1, 2, 3}
	r := f.view.MapAsync(f.fn("pass", g.pass), xs, views.Label("three"))
	xs[0] = 100 // what was handed in stays as it was
	if r.Ready() {
		t.Error("ready before the functions have returned")
	}
	if got, want := r.String(), "map pass: running, 0/3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	shown, err := r.CellValue()
	if fmt.Sprint(shown) != r.String() || err != nil {
		t.Errorf("a cell shows %v, %v", shown, err)
	}
	close(g.open)
	got, err := r.Get()
	if err != nil || !reflect.DeepEqual(got, []any{1, 2, 3}) {
		t.Errorf("got %v, %v", got, err)
	}
	if shown, err = r.CellValue(); err != nil || !reflect.DeepEqual(shown, []any{1, 2, 3}) {
		t.Errorf("a cell shows %v, %v", shown, err)
	}
	if p := r.Progress(); p != (views.Progress{Done: 3, Total: 3}) {
		t.Errorf("progress %+v", p)
	}
	tasks := r.Tasks()
	if len(tasks) != 2 || tasks[0].N != 2 || tasks[1].First != 2 || tasks[1].Engine != 2 {
		t.Errorf("tasks %+v", tasks)
	}
	for _, task := range tasks {
		if task.Submitted.After(task.Started) || task.Completed.After(task.Received) || task.Completed.Before(task.Started) {
			t.Errorf("the times of %+v are out of order", task)
		}
	}
	if r.SerialTime() <= 0 || r.WallTime() <= 0 || r.Elapsed() != r.WallTime() || r.Speedup() <= 0 {
		t.Errorf("times: serial %v, wall %v, elapsed %v, speedup %v", r.SerialTime(), r.WallTime(), r.Elapsed(), r.Speedup())
	}
}

func TestCancel(t *testing.T) {
	f, g := newFixture(t), newGate(t)
	r := f.view.MapAsync(f.fn("pass", g.pass), views.Range(0, 4))
	r.Cancel()
	values, err := r.Get()
	if !errors.Is(err, views.ErrCancelled) || len(values) != 4 {
		t.Errorf("got %v, %v; want 4 values and ErrCancelled", values, err)
	}
	if got, want := r.String(), "map pass: failed: the job was cancelled, 0/4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestContextsEndWaitsAndJobs(t *testing.T) {
	f, g := newFixture(t), newGate(t)
	why := errors.New("enough")
	for name, wait := range map[string]func(ctx context.Context, cancel func()) error{
		"option": func(ctx context.Context, cancel func()) error {
			r := f.view.MapAsync(f.fn("pass", g.pass), views.Range(0, 2), views.Context(ctx))
			cancel()
			_, err := r.Get()
			return err
		},
		"ambient": func(ctx context.Context, cancel func()) error {
			conn.SetAmbient(func() context.Context { return ctx })
			defer conn.SetAmbient(nil)
			r := f.view.MapAsync(f.fn("pass", g.pass), views.Range(0, 2))
			cancel()
			_, err := r.Get()
			return err
		},
		"submission": func(ctx context.Context, cancel func()) error {
			cancel()
			_, err := f.view.Map(f.fn("pass", g.pass), views.Range(0, 2), views.Context(ctx)).Get()
			return err
		},
	} {
		ctx, cancel := context.WithCancelCause(background())
		err := wait(ctx, func() { cancel(why) })
		if !errors.Is(err, views.ErrCancelled) || !errors.Is(err, why) {
			t.Errorf("%s: got %v, want ErrCancelled because of %v", name, err, why)
		}
	}
	r := f.view.MapAsync(f.fn("pass", g.pass), views.Range(0, 2))
	ctx, cancel := context.WithCancelCause(background())
	cancel(why)
	if err := r.Wait(ctx); !errors.Is(err, why) {
		t.Errorf("Wait: got %v, want %v", err, why)
	}
	if r.Ready() {
		t.Error("Wait's context ended the job")
	}
}

func TestIterationWhileTheJobRuns(t *testing.T) {
	f := newFixture(t)
	second := make(chan struct{})
	fn := f.fn("turns", func(x int) int {
		if x == 0 {
			<-second // not before the second task's value has been seen
		}
		return x * 10
	})
	r := f.view.MapAsync(fn, views.Range(0, 4))
	var order []int
	for e := range r.AsCompleted() {
		if e.Err != nil || e.Value != e.Index*10 {
			t.Errorf("got %+v", e)
		}
		if e.Index == 2 {
			close(second)
		}
		order = append(order, e.Index)
	}
	if want := []int{2, 3, 0, 1}; !slices.Equal(order, want) {
		t.Errorf("as completed: got %v, want %v", order, want)
	}
	var values []any
	for v, err := range r.All() {
		if err != nil {
			t.Error(err)
		}
		values = append(values, v)
	}
	if want := []any{0, 10, 20, 30}; !reflect.DeepEqual(values, want) {
		t.Errorf("in order: got %v, want %v", values, want)
	}
}

func TestIterationTellsErrors(t *testing.T) {
	f := newFixture(t)
	fn := f.fn("odd", func(x int) (int, error) {
		if x == 1 {
			return 0, errors.New("one")
		}
		return x, nil
	})
	var got []string
	for v, err := range f.view.MapAsync(fn, views.Range(0, 3), views.Ordered()).All() {
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, "ok")
		_ = v
	}
	if want := []string{"ok", "element 1 (1) on engine 0: one", "ok"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// count is an endless iterator that notes how far it was taken.
func count(taken *atomic.Int64) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; ; i++ {
			taken.Add(1)
			if !yield(i) {
				return
			}
		}
	}
}

func TestEndlessInputs(t *testing.T) {
	f := newFixture(t)
	for ordered, option := range map[bool]views.Option{true: views.Ordered(), false: views.AsCompleted()} {
		var taken atomic.Int64
		r := f.view.MapAsync(f.fn("square", square), count(&taken), views.LookAhead(10), option)
		seen := 0
		for v, err := range r.All() {
			if err != nil {
				t.Fatal(err)
			}
			if x := v.(int); ordered && x != seen*seen {
				t.Errorf("value %d is %d", seen, x)
			}
			if ahead := taken.Load() - int64(seen); ahead > 11 {
				t.Fatalf("%d elements were taken ahead of the loop, not 10", ahead)
			}
			if seen++; seen == 100 {
				break
			}
		}
		if err := r.Wait(background()); !errors.Is(err, views.ErrCancelled) {
			t.Errorf("leaving the loop does not cancel the job: %v", err)
		}
		if _, err := r.Get(); err == nil || !strings.Contains(err.Error(), "used up") {
			t.Errorf("values that were used up: %v", err)
		}
	}
}

// Large elements are taken from an iterator by their bytes: a loop that does not go on keeps it from going on.
func TestLargeElementsAreNotTakenFarAhead(t *testing.T) {
	f := newFixture(t)
	const each, bound = 4 << 20, 32 << 20 // and 32 elements at first
	for what, fn := range map[string]any{
		"large inputs":  func(xs []float64) float64 { return xs[0] },
		"large results": func(i int) []float64 { return make([]float64, each/8) },
		"both":          func(xs []float64) []float64 { return xs },
	} {
		var taken atomic.Int64
		slabs := func(yield func([]float64) bool) {
			for yield(make([]float64, each/8)) {
				taken.Add(1)
			}
		}
		var inputs any = iter.Seq[[]float64](slabs)
		if what == "large results" {
			inputs = count(&taken)
		}
		seen := int64(0)
		for _, err := range f.view.MapAsync(f.fn("large", fn), inputs).All() {
			if err != nil {
				t.Fatal(err)
			}
			ahead := (taken.Load() - seen) * each
			if seen++; ahead > 32*each || seen > 33 && ahead > 2*bound {
				t.Errorf("%s: %d MB were taken ahead of the loop", what, ahead>>20)
			}
			if seen == 40 {
				break
			}
		}
	}
}

func TestIteratorsWhoseValuesAreAllAskedFor(t *testing.T) {
	f := newFixture(t)
	long := make([]int, 1000)
	for i := range long {
		long[i] = i
	}
	r := f.view.MapAsync(f.fn("square", square), slices.Values(long), views.LookAhead(3))
	var got []int
	if err := r.Into(&got); err != nil || len(got) != 1000 || got[999] != 999*999 {
		t.Errorf("got %d values, %v", len(got), err)
	}
}

func TestIteratorsThatFail(t *testing.T) {
	f := newFixture(t)
	add := f.fn("add", func(a, b int) int { return a + b })
	sq := f.fn("square", square)
	for _, c := range []struct {
		name   string
		fn     any
		inputs []any
		want   string
	}{
		{"panic", sq, []any{iter.Seq[int](func(func(int) bool) { panic("no more") })}, "the iterator of inputs panicked: no more"},
		{"wrong element", sq, []any{slices.Values([]any{1, "b"})}, "element 1 of input 1 is a string, not a int"},
		{"second ends first", add, []any{slices.Values([]int{1, 2}), []int{1}}, "input 2 ends after 1 elements, input 1 does not"},
		{"first ends first", add, []any{slices.Values([]int{1}), []int{1, 2}}, "input 1 ends after 1 elements, input 2 does not"},
	} {
		if _, err := f.view.Map(c.fn, c.inputs...).Get(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// What is cut off by its iterator keeps what there is, wherever it lies among the elements, and errors say which element they are about.
func TestIteratorsThatFailInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, g := newFixture(t), newGate(t)
		some := f.fn("some", func(x int) (int, error) {
			switch x {
			case 0:
				<-g.open
			case 1:
				return 0, errors.New("odd")
			}
			return 10 * x, nil
		})
		inputs := iter.Seq[int](func(yield func(int) bool) {
			for i := range 4 {
				if !yield(i) {
					return
				}
			}
			synctest.Wait() // all but the first element are done
			panic("no more")
		})
		for name, collect := range map[string]func(r *views.Result) (any, error){
			"Get":  func(r *views.Result) (any, error) { return r.Get() },
			"Into": func(r *views.Result) (any, error) { var out []int; err := r.Into(&out); return out, err },
		} {
			got, err := collect(f.view.MapAsync(some, inputs, views.ChunkSize(1)))
			want := map[string]any{"Get": []any{nil, nil, 20, 30}, "Into": []int{0, 0, 20, 30}}[name]
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %v, want %v", name, got, want)
			}
			text := "map some: the iterator of inputs panicked: no more\n1 of 4 elements failed before:\n  element 1 on engine 1: odd"
			if err == nil || err.Error() != text {
				t.Errorf("%s: got %v, want %s", name, err, text)
			}
		}
	})
}

func TestControllerGone(t *testing.T) {
	f, g := newFixture(t), newGate(t)
	r := f.view.MapAsync(f.fn("pass", g.pass), views.Range(0, 4))
	var taken atomic.Int64
	endless := f.view.MapAsync(f.fn("square", square), count(&taken), views.LookAhead(4))
	f.Kill()
	for name, err := range map[string]error{"map": r.Wait(background()), "stream": endless.Wait(background()), "pull": second(f.all.Pull("x"))} {
		if !errors.Is(err, views.ErrController) || !strings.Contains(err.Error(), "the controller is gone") {
			t.Errorf("%s: got %v, want ErrController", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestNamespaces(t *testing.T) {
	f := newFixture(t)
	if err := f.all.Push(map[string]any{"a": 7, "b": []string{"x"}}); err != nil {
		t.Fatal(err)
	}
	got, err := f.all.Pull("a")
	if want := []any{7, 7, 7, 7}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("pull: got %v, %v; want %v", got, err, want)
	}
	if err := f.all.Scatter("part", views.Range(0, 10)); err != nil {
		t.Fatal(err)
	}
	got, err = f.all.Pull("part")
	if want := []any{[]int{0, 1}, []int{2, 3, 4}, []int{5, 6}, []int{7, 8, 9}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("scattered: got %v, %v; want %v", got, err, want)
	}
	all, err := f.all.Gather("part")
	if want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}; err != nil || !reflect.DeepEqual(all, want) {
		t.Errorf("gathered: got %v, %v; want %v", all, err, want)
	}
	texts, err := views.Gather[string](f.all, "b")
	if want := []string{"x", "x", "x", "x"}; err != nil || !reflect.DeepEqual(texts, want) {
		t.Errorf("typed: got %v, %v; want %v", texts, err, want)
	}
	if err := f.all.Clear(); err != nil {
		t.Fatal(err)
	}
	_, err = f.all.Pull("a")
	want := "4 of 4 engines failed:\n  engine 0: undefined: a\n  engine 1: undefined: a\n  engine 2: undefined: a\n  and 1 more"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	for name, vars := range map[string]map[string]any{"keyword": {"func": 1}, "no name": {"a b": 1}, "nil": {"n": nil}, "channel": {"c": make(chan int)}} {
		if err := f.all.Push(vars); err == nil || !strings.Contains(err.Error(), "cannot push") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestExecute(t *testing.T) {
	f := newFixture(t)
	var live atomic.Int64
	r := f.all.Execute("x := 1\nx", views.Live(func(o views.Output) {
		if strings.HasPrefix(o.Text, "ran on engine") {
			live.Add(1)
		}
	}))
	values, err := r.ByEngine()
	if err != nil || len(values) != 4 {
		t.Fatalf("got %v, %v", values, err)
	}
	if shown, ok := values[2].(views.Shown); !ok || shown.String() != "x := 1\nx" {
		t.Errorf("engine 2 shows %v", values[2])
	}
	if live.Load() != 4 || r.Stdout() != "ran on engine 0\nran on engine 1\nran on engine 2\nran on engine 3\n" {
		t.Errorf("output: %d live, %q", live.Load(), r.Stdout())
	}
}

func TestWaitingForEnginesIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := conntest.New(0, map[string]any{})
		told := make(chan string, 1)
		c, err := conn.Dial(t.Context(), conn.Config{Dial: cluster.Dial, Event: func(e proto.Event) { told <- e.Text }})
		if err != nil {
			t.Fatal(err)
		}
		r := views.NewLoadBalanced(c, nil, nil).MapAsync(cluster.Bind("square", square, nil), views.Range(0, 2))
		ended := make(chan error)
		go func() { ended <- r.Wait(t.Context()) }()
		if text := <-told; !strings.HasPrefix(text, "map square waits for engines") {
			t.Errorf("told: %s", text)
		}
		r.Cancel()
		if err := <-ended; !errors.Is(err, views.ErrCancelled) {
			t.Errorf("got %v", err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		cluster.Close()
	})
}

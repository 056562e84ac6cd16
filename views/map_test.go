package views_test

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/views"
)

func square(x int) int { return x * x }

func TestMapInputs(t *testing.T) {
	f := newFixture(t)
	half := func(x float64) float64 { return x / 2 }
	text := func(v any) string { return fmt.Sprintf("%T %v", v, v) }
	add := func(a, b int) int { return a + b }
	for _, c := range []struct {
		name   string
		fn     any
		inputs []any
		want   []any
	}{
		{"range", square, []any{views.Range(0, 8)}, []any{0, 1, 4, 9, 16, 25, 36, 49}},
		{"range with a step", square, []any{views.Range(9, 0, -3)}, []any{81, 36, 9}},
		{"empty range", square, []any{views.Range(5, 5)}, []any{}},
		{"slice with duplicates", square, []any{[]int{3, 1, 3, 2, 1}}, []any{9, 1, 9, 4, 1}},
		{"array", square, []any{[3]int{1, 2, 3}}, []any{1, 4, 9}},
		{"pointer to array", square, []any{&[2]int{4, 5}}, []any{16, 25}},
		{"named slice", square, []any{numbers{6}}, []any{36}},
		{"nil slice", square, []any{[]int(nil)}, []any{}},
		{"iterator", square, []any{slices.Values([]int{1, 2, 3})}, []any{1, 4, 9}},
		{"range into floats", half, []any{views.Range(0, 3)}, []any{0.0, 0.5, 1.0}},
		{"pairs", add, []any{[]int{1, 3, 5, 7}, []int{2, 4, 6, 8}}, []any{3, 7, 11, 15}},
		{"range and iterator", add, []any{views.Range(0, 3), slices.Values([]int{10, 20, 30})}, []any{10, 21, 32}},
		{"any elements for a typed parameter", square, []any{[]any{1, 2}}, []any{1, 4}},
		{"typed elements for an any parameter", text, []any{[]int{1}}, []any{"int 1"}},
		{"mixed elements", text, []any{[]any{1, "a", 2.5}}, []any{"int 1", "string a", "float64 2.5"}},
		{"strings", strings.ToUpper, []any{[]string{"a", "b"}}, []any{"A", "B"}},
		{"no result", func(int) {}, []any{views.Range(0, 2)}, []any{nil, nil}},
		{"two results", func(x int) (int, string) { return x, fmt.Sprint(-x) }, []any{views.Range(1, 3)},
			[]any{[]any{1, "-1"}, []any{2, "-2"}}},
		{"chunks", square, []any{views.Range(0, 5), views.ChunkSize(3)}, []any{0, 1, 4, 9, 16}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for kind, view := range map[string]views.View{"balanced": f.view, "direct": f.all} {
				if kind == "direct" && strings.Contains(c.name, "iterator") {
					continue
				}
				got, err := view.Map(f.fn(c.name, c.fn), c.inputs...).Get()
				if err != nil || !reflect.DeepEqual(got, c.want) {
					t.Errorf("%s: got %v, %v; want %v", kind, got, err, c.want)
				}
			}
		})
	}
}

type numbers []int

func (n numbers) at(i int) int { return n[i] }

func TestMapRefusesBeforeAnythingRuns(t *testing.T) {
	f := newFixture(t)
	sq := f.fn("square", square)
	add := f.fn("add", func(a, b int) int { return a + b })
	half := f.fn("half", func(x float64) float64 { return x / 2 })
	small := f.fn("small", func(x int8) int8 { return x })
	for _, c := range []struct {
		name string
		call func() *views.Result
		want string
	}{
		{"no function", func() *views.Result { return f.view.Map(3, []int{1}) }, "a int is given where the function belongs"},
		{"nil function", func() *views.Result { return f.view.Map(nil, []int{1}) }, "the function is nil"},
		{"wrong elements", func() *views.Result { return f.view.Map(half, []int{1}) }, "cannot map half (func(float64) float64) over input 1: its parameter is float64, the elements are int"},
		{"one wrong element", func() *views.Result { return f.view.Map(sq, []any{1, "b"}) }, "element 1 is a string, not a int"},
		{"nil element", func() *views.Result { return f.view.Map(sq, []any{1, nil}) }, "element 1 is nil, not a int"},
		{"lengths", func() *views.Result { return f.view.Map(add, []int{1, 2}, []int{1}) }, "input 1 has 2 elements, input 2 has 1; they must be equally long"},
		{"too few inputs", func() *views.Result { return f.view.Map(add, []int{1}) }, "add (func(int, int) int) has 2 parameters, but 1 inputs are given"},
		{"a map", func() *views.Result { return f.view.Map(sq, map[int]int{}) }, "it is a map[int]int, not a slice"},
		{"a channel", func() *views.Result { return f.view.Map(sq, make(chan int)) }, "it is a chan int, not a slice"},
		{"range too large", func() *views.Result { return f.view.Map(small, views.Range(0, 200)) }, "its parameter is int8, which cannot hold 199"},
		{"range not exact", func() *views.Result { return f.view.Map(half, views.Range(1<<53, 1<<53+2)) }, "cannot hold 9007199254740993"},
		{"step 0", func() *views.Result { return f.view.Map(sq, views.Range(0, 2, 0)) }, "the step cannot be 0"},
		{"chunk size", func() *views.Result { return f.view.Map(sq, []int{1}, views.ChunkSize(0)) }, "views.ChunkSize(0): it must be at least 1"},
		{"iterator on engines", func() *views.Result { return f.all.Map(sq, slices.Values([]int{1})) }, "a direct view shares inputs out"},
		{"compiled method value", func() *views.Result { return f.view.Map(numbers{1}.at, []int{0}) }, "at-fm to engines: "},
		{"apply with a wrong argument", func() *views.Result { return f.view.Apply(sq, "a") }, "cannot apply square (func(int) int): argument 1 is a string, not a int"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := c.call()
			values, err := r.Get()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want an error with %q", values, err, c.want)
			}
			if !r.Ready() {
				t.Error("a refused job is not ready")
			}
		})
	}
	f.Sync()
	if len(f.Log) != 0 {
		t.Errorf("refused calls sent %d messages", len(f.Log))
	}
}

func TestCaptures(t *testing.T) {
	f := newFixture(t)
	type config struct{ Log chan int }
	k, ch, conf := 3.0, make(chan int), config{Log: make(chan int)}
	ok := f.Bind("ok", func(x int) int { return x }, map[string]any{"k": &k})
	if _, err := f.view.Map(ok, []int{1}).Get(); err != nil {
		t.Errorf("a float is captured: %v", err)
	}
	for _, c := range []struct {
		name, want string
		capture    any
	}{
		{"ch", "captured variable ch: its type is chan int", &ch},
		{"conf", "captured variable conf.Log: its type is chan int", &conf},
	} {
		bad := f.Bind("bad", func(x int) int { return x }, map[string]any{c.name: c.capture})
		_, err := f.view.Map(bad, []int{1}).Get()
		var capture *views.CaptureError
		if !errors.As(err, &capture) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want an error with %q", err, c.want)
		}
	}
}

func TestApply(t *testing.T) {
	f := newFixture(t)
	hyp := f.fn("hyp", func(a, b float64) float64 { return a*a + b*b })
	sum := f.fn("sum", func(first string, xs ...int) string {
		n := 0
		for _, x := range xs {
			n += x
		}
		return first + fmt.Sprint(n)
	})
	if got, err := f.view.Apply(hyp, 3, 4.0).Value(); err != nil || got != 25.0 {
		t.Errorf("an int constant for a float: got %v, %v; want 25", got, err)
	}
	if got, err := f.view.Apply(sum, "n=", 1, 2, 3).Value(); err != nil || got != "n=6" {
		t.Errorf("variadic: got %v, %v; want n=6", got, err)
	}
	got, err := f.all.Apply(hyp, 1, 1).ByEngine()
	want := map[int]any{0: 2.0, 1: 2.0, 2: 2.0, 3: 2.0}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("on each engine: got %v, %v; want %v", got, err, want)
	}
}

func TestErrorsNameElements(t *testing.T) {
	f := newFixture(t)
	picky := f.fn("picky", func(x int) int {
		if x%3 == 0 {
			panic("three")
		}
		return x
	})
	r := f.view.Map(picky, views.Range(1, 6))
	values, err := r.Get()
	if want := []any{1, 2, nil, 4, 5}; !reflect.DeepEqual(values, want) {
		t.Errorf("the others' values: got %v, want %v", values, want)
	}
	var element *views.ElementError
	if !errors.As(err, &element) || !errors.Is(err, views.ErrPanic) {
		t.Fatalf("got %v, want an ElementError of a panic", err)
	}
	if element.Index != 2 || element.Value != 3 || element.Engine != 2 || element.Position != "In[1]:2:3" {
		t.Errorf("got %+v", element)
	}
	if got, want := err.Error(), "element 2 (3) on engine 2: panic: three, at In[1]:2:3"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	_, err = f.view.Map(picky, views.Range(0, 30), views.ChunkSize(30)).Get()
	want := `10 of 30 elements failed:
  element 0 (0) on engine 0: panic: three, at In[1]:2:3
  element 3 (3) on engine 0: panic: three, at In[1]:2:3
  element 6 (6) on engine 0: panic: three, at In[1]:2:3
  and 7 more`
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	var all *views.MapError
	if !errors.As(err, &all) || len(all.Failed) != 10 || len(all.Unwrap()) != 10 {
		t.Errorf("the MapError lacks elements: %v", all)
	}
}

func TestReturnedErrorsAreElementErrors(t *testing.T) {
	f := newFixture(t)
	odd := f.fn("odd", func(x int) (int, error) {
		if x%2 == 0 {
			return 0, errors.New("even")
		}
		return x, nil
	})
	values, err := f.view.Map(odd, []int{1, 2}).Get()
	if want := "element 1 (2) on engine 0: even"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if want := []any{1, nil}; !reflect.DeepEqual(values, want) {
		t.Errorf("got %v, want %v", values, want)
	}
}

func TestInto(t *testing.T) {
	f := newFixture(t)
	r := f.view.Map(f.fn("square", square), views.Range(0, 4))
	var ints []int
	if err := r.Into(&ints); err != nil || !slices.Equal(ints, []int{0, 1, 4, 9}) {
		t.Errorf("got %v, %v", ints, err)
	}
	var anys []any
	if err := r.Into(&anys); err != nil || !reflect.DeepEqual(anys, []any{0, 1, 4, 9}) {
		t.Errorf("got %v, %v", anys, err)
	}
	var texts []string
	if err := r.Into(&texts); err == nil || !strings.Contains(err.Error(), "Into needs a pointer to a []int, not to a []string") {
		t.Errorf("ints into strings: %v", err)
	}
	if err := r.Into(ints); err == nil {
		t.Error("Into takes a slice, not a pointer to one")
	}
	var one int
	if err := f.view.Apply(f.fn("square", square), 5).Into(&one); err != nil || one != 25 {
		t.Errorf("got %v, %v", one, err)
	}
}

func TestTyped(t *testing.T) {
	f := newFixture(t)
	sq := f.fn("square", square).(func(int) int)
	add := f.fn("add", func(a int, b string) string { return fmt.Sprint(a) + b }).(func(int, string) string)
	one := f.fn("one", func() int { return 1 }).(func() int)
	try := f.fn("try", func(x int) (int, error) { return x, nil }).(func(int) (int, error))
	var seq iter.Seq[int] = slices.Values([]int{4})
	check := func(what string, want, got any, err error) {
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, %v; want %v", what, got, err, want)
		}
	}
	got, err := views.Map(f.view, sq, []int{1, 2}).Get()
	check("slice", []int{1, 4}, got, err)
	got, err = views.Map(f.view, sq, views.Range(0, 3)).Get()
	check("range", []int{0, 1, 4}, got, err)
	got, err = views.Map(f.view, sq, seq).Get()
	check("iterator", []int{16}, got, err)
	got, err = views.TryMap(f.view, try, []int{7}, views.Retries(1)).Get()
	check("function that may fail", []int{7}, got, err)
	texts, err := views.Map2(f.view, add, []int{1, 2}, []string{"a", "b"}).Get()
	check("two inputs", []string{"1a", "2b"}, texts, err)
	got, err = views.Apply(f.all, one).Get()
	check("apply", []int{1, 1, 1, 1}, got, err)
	got, err = views.Apply1(f.view, sq, 6).Get()
	check("apply with an argument", []int{36}, got, err)
	var values []int
	for v, err := range views.MapAsync(f.view, sq, []int{3, 4}).All() {
		check("iteration", nil, nil, err)
		values = append(values, v)
	}
	check("values", []int{9, 16}, values, nil)
}

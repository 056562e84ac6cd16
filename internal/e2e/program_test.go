package e2e

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/views"
)

func hello(int) string { return "hello world" }

// power is x**30, which does not fit into an int64 from x=5 on.
func power(x int) *big.Int { return new(big.Int).Exp(big.NewInt(int64(x)), big.NewInt(30), nil) }

func zeros(n int) []float64 { return make([]float64, n) }

// slice is one of the million slices whose areas are pi.
func slice(i int) float64 {
	const n = 1_000_000
	x := (float64(i) + 0.5) / n
	return 4 / (1 + x*x) / n
}

// factors are a number's prime factors, by trial division.
func factors(n int) []int {
	var fs []int
	for n%2 == 0 {
		fs = append(fs, 2)
		n /= 2
	}
	for d := 3; d*d <= n; d += 2 {
		for n%d == 0 {
			fs = append(fs, d)
			n /= d
		}
	}
	if n > 1 {
		fs = append(fs, n)
	}
	return fs
}

func add(a, b int) int { return a + b }

func noThree(x int) int {
	if x == 3 {
		panic("three is not allowed")
	}
	return x * 10
}

func nap(int) int {
	time.Sleep(100 * time.Millisecond) // the work that is measured
	return 1
}

type place struct{ X, Y float64 }

type house struct {
	place
	Name  string
	rooms []int
}

// testOwnTypes leaves values of the program's types on engines, which know them by what they consist of, and has them back.
func testOwnTypes(t *testing.T, all *views.DirectView) {
	houses := []house{{place{1, 2}, "a", []int{3}}, {place{3, 4}, "b", nil}, {place{5, 6}, "c", []int{7, 8}}, {place{7, 8}, "d", nil}}
	if err := all.Scatter("houses", houses); err != nil {
		t.Fatal(err)
	}
	if err := all.Apply(func(hs []house) { hs[0].X++ }, views.Ref[[]house]("houses")).Err(); err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(houses)
	for i := range want {
		want[i].X++
	}
	if got, err := views.Gather[house](all, "houses"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("gathered: %v, %v; want %v", got, err, want)
	}
	var each [][]house
	if err := all.PullAsync("houses").Into(&each); err != nil || !reflect.DeepEqual(slices.Concat(each...), want) {
		t.Errorf("pulled: %v, %v; want %v", each, err, want)
	}
	if err := all.Execute("type only struct{ V int }\nmine := only{3}").Err(); err != nil {
		t.Fatal(err)
	}
	if got, err := all.Pull("mine"); err == nil || err.Error() != "pull mine: it has a value of type main.only, which engines know and this side does not: "+
		"declare it here in the same way, in a cell before this one, or pull parts of it whose types are Go's own" {
		t.Errorf("pulled a type of the engines': %v, %v", got, err)
	}
	if got, err := all.Pull("mine.V"); err != nil || got[0] != 3 {
		t.Errorf("pulled a part of it: %v, %v", got, err)
	}
	if got, err := views.Gather[place](all, "houses"); err == nil || !strings.Contains(err.Error(), "not a []e2e.place") {
		t.Errorf("gathered as another type: %v, %v", got, err)
	}
}

func TestProgram(t *testing.T) {
	rc := connect(t, start(t, 4), nil)
	view := rc.LoadBalanced()
	if got := rc.IDs(); !reflect.DeepEqual(got, []int{0, 1, 2, 3}) {
		t.Errorf("engines %v", got)
	}
	t.Run("hello", func(t *testing.T) { get(t, view.Map(hello, views.Range(0, 2)), "hello world", "hello world") })
	t.Run("big powers", func(t *testing.T) {
		got, err := views.Map(view, power, views.Range(0, 8)).Get()
		if err != nil || len(got) != 8 || got[7].String() != "22539340290692258087863249" {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("own types", func(t *testing.T) { testOwnTypes(t, rc.All()) })
	t.Run("pi", func(t *testing.T) { testPi(t, view) })
	t.Run("pairs", func(t *testing.T) {
		get(t, view.Map(add, []int{1, 3, 5, 7}, []int{2, 4, 6, 8}), 3, 7, 11, 15)
	})
	t.Run("duplicates", func(t *testing.T) {
		get(t, view.Map(add, []int{2, 1, 2, 1}, []int{0, 0, 0, 0}), 2, 1, 2, 1)
	})
	t.Run("a panic is named", func(t *testing.T) { testPanic(t, view) })
	t.Run("engines", func(t *testing.T) { testEngines(t, rc) })
	t.Run("large values", func(t *testing.T) { testLargeValues(t, rc) })
}

func get(t *testing.T, r *views.Result, want ...any) {
	t.Helper()
	got, err := r.Get()
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func testPi(t *testing.T, view *views.LoadBalancedView) {
	parts, err := views.Map(view, slice, views.Range(0, 1_000_000)).Get()
	if err != nil || len(parts) != 1_000_000 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	sum := 0.0
	for _, x := range parts {
		sum += x
	}
	if math.Abs(sum-math.Pi) > 0.0066 {
		t.Errorf("pi is %v", sum)
	}
}

func testPanic(t *testing.T, view *views.LoadBalancedView) {
	values, err := view.Map(noThree, []int{1, 2, 3, 4}).Get()
	if want := []any{10, 20, nil, 40}; !reflect.DeepEqual(values, want) {
		t.Errorf("the others' results: got %v, want %v", values, want)
	}
	var e *views.ElementError
	if !errors.As(err, &e) || e.Index != 2 || e.Value != 3 || e.Engine < 0 || !errors.Is(err, views.ErrPanic) {
		t.Fatalf("got %v", err)
	}
	t.Log(err)
	if !strings.HasPrefix(e.Position, "program_test.go:") && !strings.Contains(e.Position, "/program_test.go:") {
		t.Errorf("the position is %q, of %s", e.Position, e.Trace)
	}
}

func testEngines(t *testing.T, rc *client.Client) {
	all := rc.All()
	if err := all.Push(map[string]any{"a": 6, "b": []float64{0.5}}); err != nil {
		t.Fatal(err)
	}
	if got, err := all.Pull("a * 7"); err != nil || fmt.Sprint(got) != "[42 42 42 42]" {
		t.Errorf("pulled %v, %v", got, err)
	}
	if got, err := rc.Slice("::2").Pull("b"); err != nil || !reflect.DeepEqual(got, []any{[]float64{0.5}, []float64{0.5}}) {
		t.Errorf("pulled %v, %v", got, err)
	}
	if err := all.Scatter("part", views.Range(0, 10)); err != nil {
		t.Fatal(err)
	}
	r := all.Execute("sum := 0\nfor _, x := range part { sum += x }\nfmt.Println(len(part))\nsum")
	values, err := r.Get()
	if err != nil || fmt.Sprint(values) != "[1 9 11 24]" || r.Stdout() != "2\n3\n2\n3\n" {
		t.Errorf("executed: %v, %v, %q", values, err, r.Stdout())
	}
	if got, err := views.Gather[int](all, "part"); err != nil || fmt.Sprint(got) != "[0 1 2 3 4 5 6 7 8 9]" {
		t.Errorf("gathered %v, %v", got, err)
	}
	if _, err := rc.Engines(7).Pull("a"); !errors.Is(err, views.ErrNoEngine) {
		t.Errorf("engine 7: %v", err)
	}
	if _, err := rc.Engines(0).Execute("undefined_name").Get(); err == nil || !strings.Contains(err.Error(), "undefined: undefined_name") {
		t.Errorf("source with an error: %v", err)
	}
	if got, err := views.Apply(rc.Engines(-1), func() int { return 5 }).Get(); err != nil || fmt.Sprint(got) != "[5]" {
		t.Errorf("applied on the last: %v, %v", got, err)
	}
}

// testLargeValues moves values that travel as files between the processes of one machine.
func testLargeValues(t *testing.T, rc *client.Client) {
	all := rc.All()
	xs := make([]float64, 600_000)
	words := make([]string, 100_000)
	for i := range xs {
		xs[i] = float64(i) / 3
	}
	for i := range words {
		words[i] = fmt.Sprint("word ", i)
	}
	for range 2 { // the second time, the machine has it
		if err := all.Push(map[string]any{"xs": xs, "words": words, "small": 5}); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := all.Pull("small + len(xs) + len(words)"); err != nil || fmt.Sprint(got) != "[700005 700005 700005 700005]" {
		t.Errorf("pulled %v, %v", got, err)
	}
	if got, err := rc.Engines(2).Pull("words"); err != nil || !reflect.DeepEqual(got, []any{words}) {
		t.Errorf("pulled %d values, %v", len(got), err)
	}
	if err := all.Scatter("own", xs); err != nil {
		t.Fatal(err)
	}
	if got, err := views.Gather[float64](all, "own"); err != nil || !slices.Equal(got, xs) {
		t.Errorf("gathered %d values, %v", len(got), err)
	}
	got, err := views.Map(rc.LoadBalanced(), zeros, []int{1, 100_000, 200_000}).Get()
	if err != nil || len(got) != 3 || len(got[0]) != 1 || len(got[1]) != 100_000 || len(got[2]) != 200_000 {
		t.Errorf("mapped: %d values, %v", len(got), err)
	}
}

func TestWaitsOverlap(t *testing.T) {
	view := connect(t, start(t, 16), nil).LoadBalanced()
	if _, err := view.Map(nap, views.Range(0, 16)).Get(); err != nil { // the workers have the function now
		t.Fatal(err)
	}
	r := view.Map(nap, views.Range(0, 160))
	values, err := r.Get()
	if err != nil || len(values) != 160 {
		t.Fatalf("%d values, %v", len(values), err)
	}
	t.Logf("160 waits of 100 ms on 16 engines took %v, speedup %.1f", r.WallTime(), r.Speedup())
	if r.WallTime() > 2*time.Second {
		t.Errorf("160 waits of 100 ms on 16 engines took %v, not about a second", r.WallTime())
	}
}

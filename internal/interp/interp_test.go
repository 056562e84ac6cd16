package interp

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func newInterp(t *testing.T) *Interp {
	t.Helper()
	i, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func load(t *testing.T, i *Interp, file, src string) {
	t.Helper()
	if err := i.Load(file, "package main\n"+src); err != nil {
		t.Fatal(err)
	}
}

func function[F any](t *testing.T, i *Interp, name string) F {
	t.Helper()
	v, err := i.Func(name)
	if err != nil {
		t.Fatal(err)
	}
	f, ok := v.Interface().(F)
	if !ok {
		t.Fatalf("%s is a %v", name, v.Type())
	}
	return f
}

func TestFilesShareAPackageAndImportForThemselves(t *testing.T) {
	i := newInterp(t)
	load(t, i, "a.go", `import fmt__ "fmt"
var x__1 int
func A() string { x__1++; return fmt__.Sprint("a", x__1) }`)
	load(t, i, "b.go", `import fmt__ "fmt"
func B() string { return fmt__.Sprint("b", A(), x__1) }`)
	if got := function[func() string](t, i, "B")(); got != "ba1 1" && got != "ba11" {
		t.Fatalf("got %q", got)
	}
	v, err := i.Var("x__1")
	if err != nil {
		t.Fatal(err)
	}
	v.SetInt(41)
	if got, want := function[func() string](t, i, "A")(), "a42"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func TestAPanicNamesTheFunctionsThatWereRunning(t *testing.T) {
	i := newInterp(t)
	load(t, i, "cell.go", `import "errors"
func inner(xs []int, k int) int {
	return xs[k]
}
func Outer() {
	inner(nil, 3)
}
func Recovers() {
	defer func() { recover() }()
	inner(nil, 3)
}
func Both() { Recovers(); panic("boom") }
func Fails() { panic(errors.New("why")) }
func Divides() { z := 0; println(1 / z) }
func Later() {
	x := 1
	x++
	xs := []int{x}
	if x > 1 {
		xs = append(xs, 3)
		x += inner(
			xs,
			7)
	}
	println(x)
}
var slot func(m map[string]int)
func Slots() {
slot = func(m map[string]int) {
	_ = len(m)
	m["a"] = 1
}
	println("before")
	slot(nil)
}
type T struct { next *T; n int }
func Nil() {
	var t *T
	n := 3
	n += t.n
	println(n)
}
func Asserts() {
	var x any = 3
	println("here")
	_ = x.(string)
}
func Sends() {
	c := make(chan int)
	close(c)
	println("closed")
	c <- 1
}`)
	for _, c := range []struct{ f, message, frames string }{
		{"Outer", "runtime error: index out of range", "inner:4 Outer:7"},
		{"Both", "boom", "Both:13"},
		{"Fails", "why", "Fails:14"},
		{"Divides", "runtime error: integer divide by zero", "Divides:15"},
		{"Later", "runtime error: index out of range", "inner:4 Later:22"},
		{"Slots", "assignment to entry in nil map", "Slots.func:32 Slots.func:35"},
		{"Nil", "runtime error: invalid memory address or nil pointer dereference", "Nil:41"},
		{"Asserts", "interface conversion: interface {} is int, not string", "Asserts:47"},
		{"Sends", "send on closed channel", "Sends:53"},
	} {
		err := i.Run(function[func()](t, i, c.f))
		var p *Panic
		if !errors.As(err, &p) {
			t.Errorf("%s: got %v, want a panic", c.f, err)
			continue
		}
		var frames []string
		for _, f := range p.Frames {
			frames = append(frames, fmt.Sprintf("%s:%d", f.Func, f.Line))
		}
		if got := strings.Join(frames, " "); p.Message != c.message || got != c.frames {
			t.Errorf("%s: got %q in %s, want %q in %s", c.f, p.Message, got, c.message, c.frames)
		}
	}
	if err := i.Run(function[func()](t, i, "Recovers")); err != nil {
		t.Errorf("a recovered panic: got %v", err)
	}
}

func TestWhatCannotBeCompiledIsAnErrorNotAPanic(t *testing.T) {
	i := newInterp(t)
	for _, c := range []struct{ src, want string }{
		{"func f( {", "expected"},
		{"func F() int { return undefined1 }", "undefined"},
		{`import "no/such"`, "package no/such is not available"},
	} {
		err := i.Load("bad.go", "package main\n"+c.src)
		var ce *CompileError
		if !errors.As(err, &ce) || !strings.Contains(ce.Text, c.want) {
			t.Errorf("%s: got %v, want a CompileError with %q", c.src, err, c.want)
		}
	}
	load(t, i, "good.go", "func G() int { return 7 }")
	if got := function[func() int](t, i, "G")(); got != 7 {
		t.Errorf("after errors: got %d", got)
	}
}

func TestAStopEndsWhatRunsAndSparesWhatLives(t *testing.T) {
	for name, body := range map[string]string{
		"an endless loop":     `for { }`,
		"a busy loop":         `x := 0; for { x++ }`,
		"a receive":           `<-make(chan int)`,
		"a send":              `make(chan int) <- 1`,
		"a range":             `for range make(chan int) { }`,
		"select":              `select { case <-make(chan int): }`,
		"an empty select":     `select {}`,
		"recursion in a loop": `for { f(3) }`,
		"a value receive":     `v := <-make(chan int); println(v)`,
		"a nil channel":       `var c chan int; <-c`,
	} {
		t.Run(name, func(t *testing.T) {
			i := newInterp(t)
			load(t, i, "before.go", `func f(x int) int { if x == 0 { return 0 }; return f(x-1) + 1 }
func Closure() func(int) int { k := 10; return func(x int) int { k++; return k + x } }`)
			closure := function[func() func(int) int](t, i, "Closure")()
			load(t, i, "cell.go", "func Cell() { Started(); "+body+" }\nvar Started func()")
			started := make(chan struct{})
			v, err := i.Var("Started")
			if err != nil {
				t.Fatal(err)
			}
			v.Set(reflect.ValueOf(func() { close(started) }))
			ended := make(chan error, 1)
			cell := function[func()](t, i, "Cell")
			go func() { ended <- i.Run(cell) }()
			<-started
			i.Stop()
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("got %v", err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("it went on")
			}
			if err := i.Resume(); err != nil {
				t.Fatal(err)
			}
			if got := closure(1); got != 12 {
				t.Errorf("a closure from before: got %d, want 12", got)
			}
			load(t, i, "after.go", "func After() int { return f(4) }")
			if got := function[func() int](t, i, "After")(); got != 4 {
				t.Errorf("a function from before: got %d, want 4", got)
			}
		})
	}
}

func TestUnboxedValuesAreTheUsers(t *testing.T) {
	i := newInterp(t)
	load(t, i, "a.go", `type T struct { A int }
func F() []any { return []any{T{3}, 1, "x", nil} }`)
	got := function[func() []any](t, i, "F")()
	var kinds []string
	for _, x := range got {
		v := Unbox(reflect.ValueOf(&x).Elem())
		kinds = append(kinds, fmt.Sprint(v.Interface()))
	}
	if got, want := strings.Join(kinds, " "), "{3} 1 x <nil>"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

package light

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// compiled is a program for one cell.
func compiled(t testing.TB, text string) *Program {
	t.Helper()
	cl := &cell{text: text}
	c := check(t, []*cell{cl})
	if len(cl.errs) > 0 {
		t.Fatal(cl.errs)
	}
	p, ok := Compile(c.info, c.fset, cl.steps(c.info), c)
	if !ok {
		t.Fatalf("%s: not light", text)
	}
	return p
}

func TestPositionsOfPanics(t *testing.T) {
	for _, c := range []struct {
		text string
		line int // of the cell
		col  int
	}{
		{"I / Zero", 1, 3},
		{"x := 1\ny := x +\n\tXs[9]", 3, 2},
		{"x := 1; NilP.X = x", 1, 9},
		{"Say(\n\tBoom(`x`))", 2, 2},
		{"if B {\n\tNilM[S] = 3\n}", 2, 2},
		{"fmt.Sprint(I,\n  A.(string))", 2, 3},
		{"I += 3\nXs[I]++", 2, 1},
	} {
		p := compiled(t, c.text)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", c.text)
				}
			}()
			begin()
			_ = p.Run(&child{defined: map[string]reflect.Value{}})
		}()
		at := p.Position()
		// The cell begins on a line of its own in the source, after its function's.
		first := strings.Count(strings.SplitN(check(t, []*cell{{text: c.text}}).source, "func cell0", 2)[0], "\n") + 1
		if at.Filename != "cells.go" || at.Line-first != c.line || at.Column != c.col {
			t.Errorf("%s: panicked at %v, in line %d; want %d:%d", c.text, at, at.Line-first, c.line, c.col)
		}
	}
}

// unheard is a type that no compiled code has slices of.
type unheard struct{ X int }

type pretended struct{ child }

func (pretended) Type(string) (reflect.Type, bool) { return reflect.TypeFor[unheard](), true }

func TestTypesThatNoCodeHasAreCompiled(t *testing.T) {
	begin()
	for _, text := range []string{"I = 3; x := []Point{{1, 2, ``}}", "I = 3; x := map[string]Point{}", "I = 3; var x [77]Point", "I = 3; var x func(Point, Point, int8)", "I = 3; var x chan<- Point"} {
		var need *NeedsCompiler
		err := compiled(t, text).Run(&pretended{})
		if !errors.As(err, &need) || I == 3 {
			t.Errorf("%s: %v, I is %d", text, err, I)
		}
	}
	for _, text := range []string{"x := []int{1}", "x := &I", "x := map[string]int{}", "var x func(int) int", "var x []string", "x := &P", "x := [3]int{}", "var x struct{}"} {
		if err := compiled(t, text).Run(&child{defined: map[string]reflect.Value{}}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestWhatIsMissingIsSaidBeforeAnythingIsDone(t *testing.T) {
	begin()
	p := compiled(t, "I = 3; x := Say(I)")
	p.Vars = append(p.Vars, Var{Low: "gone__1"})
	var need *NeedsCompiler
	if err := p.Run(&child{}); !errors.As(err, &need) || I == 3 {
		t.Errorf("%v, I is %d", err, I)
	}
}

// counting counts what a program tells its environment.
type counting struct {
	child
	steps, woken int
}

func (c *counting) Step(int) { c.steps++ }
func (c *counting) Woke()    { c.woken++ }

func TestStepsAndCallsAreTold(t *testing.T) {
	begin()
	env := &counting{child: child{defined: map[string]reflect.Value{}}}
	if err := compiled(t, "x := Say(1)\nI = x * P.Sum()\nI").Run(env); err != nil {
		t.Fatal(err)
	}
	if env.steps != 3 || env.woken != 2 {
		t.Errorf("%d steps, %d calls", env.steps, env.woken)
	}
}

func TestUnsentValuesStayTheirOwn(t *testing.T) {
	begin()
	env := &keeping{child: child{defined: map[string]reflect.Value{}}}
	if err := compiled(t, "P").Run(env); err != nil {
		t.Fatal(err)
	}
	P.X = 99
	if got := env.shown[0].Interface().(Point).X; got != 1 {
		t.Errorf("a shown value changed with its variable: %d", got)
	}
}

type keeping struct {
	child
	shown []reflect.Value
}

func (k *keeping) Show(_, _ string, vs []reflect.Value) { k.shown = vs }

func BenchmarkLight(b *testing.B) {
	for _, text := range []string{"x := 1; x + 1", "fmt.Sprintln(I)", "P.X", "Xs = append(Xs, 3)", `M["a"]++`, "y := Func(I)", "x := Pts[1].X * I"} {
		b.Run(text, func(b *testing.B) {
			cl := &cell{text: text}
			c := check(b, []*cell{cl})
			steps := cl.steps(c.info)
			reset()
			env := &quiet{child{defined: map[string]reflect.Value{}}}
			for b.Loop() {
				p, ok := Compile(c.info, c.fset, steps, c)
				if !ok {
					b.Fatal("not light")
				}
				if err := p.Run(env); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

type quiet struct{ child }

func (*quiet) Show(string, string, []reflect.Value) {}

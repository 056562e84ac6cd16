package gocode

import (
	"math"
	"strings"
	"testing"
)

func square(x int) int { return x * x }

type vec struct{ X, Y float64 }

func (v vec) norm() float64 { return math.Sqrt(v.X*v.X + v.Y*v.Y) }

const scale = 3

var weights = []float64{1, 2}

var counter int

func count() { counter++ }

func usesAll(v vec) float64 { return scale * v.norm() * weights[1] }

func usesCounter(x int) int { return x + counter }

func mapped[T any](xs []T, f func(T) T) []T {
	for i := range xs {
		xs[i] = f(xs[i])
	}
	return xs
}

func usesGeneric(x int) []int { return mapped([]int{x}, func(x int) int { return square(x) }) }

func TestFromProgram(t *testing.T) {
	count()
	k := 2
	tests := []struct {
		name, contains, err string
		f                   any
	}{
		{"a declared function", "return x * x", "", square},
		{"what it reaches", "weights__1 []float64 = []float64{1.0, 2.0}", "", usesAll},
		{"generics written out", "func mapped__1__i1(xs []int", "", usesGeneric},
		{"a literal", "return square__1(x) + 1", "", func(x int) int { return square(x) + 1 }},
		{"a literal of several lines", "s += i", "", func(n int) (s int) {
			for i := range n {
				s += i
			}
			return s
		}},
		{"a literal with another one inlined in it", "}(x) - 1", "", func(x int) int {
			return func(x int) int { return x*x + 1 }(x) - 1
		}},
		{"the library", "math__.Sqrt(a0__)", "", math.Sqrt},
		{"captured variables", "", "uses k from around it",
			func(x int) int { return k * x }},
		{"changing variables", "", "the package variable counter, whose value at run time is not known", usesCounter},
		{"method values", "", "method value", vec{}.norm},
		{"no function", "", "int is not a function", 3},
	}
	for _, test := range tests {
		u, err := FromProgram(test.f)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: got %v, want %q", test.name, err, test.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if !strings.Contains(u.Source, test.contains) {
			t.Errorf("%s: got\n%s\nwant %q in it", test.name, u.Source, test.contains)
		}
		if err := newLowered(t).add("unit.go", u.Source); err != nil {
			t.Errorf("%s: the unit is not Go: %v\n%s", test.name, err, u.Source)
		}
	}
}

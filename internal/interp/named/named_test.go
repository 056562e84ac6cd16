package named

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"testing"
)

// space is one with types as lowered code declares them.
func space(t *testing.T) *Space {
	t.Helper()
	s := NewSpace()
	s.Declare("temp_1", "main.temp", (*float64)(nil), "float64")
	s.Method("temp_1", "String", false, "func()(string)", func(t float64) string { runtime.GC(); return fmt.Sprintf("%.1f°", t) })
	s.Declare("node_1", "main.node", (*node)(nil), `struct{"a" int "";"B" @temp_1; ""x;"next" *@node_1; "";"any" interface{} "";}`)
	s.Method("node_1", "Error", true, "func()(string)", func(n *node) string { return fmt.Sprint("node ", n.Xa) })
	s.Method("node_1", "Add", true, "func...([]int)(int,error)", func(n *node, xs ...int) (int, error) {
		for _, x := range xs {
			n.Xa += x
		}
		return n.Xa, nil
	})
	return s
}

// node is how the interpreter holds the type.
type node = struct {
	Xa    int
	B     float64
	Xnext *struct{}
	Xany  any
}

func TestValuesShowThemselvesAsGoDoes(t *testing.T) {
	s := space(t)
	n := node{Xa: 1, B: 2}
	for _, test := range []struct {
		verb, want string
		v          any
	}{
		{"%v", "3.0°", s.Box("@temp_1;", 3.0)},
		{"%T", "main.temp", s.Box("@temp_1;", 3.0)},
		{"%v", "[1.0° 2.0°]", s.Box("[]@temp_1;", []float64{1, 2})},
		{"%T", "map[string]*main.temp", s.Box("map[string]*@temp_1;", map[string]*float64(nil))},
		{"%#v", "[]main.temp{1}", s.Box("[]@temp_1;", []float64{1})},
		{"%+v", "{a:1 B:2.0° next:<nil> any:<nil>}", s.Box("@node_1;", n)},
		{"%v", "node 1", s.Box("*@node_1;", &n)},
		{"%T", "func(*main.node, ...main.temp)", s.Box("func...(*@node_1;,[]@temp_1;)()", func(*node, ...float64) {})},
	} {
		if got := fmt.Sprintf(test.verb, test.v); got != test.want {
			t.Errorf("%s: got %s, want %s", test.verb, got, test.want)
		}
	}
}

func TestCompiledCodeFindsMethods(t *testing.T) {
	s := space(t)
	err, ok := s.Box("*@node_1;", &node{Xa: 1}).(error)
	if !ok {
		t.Fatal("the type is no error")
	}
	var target interface{ Add(...int) (int, error) }
	if !errors.As(fmt.Errorf("wrapped: %w", err), &target) {
		t.Fatal("errors.As does not find it")
	}
	if n, _ := target.Add(2, 3); n != 6 {
		t.Errorf("got %d, want 6", n)
	}
	if b, _ := json.Marshal(s.Box("@node_1;", node{B: 2})); string(b) != `{"B":2}` {
		t.Errorf("got %s", b)
	}
}

func TestTypesAreToldApart(t *testing.T) {
	s := space(t)
	var f float64
	for _, test := range []struct {
		text string
		x    any
		into any
		want bool
	}{
		{"@temp_1;", s.Box("@temp_1;", 3.0), &f, true},
		{"@temp_1;", 3.0, &f, false},
		{"float64", s.Box("@temp_1;", 3.0), &f, false},
		{"[]float64", s.Box("[]@temp_1;", []float64{}), new([]float64), false},
		{"@temp_1;", nil, &f, false},
		{"error", s.Box("@node_1;", node{}), new(error), false},
		{"error", s.Box("*@node_1;", &node{}), new(error), true},
		{`interface{"interface { String() string }" "String" func()(string);}`, s.Box("@temp_1;", 3.0), new(any), true},
	} {
		if got := s.Into(test.text, test.x, test.into); got != test.want {
			t.Errorf("%T is %s: got %t", test.x, test.text, got)
		}
	}
	if f != 3 {
		t.Errorf("got %v, want 3", f)
	}
	if s.Box("@temp_1;", 1.0) == any(1.0) || s.Box("@temp_1;", 1.0) != s.Box("@temp_1;", 1.0) {
		t.Error("values are not compared by their types and what they are")
	}
}

// A type that gets a method after it was used is another one for compiled code, the same for assertions.
func TestMethodsThatComeLater(t *testing.T) {
	s := NewSpace()
	s.Declare("a_1", "main.a", (*int)(nil), "int")
	old := s.Box("@a_1;", 1)
	s.Method("a_1", "String", false, "func()(string)", func(int) string { return "new" })
	if got := fmt.Sprint(s.Box("@a_1;", 1)); got != "new" {
		t.Errorf("got %s", got)
	}
	var n int
	if !s.Into("@a_1;", old, &n) || n != 1 {
		t.Error("what was boxed before is lost")
	}
	s.Method("a_1", "String", false, "func()(string)", func(int) string { return "newer" })
	if got := fmt.Sprint(s.Box("@a_1;", 1)); got != "newer" {
		t.Errorf("got %s", got)
	}
}

func TestFailedAssertionsSayWhy(t *testing.T) {
	s := space(t)
	for _, test := range []struct {
		text string
		x    any
		want string
	}{
		{"int", s.Box("@temp_1;", 3.0), "interface conversion: interface {} is main.temp, not int"},
		{"@temp_1;", nil, "interface conversion: interface {} is nil, not main.temp"},
		{"error", s.Box("@temp_1;", 3.0), "interface conversion: main.temp is not error: missing method Error"},
	} {
		func() {
			defer func() {
				err, ok := recover().(runtime.Error)
				if !ok || err.Error() != test.want {
					t.Errorf("got %v, want %s", err, test.want)
				}
			}()
			s.Must(test.text, test.x, reflect.New(reflect.TypeFor[float64]()).Interface(), "interface {}")
		}()
	}
}

func TestTypesLieInMemoryAsThisPackageWritesThem(t *testing.T) {
	for what, ok := range findings() {
		if !ok {
			t.Errorf("%s are laid out in another way by %s", what, runtime.Version())
		}
	}
	if nameIs(name("A", "", true, false), "B", "", true) {
		t.Error("the comparison finds no differences")
	}
}

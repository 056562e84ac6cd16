package host

import (
	"reflect"
	"strings"
	"testing"
)

func TestVariablesAreOneByTheirLoweredNames(t *testing.T) {
	*Var[int]("n")++
	*Var[int]("n")++
	v, ok := LookupVar("n")
	if !ok || v.Int() != 2 {
		t.Errorf("got %v %v, want 2", v, ok)
	}
	v.SetInt(7)
	if DefineVar("n", reflect.TypeFor[int]()).Int() != 7 || *Var[int]("n") != 7 {
		t.Error("there are two variables")
	}
	if _, ok := LookupVar("m"); ok {
		t.Error("a variable that nobody made is there")
	}
	defer func() {
		if r, _ := recover().(string); !strings.Contains(r, "the variable n has type int, code wants it to be string") {
			t.Errorf("got %v", r)
		}
	}()
	Var[string]("n")
}

func TestVariablesMayGetTypesDeclaredAgain(t *testing.T) {
	type first struct{ X int }
	type second struct{ X int }
	Var[first]("p").X = 5
	q := Retype[second]("p")
	if q.X != 5 || Var[second]("p") != q || Retype[second]("p") != q {
		t.Errorf("got %+v, want the same variable", *q)
	}
}

func TestTypesAreKnownByTheirLoweredNames(t *testing.T) {
	type point struct{ x int }
	Type[point]("point__2")
	if got, ok := LookupType("point__2"); !ok || got != reflect.TypeFor[point]() {
		t.Errorf("got %v", got)
	}
}

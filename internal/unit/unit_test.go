package unit

import (
	"reflect"
	"runtime"
	"testing"
)

func TestOfKnowsWhatBindMade(t *testing.T) {
	k := 3
	u := &Unit{Name: "times", Captures: []Capture{{Name: "k", Type: "int"}}}
	times := Bind(u, func(x int) int { return k * x }, func() []any { return []any{&k} }).(func(int) int)
	kept := map[string]func(int) int{"f": times}
	b, ok := Of(kept["f"])
	if !ok || b.Unit != u {
		t.Fatalf("got %v %v, want the unit", b, ok)
	}
	k = 4
	if got := *b.Values()[0].(*int); got != 4 || kept["f"](2) != 8 {
		t.Errorf("captured value %d and result %d, want 4 and 8: values are read when shipped", got, kept["f"](2))
	}
	other := Bind(&Unit{}, func(x int) int { return x }, nil)
	if b, _ := Of(other); b.Unit == u {
		t.Error("two functions of one type are taken for each other")
	}
	if _, ok := Of(func() {}); ok {
		t.Error("an unbound function is known")
	}
	runtime.KeepAlive(times)
}

func TestUnitsSurviveEncoding(t *testing.T) {
	u := &Unit{Name: "f", Source: "package main", Lines: []Position{{"In[1]", 2, 3}}, Params: []string{"int"}}
	got, err := Decode(u.Encode())
	if err != nil || !reflect.DeepEqual(got, u) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestReplacedUnitsAreFoundByFunctionsBoundBefore(t *testing.T) {
	first, second, third := &Unit{Name: "first"}, &Unit{Name: "second"}, &Unit{Name: "third"}
	f := Bind(first, func() int { return 1 }, nil)
	Replace(first, second)
	Replace(second, third)
	if b, ok := Of(f); !ok || b.Unit != third {
		t.Errorf("got %+v, want the third", b)
	}
}

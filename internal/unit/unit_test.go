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

func double(x int) int { return 2 * x }

func TestTiedFunctionsAreKnownByThemselves(t *testing.T) {
	static, closure := &Unit{Name: "double"}, &Unit{Name: "times"}
	for range 2 {
		Tie(static, double, nil, true)
	}
	k := 3
	times := func(x int) int { return k * x }
	Tie(closure, times, func() []any { return []any{&k} }, false)
	Tie(static, func() {}, nil, false) // is static, whatever its caller thinks
	if b, ok := Of(double); !ok || b.Unit != static {
		t.Errorf("got %v %v, want double's unit", b, ok)
	}
	k = 4
	b, ok := Of(times)
	if !ok || b.Unit != closure || *b.Values()[0].(*int) != 4 {
		t.Errorf("got %v %v, want the closure's unit", b, ok)
	}
	runtime.KeepAlive(times)
}

func TestTiedClosuresAreForgottenWithTheirFunction(t *testing.T) {
	gone := make(chan struct{})
	func() {
		big := new([1 << 12]byte)
		runtime.AddCleanup(big, func(struct{}) { close(gone) }, struct{}{})
		Tie(&Unit{}, func() byte { return big[0] }, nil, false)
	}()
	for {
		runtime.GC()
		select {
		case <-gone:
			return
		default:
		}
	}
}

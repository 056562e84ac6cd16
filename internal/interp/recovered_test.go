package interp

import (
	"errors"
	"reflect"
	"runtime"
	"testing"
)

func TestRecoveredIsWhatCompiledCodeRecovers(t *testing.T) {
	err := errors.New("e")
	for _, c := range []struct{ in, want any }{
		{nil, nil},
		{"text", "text"},
		{err, err},
		{reflect.ValueOf(7), 7},
		{reflect.ValueOf(err), err},
		{"f.go:1:2: reflect: slice index out of range", fault{"runtime error: index out of range" + unknownIndex}},
		{"reflect: Method on nil interface value", fault{"runtime error: invalid memory address or nil pointer dereference"}},
		{unhashableError(), fault{"runtime error: hash of unhashable type []int"}},
		{&reflect.ValueError{Method: "reflect.Value.Elem"}, fault{"runtime error: invalid memory address or nil pointer dereference"}},
	} {
		got := Recovered(c.in)
		if got != c.want {
			t.Errorf("%v: got %v, want %v", c.in, got, c.want)
		}
		if f, ok := c.want.(fault); ok {
			var re runtime.Error
			if !errors.As(f, &re) {
				t.Errorf("%v is no run-time error", f)
			}
		}
	}
}

// unhashableError is what reflection panics with.
func unhashableError() (err any) {
	defer func() { err = recover() }()
	reflect.ValueOf(map[any]int{}).MapIndex(reflect.ValueOf([]int{1}))
	return nil
}

func TestThePanicsOfTheInterpreterAreToldFromUsers(t *testing.T) {
	for _, c := range []struct {
		value any
		own   bool
	}{
		{"f.go:1:2: reflect.Set: value of type int is not assignable to type bool", true},
		{&reflect.ValueError{Method: "reflect.Value.SetBool", Kind: reflect.Int}, true},
		{"reflect: slice index out of range", false}, // what Go says is known
		{"reflecting on it", true}, // so be it
		{"mine", false},
		{errors.New("reflect: mine"), false},
	} {
		if got := (&Panic{Value: c.value, Message: message(c.value)}).Own(); got != c.own {
			t.Errorf("%v: got %v", c.value, got)
		}
	}
}

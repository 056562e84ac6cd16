package main

import (
	"errors"
	"fmt"
)

var ErrBad = errors.New("bad")

func safely(name string, f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			switch v := r.(type) {
			case error:
				err = fmt.Errorf("%s: %w", name, v)
			case string:
				err = fmt.Errorf("%s: %s", name, v)
			default:
				err = fmt.Errorf("%s: %v", name, v)
			}
		}
	}()
	f()
	return nil
}

func order() (s string) {
	defer func() { s += "1" }()
	defer func() { s += "2" }()
	s = "x"
	return s + "r"
}

func nested() (out []string) {
	defer func() {
		out = append(out, fmt.Sprint("outer ", recover()))
	}()
	defer func() {
		defer func() { out = append(out, fmt.Sprint("inner ", recover())) }()
		panic("second")
	}()
	panic("first")
}

func args() {
	x := 1
	defer fmt.Println("deferred x", x)
	x = 2
	fmt.Println("x", x)
}

func result() (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			n, err = -1, fmt.Errorf("recovered %v", r)
		}
	}()
	n = 5
	panic(42)
}

func rethrow() {
	defer func() {
		r := recover()
		panic(fmt.Sprint("re-", r))
	}()
	panic("thrown")
}

func main() {
	fmt.Println(safely("a", func() { panic(ErrBad) }))
	fmt.Println(errors.Is(safely("b", func() { panic(ErrBad) }), ErrBad))
	fmt.Println(safely("c", func() { panic("text") }), safely("d", func() { panic(3.5) }), safely("e", func() {}))
	fmt.Println(order())
	fmt.Println(nested())
	args()
	fmt.Println(result())
	fmt.Println(safely("f", rethrow))
	func() {
		defer func() { fmt.Println("no panic:", recover()) }()
	}()
}

package main

import "fmt"

type Celsius float64

type Named struct{ N int }

func kind[T any](x T) string {
	switch any(x).(type) {
	case int:
		return "int"
	case Celsius:
		return "celsius"
	case Named:
		return "named"
	case *Named:
		return "pointer"
	case []T:
		return "slice of T"
	}
	return fmt.Sprintf("%T", x)
}

func zero[T any]() (z T) { return }

func is[T comparable](a any, b T) bool { v, ok := a.(T); return ok && v == b }

func main() {
	fmt.Println(kind(1), kind(Celsius(2)), kind(Named{}), kind(&Named{}), kind("s"), kind(2.5))
	fmt.Println(zero[int](), zero[*Named]() == nil, zero[Named]())
	fmt.Println(is(Celsius(1), Celsius(1)), is(1.0, Celsius(1)), is(Named{3}, Named{3}))
}

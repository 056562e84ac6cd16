package main

import "fmt"

type Num[T int | float64] struct{ v T }

func (n Num[T]) Plus(o Num[T]) Num[T] { return Num[T]{n.v + o.v} }
func (n *Num[T]) Scale(k T)           { n.v *= k }
func (n Num[T]) String() string       { return fmt.Sprintf("Num(%v)", n.v) }

type Op[T any] func(T, T) T

func (o Op[T]) Fold(xs ...T) (r T) {
	for i, x := range xs {
		if i == 0 {
			r = x
		} else {
			r = o(r, x)
		}
	}
	return r
}

func main() {
	a, b := Num[int]{3}, Num[int]{4}
	plus := a.Plus
	a.v = 100
	fmt.Println(plus(b).v)
	scale := (&b).Scale
	scale(5)
	fmt.Println(b.v)
	f := Num[float64].Plus
	fmt.Println(f(Num[float64]{1.5}, Num[float64]{2}).v)
	g := (*Num[float64]).Scale
	x := Num[float64]{2}
	g(&x, 4)
	fmt.Println(x)
	mul := Op[int](func(a, b int) int { return a * b })
	fmt.Println(mul.Fold(2, 3, 7), mul.Fold())
}

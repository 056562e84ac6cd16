package main

import "fmt"

func Map[T, U any](xs []T, f func(T) U) []U {
	out := make([]U, 0, len(xs))
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}

func Reduce[T, A any](xs []T, a A, f func(A, T) A) A {
	for _, x := range xs {
		a = f(a, x)
	}
	return a
}

func Filter[S ~[]E, E any](xs S, keep func(E) bool) S {
	var out S
	for _, x := range xs {
		if keep(x) {
			out = append(out, x)
		}
	}
	return out
}

func Sum[T int | float64 | string](xs ...T) (s T) {
	for _, x := range xs {
		s += x
	}
	return
}

type IDs []int

func (ids IDs) Total() int { return Sum(ids...) }

func main() {
	words := Map([]int{1, 2, 3}, func(i int) string { return fmt.Sprintf("<%d>", i) })
	fmt.Println(words, len(words))
	fmt.Println(Reduce(words, 0, func(n int, s string) int { return n + len(s) }))
	even := Filter(IDs{1, 2, 3, 4, 6}, func(i int) bool { return i%2 == 0 })
	fmt.Println(even, even.Total())
	fmt.Println(Sum(1, 2, 3), Sum(1.5, 2), Sum("a", "b"))
	half := Map[float64, int]
	fmt.Println(half([]float64{2.5, 9}, func(f float64) int { return int(f / 2) }))
}

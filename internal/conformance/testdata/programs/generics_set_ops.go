package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

type Set[T cmp.Ordered] map[T]struct{}

func Of[T cmp.Ordered](xs ...T) Set[T] {
	s := Set[T]{}
	for _, x := range xs {
		s[x] = struct{}{}
	}
	return s
}

func (s Set[T]) Has(x T) bool { _, ok := s[x]; return ok }

func (s Set[T]) Union(o Set[T]) Set[T] {
	out := maps.Clone(s)
	maps.Copy(out, o)
	return out
}

func (s Set[T]) Filter(f func(T) bool) Set[T] {
	out := Set[T]{}
	for x := range s {
		if f(x) {
			out[x] = struct{}{}
		}
	}
	return out
}

func (s Set[T]) Sorted() []T { return slices.Sorted(maps.Keys(s)) }

func main() {
	a, b := Of(3, 1, 2), Of(3, 4)
	fmt.Println(a.Union(b).Sorted(), a.Filter(b.Has).Sorted(), a.Has(2), b.Has(2), len(a))
	w := Of("b", "a")
	fmt.Println(w.Sorted(), w.Union(Of("z")).Sorted())
	var empty Set[float64]
	fmt.Println(empty.Has(1), len(empty.Sorted()))
}

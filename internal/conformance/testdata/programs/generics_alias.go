package main

import "fmt"

type Set[T comparable] = map[T]struct{}

type Table[V any] = map[string][]V

type Matrix = [][]float64

func Add[T comparable](s Set[T], xs ...T) Set[T] {
	for _, x := range xs {
		s[x] = struct{}{}
	}
	return s
}

type Strings = Set[string]

func main() {
	s := Add(Set[int]{}, 1, 2, 2, 3)
	fmt.Println(len(s))
	var t Table[int] = Table[int]{"a": {1, 2}}
	t["b"] = append(t["b"], 9)
	fmt.Println(t)
	var w Strings = Add(Strings{}, "x")
	var plain map[string]struct{} = w
	fmt.Println(len(plain))
	m := Matrix{{1, 2}, {3, 4}}
	fmt.Println(m[1][0])
}

package main

import (
	"fmt"
	"math"
)

type Inner struct{ a, b int }

func main() {
	m := map[string]int{"a": 1, "b": 2}
	clear(m)
	fmt.Println(len(m), m)
	s := []Inner{{1, 2}, {3, 4}}
	clear(s[:1])
	fmt.Println(s[0].a, s[1].a)
	var nilMap map[int]int
	clear(nilMap)
	n := map[float64]int{math.NaN(): 1, math.NaN(): 2, 1: 3}
	fmt.Println(len(n))
	clear(n)
	fmt.Println(len(n))
	p := []*int{new(int)}
	clear(p)
	fmt.Println(p[0] == nil)
}

package main

import (
	"fmt"
	"maps"
	"slices"
)

type Point struct{ X, Y int }

func main() {
	m := map[Point]string{{1, 2}: "a", {3, 4}: "b"}
	n := maps.Clone(m)
	n[Point{5, 6}] = "c"
	fmt.Println(len(m), len(n), maps.Equal(m, n), m[Point{1, 2}])
	maps.DeleteFunc(n, func(p Point, s string) bool { return p.X > 2 })
	fmt.Println(n)
	maps.Copy(n, map[Point]string{{9, 9}: "z"})
	fmt.Println(len(n), n[Point{9, 9}])
	inv := maps.Collect(func(yield func(string, Point) bool) {
		for p, s := range m {
			if !yield(s, p) {
				return
			}
		}
	})
	fmt.Println(inv["b"].X, slices.Sorted(maps.Keys(inv)))
	byLen := map[int][]string{}
	for _, w := range []string{"a", "bb", "cc", "d"} {
		byLen[len(w)] = append(byLen[len(w)], w)
	}
	fmt.Println(byLen)
	total := 0
	for k, v := range maps.All(byLen) {
		total += k * len(v)
	}
	fmt.Println(total)
	maps.Insert(inv, maps.All(map[string]Point{"q": {7, 7}}))
	fmt.Println(len(inv))
}

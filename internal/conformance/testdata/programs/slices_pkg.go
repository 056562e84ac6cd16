package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

type Person struct {
	Name string
	Age  int
}

func main() {
	xs := []int{3, 1, 4, 1, 5, 9, 2, 6}
	ys := slices.Clone(xs)
	slices.Sort(ys)
	fmt.Println(xs, ys, slices.IsSorted(ys))
	fmt.Println(slices.BinarySearch(ys, 5))
	fmt.Println(slices.Max(xs), slices.Min(xs), slices.Contains(xs, 9), slices.Index(xs, 4))
	fmt.Println(slices.Compact(ys), slices.Equal(xs, ys))
	ps := []Person{{"Bo", 30}, {"Al", 25}, {"Cy", 30}}
	slices.SortFunc(ps, func(a, b Person) int {
		return cmp.Or(-cmp.Compare(a.Age, b.Age), strings.Compare(a.Name, b.Name))
	})
	fmt.Println(ps)
	slices.SortStableFunc(ps, func(a, b Person) int { return cmp.Compare(len(a.Name), len(b.Name)) })
	i := slices.IndexFunc(ps, func(p Person) bool { return p.Name == "Al" })
	fmt.Println(i, slices.Insert([]int{1, 2}, 1, 8, 9), slices.Delete([]int{1, 2, 3, 4}, 1, 3))
	fmt.Println(slices.Repeat([]string{"a", "b"}, 2), slices.Concat([]int{1}, []int{2, 3}))
	slices.Reverse(xs)
	fmt.Println(xs, slices.Grow(xs, 10)[0])
	for c := range slices.Chunk([]int{1, 2, 3, 4, 5}, 2) {
		fmt.Print(c)
	}
	fmt.Println()
	oldest := slices.MaxFunc(ps, func(a, b Person) int { return cmp.Compare(a.Age, b.Age) })
	fmt.Println(oldest.Name, slices.ContainsFunc(ps, func(p Person) bool { return p.Age < 26 }))
	fmt.Println(slices.Replace([]int{1, 2, 3}, 0, 2, 9), slices.Compare([]int{1, 2}, []int{1, 3}))
}

package main

import "fmt"

func queens(n int) (count int, first []int) {
	cols := make([]int, 0, n)
	var place func()
	ok := func(c int) bool {
		for r, o := range cols {
			if o == c || o-c == len(cols)-r || c-o == len(cols)-r {
				return false
			}
		}
		return true
	}
	place = func() {
		if len(cols) == n {
			if count++; first == nil {
				first = append([]int(nil), cols...)
			}
			return
		}
		for c := range n {
			if ok(c) {
				cols = append(cols, c)
				place()
				cols = cols[:len(cols)-1]
			}
		}
	}
	place()
	return
}

func permute(xs []int, emit func([]int)) {
	if len(xs) <= 1 {
		emit(xs)
		return
	}
	for i := range xs {
		rest := append(append([]int{}, xs[:i]...), xs[i+1:]...)
		permute(rest, func(p []int) { emit(append([]int{xs[i]}, p...)) })
	}
}

func hanoi(n int, a, b, c string) int {
	if n == 0 {
		return 0
	}
	return hanoi(n-1, a, c, b) + 1 + hanoi(n-1, c, b, a)
}

func main() {
	fmt.Println(queens(6))
	permute([]int{1, 2, 3}, func(p []int) { fmt.Print(p) })
	fmt.Println(hanoi(8, "a", "b", "c"))
}

package main

import (
	"fmt"
	"iter"
)

func fib() iter.Seq[int] {
	return func(yield func(int) bool) {
		a, b := 0, 1
		for yield(a) {
			a, b = b, a+b
		}
		fmt.Println("stopped")
	}
}

func pairs(n int) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for i := 0; i < n; i++ {
			if !yield(i, fmt.Sprint("v", i)) {
				return
			}
		}
	}
}

func main() {
	next, stop := iter.Pull(fib())
	for range 6 {
		v, ok := next()
		fmt.Print(v, ok, " ")
	}
	stop()
	v, ok := next()
	fmt.Println(v, ok)
	n2, s2 := iter.Pull2(pairs(2))
	defer s2()
	for {
		i, s, ok := n2()
		if !ok {
			break
		}
		fmt.Println(i, s)
	}
}

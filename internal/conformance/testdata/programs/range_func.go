package main

import "fmt"

func pairs(n int) func(func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for i := range n {
			if !yield(i, string(rune('a'+i))) {
				fmt.Println("stopped at", i)
				return
			}
		}
	}
}

func find(n int, want string) (int, bool) {
	for i, s := range pairs(n) {
		if s == want {
			return i, true
		}
	}
	return -1, false
}

func thrice(yield func() bool) {
	_ = yield() && yield() && yield()
}

func main() {
	for i, s := range pairs(3) {
		fmt.Println(i, s)
	}
	fmt.Println(find(5, "c"))
	fmt.Println(find(2, "z"))
	n := 0
	for range thrice {
		n++
	}
	fmt.Println(n)
outer:
	for i := range pairs(4) {
		for j := range pairs(4) {
			if j == 2 {
				continue outer
			}
			if i == 2 {
				break outer
			}
			fmt.Print(i, j, " ")
		}
	}
	fmt.Println("end")
}

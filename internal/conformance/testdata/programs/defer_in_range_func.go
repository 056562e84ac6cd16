package main

import "fmt"

func seq(yield func(int) bool) {
	for i := range 3 {
		if !yield(i) {
			return
		}
	}
}

func f() (out []int) {
	defer func() { out = append(out, 100) }()
	for i := range seq {
		defer func() { out = append(out, i) }()
	}
	return []int{-1}
}

func early() int {
	for i := range seq {
		for j := range seq {
			if i+j == 3 {
				return i*10 + j
			}
		}
	}
	return -1
}

func main() {
	fmt.Println(f(), early())
}

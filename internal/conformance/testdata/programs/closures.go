package main

import "fmt"

func counter() (inc func() int, get func() int) {
	n := 0
	return func() int { n++; return n }, func() int { return n }
}

func compose(fs ...func(int) int) func(int) int {
	return func(x int) int {
		for _, f := range fs {
			x = f(x)
		}
		return x
	}
}

func fibs() func() int {
	a, b := 0, 1
	return func() int {
		defer func() { a, b = b, a+b }()
		return a
	}
}

type visitor func(depth int, name string) visitor

func memo(f func(int) int) func(int) int {
	seen := map[int]int{}
	return func(n int) int {
		if v, ok := seen[n]; ok {
			return v
		}
		v := f(n)
		seen[n] = v
		return v
	}
}

func main() {
	inc, get := counter()
	inc2, get2 := counter()
	inc()
	inc()
	inc2()
	fmt.Println(get(), get2())
	fmt.Println(compose(func(x int) int { return x + 1 }, func(x int) int { return x * 10 })(4))
	next := fibs()
	for range 8 {
		fmt.Print(next(), " ")
	}
	fmt.Println()
	var fact func(int) int
	fact = memo(func(n int) int {
		if n < 2 {
			return 1
		}
		return n * fact(n-1)
	})
	fmt.Println(fact(10), fact(5))
	var acts []func(int)
	total := 0
	for _, k := range []int{1, 10, 100} {
		acts = append(acts, func(n int) { total += k * n })
	}
	for i, a := range acts {
		a(i + 1)
	}
	fmt.Println(total)
	x := 1
	func() {
		x := 2
		x++
		_ = x
	}()
	func() { x += 41 }()
	fmt.Println(x, func(a, b int) int { return a * b }(6, 7))
}

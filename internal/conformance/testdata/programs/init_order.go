package main

import "fmt"

var (
	a = b + 1
	b = f("b", c*2)
	c = f("c", 3)
	_ = f("blank", 0)
	d = func() int { return a + b }()
)

var e, g = pair()

func pair() (int, string) { return d, fmt.Sprint("g", c) }

func f(name string, v int) int {
	fmt.Println("init", name, v)
	return v
}

func init() { fmt.Println("first init", a) }

func init() { a = 100; fmt.Println("second init") }

func main() {
	fmt.Println(a, b, c, d, e, g)
}

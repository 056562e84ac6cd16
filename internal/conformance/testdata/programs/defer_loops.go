package main

import "fmt"

type res struct{ name string }

func open(n string) *res { fmt.Println("open", n); return &res{n} }

func (r *res) Close() { fmt.Println("close", r.name) }

func all(names ...string) {
	for _, n := range names {
		r := open(n)
		defer r.Close()
	}
	fmt.Println("working")
}

func count() (n int) {
	for i := range 4 {
		defer func() { n += i }()
	}
	return 100
}

func conditional(b bool) {
	if b {
		defer fmt.Println("b was true")
	}
	fmt.Println("body", b)
}

func main() {
	all("a", "b", "c")
	fmt.Println(count())
	conditional(true)
	conditional(false)
	func() {
		for i := 0; i < 3; i++ {
			defer fmt.Print(i, " ")
		}
	}()
	fmt.Println()
}

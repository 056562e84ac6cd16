package main

import "fmt"

type Opt struct {
	Level *int
	Name  *string
}

func twice(i int) int { return 2 * i }

func main() {
	p := new(42)
	*p++
	fmt.Println(*p)
	o := Opt{Level: new(twice(4)), Name: new("n" + fmt.Sprint(*p))}
	fmt.Println(*o.Level, *o.Name)
	var f float64 = 2
	q := new(f)
	*q = 3
	fmt.Println(f, *q)
	e := new(struct{ A, B int }{1, 2})
	fmt.Println(e.A + e.B)
	z := new([3]int)
	z[1] = 5
	fmt.Println(*z)
}

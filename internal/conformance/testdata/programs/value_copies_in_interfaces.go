package main

import "fmt"

type V struct{ n int }

func (v V) Get() int { return v.n }

type Getter interface{ Get() int }

type Arr [2]int

func (a Arr) Get() int { return a[0] }

func box(x any) any { return x }

func main() {
	v := V{1}
	var g Getter = v
	var x any = v
	s := []any{v}
	gs := []Getter{v}
	m := map[string]Getter{"k": v}
	f := v.Get
	boxed := box(v)
	ch := make(chan any, 1)
	ch <- v
	v.n = 2
	fmt.Println(g.Get(), x.(V).n, s[0].(V).n, gs[0].Get(), m["k"].Get(), f(), boxed.(V).n, (<-ch).(V).n, v.n)
	a := Arr{5, 6}
	g = a
	a[0] = 50
	fmt.Println(g.Get(), a.Get())
	y := x
	w := x.(V)
	w.n = 99
	fmt.Println(x.(V).n, y.(V).n, w.n)
	arr := [2]V{{7}, {8}}
	var z any = arr[0]
	g = arr[1]
	arr[0].n, arr[1].n = 70, 80
	fmt.Println(z.(V).n, g.Get())
	defer func(g Getter) { fmt.Println(g.Get()) }(v)
	v.n = 3
}

package main

import "fmt"

type Inner struct{ N int }

type Outer struct {
	A [2]Inner
	M map[string]Inner
	P *Inner
	I any
}

func change(o Outer) { o.A[0].N = 100; o.P.N = 100; o.M["k"] = Inner{100} }

func ret() Outer { return Outer{P: &Inner{1}} }

func main() {
	o := Outer{A: [2]Inner{{1}, {2}}, M: map[string]Inner{}, P: &Inner{3}}
	c := o
	c.A[1].N = 50
	change(o)
	fmt.Println(o.A, o.P.N, o.M, c.A)
	arr := [3]int{1, 2, 3}
	brr := arr
	brr[0] = 9
	parr := &arr
	parr[2] = 7
	fmt.Println(arr, brr, arr == [3]int{1, 2, 7}, len(parr))
	in := Inner{5}
	o.I = in
	in.N = 6
	fmt.Println(o.I.(Inner).N, in.N)
	xs := []Inner{{1}, {2}}
	for _, x := range xs {
		x.N *= 10
	}
	for i := range xs {
		xs[i].N *= 10
	}
	fmt.Println(xs, ret().P.N)
	m := map[string]*Inner{"a": {1}}
	m["a"].N++
	fmt.Println(m["a"].N, Inner{1} == Inner{1}, struct{ X int }{1} == struct{ X int }{1})
	p, q := &xs[0], &xs[0]
	p.N = 77
	fmt.Println(q.N, p == q, xs[0].N)
	type pt struct{ x, y int }
	seen := map[pt]bool{{1, 2}: true}
	fmt.Println(seen[pt{1, 2}], seen[pt{2, 1}])
	ch := make(chan Inner, 1)
	ch <- in
	in.N = 1000
	fmt.Println((<-ch).N)
	var anon struct {
		Inner
		Name string
	}
	anon.N, anon.Name = 4, "x"
	fmt.Println(anon.Inner, anon)
}

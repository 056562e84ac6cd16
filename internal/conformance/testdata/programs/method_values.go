package main

import (
	"fmt"
	"sort"
	"strings"
)

type Counter struct{ n int }

func (c *Counter) Inc() int     { c.n++; return c.n }
func (c Counter) Get() int      { return c.n }
func (c Counter) Add(k int) int { return c.n + k }

type Adder interface{ Add(int) int }

type Words []string

func (w Words) Len() int           { return len(w) }
func (w Words) Less(i, j int) bool { return len(w[i]) < len(w[j]) }
func (w Words) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }

func apply(f func(int) int, x int) int { return f(x) }

func main() {
	c := Counter{10}
	get, inc := c.Get, c.Inc
	inc()
	inc()
	fmt.Println(get(), c.Get(), c.n)
	fmt.Println(apply(c.Add, 5), apply((&c).Add, 6))
	e1, e2 := Counter.Add, (*Counter).Inc
	fmt.Println(e1(c, 1), e2(&c), c.n)
	var a Adder = c
	add := a.Add
	c.n = 1000
	fmt.Println(add(1), a.Add(2), Adder.Add(a, 3))
	fs := map[string]func() int{"get": c.Get, "inc": c.Inc}
	fmt.Println(fs["inc"](), fs["get"](), c.n)
	w := Words{"ccc", "a", "bb"}
	sort.Sort(w)
	fmt.Println(w)
	up := strings.ToUpper
	fmt.Println(up("x"), strings.Map(func(r rune) rune { return r + 1 }, "abc"))
	defer c.Inc()
	defer func(g func() int) { fmt.Println("deferred", g()) }(c.Get)
	c.n = -1
}

package main

import "fmt"

type Node struct {
	Vals [3]int
	Kids []*Node
}

type Grid [2][2]int

func modify(n Node) Node { n.Vals[0] = 99; n.Kids[0].Vals[0] = 99; return n }

func (g Grid) With(r, c, v int) Grid { g[r][c] = v; return g }

func (g *Grid) Set(r, c, v int) { g[r][c] = v }

func main() {
	n := Node{Kids: []*Node{{}}}
	m := modify(n)
	fmt.Println(n.Vals, m.Vals, n.Kids[0].Vals)
	var g Grid
	h := g.With(0, 1, 5)
	g.Set(1, 1, 7)
	fmt.Println(g, h)
	arr := [3]*int{new(int), new(int)}
	brr := arr
	*brr[0] = 4
	brr[1] = nil
	fmt.Println(*arr[0], arr[1] != nil)
	for i, v := range g {
		g[1][1] = 1000
		v[0] = 55
		fmt.Print(i, v, " ")
	}
	fmt.Println(g)
	s := []Node{{}, {}}
	p := &s[0]
	s = append(s, Node{})
	p.Vals[0] = 1
	fmt.Println(s[0].Vals[0], len(s))
	st := struct{ A [2]int }{}
	cp := st
	cp.A[0] = 3
	pa := &st.A
	pa[1] = 8
	fmt.Println(st, cp)
	fs := [2]func() int{func() int { return 1 }}
	fmt.Println(fs[0](), fs[1] == nil)
	mm := map[string][2]int{"k": {1, 2}}
	v := mm["k"]
	v[0] = 9
	fmt.Println(mm, v)
}

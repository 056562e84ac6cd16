package main

import "fmt"

type point struct{ x, y int }

type line struct{ from, to *point }

func multi() (int, string, error) { return 1, "s", nil }

func main() {
	xs := []int{1, 2, 3, 4}
	i, j := 0, 3
	for i < j {
		xs[i], xs[j] = xs[j], xs[i]
		i, j = i+1, j-1
	}
	fmt.Println(xs)
	a, b, c := multi()
	_, d, _ := multi()
	fmt.Println(a, b, c, d)
	l := line{&point{1, 2}, &point{3, 4}}
	l.from, l.to = l.to, l.from
	l.from.x, l.to.y = l.to.x, l.from.y
	fmt.Println(*l.from, *l.to)
	m := map[string]*point{"a": {}}
	m["a"].x, m["b"] = 5, &point{9, 9}
	fmt.Println(*m["a"], *m["b"])
	p, q := &point{1, 1}, &point{2, 2}
	p, p.x = q, 100
	fmt.Println(p.x, q.x)
	var e any = "str"
	s, ok := e.(string)
	n, notOK := e.(int)
	fmt.Println(s, ok, n, notOK)
	xs[0], xs = 50, xs[1:]
	fmt.Println(xs)
	var f func(int) int
	f, k := func(i int) int { return i * 2 }, 21
	fmt.Println(f(k))
	mat := [2][2]int{{1, 2}, {3, 4}}
	mat[0], mat[1] = mat[1], mat[0]
	fmt.Println(mat)
	x, y := 1, 1
	x, y = y+len(xs), x+len(xs)*2
	fmt.Println(x, y)
}

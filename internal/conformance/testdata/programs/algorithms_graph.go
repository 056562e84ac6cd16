package main

import (
	"container/heap"
	"fmt"
	"math"
	"slices"
)

type Edge struct {
	to   string
	cost float64
}

type Graph map[string][]Edge

func (g Graph) Add(a, b string, c float64) {
	g[a] = append(g[a], Edge{b, c})
	g[b] = append(g[b], Edge{a, c})
}

type entry struct {
	node string
	dist float64
}

type pq []entry

func (p pq) Len() int           { return len(p) }
func (p pq) Less(i, j int) bool { return p[i].dist < p[j].dist }
func (p pq) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }
func (p *pq) Push(x any)        { *p = append(*p, x.(entry)) }
func (p *pq) Pop() any {
	o := *p
	x := o[len(o)-1]
	*p = o[:len(o)-1]
	return x
}

func (g Graph) Path(from, to string) ([]string, float64) {
	dist, prev := map[string]float64{from: 0}, map[string]string{}
	q := &pq{{from, 0}}
	for q.Len() > 0 {
		e := heap.Pop(q).(entry)
		if e.node == to {
			break
		}
		for _, n := range g[e.node] {
			d := e.dist + n.cost
			if old, ok := dist[n.to]; !ok || d < old {
				dist[n.to], prev[n.to] = d, e.node
				heap.Push(q, entry{n.to, d})
			}
		}
	}
	d, ok := dist[to]
	if !ok {
		return nil, math.Inf(1)
	}
	path := []string{to}
	for path[len(path)-1] != from {
		path = append(path, prev[path[len(path)-1]])
	}
	slices.Reverse(path)
	return path, d
}

func main() {
	g := Graph{}
	g.Add("a", "b", 7)
	g.Add("a", "c", 3)
	g.Add("c", "b", 1)
	g.Add("b", "d", 2)
	g["z"] = nil
	fmt.Println(g.Path("a", "d"))
	fmt.Println(g.Path("a", "z"))
}

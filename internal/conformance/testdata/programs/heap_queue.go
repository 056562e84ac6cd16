package main

import (
	"container/heap"
	"fmt"
)

type task struct {
	name string
	prio int
	at   int
}

type queue []*task

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].prio > q[j].prio }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i]; q[i].at, q[j].at = i, j }
func (q *queue) Push(x any)        { t := x.(*task); t.at = len(*q); *q = append(*q, t) }
func (q *queue) Pop() any {
	old := *q
	t := old[len(old)-1]
	*q = old[:len(old)-1]
	return t
}

func main() {
	q := &queue{}
	heap.Init(q)
	ts := map[string]*task{}
	for i, n := range []string{"low", "high", "mid"} {
		t := &task{name: n, prio: []int{1, 9, 5}[i]}
		ts[n] = t
		heap.Push(q, t)
	}
	ts["low"].prio = 100
	heap.Fix(q, ts["low"].at)
	for q.Len() > 0 {
		t := heap.Pop(q).(*task)
		fmt.Println(t.name, t.prio)
	}
}

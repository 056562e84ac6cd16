package main

import (
	"errors"
	"fmt"
	"strings"
)

type Stack[T any] struct{ items []T }

func (s *Stack[T]) Push(x T) { s.items = append(s.items, x) }
func (s *Stack[T]) Len() int { return len(s.items) }
func (s *Stack[T]) Pop() (T, error) {
	var zero T
	if len(s.items) == 0 {
		return zero, errors.New("empty")
	}
	x := s.items[len(s.items)-1]
	s.items = s.items[:len(s.items)-1]
	return x, nil
}

type Pair[K comparable, V any] struct {
	Key K
	Val V
}

func MakePair[K comparable, V any](k K, v V) Pair[K, V] { return Pair[K, V]{k, v} }

func (p Pair[K, V]) Swap(f func(V) K, g func(K) V) Pair[K, V] { return Pair[K, V]{f(p.Val), g(p.Key)} }

type List[T any] struct {
	head *node[T]
	size int
}

type node[T any] struct {
	val  T
	next *node[T]
}

func (l *List[T]) Add(x T) *List[T] {
	l.head = &node[T]{x, l.head}
	l.size++
	return l
}

func (l *List[T]) Each(f func(int, T)) {
	i := 0
	for n := l.head; n != nil; n = n.next {
		f(i, n.val)
		i++
	}
}

func main() {
	s := &Stack[string]{}
	s.Push("a")
	s.Push("b")
	x, err := s.Pop()
	fmt.Println(x, err, s.Len())
	s.Pop()
	_, err = s.Pop()
	fmt.Println(err)
	p := MakePair("k", 3)
	fmt.Println(p.Key, p.Val)
	q := p.Swap(func(i int) string { return strings.Repeat("x", i) }, func(s string) int { return len(s) })
	fmt.Println(q.Key, q.Val)
	l := (&List[float64]{}).Add(1).Add(2.5).Add(-3)
	l.Each(func(i int, f float64) { fmt.Print(i, ":", f, " ") })
	fmt.Println(l.size)
}

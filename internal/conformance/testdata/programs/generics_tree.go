package main

import (
	"cmp"
	"fmt"
)

type Tree[K cmp.Ordered, V any] struct {
	root *branch[K, V]
	n    int
}

type branch[K cmp.Ordered, V any] struct {
	k           K
	v           V
	left, right *branch[K, V]
}

func (t *Tree[K, V]) Put(k K, v V) {
	p := &t.root
	for *p != nil {
		switch c := cmp.Compare(k, (*p).k); {
		case c < 0:
			p = &(*p).left
		case c > 0:
			p = &(*p).right
		default:
			(*p).v = v
			return
		}
	}
	*p = &branch[K, V]{k: k, v: v}
	t.n++
}

func (t *Tree[K, V]) Get(k K) (v V, ok bool) {
	for b := t.root; b != nil; {
		switch {
		case k < b.k:
			b = b.left
		case k > b.k:
			b = b.right
		default:
			return b.v, true
		}
	}
	return v, false
}

func (t *Tree[K, V]) All() func(yield func(K, V) bool) {
	return func(yield func(K, V) bool) { t.root.walk(yield) }
}

func (b *branch[K, V]) walk(yield func(K, V) bool) bool {
	return b == nil || b.left.walk(yield) && yield(b.k, b.v) && b.right.walk(yield)
}

func main() {
	var t Tree[string, int]
	for i, w := range []string{"m", "c", "x", "a", "d", "m"} {
		t.Put(w, i)
	}
	fmt.Println(t.n)
	fmt.Println(t.Get("m"))
	fmt.Println(t.Get("zz"))
	for k, v := range t.All() {
		if k == "x" {
			break
		}
		fmt.Print(k, "=", v, " ")
	}
	fmt.Println()
	var nums Tree[float64, []int]
	nums.Put(2.5, []int{1})
	nums.Put(-1, nil)
	for k, v := range nums.All() {
		fmt.Println(k, v, v == nil)
	}
}

package main

import (
	"cmp"
	"fmt"
)

type Number interface {
	~int | ~int64 | ~float64
}

type Meters float64

func (m Meters) String() string { return fmt.Sprintf("%.1fm", float64(m)) }

func Total[K comparable, V Number](m map[K]V, keys ...K) V {
	var t V
	for _, k := range keys {
		t += m[k]
	}
	return t
}

func Largest[T cmp.Ordered](first T, rest ...T) T {
	for _, r := range rest {
		first = max(first, r)
	}
	return first
}

type Shower interface{ Show() string }

type Dog struct{ name string }

func (d Dog) Show() string { return "dog " + d.name }

type Cat struct{ lives int }

func (c *Cat) Show() string { c.lives--; return fmt.Sprint("cat ", c.lives) }

func ShowAll[T Shower](xs []T) (out []string) {
	for _, x := range xs {
		out = append(out, x.Show())
	}
	return out
}

func Ptr[T any](x T) *T { return &x }

func main() {
	d := map[string]Meters{"a": 1.5, "b": 2}
	fmt.Println(float64(Total(d, "a", "b")))
	fmt.Println(Total(map[int]int{1: 10, 2: 20}, 1, 2, 3))
	fmt.Println(Largest("b", "c", "a"), Largest(2.5, -1), Largest(7))
	fmt.Println(ShowAll([]Dog{{"rex"}, {"bo"}}))
	cat := &Cat{9}
	fmt.Println(ShowAll([]*Cat{cat, cat}), cat.lives)
	p := Ptr(41)
	*p++
	fmt.Println(*p)
}

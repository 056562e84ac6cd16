package main

import "fmt"

type T struct{ n int }

func (t *T) Ptr() bool { return t == nil }
func (t T) Val() int   { return t.n }

type I interface{ Val() int }

func try(name string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(name, "panics")
		} else {
			fmt.Println(name, "is fine")
		}
	}()
	f()
}

func main() {
	var p *T
	var i I
	try("pointer method call", func() { p.Ptr() })
	try("pointer method value", func() { f := p.Ptr; f() })
	try("value method call", func() { p.Val() })
	try("value method value", func() { f := p.Val; _ = f })
	try("interface call", func() { i.Val() })
	try("interface method value", func() { f := i.Val; _ = f })
	try("deferred nil func", func() { var f func(); defer f() })
	try("nil func", func() { var f func(); f() })
	try("nil map read", func() { var m map[string]int; _ = m["x"] })
	try("nil map write", func() { var m map[string]int; m["x"] = 1 })
	try("nil slice range", func() {
		var s []int
		for range s {
		}
	})
	try("nil slice index", func() { var s []int; _ = s[0] })
	try("nil deref", func() { p.n = 3 })
}

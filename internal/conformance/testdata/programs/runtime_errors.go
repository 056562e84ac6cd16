package main

import (
	"errors"
	"fmt"
	"runtime"
)

type T struct{ p *T }

func try(f func()) {
	defer func() {
		r := recover()
		err, ok := r.(error)
		var re runtime.Error
		fmt.Println(r, ok, ok && errors.As(err, &re))
	}()
	f()
}

func main() {
	var m map[string]int
	var s []int
	var p *T
	var x any = "str"
	var e error
	zero, five := 0, 5
	try(func() { m["a"] = 1 })
	try(func() { _ = s[five] })
	try(func() { _ = []int{1, 2}[zero:five] })
	try(func() { _ = p.p })
	try(func() { _ = 1 / zero })
	try(func() { _ = x.(int) })
	try(func() { _ = x.(fmt.Stringer) })
	try(func() { _ = e.Error() })
	try(func() { var c chan int; close(c) })
	try(func() { c := make(chan int); close(c); close(c) })
	try(func() { c := make(chan int); close(c); c <- 1 })
	try(func() { _ = make([]int, five-10) })
	try(func() { _ = "abc"[five] })
	try(func() { var a [3]int; _ = a[five] })
	try(func() { _ = [4]int(s) })
	try(func() { panic(fmt.Sprint("mine ", five)) })
	try(func() { panic(errors.New("err")) })
	try(func() { var y any = []int{1}; _ = map[any]int{y: 1} })
	try(func() { var a, b any = []int{1}, []int{1}; _ = a == b })
}

package main

import "fmt"

type A int

type B int

type P struct{ x, y int }

func main() {
	m := map[any]string{1: "int", "1": "string", 1.0: "float", int64(1): "int64", [2]int{1, 2}: "array", true: "bool"}
	fmt.Println(m[1], m["1"], m[1.0], m[int64(1)], m[[2]int{1, 2}], m[true], len(m))
	n := map[any]int{}
	n[A(1)] = 10
	n[B(1)] = 20
	n[1] = 30
	n[P{1, 2}] = 40
	n[&P{}] = 50
	fmt.Println(len(n), n[A(1)], n[B(1)], n[1], n[P{1, 2}], n[P{}])
	_, ok := n[int8(1)]
	fmt.Println(ok)
	defer func() { fmt.Println("recovered:", recover() != nil) }()
	n[[]int{1}] = 1
}

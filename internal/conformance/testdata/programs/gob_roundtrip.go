package main

import (
	"bytes"
	"encoding/gob"
	"fmt"
)

type Point struct{ X, Y int }

type Drawing struct {
	Name   string
	Points []Point
	Meta   map[string]float64
	Parent *Drawing
	cached int
}

func main() {
	var buf bytes.Buffer
	d := Drawing{"d", []Point{{1, 2}, {3, 4}}, map[string]float64{"k": 1.5}, &Drawing{Name: "root"}, 9}
	if err := gob.NewEncoder(&buf).Encode(d); err != nil {
		fmt.Println(err)
		return
	}
	var e Drawing
	err := gob.NewDecoder(&buf).Decode(&e)
	fmt.Println(e.Name, e.Points, e.Meta, e.Parent.Name, e.cached, err)
	enc, dec := gob.NewEncoder(&buf), gob.NewDecoder(&buf)
	for i := range 3 {
		enc.Encode([]int{i, i * i})
	}
	var xs []int
	for range 3 {
		dec.Decode(&xs)
		fmt.Print(xs)
	}
	fmt.Println()
}

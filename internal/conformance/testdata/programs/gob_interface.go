package main

import (
	"bytes"
	"encoding/gob"
	"fmt"
)

type Shape interface{ Area() int }

type Rect struct{ W, H int }

func (r Rect) Area() int { return r.W * r.H }

type Sq struct{ S int }

func (s *Sq) Area() int { return s.S * s.S }

func main() {
	gob.Register(Rect{})
	gob.Register(&Sq{})
	var buf bytes.Buffer
	err := gob.NewEncoder(&buf).Encode([]Shape{Rect{2, 3}, &Sq{4}})
	fmt.Println(err)
	var out []Shape
	err = gob.NewDecoder(&buf).Decode(&out)
	for _, s := range out {
		fmt.Printf("%T %d\n", s, s.Area())
	}
	fmt.Println(err)
}

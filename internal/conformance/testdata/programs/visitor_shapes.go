package main

import (
	"fmt"
	"math"
	"sort"
	"strings"
)

type Shape interface {
	Area() float64
	Perimeter() float64
	Accept(Visitor)
}

type Visitor interface {
	Circle(r float64)
	Rect(w, h float64)
}

type Circle struct{ R float64 }

type Rect struct{ W, H float64 }

func (c Circle) Area() float64      { return math.Pi * c.R * c.R }
func (c Circle) Perimeter() float64 { return 2 * math.Pi * c.R }
func (c Circle) Accept(v Visitor)   { v.Circle(c.R) }
func (r Rect) Area() float64        { return r.W * r.H }
func (r Rect) Perimeter() float64   { return 2 * (r.W + r.H) }
func (r Rect) Accept(v Visitor)     { v.Rect(r.W, r.H) }

type printer struct{ b strings.Builder }

func (p *printer) Circle(r float64)  { fmt.Fprintf(&p.b, "circle(%.1f) ", r) }
func (p *printer) Rect(w, h float64) { fmt.Fprintf(&p.b, "rect(%.1f,%.1f) ", w, h) }

func main() {
	shapes := []Shape{Rect{3, 4}, Circle{1}, Rect{1, 1}}
	sort.Slice(shapes, func(i, j int) bool { return shapes[i].Area() < shapes[j].Area() })
	p := &printer{}
	total := 0.0
	for _, s := range shapes {
		s.Accept(p)
		total += s.Perimeter()
	}
	fmt.Printf("%s%.3f\n", p.b.String(), total)
	m := map[string]func(float64) Shape{"c": func(x float64) Shape { return Circle{x} }, "r": func(x float64) Shape { return Rect{x, x} }}
	fmt.Printf("%.2f %.2f\n", m["c"](2).Area(), m["r"](2).Area())
}

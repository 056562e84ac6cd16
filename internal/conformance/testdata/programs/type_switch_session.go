package main

import "fmt"

type Shape interface{ Area() float64 }

type Square struct{ side float64 }

type Circle struct{ r float64 }

type Named interface{ Name() string }

func (s Square) Area() float64  { return s.side * s.side }
func (c *Circle) Area() float64 { return 3 * c.r * c.r }
func (c *Circle) Name() string  { return "circle" }

type Celsius float64

type Fahrenheit float64

func describe(x any) string {
	switch v := x.(type) {
	case Square:
		return fmt.Sprint("square ", v.side)
	case *Circle:
		return fmt.Sprint(v.Name(), " ", v.r)
	case Celsius:
		return fmt.Sprint("celsius ", float64(v))
	case Fahrenheit:
		return fmt.Sprint("fahrenheit ", float64(v))
	case float64:
		return "plain float"
	case []Square:
		return fmt.Sprint("squares ", len(v))
	}
	return "unknown"
}

func main() {
	shapes := []Shape{Square{2}, &Circle{1}, Square{3}}
	total := 0.0
	for _, s := range shapes {
		total += s.Area()
		if sq, ok := s.(Square); ok {
			fmt.Print("sq", sq.side, " ")
		}
		if n, ok := s.(Named); ok {
			fmt.Print(n.Name(), " ")
		}
	}
	fmt.Println(total)
	for _, x := range []any{Square{1}, &Circle{2}, Celsius(3), Fahrenheit(4), 5.0, []Square{{}}, Circle{}} {
		fmt.Println(describe(x))
	}
}

package main

import "fmt"

type Color int

const (
	Red Color = iota
	Green
	Blue
)

func (c Color) String() string { return [...]string{"Red", "Green", "Blue"}[c] }

type Pixel struct {
	C    Color
	X, Y int
}

type Temp struct{ v float64 }

func (t *Temp) String() string { return fmt.Sprintf("%.1f°", t.v) }

func main() {
	fmt.Println(Red, Blue)
	fmt.Printf("%v %s %d %x %q\n", Green, Green, Green, Green, Green)
	fmt.Println([]Color{Red, Blue}, map[string]Color{"k": Green}, [2]Color{})
	fmt.Println(Pixel{Blue, 1, 2}, &Pixel{Red, 3, 4})
	fmt.Printf("%+v\n", Pixel{Green, 5, 6})
	t := Temp{36.6}
	fmt.Println(&t, t)
	fmt.Println([]*Temp{&t}[0], map[Color]int{Red: 1, Blue: 2})
	var s fmt.Stringer = Blue
	fmt.Println(s)
	fmt.Println(fmt.Sprint(Red, Green), fmt.Sprintf("%6s|%-6s|", Red, Red))
	var x any = Green
	fmt.Println(x, []any{Red, "s", 1})
	fmt.Println(struct {
		A Color
		B any
	}{Blue, Red})
}

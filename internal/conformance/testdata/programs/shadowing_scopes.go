package main

import "fmt"

var x = "package"

func show() string { return x }

func two() (int, error) { return 2, nil }

func nested() (err error) {
	if n, err := two(); err == nil {
		n, err := n+1, fmt.Errorf("inner %d", n)
		_ = n
		defer func() { fmt.Println(err) }()
	}
	return
}

func main() {
	fmt.Println(show())
	y := 1
	{
		y := y + 1
		y++
		fmt.Println(y)
	}
	if y := y * 10; y > 5 {
		fmt.Println(y)
	} else if z := y; z > 0 {
		fmt.Println(z)
	}
	for y := range 2 {
		y := y + 100
		fmt.Print(y, " ")
	}
	switch y := any(y).(type) {
	case int:
		fmt.Println("int", y+1)
	}
	fmt.Println(y, nested())
	a, b := 1, 2
	b, c := 3, 4
	fmt.Println(a, b, c)
	true := false
	fmt.Println(true, !true)
	func(y string) { fmt.Println(y) }("param")
	type int string
	var s int = "a named string"
	fmt.Println(s)
}

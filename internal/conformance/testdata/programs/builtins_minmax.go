package main

import (
	"fmt"
	"math"
)

type Celsius float64

type Rank int

func main() {
	fmt.Println(min(3, 1, 2), max(3, 1, 2), min(2.5, 1), max("b", "a"))
	x, y := 3, 7
	fmt.Println(min(x, y), max(x, y, 5), min(x))
	fmt.Println(max(Celsius(20), 30.5), min(Rank(3), Rank(2)))
	nan := math.NaN()
	fmt.Println(min(1, nan), max(nan, 1), min(0.0, math.Copysign(0, -1)))
	s := "x"
	fmt.Println(min(s, "a"), max(s, "zz"))
	const c = min(1, 2) + max(3.5, 1)
	fmt.Println(c)
	var u8 uint8 = 200
	fmt.Println(max(u8, 100), min(u8, 255))
}

package main

import (
	"fmt"
	"math/cmplx"
)

func escape(c complex128) int {
	z := complex(0, 0)
	for i := range 50 {
		z = z*z + c
		if cmplx.Abs(z) > 2 {
			return i
		}
	}
	return 50
}

func main() {
	for y := 1.0; y >= -1; y -= 0.25 {
		for x := -2.0; x <= 0.5; x += 0.1 {
			fmt.Print(string(" .:-=+*#%@"[escape(complex(x, y))/6]))
		}
		fmt.Println()
	}
}

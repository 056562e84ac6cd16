package main

import (
	"fmt"
	"math"
	"math/cmplx"
)

func fft(a []complex128) []complex128 {
	n := len(a)
	if n == 1 {
		return []complex128{a[0]}
	}
	even, odd := make([]complex128, n/2), make([]complex128, n/2)
	for i := range n / 2 {
		even[i], odd[i] = a[2*i], a[2*i+1]
	}
	e, o := fft(even), fft(odd)
	out := make([]complex128, n)
	for k := range n / 2 {
		t := cmplx.Rect(1, -2*math.Pi*float64(k)/float64(n)) * o[k]
		out[k], out[k+n/2] = e[k]+t, e[k]-t
	}
	return out
}

func main() {
	x := make([]complex128, 8)
	for i := range x {
		x[i] = complex(math.Sin(2*math.Pi*float64(i)/8), 0)
	}
	for i, c := range fft(x) {
		fmt.Printf("%d %.4f\n", i, cmplx.Abs(c))
	}
}

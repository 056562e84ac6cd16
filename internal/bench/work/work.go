// Package work has the functions that the bench maps, in a package of their own: each is sent to the engines as source.
package work

import (
	"math/rand/v2"
	"time"
)

// Same returns its argument.
func Same(x int) int { return x }

// Square returns x*x.
func Square(x int) int { return x * x }

// Throw throws a dart at the unit square and returns 1 if it lands in the quarter circle.
func Throw(int) int {
	x, y := rand.Float64(), rand.Float64()
	if x*x+y*y < 1 {
		return 1
	}
	return 0
}

// Factors returns n's prime factors by trial division.
func Factors(n int) []int {
	var out []int
	for p := 2; p*p <= n; {
		if n%p == 0 {
			out = append(out, p)
			n /= p
		} else if p == 2 {
			p = 3
		} else {
			p += 2
		}
	}
	if n > 1 {
		out = append(out, n)
	}
	return out
}

// Numbers returns the odd numbers from 999999999999 whose factors the bench asks for.
func Numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = 999_999_999_999 + 2*i
	}
	return out
}

// Island returns an island's population as it is: what a round of an island model costs without the model.
func Island(population [][]float64) [][]float64 { return population }

// Doubled returns the numbers' doubles.
func Doubled(xs []float64) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = 2 * x
	}
	return out
}

// Sleep sleeps for a number of milliseconds.
func Sleep(ms int) int {
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return ms
}

// Spin computes, forever or not at all.
func Spin(forever bool) int {
	n := 0
	for forever {
		n++
	}
	return n
}

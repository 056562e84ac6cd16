package main

import (
	"fmt"
	"math"
)

func newton(f, df func(float64) float64, x float64) (float64, int) {
	for i := range 50 {
		d := f(x) / df(x)
		x -= d
		if math.Abs(d) < 1e-12 {
			return x, i
		}
	}
	return math.NaN(), -1
}

func bisect(f func(float64) float64, lo, hi float64) float64 {
	for hi-lo > 1e-10 {
		if mid := (lo + hi) / 2; f(mid)*f(lo) <= 0 {
			hi = mid
		} else {
			lo = mid
		}
	}
	return (lo + hi) / 2
}

func simpson(f func(float64) float64, a, b float64, n int) float64 {
	h := (b - a) / float64(n)
	s := f(a) + f(b)
	for i := 1; i < n; i++ {
		s += f(a+float64(i)*h) * float64(2+2*(i%2))
	}
	return s * h / 3
}

func rk4(f func(t, y float64) float64, y, t, h float64, n int) float64 {
	for range n {
		k1 := f(t, y)
		k2 := f(t+h/2, y+h/2*k1)
		k3 := f(t+h/2, y+h/2*k2)
		k4 := f(t+h, y+h*k3)
		y += h / 6 * (k1 + 2*k2 + 2*k3 + k4)
		t += h
	}
	return y
}

func main() {
	x, n := newton(func(x float64) float64 { return x*x - 2 }, func(x float64) float64 { return 2 * x }, 1)
	fmt.Printf("%.10f %d\n", x, n)
	fmt.Printf("%.8f\n", bisect(math.Cos, 1, 2))
	fmt.Printf("%.8f\n", simpson(math.Sin, 0, math.Pi, 100))
	fmt.Printf("%.8f\n", rk4(func(t, y float64) float64 { return y }, 1, 0, 0.01, 100))
}

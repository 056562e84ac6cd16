package main

import (
	"fmt"
	"math"
	"math/cmplx"
)

type Vec struct{ X, Y, Z float64 }

func (v Vec) Dot(o Vec) float64 { return v.X*o.X + v.Y*o.Y + v.Z*o.Z }
func (v Vec) Norm() float64     { return math.Sqrt(v.Dot(v)) }
func (v Vec) Cross(o Vec) Vec {
	return Vec{v.Y*o.Z - v.Z*o.Y, v.Z*o.X - v.X*o.Z, v.X*o.Y - v.Y*o.X}
}

func main() {
	fmt.Println(0.1+0.2, 1/3.0, float32(1)/3, math.Pi, 1e100)
	zero := 0.0
	fmt.Println(1/zero, -1/zero, zero/zero, math.Copysign(0, -1), zero == -zero)
	c := 3 + 4i
	fmt.Println(c, real(c), imag(c), cmplx.Abs(c), c*c, c/2i, -c, c == complex(3, 4))
	var c64 complex64 = 1i
	c64 *= c64
	fmt.Println(c64, cmplx.Sqrt(-1), cmplx.Exp(1i*math.Pi))
	v := Vec{1, 2, 3}
	fmt.Println(v.Dot(Vec{4, 5, 6}), v.Norm(), v.Cross(Vec{1, 0, 0}))
	fmt.Printf("%.3f %v\n", cmplx.Pow(2i, 2), cmplx.Conj(c))
	fmt.Println(math.Floor(-2.5), math.Round(2.5), math.Trunc(-2.7), math.Mod(7, -3), math.Hypot(3, 4), math.Cbrt(27))
	fmt.Println(math.MaxInt32, math.IsNaN(zero/zero), math.Float64bits(1.5), math.Nextafter(1, 2))
	var f32 float32 = 16777216
	fmt.Println(f32+1 == f32, float64(f32)+1)
	sum := float32(0)
	for range 10 {
		sum += 0.1
	}
	fmt.Println(sum, sum == 1)
}

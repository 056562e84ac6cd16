package main

import (
	"errors"
	"fmt"
)

type Num interface{ ~int | ~float64 }

type Matrix[T Num] [][]T

var ErrShape = errors.New("shape")

func Identity[T Num](n int) Matrix[T] {
	m := make(Matrix[T], n)
	for i := range m {
		m[i] = make([]T, n)
		m[i][i] = 1
	}
	return m
}

func (m Matrix[T]) Mul(o Matrix[T]) (Matrix[T], error) {
	if len(m[0]) != len(o) {
		return nil, fmt.Errorf("%w: %d columns, %d rows", ErrShape, len(m[0]), len(o))
	}
	out := make(Matrix[T], len(m))
	for i := range m {
		out[i] = make([]T, len(o[0]))
		for j := range o[0] {
			for k := range o {
				out[i][j] += m[i][k] * o[k][j]
			}
		}
	}
	return out, nil
}

func (m Matrix[T]) Pow(n int) Matrix[T] {
	out := Identity[T](len(m))
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			out, _ = out.Mul(m)
		}
		m, _ = m.Mul(m)
	}
	return out
}

func Map[T, U Num](m Matrix[T], f func(T) U) Matrix[U] {
	out := make(Matrix[U], len(m))
	for i, r := range m {
		for _, x := range r {
			out[i] = append(out[i], f(x))
		}
	}
	return out
}

func main() {
	f := Matrix[int]{{1, 1}, {1, 0}}.Pow(30)
	fmt.Println(f)
	_, err := f.Mul(Matrix[int]{{1}})
	fmt.Println(err, errors.Is(err, ErrShape))
	fmt.Println(Map(Matrix[int]{{1, 2}, {3, 4}}, func(i int) float64 { return float64(i) / 2 }))
}

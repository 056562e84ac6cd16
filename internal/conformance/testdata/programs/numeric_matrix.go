package main

import (
	"errors"
	"fmt"
	"math"
)

type Matrix struct {
	r, c int
	d    []float64
}

func New(r, c int, d ...float64) *Matrix {
	if d == nil {
		d = make([]float64, r*c)
	}
	return &Matrix{r, c, d}
}

func (m *Matrix) At(i, j int) float64     { return m.d[i*m.c+j] }
func (m *Matrix) Set(i, j int, v float64) { m.d[i*m.c+j] = v }

func (m *Matrix) Mul(o *Matrix) (*Matrix, error) {
	if m.c != o.r {
		return nil, errors.New("dimensions")
	}
	out := New(m.r, o.c)
	for i := range m.r {
		for j := range o.c {
			var s float64
			for k := range m.c {
				s += m.At(i, k) * o.At(k, j)
			}
			out.Set(i, j, s)
		}
	}
	return out, nil
}

func Det(a [][]float64) float64 {
	n, det := len(a), 1.0
	for i := range n {
		p := i
		for r := i + 1; r < n; r++ {
			if math.Abs(a[r][i]) > math.Abs(a[p][i]) {
				p = r
			}
		}
		if a[p][i] == 0 {
			return 0
		}
		if p != i {
			a[p], a[i] = a[i], a[p]
			det = -det
		}
		det *= a[i][i]
		for r := i + 1; r < n; r++ {
			f := a[r][i] / a[i][i]
			for c := i; c < n; c++ {
				a[r][c] -= f * a[i][c]
			}
		}
	}
	return det
}

func main() {
	a, b := New(2, 3, 1, 2, 3, 4, 5, 6), New(3, 2, 7, 8, 9, 10, 11, 12)
	p, err := a.Mul(b)
	fmt.Println(p.d, err)
	_, err = a.Mul(a)
	fmt.Println(err)
	fmt.Printf("%.6f\n", Det([][]float64{{2, -1, 0}, {-1, 2, -1}, {0, -1, 2}}))
}

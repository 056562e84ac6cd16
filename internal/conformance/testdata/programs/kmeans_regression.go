package main

import (
	"fmt"
	"math"
	"math/rand"
)

type Pt struct{ X, Y float64 }

func (p Pt) Dist(q Pt) float64 { return math.Hypot(p.X-q.X, p.Y-q.Y) }

func kmeans(pts []Pt, k, rounds int) []Pt {
	cs := append([]Pt{}, pts[:k]...)
	for range rounds {
		sums, counts := make([]Pt, k), make([]int, k)
		for _, p := range pts {
			best := 0
			for i := range cs {
				if p.Dist(cs[i]) < p.Dist(cs[best]) {
					best = i
				}
			}
			sums[best].X += p.X
			sums[best].Y += p.Y
			counts[best]++
		}
		for i := range cs {
			if counts[i] > 0 {
				cs[i] = Pt{sums[i].X / float64(counts[i]), sums[i].Y / float64(counts[i])}
			}
		}
	}
	return cs
}

func fit(xs, ys []float64) (slope, icpt float64) {
	n := float64(len(xs))
	var sx, sy, sxy, sxx float64
	for i, x := range xs {
		sx, sy = sx+x, sy+ys[i]
		sxy += x * ys[i]
		sxx += x * x
	}
	slope = (n*sxy - sx*sy) / (n*sxx - sx*sx)
	return slope, (sy - slope*sx) / n
}

func stats(xs []float64) (mean, sd float64) {
	for i, x := range xs {
		d := x - mean
		mean += d / float64(i+1)
		sd += d * (x - mean)
	}
	return mean, math.Sqrt(sd / float64(len(xs)))
}

func main() {
	r := rand.New(rand.NewSource(3))
	var pts []Pt
	for i := range 60 {
		c := float64(i % 2 * 10)
		pts = append(pts, Pt{c + r.NormFloat64(), c + r.NormFloat64()})
	}
	for _, c := range kmeans(pts, 2, 10) {
		fmt.Printf("(%.3f %.3f) ", c.X, c.Y)
	}
	fmt.Println()
	s, i := fit([]float64{1, 2, 3, 4}, []float64{3.1, 4.9, 7.2, 8.8})
	fmt.Printf("%.4f %.4f\n", s, i)
	m, sd := stats([]float64{2, 4, 4, 4, 5, 5, 7, 9})
	fmt.Println(m, sd)
}

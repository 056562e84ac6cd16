package main

import (
	"fmt"
	"math/rand"
	randv2 "math/rand/v2"
)

func pi(n int, r *rand.Rand) float64 {
	in := 0
	for range n {
		x, y := r.Float64(), r.Float64()
		if x*x+y*y <= 1 {
			in++
		}
	}
	return 4 * float64(in) / float64(n)
}

func main() {
	r := rand.New(rand.NewSource(42))
	fmt.Println(r.Intn(100), r.Intn(100), r.Perm(5), r.Float64())
	xs := []string{"a", "b", "c", "d"}
	r.Shuffle(len(xs), func(i, j int) { xs[i], xs[j] = xs[j], xs[i] })
	fmt.Println(xs, r.NormFloat64())
	fmt.Println(pi(20000, rand.New(rand.NewSource(1))))
	p := randv2.New(randv2.NewPCG(1, 2))
	fmt.Println(p.IntN(1000), p.Uint64(), p.Perm(4))
	var seed [32]byte
	c := randv2.New(randv2.NewChaCha8(seed))
	fmt.Println(c.IntN(50), c.Float64())
}

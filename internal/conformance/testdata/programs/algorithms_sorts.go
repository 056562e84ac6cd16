package main

import "fmt"

func quick(xs []int) []int {
	if len(xs) < 2 {
		return xs
	}
	p := xs[0]
	var lo, hi []int
	for _, x := range xs[1:] {
		if x < p {
			lo = append(lo, x)
		} else {
			hi = append(hi, x)
		}
	}
	return append(append(quick(lo), p), quick(hi)...)
}

func merge(xs []int) []int {
	if len(xs) < 2 {
		return xs
	}
	a, b := merge(xs[:len(xs)/2]), merge(xs[len(xs)/2:])
	out := make([]int, 0, len(xs))
	for len(a) > 0 && len(b) > 0 {
		if a[0] <= b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

func shell(xs []int) {
	for gap := len(xs) / 2; gap > 0; gap /= 2 {
		for i := gap; i < len(xs); i++ {
			for j := i; j >= gap && xs[j] < xs[j-gap]; j -= gap {
				xs[j], xs[j-gap] = xs[j-gap], xs[j]
			}
		}
	}
}

func main() {
	xs := []int{}
	for i, seed := 0, uint32(7); i < 20; i++ {
		seed = seed*1664525 + 1013904223
		xs = append(xs, int(seed>>24))
	}
	fmt.Println(quick(xs))
	fmt.Println(merge(xs))
	ys := append([]int{}, xs...)
	shell(ys)
	fmt.Println(ys)
}

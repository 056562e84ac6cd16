package work

import (
	"slices"
	"testing"
)

func TestFactors(t *testing.T) {
	primes := 0
	numbers := Numbers(101)
	for i, n := range numbers {
		got := Factors(n)
		product := 1
		for _, p := range got {
			product *= p
		}
		if product != n {
			t.Errorf("the factors %v of %d make %d", got, n, product)
		}
		if len(got) == 1 {
			primes++
		}
		want := map[int][]int{0: {3, 3, 3, 7, 11, 13, 37, 101, 9901}, 1: {73, 137, 99990001}}[i]
		if want != nil && !slices.Equal(got, want) {
			t.Errorf("%d: got %v, want %v", n, got, want)
		}
	}
	if primes == 0 {
		t.Error("no prime among the numbers")
	}
}

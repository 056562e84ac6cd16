package main

import "fmt"

func factors(n int) (fs []int) {
	for p := 2; p*p <= n; p++ {
		for n%p == 0 {
			fs = append(fs, p)
			n /= p
		}
	}
	if n > 1 {
		fs = append(fs, n)
	}
	return
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func powmod(b, e, m int) int {
	r := 1
	for b %= m; e > 0; e >>= 1 {
		if e&1 == 1 {
			r = r * b % m
		}
		b = b * b % m
	}
	return r
}

func perfect(limit int) (out []int) {
	for n := 2; n <= limit; n++ {
		sum := 1
		for d := 2; d*d <= n; d++ {
			if n%d == 0 {
				sum += d
				if d*d != n {
					sum += n / d
				}
			}
		}
		if sum == n {
			out = append(out, n)
		}
	}
	return
}

func longest(limit int) (best, steps int) {
	cache := map[int]int{1: 1}
	var length func(int) int
	length = func(n int) int {
		if v, ok := cache[n]; ok {
			return v
		}
		next := n / 2
		if n%2 == 1 {
			next = 3*n + 1
		}
		v := 1 + length(next)
		cache[n] = v
		return v
	}
	for n := 1; n < limit; n++ {
		if l := length(n); l > steps {
			best, steps = n, l
		}
	}
	return
}

func roman(n int) (s string) {
	for _, r := range []struct {
		v int
		s string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for n >= r.v {
			s += r.s
			n -= r.v
		}
	}
	return
}

func main() {
	fmt.Println(factors(360), factors(97), gcd(84, 36), powmod(3, 200, 13), perfect(500))
	fmt.Println(longest(1000))
	fmt.Println(roman(1994), roman(3888))
}

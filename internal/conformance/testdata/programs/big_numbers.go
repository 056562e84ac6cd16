package main

import (
	"fmt"
	"math/big"
)

func fact(n int64) *big.Int {
	r := big.NewInt(1)
	for i := int64(2); i <= n; i++ {
		r.Mul(r, big.NewInt(i))
	}
	return r
}

func fib(n int) *big.Int {
	a, b := big.NewInt(0), big.NewInt(1)
	for range n {
		a.Add(a, b)
		a, b = b, a
	}
	return a
}

func main() {
	fmt.Println(fact(30), fib(200))
	x, ok := new(big.Int).SetString("123456789012345678901234567890", 10)
	fmt.Println(x, ok, x.Cmp(fact(20)), x.BitLen())
	q, r := new(big.Int).DivMod(x, big.NewInt(97), new(big.Int))
	fmt.Println(q, r, new(big.Int).Exp(big.NewInt(3), big.NewInt(100), big.NewInt(1000007)))
	h := big.NewRat(1, 2)
	h.Add(h, big.NewRat(1, 3))
	fmt.Println(h, h.FloatString(5))
	f := new(big.Float).SetPrec(100).Quo(big.NewFloat(1), big.NewFloat(3))
	fmt.Println(f.Text('f', 25))
	fmt.Println(big.NewInt(97).ProbablyPrime(10), new(big.Int).GCD(nil, nil, big.NewInt(48), big.NewInt(36)))
	fmt.Printf("%x %v %s\n", fact(20), []*big.Int{fact(3), fact(4)}, new(big.Int).Sqrt(fact(10)))
}

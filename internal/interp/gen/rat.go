package main

import "math/big"

// ratText writes a fraction as a decimal literal of 60 digits.
func ratText(num, denom string) string {
	n, _ := new(big.Int).SetString(num, 10)
	d, _ := new(big.Int).SetString(denom, 10)
	f := new(big.Float).SetPrec(256).SetRat(new(big.Rat).SetFrac(n, d))
	return f.Text('e', 60)
}

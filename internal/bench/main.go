// Command bench measures gocluster on this machine: see package measure.
//
//	go run ./internal/bench [--quick] [--only NAME[,NAME...]] [--markdown FILE]
//
// It has no code of its own: compiled cells share the name "main" with the executable that they are loaded into.
package main

import "github.com/gocluster/gocluster/internal/bench/measure"

func main() { measure.Main() }

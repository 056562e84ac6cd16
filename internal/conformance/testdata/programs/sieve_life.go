package main

import (
	"fmt"
	"strings"
)

func sieve(n int) (primes []int) {
	composite := make([]bool, n+1)
	for i := 2; i <= n; i++ {
		if composite[i] {
			continue
		}
		primes = append(primes, i)
		for j := i * i; j <= n; j += i {
			composite[j] = true
		}
	}
	return
}

type Grid [5][5]bool

func (g Grid) Step() (out Grid) {
	for r := range 5 {
		for c := range 5 {
			n := 0
			for dr := -1; dr <= 1; dr++ {
				for dc := -1; dc <= 1; dc++ {
					if (dr != 0 || dc != 0) && g[(r+dr+5)%5][(c+dc+5)%5] {
						n++
					}
				}
			}
			out[r][c] = n == 3 || n == 2 && g[r][c]
		}
	}
	return
}

func (g Grid) Text() string {
	var b strings.Builder
	for _, row := range g {
		for _, x := range row {
			if x {
				b.WriteByte('#')
			} else {
				b.WriteByte('.')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func main() {
	fmt.Println(sieve(60))
	g := Grid{1: {2: true}, 2: {3: true}, 3: {1: true, 2: true, 3: true}}
	before := g
	for range 4 {
		g = g.Step()
	}
	fmt.Print(g.Text())
	fmt.Println(before == g, before[1][2])
}

package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const text = `the cat sat on the mat
the dog sat on the log
a cat and a dog`

func count(s string) map[string]int {
	m := map[string]int{}
	for line := range strings.Lines(s) {
		for _, w := range strings.Fields(line) {
			m[w]++
		}
	}
	return m
}

func top(m map[string]int, n int) []string {
	ks := slices.Collect(maps.Keys(m))
	slices.SortFunc(ks, func(a, b string) int { return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b)) })
	return ks[:min(n, len(ks))]
}

func main() {
	m := count(text)
	for _, w := range top(m, 4) {
		fmt.Printf("%-4s %d\n", w, m[w])
	}
	fmt.Println(len(m), len(top(m, 100)))
}

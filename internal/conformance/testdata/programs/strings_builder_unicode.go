package main

import (
	"fmt"
	"strings"
	"unicode"
)

func caesar(s string, k rune) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLower(r):
			return 'a' + (r-'a'+k+26)%26
		case unicode.IsUpper(r):
			return 'A' + (r-'A'+k+26)%26
		}
		return r
	}, s)
}

func freq(s string) map[rune]int {
	m := map[rune]int{}
	for _, r := range s {
		m[r]++
	}
	return m
}

func rle(s string) string {
	var b strings.Builder
	rs := []rune(s)
	for i := 0; i < len(rs); {
		j := i
		for j < len(rs) && rs[j] == rs[i] {
			j++
		}
		fmt.Fprintf(&b, "%d%c", j-i, rs[i])
		i = j
	}
	return b.String()
}

func anagrams(words []string) map[string][]string {
	out := map[string][]string{}
	for _, w := range words {
		rs := []rune(w)
		for i := range rs {
			for j := i + 1; j < len(rs); j++ {
				if rs[j] < rs[i] {
					rs[i], rs[j] = rs[j], rs[i]
				}
			}
		}
		k := string(rs)
		out[k] = append(out[k], w)
	}
	return out
}

func main() {
	e := caesar("Hello, Wörld", 3)
	fmt.Println(e, caesar(e, -3))
	fmt.Println(freq("hello"), rle("aaabccd日日"), anagrams([]string{"tea", "eat", "tan", "ate", "nat", "x"}))
}

package main

import "fmt"

type kind int

const (
	num kind = iota
	word
	punct
)

type token struct {
	kind kind
	text string
}

func lex(s string) (out []token) {
	for i := 0; i < len(s); {
		c := s[i]
		j := i + 1
		switch {
		case c == ' ':
			i++
			continue
		case c >= '0' && c <= '9':
			for j < len(s) && s[j] >= '0' && s[j] <= '9' {
				j++
			}
			out = append(out, token{num, s[i:j]})
		case c >= 'a' && c <= 'z':
			for j < len(s) && s[j] >= 'a' && s[j] <= 'z' {
				j++
			}
			out = append(out, token{word, s[i:j]})
		default:
			out = append(out, token{punct, s[i:j]})
		}
		i = j
	}
	return
}

func main() {
	counts := map[kind]int{}
	for _, t := range lex("let x1 = foo(42, bar) + 7") {
		fmt.Print(int(t.kind), ":", t.text, " ")
		counts[t.kind]++
	}
	fmt.Println()
	fmt.Println(counts[num], counts[word], counts[punct])
}

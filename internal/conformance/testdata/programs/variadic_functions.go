package main

import (
	"fmt"
	"strings"
)

func sum(base int, xs ...int) int {
	for _, x := range xs {
		base += x
	}
	return base
}

func isNil(xs ...string) (bool, int) { return xs == nil, len(xs) }

func all(preds ...func(int) bool) func(int) bool {
	return func(n int) bool {
		for _, p := range preds {
			if !p(n) {
				return false
			}
		}
		return true
	}
}

type logger struct{ lines []string }

func (l *logger) logf(format string, args ...any) {
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

func modify(xs ...int) { xs[0] = 100 }

func pair() (string, int) { return "%d!", 7 }

func main() {
	fmt.Println(sum(1), sum(1, 2, 3), sum(1, []int{4, 5}...))
	fmt.Println(isNil())
	fmt.Println(isNil([]string{}...))
	fmt.Println(isNil(nil...))
	f := all(func(n int) bool { return n > 2 }, func(n int) bool { return n%2 == 0 })
	fmt.Println(f(4), f(3), all()(1))
	var l logger
	l.logf("%s=%d", "a", 1)
	l.logf("none")
	l.logf("%v", []any{1, 2}...)
	fmt.Println(strings.Join(l.lines, "|"))
	xs := []int{1, 2}
	modify(xs...)
	modify(5, 6)
	fmt.Println(xs)
	fmt.Println(fmt.Sprintf("%s", fmt.Sprint(pair())))
	g := sum
	fmt.Println(g(1, 1, 1), func(xs ...any) int { return len(xs) }(nil, nil))
}

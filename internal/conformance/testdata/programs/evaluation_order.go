package main

import "fmt"

var trace []string

func t[T any](name string, v T) T { trace = append(trace, name); return v }

func flush() { fmt.Println(trace); trace = nil }

func three(a, b, c int) int { return a + b + c }

func get(m map[string]int) map[string]int { trace = append(trace, "map"); return m }

func main() {
	three(t("a", 1), t("b", 2), t("c", 3))
	flush()
	_ = t("x", false) && t("y", true) || t("z", true)
	flush()
	m := map[string]int{}
	get(m)[t("key", "k")] = t("val", 5)
	flush()
	xs := []int{t("e0", 0), t("e1", 1)}
	xs[t("i", 0)], xs[t("j", 1)] = t("r0", 10), t("r1", 11)
	flush()
	i := 0
	i, xs[i] = 1, 77
	fmt.Println(i, xs)
	defer func(n int) { fmt.Println("deferred", n); flush() }(t("arg", 9))
	flush()
	switch t("tag", 2) {
	case t("c1", 1), t("c2", 2), t("c3", 3):
		trace = append(trace, "body")
	}
	flush()
	a, b := 1, 2
	a, b = b, a+b
	a, b = b, a+b
	fmt.Println(a, b, t("s", "x")+t("s2", "y"))
	for i := t("init", 0); t("cond", i < 1); i += t("post", 1) {
	}
}

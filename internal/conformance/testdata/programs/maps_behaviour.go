package main

import (
	"fmt"
	"sort"
)

type key struct {
	a string
	b int
}

func main() {
	m := map[key][]int{}
	m[key{"x", 1}] = append(m[key{"x", 1}], 5)
	m[key{"x", 1}] = append(m[key{"x", 1}], 6)
	v, ok := m[key{"y", 2}]
	fmt.Println(m, v == nil, ok, len(m))
	counts := map[rune]int{}
	for _, r := range "hello" {
		counts[r]++
	}
	keys := make([]string, 0)
	for k, n := range counts {
		keys = append(keys, fmt.Sprint(string(k), n))
	}
	sort.Strings(keys)
	fmt.Println(keys)
	d := map[string]int{"a": 1, "b": 2, "c": 3, "d": 4}
	for k := range d {
		if k != "a" {
			delete(d, k)
		}
	}
	delete(d, "missing")
	fmt.Println(d)
	nested := map[string]map[string]int{"o": {"i": 1}}
	nested["o"]["j"] = 2
	nested["p"] = map[string]int{}
	nested["p"]["q"]++
	fmt.Println(nested)
	var nilm map[string]bool
	fmt.Println(nilm["x"], len(nilm), nilm == nil)
	structs := map[string]struct{ X, Y int }{"s": {1, 2}}
	s := structs["s"]
	s.X = 9
	fmt.Println(structs["s"].X, s.X, structs["none"].Y)
	ptrs := map[int]*int{}
	for i := range 3 {
		ptrs[i] = &i
	}
	*ptrs[1] = 50
	fmt.Println(*ptrs[0], *ptrs[1], *ptrs[2])
	fs := map[string]func(...int) int{"sum": func(xs ...int) (t int) {
		for _, x := range xs {
			t += x
		}
		return
	}}
	fmt.Println(fs["sum"](1, 2, 3), fs["nope"] == nil)
	arr := map[[2]string]float64{{"a", "b"}: 1.5}
	fmt.Println(arr[[2]string{"a", "b"}])
	im := map[interface{ M() }]int{}
	fmt.Println(len(im), im[nil])
	if n, ok := counts['l']; ok && n > 1 {
		fmt.Println("l", n)
	}
}

package main

import "fmt"

func main() {
	var fs []func()
	for i := 0; i < 3; i++ {
		fs = append(fs, func() { fmt.Print(i, " ") })
		i := i * 10
		fs = append(fs, func() { fmt.Print(i, " ") })
	}
	for _, f := range fs {
		f()
	}
	fmt.Println()
	var ps []*int
	for i := 0; i < 3; i++ {
		ps = append(ps, &i)
	}
	for _, p := range ps {
		*p += 100
		fmt.Print(*p, " ")
	}
	fmt.Println()
	m := map[int]func() string{}
	for i, s := range []string{"a", "b"} {
		m[i] = func() string { return s }
	}
	fmt.Println(m[0](), m[1]())
	for i := 0; i < 6; i++ {
		func() { i++ }()
		fmt.Print(i, " ")
	}
	fmt.Println()
}

package main

import "fmt"

func main() {
	var s []int
	for i := range 5 {
		s = append(s, i, i*i)
	}
	fmt.Println(s, len(s))
	t := append(s[:2:2], 99)
	fmt.Println(s[2], t)
	u := append(s[:2], 77)
	fmt.Println(s[2], len(u))
	n := copy(s[1:], s)
	fmt.Println(n, s)
	b := append([]byte("ab"), "cd"...)
	n = copy(b, "xyz")
	fmt.Println(string(b), n)
	var arr [4]int
	copy(arr[1:], []int{7, 8, 9, 10})
	fmt.Println(arr, len(arr), cap(arr[1:2]))
	v := make([]string, 2, 10)
	w := v[1:4]
	w[2] = "deep"
	fmt.Println(len(v), v[:4], cap(v))
	a4 := [4]int(s[:4])
	a4[0] = 1000
	fmt.Println(a4, s[0])
	p := (*[2]int)(s)
	p[0] = -1
	fmt.Println(s[0])
	q := [...]string{2: "c", 0: "a"}
	fmt.Println(len(q), q)
}

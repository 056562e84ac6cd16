package main

import (
	"fmt"
	"strings"
)

func triangle(n int) [][]int {
	rows := [][]int{{1}}
	for len(rows) < n {
		last := rows[len(rows)-1]
		row := []int{1}
		for i := range len(last) - 1 {
			row = append(row, last[i]+last[i+1])
		}
		rows = append(rows, append(row, 1))
	}
	return rows
}

func diamond(n int) string {
	var lines []string
	for i := -n; i <= n; i++ {
		k := i
		if k < 0 {
			k = -k
		}
		lines = append(lines, strings.Repeat(" ", k)+strings.Repeat("*", 2*(n-k)+1))
	}
	return strings.Join(lines, "\n")
}

func fizz(n int) (out []string) {
	for i := 1; i <= n; i++ {
		s := ""
		if i%3 == 0 {
			s += "Fizz"
		}
		if i%5 == 0 {
			s += "Buzz"
		}
		if s == "" {
			s = fmt.Sprint(i)
		}
		out = append(out, s)
	}
	return
}

func main() {
	for _, r := range triangle(6) {
		fmt.Println(r)
	}
	fmt.Println(diamond(2))
	fmt.Println(strings.Join(fizz(15), ","))
}

package main

import "fmt"

type Board [3][3]rune

func (b Board) Winner() rune {
	lines := [][3][2]int{}
	for i := range 3 {
		lines = append(lines, [3][2]int{{i, 0}, {i, 1}, {i, 2}}, [3][2]int{{0, i}, {1, i}, {2, i}})
	}
	lines = append(lines, [3][2]int{{0, 0}, {1, 1}, {2, 2}}, [3][2]int{{0, 2}, {1, 1}, {2, 0}})
	for _, l := range lines {
		a, c, d := b[l[0][0]][l[0][1]], b[l[1][0]][l[1][1]], b[l[2][0]][l[2][1]]
		if a != 0 && a == c && c == d {
			return a
		}
	}
	return 0
}

func spiral(n int) [][]int {
	g := make([][]int, n)
	for i := range g {
		g[i] = make([]int, n)
	}
	r, c, dr, dc := 0, 0, 0, 1
	for k := 1; k <= n*n; k++ {
		g[r][c] = k
		if nr, nc := r+dr, c+dc; nr < 0 || nr >= n || nc < 0 || nc >= n || g[nr][nc] != 0 {
			dr, dc = dc, -dr
		}
		r, c = r+dr, c+dc
	}
	return g
}

func main() {
	var b Board
	for i := range 3 {
		b[i][i] = 'x'
	}
	fmt.Println(string(b.Winner()), Board{}.Winner())
	for _, row := range spiral(4) {
		fmt.Println(row)
	}
	cube := [2][2][2]int{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}
	sum := 0
	for _, p := range cube {
		for _, r := range p {
			for _, v := range r {
				sum += v
			}
		}
	}
	idx := [...]string{3: "three", 1: "one"}
	fmt.Println(sum, len(idx), idx[1:], len(cube[0]), cube == [2][2][2]int{})
}

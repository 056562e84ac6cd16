package main

import (
	"fmt"
	"strings"
)

type point struct{ r, c int }

func solve(maze []string) int {
	var start, goal point
	for r, row := range maze {
		if c := strings.IndexByte(row, 'S'); c >= 0 {
			start = point{r, c}
		}
		if c := strings.IndexByte(row, 'G'); c >= 0 {
			goal = point{r, c}
		}
	}
	dist := map[point]int{start: 0}
	queue := []point{start}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		if p == goal {
			return dist[p]
		}
		for _, d := range [...]point{{0, 1}, {1, 0}, {0, -1}, {-1, 0}} {
			q := point{p.r + d.r, p.c + d.c}
			if _, seen := dist[q]; seen || maze[q.r][q.c] == '#' {
				continue
			}
			dist[q] = dist[p] + 1
			queue = append(queue, q)
		}
	}
	return -1
}

func main() {
	fmt.Println(solve([]string{"#######", "#S..#.#", "#.#.#G#", "#.#...#", "#######"}))
}

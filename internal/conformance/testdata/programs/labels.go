package main

import "fmt"

func search(grid [][]int, want int) (r, c int) {
	r, c = -1, -1
rows:
	for i, row := range grid {
		for j, v := range row {
			switch {
			case v < 0:
				continue rows
			case v == want:
				r, c = i, j
				break rows
			}
		}
	}
	return
}

func retry() (n int) {
again:
	n++
	if n < 4 {
		goto again
	}
	return n
}

func main() {
	g := [][]int{{1, -1, 5}, {2, 3, 5}, {5}}
	fmt.Println(search(g, 5))
	fmt.Println(search(g, 42))
	fmt.Println(retry())
loop:
	for i := 0; ; i++ {
		switch i {
		case 2:
			continue
		case 4:
			break loop
		}
		fmt.Print(i, " ")
	}
	fmt.Println()
	ch := make(chan int, 3)
	ch <- 1
	ch <- 2
	close(ch)
recv:
	for {
		select {
		case v, ok := <-ch:
			if !ok {
				break recv
			}
			fmt.Print("got ", v, " ")
		}
	}
	fmt.Println("done")
}

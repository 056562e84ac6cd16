package main

import (
	"fmt"
	"time"
)

func gen(n int) <-chan int {
	c := make(chan int)
	go func() {
		defer close(c)
		for i := range n {
			c <- i
		}
	}()
	return c
}

func merge(a, b <-chan int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for a != nil || b != nil {
			select {
			case x, ok := <-a:
				if !ok {
					a = nil
					continue
				}
				out <- x
			case x, ok := <-b:
				if !ok {
					b = nil
					continue
				}
				out <- x * 100
			}
		}
	}()
	return out
}

func main() {
	sum := 0
	for x := range merge(gen(4), gen(3)) {
		sum += x
	}
	fmt.Println(sum)
	c := make(chan string, 1)
	select {
	case s := <-c:
		fmt.Println("got", s)
	default:
		fmt.Println("empty")
	}
	select {
	case c <- "x":
		fmt.Println("sent")
	default:
		fmt.Println("full")
	}
	select {
	case c <- "y":
		fmt.Println("sent")
	default:
		fmt.Println("full")
	}
	v, ok := <-c
	fmt.Println(v, ok)
	close(c)
	v, ok = <-c
	fmt.Printf("%q %v\n", v, ok)
	never := make(chan int)
	select {
	case <-never:
		fmt.Println("never")
	case <-time.After(5 * time.Millisecond):
		fmt.Println("timeout")
	}
	var arr [2]int
	ready := make(chan int, 1)
	ready <- 7
	select {
	case arr[1] = <-ready:
	}
	fmt.Println(arr, len(ready), cap(ready))
	var send chan<- int = ready
	var recv <-chan int = ready
	send <- 3
	fmt.Println(<-recv)
}

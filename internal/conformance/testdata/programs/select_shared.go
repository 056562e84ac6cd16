package main

import (
	"fmt"
	"sync"
)

// Many goroutines are in the same select statement, each with channels of its own.
func relay(in, out chan int, quit chan struct{}) (n int) {
	for {
		select {
		case v := <-in:
			n++
			out <- v + 1
		case <-quit:
			return n
		}
	}
}

func main() {
	const relays, values = 8, 50
	var wg sync.WaitGroup
	sums := make([]int, relays)
	counts := make([]int, relays)
	for i := range relays {
		in, out, quit := make(chan int), make(chan int), make(chan struct{})
		wg.Add(2)
		go func() {
			defer wg.Done()
			counts[i] = relay(in, out, quit)
		}()
		go func() {
			defer wg.Done()
			for v := range values {
				in <- i*1000 + v
				sums[i] += <-out
			}
			close(quit)
		}()
	}
	wg.Wait()
	fmt.Println(sums)
	fmt.Println(counts)

	m := map[string]int{}
	c := make(chan int, 1)
	c <- 7
	var ok bool
	select {
	case m["a"], ok = <-c:
	default:
		fmt.Println("empty")
	}
	fmt.Println(m, ok)
	select {
	case v, ok := <-c:
		fmt.Println(v, ok)
	default:
		fmt.Println("empty")
	}
}

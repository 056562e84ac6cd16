package main

import (
	"fmt"
	"time"
)

func debounce(d time.Duration, in <-chan int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		var last int
		var fire <-chan time.Time
		for {
			select {
			case x, ok := <-in:
				if !ok {
					if fire != nil {
						out <- last
					}
					return
				}
				last, fire = x, time.After(d)
			case <-fire:
				out <- last
				fire = nil
			}
		}
	}()
	return out
}

func main() {
	in := make(chan int)
	out := debounce(time.Hour, in)
	go func() {
		for i := range 5 {
			in <- i
		}
		close(in)
	}()
	for x := range out {
		fmt.Println("settled", x)
	}
	t := time.NewTicker(time.Millisecond)
	n := 0
	for range t.C {
		if n++; n == 3 {
			t.Stop()
			break
		}
	}
	tm := time.NewTimer(time.Hour)
	fmt.Println(n, tm.Stop(), tm.Reset(time.Millisecond))
	<-tm.C
	done := make(chan string)
	time.AfterFunc(time.Millisecond, func() { done <- "after" })
	fmt.Println(<-done)
}

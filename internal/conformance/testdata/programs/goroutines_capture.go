package main

import (
	"fmt"
	"sync"
)

// A variable of each iteration is captured by a goroutine that ends while the next are started.
func main() {
	for round := range 20 {
		var mu sync.Mutex
		var wg sync.WaitGroup
		sum := 0
		for i := range 100 {
			square := i * i
			wg.Add(1)
			go func() {
				defer wg.Done()
				mu.Lock()
				defer mu.Unlock()
				sum += square
			}()
		}
		wg.Wait()
		if sum != 328350 {
			fmt.Println("round", round, "got", sum)
		}
	}
	fmt.Println("done")
}

package main

import (
	"fmt"
	"sync"
)

type job struct{ id, n int }

type result struct {
	job
	sum int
}

func worker(jobs <-chan job, results chan<- result, wg *sync.WaitGroup) {
	defer wg.Done()
	for j := range jobs {
		s := 0
		for i := range j.n {
			s += i
		}
		results <- result{j, s}
	}
}

func main() {
	jobs, results := make(chan job), make(chan result, 4)
	var wg sync.WaitGroup
	for range 3 {
		wg.Add(1)
		go worker(jobs, results, &wg)
	}
	go func() {
		for i := range 10 {
			jobs <- job{i, i * 10}
		}
		close(jobs)
	}()
	go func() { wg.Wait(); close(results) }()
	sums := make([]int, 10)
	for r := range results {
		sums[r.id] = r.sum
	}
	fmt.Println(sums)
	var mu sync.Mutex
	total := 0
	var more sync.WaitGroup
	for i := range 20 {
		more.Add(1)
		go func() {
			defer more.Done()
			mu.Lock()
			defer mu.Unlock()
			total += i
		}()
	}
	more.Wait()
	fmt.Println(total)
}

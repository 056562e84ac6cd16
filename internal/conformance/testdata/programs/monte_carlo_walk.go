package main

import (
	"fmt"
	"math/rand"
	"sync"
)

type walker struct {
	x, y int
	r    *rand.Rand
}

func (w *walker) step() {
	switch w.r.Intn(4) {
	case 0:
		w.x++
	case 1:
		w.x--
	case 2:
		w.y++
	default:
		w.y--
	}
}

func run(seed int64, steps int) int {
	w := walker{r: rand.New(rand.NewSource(seed))}
	for range steps {
		w.step()
	}
	return w.x*w.x + w.y*w.y
}

func main() {
	out := make([]int, 8)
	var wg sync.WaitGroup
	for i := range out {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out[i] = run(int64(i), 500)
		}()
	}
	wg.Wait()
	sum := 0
	for _, d := range out {
		sum += d
	}
	fmt.Println(out, sum)
}

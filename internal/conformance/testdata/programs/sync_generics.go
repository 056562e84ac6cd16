package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

type Config struct {
	Name string
	N    int
}

func main() {
	var cur atomic.Pointer[Config]
	fmt.Println(cur.Load() == nil)
	cur.Store(&Config{"a", 1})
	old := cur.Swap(&Config{"b", 2})
	fmt.Println(old.Name, cur.Load().N)
	fmt.Println(cur.CompareAndSwap(old, nil), cur.Load().Name)
	calls := 0
	get := sync.OnceValue(func() int { calls++; return 42 })
	fmt.Println(get(), get(), calls)
	pair := sync.OnceValues(func() (string, error) { return "v", nil })
	v, err := pair()
	fmt.Println(v, err)
	do := sync.OnceFunc(func() { calls += 10 })
	do()
	do()
	fmt.Println(calls)
	var n atomic.Int64
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() { n.Add(int64(i)) })
	}
	wg.Wait()
	fmt.Println(n.Load())
	var b atomic.Bool
	fmt.Println(b.Swap(true), b.Load())
	var val atomic.Value
	val.Store([]int{1, 2})
	fmt.Println(val.Load().([]int)[1])
}

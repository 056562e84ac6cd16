package main

import (
	"fmt"
	"sync"
)

type safe struct {
	sync.RWMutex
	m map[string]int
}

func (s *safe) inc(k string) {
	s.Lock()
	defer s.Unlock()
	s.m[k]++
}

func (s *safe) get(k string) int {
	s.RLock()
	defer s.RUnlock()
	return s.m[k]
}

func main() {
	s := safe{m: map[string]int{}}
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Add(1)
		go func() { defer wg.Done(); s.inc([]string{"a", "b", "c"}[i%3]) }()
	}
	wg.Wait()
	fmt.Println(s.get("a"), s.get("b"), s.get("zz"))
	var once sync.Once
	for range 3 {
		once.Do(func() { fmt.Println("once") })
	}
	cond := sync.NewCond(&sync.Mutex{})
	ready := false
	done := make(chan bool)
	go func() {
		cond.L.Lock()
		for !ready {
			cond.Wait()
		}
		cond.L.Unlock()
		done <- true
	}()
	cond.L.Lock()
	ready = true
	cond.L.Unlock()
	cond.Broadcast()
	fmt.Println(<-done)
	var m sync.Map
	m.Store("k", 1)
	v, loaded := m.LoadOrStore("k", 2)
	fmt.Println(v, loaded)
	p := sync.Pool{New: func() any { return "new" }}
	fmt.Println(p.Get())
	fmt.Println(s.TryLock())
}

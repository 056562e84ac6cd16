package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

type Group struct {
	wg   sync.WaitGroup
	once sync.Once
	err  error
	sem  chan struct{}
	stop context.CancelFunc
}

func New(ctx context.Context, limit int) (*Group, context.Context) {
	ctx, stop := context.WithCancel(ctx)
	return &Group{sem: make(chan struct{}, limit), stop: stop}, ctx
}

func (g *Group) Go(f func() error) {
	g.sem <- struct{}{}
	g.wg.Add(1)
	go func() {
		defer func() { <-g.sem; g.wg.Done() }()
		if err := f(); err != nil {
			g.once.Do(func() { g.err = err; g.stop() })
		}
	}()
}

func (g *Group) Wait() error { g.wg.Wait(); g.stop(); return g.err }

func main() {
	g, ctx := New(context.Background(), 3)
	var mu sync.Mutex
	sum := 0
	for i := range 10 {
		g.Go(func() error {
			mu.Lock()
			defer mu.Unlock()
			sum += i
			return nil
		})
	}
	fmt.Println(g.Wait(), sum, ctx.Err())
	g, ctx = New(context.Background(), 2)
	boom := errors.New("boom")
	g.Go(func() error { return boom })
	g.Go(func() error { <-ctx.Done(); return ctx.Err() })
	fmt.Println(g.Wait() == boom)
}

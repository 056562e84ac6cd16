package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

type key struct{}

func work(ctx context.Context, out chan<- string) {
	select {
	case <-ctx.Done():
		out <- "stopped: " + ctx.Err().Error()
	case <-time.After(5 * time.Second):
		out <- "finished"
	}
}

func main() {
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, "v"))
	out := make(chan string)
	go work(ctx, out)
	cancel()
	fmt.Println(<-out, ctx.Value(key{}))
	tctx, stop := context.WithTimeout(context.Background(), time.Millisecond)
	defer stop()
	<-tctx.Done()
	fmt.Println(tctx.Err(), errors.Is(tctx.Err(), context.DeadlineExceeded))
	cctx, why := context.WithCancelCause(context.Background())
	why(errors.New("my reason"))
	fmt.Println(context.Cause(cctx), cctx.Err())
	_, has := tctx.Deadline()
	fmt.Println(has, context.Background())
}

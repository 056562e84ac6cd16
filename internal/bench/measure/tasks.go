package measure

import (
	"context"
	"fmt"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/bench/work"
	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/views"
)

// The row about efficiency: so many tasks that sleep, on so many engines.
const (
	sleepers     = 256
	sleepEngines = 8
)

// measureEfficiency is the part of its engines' time that a map fills whose elements take between 0.1 and 0.2 s.
func measureEfficiency(ctx context.Context, b *bench) (figure, error) {
	c, err := launch.Embedded(ctx, sleepEngines)
	if err != nil {
		return figure{}, err
	}
	defer func() { _ = c.Stop(context.Background()) }() // it has done its work
	rc, err := client.Connect(ctx, client.Options{ConnectionFile: c.ConnectionFile()})
	if err != nil {
		return figure{}, err
	}
	defer rc.Close()
	if err := rc.WaitForEngines(ctx, sleepEngines); err != nil {
		return figure{}, err
	}
	share, took, err := napAll(rc, b.size(sleepers))
	return figure{ours: fmt.Sprintf("%.1f %%, %s", 100*share, seconds(took))}, err
}

// napAll maps so many naps, and returns what they fill of the engines' time.
func napAll(rc *client.Client, n int) (share float64, took time.Duration, err error) {
	naps := make([]int, n)
	total := time.Duration(0)
	for i := range naps {
		naps[i] = 100 + i*67%101 // in milliseconds
		total += time.Duration(naps[i]) * time.Millisecond
	}
	r := rc.LoadBalanced().Map(work.Sleep, naps)
	if err := r.Err(); err != nil {
		return 0, 0, err
	}
	took = r.Elapsed()
	return total.Seconds() / sleepEngines / took.Seconds(), took, nil
}

// measureCancel cancels jobs whose tasks never end, and waits each time until no engine is busy.
func measureCancel(ctx context.Context, b *bench) (figure, error) {
	rc, err := b.connect(ctx)
	if err != nil {
		return figure{}, err
	}
	view := rc.LoadBalanced()
	brief := make([]bool, 4*engines)
	if err := compile(func() *views.Result { return view.Map(work.Spin, brief, views.ChunkSize(1)) }); err != nil {
		return figure{}, err
	}
	forever := make([]bool, engines)
	for i := range forever {
		forever[i] = true
	}
	var took []time.Duration
	for range b.size(1000) {
		r := view.MapAsync(work.Spin, forever, views.ChunkSize(1))
		if err := untilBusy(rc, engines); err != nil {
			return figure{}, err
		}
		d, err := timed(func() error { r.Cancel(); return untilBusy(rc, 0) })
		if err != nil {
			return figure{}, err
		}
		took = append(took, d)
	}
	if err := view.Map(work.Spin, brief, views.ChunkSize(1)).Err(); err != nil {
		return figure{}, err
	}
	m := median(took)
	return figure{ours: fmt.Sprintf("p50 %s, p99 %s of %d", ms(m), ms(percentile(took, 99)), len(took))}, nil
}

// untilBusy waits until a number of engines have tasks.
func untilBusy(rc *client.Client, n int) error {
	for {
		st, err := rc.Status()
		if err != nil {
			return err
		}
		busy := 0
		for _, e := range st.Engines {
			if e.Running+e.Queued > 0 {
				busy++
			}
		}
		if busy == n {
			return nil
		}
	}
}

package measure

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/bench/work"
	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/internal/unit/build"
	"github.com/gocluster/gocluster/views"
)

// engines is the number of engines that peers were measured with, too.
const engines = 4

// bench is a run of the bench: its cluster is started when the first row needs it.
type bench struct {
	quick bool
	notes io.Writer

	cluster *launch.Cluster
	rc      *client.Client
	wire    *wire
}

// size returns the size of a measurement, a tenth of it in a quick run.
func (b *bench) size(n int) int {
	if b.quick {
		return max(1, n/10)
	}
	return n
}

// connect starts the cluster of this run, and connects to it.
func (b *bench) connect(ctx context.Context) (*client.Client, error) {
	if b.rc != nil {
		return b.rc, nil
	}
	c, err := launch.Embedded(ctx, engines)
	if err != nil {
		return nil, err
	}
	b.cluster = c
	rc, err := client.Connect(ctx, client.Options{ConnectionFile: c.ConnectionFile()})
	if err != nil {
		return nil, err
	}
	b.rc = rc
	return rc, rc.WaitForEngines(ctx, engines)
}

func (b *bench) close() {
	if b.wire != nil {
		b.wire.close()
	}
	if b.rc != nil {
		_ = b.rc.Close()
	}
	if b.cluster != nil {
		if err := b.cluster.Stop(context.Background()); err != nil {
			fmt.Fprintln(b.notes, "bench: stopping the cluster:", err)
		}
	}
}

func measureRoundTrip(ctx context.Context, b *bench) (figure, error) {
	rc, err := b.connect(ctx)
	if err != nil {
		return figure{}, err
	}
	view := rc.Engines(rc.IDs()[0])
	return roundTrip(ctx, b, func() error { return view.Apply(work.Same, 1).Err() })
}

func roundTrip(ctx context.Context, b *bench, call func() error) (figure, error) {
	ours, err := repeat(b.size(1000), call)
	if err != nil {
		return figure{}, err
	}
	raw, err := rawRoundTrip(ctx, b.size(5000))
	return figure{ours: ms(ours), raw: ms(raw) + " TCP, one hop"}, err
}

func measureSubmit(ctx context.Context, b *bench) (figure, error) {
	rc, err := b.connect(ctx)
	if err != nil {
		return figure{}, err
	}
	return submit(ctx, rc.LoadBalanced(), b.size(20_000), work.Same)
}

// submitAll calls f n times, all at once, and waits for all.
func submitAll(view *views.LoadBalancedView, n int, f func(int) int) (time.Duration, error) {
	return timed(func() error {
		all := make([]*views.Result, n)
		for i := range all {
			all[i] = view.ApplyAsync(f, i)
		}
		for i, r := range all {
			if got, err := r.Value(); err != nil {
				return err
			} else if got != i {
				return fmt.Errorf("task %d came to %v", i, got)
			}
		}
		return nil
	})
}

// submit measures submitAll.
func submit(ctx context.Context, view *views.LoadBalancedView, n int, f func(int) int) (figure, error) {
	d, err := submitAll(view, n, f)
	if err != nil {
		return figure{}, err
	}
	raw, err := rawMessages(ctx, n)
	return figure{ours: rate(n, d), raw: rate(n, raw) + " writes of 64 B to TCP"}, err
}

func measureMap(ctx context.Context, b *bench) (figure, error) {
	rc, err := b.connect(ctx)
	if err != nil {
		return figure{}, err
	}
	return mapping(ctx, rc.LoadBalanced(), b.size(2_000_000), work.Same, work.Same)
}

// mapping maps f over n integers; plain is the same function for goroutines.
func mapping(ctx context.Context, view *views.LoadBalancedView, n int, f, plain func(int) int) (figure, error) {
	var out []int
	once := func(n int) error {
		if err := view.Map(f, views.Range(0, n)).Into(&out); err != nil {
			return err
		}
		if len(out) != n || out[n-1] != plain(n-1) || out[n/2] != plain(n/2) {
			return fmt.Errorf("the map of %d elements is wrong", n)
		}
		return nil
	}
	if err := once(1000); err != nil { // the function is there
		return figure{}, err
	}
	d, err := timed(func() error { return once(n) })
	if err != nil {
		return figure{}, err
	}
	raw, err := goroutines(ctx, n, plain)
	return figure{ours: rate(n, d), raw: rate(n, raw) + " by goroutines"}, err
}

func measurePi(ctx context.Context, b *bench) (figure, error) {
	rc, err := b.connect(ctx)
	if err != nil {
		return figure{}, err
	}
	n := b.size(1_000_000)
	hits := func(xs []int) (sum int) {
		for _, x := range xs {
			sum += x
		}
		return sum
	}
	once := func() error {
		var out []int
		if err := rc.LoadBalanced().Map(work.Throw, views.Range(0, n)).Into(&out); err != nil {
			return err
		}
		if pi := 4 * float64(hits(out)) / float64(n); len(out) != n || math.Abs(pi-math.Pi) > 6.6/math.Sqrt(float64(n)) {
			return fmt.Errorf("pi from %d elements came to %v", len(out), pi)
		}
		return nil
	}
	fresh := build.New(build.Options{Salt: time.Now().String()})
	if err := fresh.Prepare(ctx, build.Here()); err != nil {
		return figure{}, err
	}
	build.SetDefault(fresh)
	cold, err := timed(once)
	if err != nil {
		return figure{}, err
	}
	warm, err := timed(once)
	if err != nil {
		return figure{}, err
	}
	raw, err := goroutines(ctx, n, work.Throw)
	return figure{
		what: fmt.Sprintf("pi with %d separate elements", n),
		ours: seconds(warm) + " warm, " + seconds(cold) + " cold", raw: seconds(raw) + " by goroutines",
	}, err
}

// factorsBudget is about how long the factors may take; where all 5,001 would take longer, every tenth is taken, or fewer.
const factorsBudget = time.Minute

func measureFactors(ctx context.Context, b *bench) (figure, error) {
	rc, err := b.connect(ctx)
	if err != nil {
		return figure{}, err
	}
	all := work.Numbers(5001)
	every := func(step int) (out []int) {
		for i := 0; i < len(all); i += step {
			out = append(out, all[i])
		}
		return out
	}
	once := func(numbers []int) (time.Duration, error) {
		var out [][]int
		took, err := timed(func() error { return rc.LoadBalanced().Map(work.Factors, numbers).Into(&out) })
		for i := range out {
			if n := numbers[i]; !slices.Equal(out[i], work.Factors(n)) {
				return took, fmt.Errorf("the factors of %d came to %v", n, out[i])
			}
		}
		return took, err
	}
	probe, err := once(every(100))
	if err != nil {
		return figure{}, err
	}
	step := 1
	for budget := time.Duration(b.size(int(factorsBudget))); step < 100 && probe*100/time.Duration(step) > budget; {
		step *= 10
	}
	numbers := every(step)
	ours, err := once(numbers)
	if err != nil {
		return figure{}, err
	}
	raw, err := spread(ctx, len(numbers), 1, func(i int) { work.Factors(numbers[i]) })
	return figure{
		what: fmt.Sprintf("factors of %d numbers", len(numbers)),
		ours: fmt.Sprintf("%s, %sx of the goroutines", seconds(ours), number(ours.Seconds()/raw.Seconds())),
		raw:  seconds(raw) + " by goroutines",
	}, err
}

func measureIslands(ctx context.Context, b *bench) (figure, error) {
	rc, err := b.connect(ctx)
	if err != nil {
		return figure{}, err
	}
	islands := make([][][]float64, 16)
	for i := range islands {
		for range 64 {
			islands[i] = append(islands[i], []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, float64(i)})
		}
	}
	ours, err := repeat(b.size(100), func() error {
		var next [][][]float64
		if err := rc.LoadBalanced().Map(work.Island, islands).Into(&next); err != nil {
			return err
		}
		if len(next) != 16 || next[15][63][9] != islands[15][63][9] {
			return fmt.Errorf("the islands came back changed")
		}
		rand.Shuffle(len(next), func(i, j int) { next[i], next[j] = next[j], next[i] })
		islands = next
		return nil
	})
	if err != nil {
		return figure{}, err
	}
	raw, err := rawRoundTrip(ctx, b.size(5000))
	return figure{ours: ms(ours), raw: ms(raw) + " TCP, one hop"}, err
}

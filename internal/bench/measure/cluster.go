package measure

import (
	"context"
	"errors"
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
	if err := compile(func() *views.Result { return view.Apply(work.Same, 1) }); err != nil {
		return figure{}, err
	}
	return roundTrip(ctx, b, func() error { return view.Apply(work.Same, 1).Err() })
}

func roundTrip(ctx context.Context, b *bench, call func() error) (figure, error) {
	ours, err := times(b.size(5000), call)
	if err != nil {
		return figure{}, err
	}
	raw, err := times64(ctx, b.size(5000))
	if err != nil {
		return figure{}, err
	}
	return figure{
		ours: fmt.Sprintf("p50 %s, p99 %s", ms(percentile(ours, 50)), ms(percentile(ours, 99))),
		raw:  fmt.Sprintf("p50 %s, p99 %s TCP, one hop", ms(percentile(raw, 50)), ms(percentile(raw, 99))),
	}, nil
}

// compile calls until all of a job runs natively on all engines that it uses.
func compile(call func() *views.Result) error {
	native := 0
	for begun := time.Now(); time.Since(begun) < time.Minute; {
		r := call()
		if err := r.Err(); err != nil {
			return err
		}
		if why := r.NotCompiled(); why != "" {
			return fmt.Errorf("the function is not compiled: %s", why)
		}
		tasks := r.Tasks()
		if native += len(tasks); slices.ContainsFunc(tasks, func(t views.Task) bool { return t.Tier != "native" }) {
			native = 0
		}
		if native >= 8*engines { // each engine has a process for it
			return nil
		}
	}
	return errors.New("the function was not compiled within a minute")
}

func measureSubmit(ctx context.Context, b *bench) (figure, error) {
	rc, err := b.connect(ctx)
	if err != nil {
		return figure{}, err
	}
	if err := compile(func() *views.Result { return rc.LoadBalanced().Map(work.Same, views.Range(0, 64), views.ChunkSize(1)) }); err != nil {
		return figure{}, err
	}
	return submit(ctx, rc.LoadBalanced(), b.size(50_000), work.Same)
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

// submitRounds is how often many tasks are submitted, in turns with plain messages.
const submitRounds = 5

// submit measures submitAll; the first round is not counted.
func submit(ctx context.Context, view *views.LoadBalancedView, n int, f func(int) int) (figure, error) {
	var ours, raw []time.Duration
	for round := range submitRounds + 1 {
		d, err := submitAll(view, n, f)
		if err != nil {
			return figure{}, err
		}
		plain, err := rawMessages(ctx, n)
		if err != nil {
			return figure{}, err
		}
		if round > 0 {
			ours, raw = append(ours, d), append(raw, plain)
		}
	}
	return figure{
		ours: fmt.Sprintf("p50 %s, %s to %s", rate(n, median(ours)), rate(n, slices.Max(ours)), rate(n, slices.Min(ours))),
		raw:  rate(n, median(raw)) + " writes of 64 B to TCP",
	}, nil
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
	once := func() error { return throwAll(rc, n) }
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

// throwAll throws n darts, each an element, and checks what they say of pi.
func throwAll(rc *client.Client, n int) error {
	var out []int
	if err := rc.LoadBalanced().Map(work.Throw, views.Range(0, n)).Into(&out); err != nil {
		return err
	}
	hits := 0
	for _, x := range out {
		hits += x
	}
	if pi := 4 * float64(hits) / float64(n); len(out) != n || math.Abs(pi-math.Pi) > 6.6/math.Sqrt(float64(n)) {
		return fmt.Errorf("pi from %d elements came to %v", len(out), pi)
	}
	return nil
}

// factorAll factors numbers, and checks the factors.
func factorAll(rc *client.Client, numbers []int) (*views.Result, error) {
	var out [][]int
	r := rc.LoadBalanced().Map(work.Factors, numbers)
	if err := r.Into(&out); err != nil {
		return r, err
	}
	for i := range out {
		if n := numbers[i]; product(out[i]) != n {
			return r, fmt.Errorf("the factors of %d came to %v", n, out[i])
		}
	}
	return r, nil
}

// factorsRounds is how often the factors are taken, in turns here and by goroutines.
const factorsRounds = 7

func measureFactors(ctx context.Context, b *bench) (figure, error) {
	rc, err := b.connect(ctx)
	if err != nil {
		return figure{}, err
	}
	numbers := work.Numbers(b.size(5001))
	once := func() (*views.Result, error) { return factorAll(rc, numbers) }
	fresh := build.New(build.Options{Salt: time.Now().String()})
	if err := fresh.Prepare(ctx, build.Here()); err != nil {
		return figure{}, err
	}
	build.SetDefault(fresh)
	first, err := once()
	if err != nil {
		return figure{}, err
	}
	var last *views.Result
	err = compile(func() *views.Result { last, err = once(); return last })
	if err != nil {
		return figure{}, err
	}
	var ours, raw []time.Duration
	for range factorsRounds {
		r, err := once()
		if err != nil {
			return figure{}, err
		}
		plain, err := spread(ctx, len(numbers), 1, func(i int) { work.Factors(numbers[i]) })
		if err != nil {
			return figure{}, err
		}
		ours, raw = append(ours, r.Elapsed()), append(raw, plain)
	}
	o, p := median(ours), median(raw)
	return figure{
		what: fmt.Sprintf("factors of %d numbers", len(numbers)),
		ours: fmt.Sprintf("%s warm, %sx of the goroutines; %s cold", seconds(o), number(o.Seconds()/p.Seconds()), seconds(first.Elapsed())),
		raw:  seconds(p) + " by goroutines",
	}, nil
}

func product(factors []int) int {
	n := 1
	for _, f := range factors {
		n *= f
	}
	return n
}

// newIslands are 16 islands of 64 individuals with 10 genes.
func newIslands() [][][]float64 {
	islands := make([][][]float64, 16)
	for i := range islands {
		for range 64 {
			islands[i] = append(islands[i], []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, float64(i)})
		}
	}
	return islands
}

// islandRound has the engines work on islands, and puts those that come back in their place, in another order.
func islandRound(rc *client.Client, islands *[][][]float64) error {
	var next [][][]float64
	if err := rc.LoadBalanced().Map(work.Island, *islands).Into(&next); err != nil {
		return err
	}
	if len(next) != 16 || next[15][63][9] != (*islands)[15][63][9] {
		return fmt.Errorf("the islands came back changed")
	}
	rand.Shuffle(len(next), func(i, j int) { next[i], next[j] = next[j], next[i] })
	*islands = next
	return nil
}

func measureIslands(ctx context.Context, b *bench) (figure, error) {
	rc, err := b.connect(ctx)
	if err != nil {
		return figure{}, err
	}
	islands := newIslands()
	if err := compile(func() *views.Result { return rc.LoadBalanced().Map(work.Island, islands) }); err != nil {
		return figure{}, err
	}
	ours, err := times(b.size(1000), func() error { return islandRound(rc, &islands) })
	if err != nil {
		return figure{}, err
	}
	raw, err := rawRoundTrip(ctx, b.size(5000))
	return figure{ours: fmt.Sprintf("p50 %s, p99 %s", ms(percentile(ours, 50)), ms(percentile(ours, 99))), raw: ms(raw) + " TCP, one hop"}, err
}

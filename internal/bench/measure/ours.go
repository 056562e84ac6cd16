package measure

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/bench/peers"
	"github.com/gocluster/gocluster/internal/bench/procs"
	"github.com/gocluster/gocluster/internal/bench/work"
	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/views"
)

// ours is gocluster among the contestants.
type ours struct {
	b *bench
	// ready are the works whose functions are compiled on all engines.
	ready map[peers.Work]bool
	round int
}

func (*ours) name() string         { return peers.Ours }
func (*ours) does(peers.Work) bool { return true }

func (o *ours) start(ctx context.Context, engines int) (map[peers.Figure]float64, error) {
	_ = o.stop() // it is measured anew
	before, err := procs.Descendants(os.Getpid())
	if err != nil {
		return nil, err
	}
	o.ready = map[peers.Work]bool{}
	took, err := timed(func() error {
		c, err := launch.Embedded(ctx, engines)
		if err != nil {
			return err
		}
		o.b.cluster = c
		if o.b.rc, err = client.Connect(ctx, client.Options{ConnectionFile: c.ConnectionFile()}); err != nil {
			return err
		}
		return o.b.rc.WaitForEngines(ctx, engines)
	})
	if err != nil {
		return nil, err
	}
	used, err := memory(os.Getpid(), before)
	return map[peers.Figure]float64{"start": took.Seconds(), "memory": used.bytes()}, err
}

func (o *ours) stop() error {
	o.b.close()
	o.b.rc, o.b.cluster = nil, nil
	return nil
}

// compile has a work's function compiled before its first round.
func (o *ours) compile(w peers.Work, call func() *views.Result) error {
	if o.ready[w] {
		return nil
	}
	if err := compile(call); err != nil {
		return err
	}
	o.ready[w] = true
	return nil
}

func (o *ours) measure(ctx context.Context, w peers.Work) (map[peers.Figure]float64, error) {
	o.round++
	n := sizes[w].of(peers.Ours, o.b.quick)
	rc := o.b.rc
	switch w {
	case peers.RoundTrip:
		return o.roundTrip(rc, n)
	case peers.Submit:
		if err := o.compile(w, func() *views.Result { return rc.LoadBalanced().Map(work.Same, views.Range(0, 64), views.ChunkSize(1)) }); err != nil {
			return nil, err
		}
		d, err := submitAll(rc.LoadBalanced(), n, work.Same)
		return perSecond("submit", n, d, err)
	case peers.Map:
		return o.mapping(rc, n)
	case peers.Pi:
		if err := o.compile(w, func() *views.Result { return rc.LoadBalanced().Map(work.Throw, views.Range(0, 1000)) }); err != nil {
			return nil, err
		}
		return inSeconds("pi")(timed(func() error { return throwAll(rc, n) }))
	case peers.Factors:
		numbers := work.Numbers(n)
		if err := o.compile(w, func() *views.Result { return rc.LoadBalanced().Map(work.Factors, numbers[:min(n, 64)]) }); err != nil {
			return nil, err
		}
		return inSeconds("factors")(timed(func() error { _, err := factorAll(rc, numbers); return err }))
	case peers.Islands:
		return o.islands(rc, n)
	case peers.Push:
		return o.push(rc, n/8)
	case peers.Gather:
		return o.gather(rc, n/8)
	case peers.Naps:
		share, _, err := napAll(rc, n)
		return map[peers.Figure]float64{"efficiency": share}, err
	}
	return nil, fmt.Errorf("no such work: %s", w)
}

// inSeconds makes a figure of a time.
func inSeconds(f peers.Figure) func(time.Duration, error) (map[peers.Figure]float64, error) {
	return func(d time.Duration, err error) (map[peers.Figure]float64, error) {
		if err != nil {
			return nil, err
		}
		return map[peers.Figure]float64{f: d.Seconds()}, nil
	}
}

// perSecond makes a figure of so many things in a time.
func perSecond(f peers.Figure, n int, d time.Duration, err error) (map[peers.Figure]float64, error) {
	if err != nil {
		return nil, err
	}
	return map[peers.Figure]float64{f: float64(n) / d.Seconds()}, nil
}

func (o *ours) roundTrip(rc *client.Client, n int) (map[peers.Figure]float64, error) {
	view := rc.Engines(rc.IDs()[0])
	if err := o.compile(peers.RoundTrip, func() *views.Result { return view.Apply(work.Same, 1) }); err != nil {
		return nil, err
	}
	all, err := times(n, func() error { return view.Apply(work.Same, 1).Err() })
	if err != nil {
		return nil, err
	}
	return map[peers.Figure]float64{"roundtrip": percentile(all, 50).Seconds(), "roundtrip99": percentile(all, 99).Seconds()}, nil
}

func (o *ours) mapping(rc *client.Client, n int) (map[peers.Figure]float64, error) {
	var out []int
	once := func(n int) *views.Result { return rc.LoadBalanced().Map(work.Same, views.Range(0, n)) }
	if err := o.compile(peers.Map, func() *views.Result { return once(1000) }); err != nil {
		return nil, err
	}
	d, err := timed(func() error { return once(n).Into(&out) })
	if err == nil && (len(out) != n || out[n-1] != n-1 || out[n/2] != n/2) {
		err = fmt.Errorf("the map of %d elements is wrong", n)
	}
	return perSecond("map", n, d, err)
}

func (o *ours) islands(rc *client.Client, n int) (map[peers.Figure]float64, error) {
	all := newIslands()
	if err := o.compile(peers.Islands, func() *views.Result { return rc.LoadBalanced().Map(work.Island, all) }); err != nil {
		return nil, err
	}
	return inSeconds("islands")(repeat(n, func() error { return islandRound(rc, &all) }))
}

func (o *ours) push(rc *client.Client, n int) (map[peers.Figure]float64, error) {
	xs := make([]float64, n)
	xs[0] = float64(o.round) // what a machine has already is not sent again
	d, err := timed(func() error { return rc.All().Push(map[string]any{"pushed": xs}) })
	if err != nil {
		return nil, err
	}
	got, err := rc.All().Pull("pushed[0]")
	for _, x := range got {
		if x != xs[0] {
			return nil, fmt.Errorf("an engine has %v, not %v", x, xs[0])
		}
	}
	return perSecond("push", engines*8*n, d, err)
}

func (o *ours) gather(rc *client.Client, n int) (map[peers.Figure]float64, error) {
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = float64(i + o.round)
	}
	scattering, err := timed(func() error { return rc.All().Scatter("part", xs) })
	if err != nil {
		return nil, err
	}
	gathering, err := timed(func() error { return gather(rc, xs) })
	if err != nil {
		return nil, err
	}
	return map[peers.Figure]float64{"scatter": float64(8*n) / scattering.Seconds(), "gather": float64(8*n) / gathering.Seconds()}, nil
}

// plain are goroutines of this process among the contestants.
type plain struct{ quick bool }

func (*plain) name() string           { return peers.Goroutines }
func (*plain) does(w peers.Work) bool { return w == peers.Map || w == peers.Pi || w == peers.Factors }
func (*plain) stop() error            { return nil }

func (*plain) start(context.Context, int) (map[peers.Figure]float64, error) { return nil, nil }

func (p *plain) measure(ctx context.Context, w peers.Work) (map[peers.Figure]float64, error) {
	n := sizes[w].of(peers.Goroutines, p.quick)
	switch w {
	case peers.Map:
		d, err := goroutines(ctx, n, work.Same)
		return perSecond("map", n, d, err)
	case peers.Pi:
		return inSeconds("pi")(goroutines(ctx, n, work.Throw))
	}
	numbers := work.Numbers(n)
	return inSeconds("factors")(spread(ctx, n, 1, func(i int) { work.Factors(numbers[i]) }))
}

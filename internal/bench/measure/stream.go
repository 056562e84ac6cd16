package measure

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/bench/procs"
	"github.com/gocluster/gocluster/internal/bench/work"
	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/views"
)

// streamed is what streaming came to.
type streamed struct {
	took time.Duration
	// most is the largest resident size, in bytes, that a process of the cluster or this one has had meanwhile; who names it.
	most int
	who  string
}

// measureStream maps over an iterator whose elements, and whose results, are more than the memory that any process may take.
func measureStream(ctx context.Context, b *bench) (figure, error) {
	const each = 1 << 20
	n := b.size(10_000)
	s, err := stream(ctx, n, each)
	if err != nil {
		return figure{}, err
	}
	return figure{
		what: fmt.Sprintf("%.3g GB streamed through an iter.Seq map, results as large", float64(n)*each/1e9),
		ours: fmt.Sprintf("%s each way, at most %d MB in a process", speed(n*each, s.took), s.most/1_000_000),
	}, nil
}

// stream maps over n elements of some bytes each, and back, on a cluster of its own.
func stream(ctx context.Context, n, each int) (s streamed, err error) {
	before, err := procs.Descendants(os.Getpid())
	if err != nil {
		return s, err
	}
	c, err := launch.Embedded(ctx, engines)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, c.Stop(context.WithoutCancel(ctx))) }()
	rc, err := client.Connect(ctx, client.Options{ConnectionFile: c.ConnectionFile()})
	if err != nil {
		return s, err
	}
	defer rc.Close()
	if err := rc.WaitForEngines(ctx, engines); err != nil {
		return s, err
	}
	letGo(ctx)
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		return s, fmt.Errorf("this system does not tell how much memory processes have had: %w", err)
	}
	watched, stop := context.WithCancel(ctx)
	g := group.New(watched)
	_ = g.Go("memory", func(ctx context.Context) error { return s.watch(ctx, before) })
	s.took, err = timed(func() error { return streamThrough(rc, n, each/8) })
	stop()
	return s, errors.Join(err, g.Stop())
}

// letGo gives back what other measurements have left. What closed connections had is kept by their timers for some seconds.
func letGo(ctx context.Context) {
	const small = 32_000_000
	for range 100 {
		debug.FreeOSMemory()
		var m runtime.MemStats
		if runtime.ReadMemStats(&m); m.HeapAlloc < small {
			return
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return
		}
	}
}

// streamThrough checks each result as it comes.
func streamThrough(rc *client.Client, n, floats int) error {
	at := 0
	for got, err := range views.MapAsync(rc.LoadBalanced(), work.Doubled, slabs(n, floats)).All() {
		if err != nil {
			return err
		}
		if len(got) != floats || got[0] != 2*float64(at) || got[floats-1] != 2*float64(at+floats-1) {
			return fmt.Errorf("element %d of %d came back wrong", at, n)
		}
		at++
	}
	if at != n {
		return fmt.Errorf("%d elements came back of %d", at, n)
	}
	return nil
}

// slabs are n slices of as many numbers, each begun anew.
func slabs(n, floats int) iter.Seq[[]float64] {
	return func(yield func([]float64) bool) {
		for i := range n {
			xs := make([]float64, floats)
			for j := range xs {
				xs[j] = float64(i + j)
			}
			if !yield(xs) {
				return
			}
		}
	}
}

// watch looks at the peaks of all processes but some until ctx is done. The system keeps a process's peak, so that looking seldom is enough.
func (s *streamed) watch(ctx context.Context, but map[int]int) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		all, err := procs.Descendants(os.Getpid())
		if err != nil {
			return err
		}
		all[os.Getpid()] = 0
		for pid := range all {
			if _, other := but[pid]; other {
				continue
			}
			if peak, name := peakOf(pid); peak > s.most {
				s.most, s.who = peak, name
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// peakOf returns the largest resident size that a process has had, and what it is; 0 if it is gone.
func peakOf(pid int) (bytes int, name string) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		var kb int
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kb); err == nil {
			bytes = kb << 10
		}
	}
	args, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return bytes, fmt.Sprintf("process %d (%s)", pid, strings.TrimSpace(strings.ReplaceAll(string(args), "\x00", " ")))
}

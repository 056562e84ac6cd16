package kernel

import (
	"math/rand/v2"
	"testing"
	"time"
)

// A server counts what passes in any three seconds.
func TestStreamsStayBelowTheServersLimit(t *testing.T) {
	start := time.Now()
	p := newPacer(start)
	type sent struct {
		at time.Time
		n  int
	}
	var log []sent
	now, total := start, 0
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		if rng.IntN(50) == 0 {
			now = now.Add(time.Duration(rng.IntN(4000)) * time.Millisecond)
		}
		n := rng.IntN(6 * paceMost)
		now = now.Add(p.delay(now, n))
		log = append(log, sent{now, n})
		total += n
		window := 0
		for i := len(log) - 1; i >= 0 && now.Sub(log[i].at) < 3*time.Second; i-- {
			window += log[i].n
		}
		if window > 3_000_000 {
			t.Fatalf("%d bytes in three seconds", window)
		}
	}
	if rate := float64(total) / now.Sub(start).Seconds(); rate < paceRate/2 {
		t.Errorf("only %.0f bytes a second", rate)
	}
	if d := new(pacer).delay(now, 1<<30); d != 0 {
		t.Errorf("without a server it waits %v", d)
	}
}

package kernel

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocluster/gocluster/internal/session"
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

// Much that is small is kept below the server's limit too. Requests that have no output are not held back.
func TestDisplaysStayBelowTheServersLimit(t *testing.T) {
	const displays = 4000
	t.Setenv(serverEnv, "/a/notebook.ipynb")
	synctest.Test(t, func(t *testing.T) {
		c := start(t, &script{cells: cells{"displays": func(_ context.Context, out session.Output) (*session.Result, error) {
			for range displays {
				out.Display(session.Data{MIME: map[string]any{"text/plain": "."}})
			}
			return nil, nil
		}}})
		begin := time.Now()
		published, _ := c.done(c.execute("displays"))
		if n := strings.Count(published, "display_data"); n != displays {
			t.Errorf("%d of %d are published", n, displays)
		}
		// 3000 in any three seconds: the least time for all of them is that of what does not go out in the first three.
		if d := time.Since(begin); d < (displays-3000)*time.Millisecond || d > 2*displays*time.Millisecond {
			t.Errorf("%d took %v", displays, d)
		}
		begin = time.Now()
		for range 20 {
			c.done(c.execute(""))
		}
		if d := time.Since(begin); d > 0 {
			t.Errorf("blank cells took %v", d)
		}
	})
}

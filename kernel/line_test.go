package kernel

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/session"
)

// What several goroutines bring is done one at a time, and what one of them brings in its order, whether it was done at once or in turn.
func TestALineKeepsTheOrder(t *testing.T) {
	type item struct{ from, n int }
	const from, each = 4, 5000
	l, done := newLine[item](8), make(chan struct{})
	var last [from]int
	atOnce := 0
	do := func(x item) {
		if x.n != last[x.from] {
			t.Errorf("%d's item %d was done in the place of %d", x.from, x.n, last[x.from])
		}
		last[x.from]++
	}
	g := group.New(t.Context())
	if err := g.Go("line", func(ctx context.Context) error {
		for {
			select {
			case x := <-l.queue:
				l.do(func() { do(x) })
			case <-ctx.Done():
				return nil
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range from {
		wg.Go(func() {
			for n := range each {
				if x := (item{i, n}); !l.now(func() { do(x); atOnce++ }) {
					l.put(x, done)
				}
			}
		})
	}
	wg.Wait()
	for l.ahead.Load() > 0 {
		runtime.Gosched()
	}
	_ = g.Stop()
	for i, n := range last {
		if n != each {
			t.Errorf("%d of %d items of %d were done", n, each, i)
		}
	}
	if atOnce == 0 {
		t.Error("nothing was done at once")
	}
}

func TestALineThatIsBarredDoesNothingAtOnce(t *testing.T) {
	l := newLine[int](1)
	l.bar()
	if l.now(func() {}) {
		t.Error("it was done")
	}
}

// A blank cell needs no goroutine but the one that has read it. Behind a cell that runs it waits for its turn.
func TestABlankCell(t *testing.T) {
	release := make(chan struct{})
	c := start(t, &script{cells: cells{"waits": func(context.Context, session.Output) (*session.Result, error) {
		<-release
		return nil, nil
	}}})
	c.done(c.execute("1"))
	for c.k.lanes[serial].ahead.Load() > 0 {
		runtime.Gosched()
	}
	id := c.execute(" \n")
	c.mu.Lock()
	n := len(c.reps)
	c.mu.Unlock()
	if published, reply := c.done(id); n != 2 || !answers(c.reps[1], id) {
		t.Errorf("the reply came later than the request's return: %s", reply.Content)
	} else if want := "status {\"execution_state\":\"busy\"}\nexecute_input {\"code\":\" \\n\",\"execution_count\":2}\nstatus {\"execution_state\":\"idle\"}\n"; published != want {
		t.Errorf("published %s, want %s", published, want)
	}
	waits := c.execute("waits")
	c.waitFor(waits, "execute_input")
	blank := c.execute("")
	again := c.execute("2")
	close(release)
	c.done(again)
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, id := range []string{waits, blank, again} {
		if !answers(c.reps[2+i], id) {
			t.Errorf("reply %d is to %s", 2+i, c.reps[2+i].Parent)
		}
	}
}

package views_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session/host"
	"github.com/gocluster/gocluster/views"
)

// cells stands for a session: all is the same cell's.
type cells struct {
	mu    sync.Mutex
	shown []host.Data
	text  strings.Builder
}

// runtime is the session's side of it.
type runtime struct {
	host.Runtime
	c *cells
}

func (r runtime) Here() host.Screen {
	if r.c == nil {
		return nil
	}
	return r.c
}

func (c *cells) Stdout(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.WriteString(text)
}

func (c *cells) Stderr(text string) { c.Stdout("(" + text + ")") }

func (c *cells) Display(d host.Data) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown = append(c.shown, d)
}

// states are the texts of what was shown, all of it in one place.
func (c *cells) states(t *testing.T) []string {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var texts []string
	for i, d := range c.shown {
		if d.ID == "" || d.ID != c.shown[0].ID || d.Update != (i > 0) {
			t.Errorf("%d: id %q, update %t", i, d.ID, d.Update)
		}
		texts = append(texts, d.MIME["text/plain"].(string))
	}
	return texts
}

// inCell makes the test's goroutines those of a cell.
func inCell(t *testing.T) *cells {
	c := &cells{}
	host.Set(runtime{c: c})
	t.Cleanup(func() { host.Set(runtime{}) })
	return c
}

func TestACallThatWaitsShowsHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := inCell(t), newFixture(t)
		f.Running = []proto.Running{{Engine: 0, First: 0, N: 10, Done: 3, Failed: 1}, {Engine: 2, First: 20, N: 10, Done: 1}}
		f.view.Map(f.fn("wait", func(x int) int { time.Sleep(5 * time.Second); return x }), views.Range(0, 40)) // of the bubble's time
		got := c.states(t)
		if n := len(got); n < 10 || n > 70 {
			t.Fatalf("%d states in some seconds", n)
		}
		for _, want := range []string{"4/40 (10 %), 2 running, 1 failed, 2", "left"} {
			if !strings.Contains(got[1], want) {
				t.Errorf("the second state lacks %q: %s", want, got[1])
			}
		}
		if page := c.shown[1].MIME["text/html"].(string); !strings.Contains(page, "engine 0: 3 done, 1 running, 1 failed; engine 2: 1 done, 1 running") {
			t.Errorf("the page: %s", page)
		}
		if last := got[len(got)-1]; !strings.HasPrefix(last, "map wait [##############################] 40/40 (100 %), ") {
			t.Errorf("in the end: %s", last)
		}
	})
}

func TestACallThatIsQuickShowsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := inCell(t), newFixture(t)
		f.view.Map(f.fn("wait", func(x int) int { time.Sleep(400 * time.Millisecond); return x }), views.Range(0, 4)) // of the bubble's time
		if len(c.shown) > 0 {
			t.Errorf("got %v", c.shown)
		}
	})
}

func TestProgramsShowProgressWhereTheyAreAskedTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		var b strings.Builder
		wait := f.fn("wait", func(x int) int { time.Sleep(70 * time.Second); return x }) // of the bubble's time
		f.view.Map(wait, views.Range(0, 4))
		f.view.Map(wait, views.Range(0, 4), views.ShowProgress(nil))
		r := f.view.Map(wait, views.Range(0, 4), views.ShowProgress(&b))
		if got := b.String(); strings.Count(got, "\n") < 2 || !strings.HasPrefix(got, "map wait [") || strings.ContainsAny(got, "\r\x1b") {
			t.Errorf("got %q of %v, which took %v", got, r, r.Elapsed())
		}
	})
}

func TestAJobThatIsAValueBecomesItsResult(t *testing.T) {
	for _, broken := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, f := inCell(t), newFixture(t)
			r := f.view.MapAsync(f.fn("wait", func(x int) (int, error) {
				time.Sleep(time.Second) // of the bubble's time
				if broken && x == 2 {
					return 0, errors.New("two")
				}
				return x, nil
			}), views.Range(0, 4))
			v, err := r.CellValue()
			b, ok := v.(host.Becoming)
			if !ok || err != nil {
				t.Fatalf("a cell is given %v, %v", v, err)
			}
			var final error
			b.Follow(c, func(v any, err error) (host.Data, bool) {
				final = err
				return host.Data{MIME: map[string]any{"text/plain": fmt.Sprint(v)}}, err == nil
			})
			if got := c.states(t); len(got) != 1 || !strings.Contains(got[0], "0/4 (0 %)") {
				t.Errorf("at once there is %q", got)
			}
			_ = r.Err()
			if err := r.Wait(t.Context()); (err != nil) != broken {
				t.Errorf("the job: %v", err)
			}
			synctest.Wait()
			got := c.states(t)
			last := got[len(got)-1]
			if broken && (final == nil || !strings.Contains(last, "4/4 (100 %), 1 failed")) || !broken && last != "[0 1 2 3]" {
				t.Errorf("in the end there is %s, %v", last, final)
			}
		})
	}
}

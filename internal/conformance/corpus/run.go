package corpus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/session"
)

// happened is what a cell did.
type happened struct {
	stdout, stderr, mixed string
	value                 string // of the last expression, as text
	notes                 []string
	err                   error
	timeout               bool
}

// record is an Output that keeps what is written.
type record struct {
	mu                    sync.Mutex
	stdout, stderr, mixed strings.Builder
}

func (r *record) add(text string, to *strings.Builder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mixed.Len() > 1<<20 {
		return // a program that prints for ever
	}
	to.WriteString(text)
	r.mixed.WriteString(text)
}

// Stderr implements session.Output. On a busy machine the session may have something to say itself.
func (r *record) Stderr(text string) {
	if text != session.Preparing {
		r.add(text, &r.stderr)
	}
}

func (r *record) Stdout(text string)     { r.add(text, &r.stdout) }
func (r *record) Display(d session.Data) { r.add(fmt.Sprintln(d.MIME["text/plain"]), &r.stdout) }
func (r *record) Clear(bool)             {}

func (r *record) Input(string, bool) (string, error) { return "", errors.New("nobody answers") }

// result is what became of an item.
type result struct {
	item    item
	tier    tier
	outcome outcome
	diff    string
	took    time.Duration
}

// cellTime is what each cell may take in addition, on a machine that does other things.
const cellTime = time.Second

// runAll runs the items, a few at once, and tells how it goes.
func runAll(ctx context.Context, o options, t tier, items []item, progress io.Writer) []result {
	results := make([]result, len(items))
	next := make(chan int)
	g := group.New(ctx)
	var mu sync.Mutex
	var working sync.WaitGroup
	done := 0
	for range max(o.workers, 1) {
		working.Add(1)
		_ = g.Go("worker", func(ctx context.Context) error {
			defer working.Done()
			for i := range next {
				results[i] = runItem(ctx, o, t, items[i])
				mu.Lock()
				if done++; done%50 == 0 {
					fmt.Fprintf(progress, "  %d of %d\n", done, len(items))
				}
				mu.Unlock()
			}
			return nil
		})
	}
	for i := range items {
		next <- i
	}
	close(next)
	working.Wait()
	_ = g.Stop()
	return results
}

// runItem runs one item in a session of its own.
func runItem(ctx context.Context, o options, t tier, it item) (r result) {
	started := time.Now()
	r = result{item: it, tier: t}
	defer func() {
		if p := recover(); p != nil { // the front end's panic: the rest of the corpus goes on
			r.outcome, r.diff = failed, fmt.Sprintf("the session panics: %v", p)
		}
		r.took = time.Since(started)
	}()
	steps, err := execute(ctx, o, t, it.cells, it.group == "sessions")
	if err != nil {
		r.outcome, r.diff = failed, oneLine(err)
	} else {
		r.outcome, r.diff = it.judge(steps)
	}
	return r
}

// execute executes cells one after the other in a fresh session, until one that takes too long. What a cell starts and prints later
// is its own, if they are kept apart.
func execute(ctx context.Context, o options, t tier, cells []string, apart bool) ([]happened, error) {
	dir, err := os.MkdirTemp("", "conformance")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	s, err := start(ctx, t, dir)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(ctx, o.timeout+time.Duration(len(cells))*cellTime)
	defer cancel()
	var steps []happened
	whole := &record{}
	for n, src := range cells {
		out := whole
		if apart {
			out = &record{}
		}
		seen := [3]int{out.stdout.Len(), out.stderr.Len(), out.mixed.Len()}
		res, err := s.Execute(ctx, gocode.Cell{N: n + 1, Name: fmt.Sprintf("In[%d]", n+1), Source: src, Line: 1}, out)
		out.mu.Lock()
		h := happened{stdout: out.stdout.String()[seen[0]:], stderr: out.stderr.String()[seen[1]:], mixed: out.mixed.String()[seen[2]:], err: err, timeout: ctx.Err() != nil}
		out.mu.Unlock()
		if err == nil {
			h.notes = res.Notes
			if res.Value != nil {
				h.value = fmt.Sprint(res.Value.MIME["text/plain"])
			}
		}
		steps = append(steps, h)
		if h.timeout {
			break
		}
	}
	return steps, nil
}

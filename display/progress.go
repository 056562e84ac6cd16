package display

import (
	"iter"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/progress"
	"github.com/gocluster/gocluster/internal/session/host"
)

// Progress is a bar that shows how far something is. Its methods may be called by several goroutines.
type Progress struct {
	mu      sync.Mutex
	area    Area
	label   string
	total   int
	done    int
	started time.Time
	shown   time.Time
	ended   bool
	tenth   int // the last tenth that was printed
	now     func() time.Time
}

// barInterval is the least time between two changes of a bar.
const barInterval = 100 * time.Millisecond

// NewProgress shows a bar for so many steps. Of an unknown number, 0, only the steps are counted.
func NewProgress(total int) *Progress {
	p := &Progress{total: max(total, 0), now: time.Now}
	p.started = p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.show(true)
	return p
}

// Loop counts from 0 to n-1 with a bar:
//
//	for i := range display.Loop(100) { ... }
//
// The bar stays as it is if the loop is left before its end.
func Loop(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		p := NewProgress(n)
		for i := range n {
			if !yield(i) {
				p.End()
				return
			}
			p.Add(1)
		}
		p.End()
	}
}

// Label puts a text before the bar.
func (p *Progress) Label(text string) *Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.label = text
	p.show(false)
	return p
}

// Add notes n more steps that are done.
func (p *Progress) Add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.set(p.done + n)
}

// Set notes how many steps are done in all.
func (p *Progress) Set(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.set(n)
}

func (p *Progress) set(n int) {
	p.done = max(n, 0)
	last := p.total > 0 && p.done >= p.total
	first := last && !p.ended
	p.ended = last
	p.show(first)
}

// End shows the bar as it is now, and how long it took.
func (p *Progress) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.ended = true
		p.show(true)
	}
}

// show changes the bar, unless that has just been done. Where there is no notebook a line is printed for every tenth.
func (p *Progress) show(now bool) {
	at := p.now()
	if !now && at.Sub(p.shown) < barInterval {
		return
	}
	if host.Current() == nil {
		tenth := 0
		if p.total > 0 {
			tenth = 10 * p.done / p.total
		}
		if tenth == p.tenth && !p.ended {
			return
		}
		p.tenth = tenth
	}
	p.shown = at
	d := p.state(at.Sub(p.started)).Data("", false)
	p.area.put(d.MIME, d.Metadata)
}

// state is how far it is.
func (p *Progress) state(elapsed time.Duration) progress.State {
	s := progress.State{What: p.label, Total: p.total, Done: p.done, Elapsed: elapsed, Ended: p.ended}
	if p.done > 0 && elapsed > 0 {
		s.Rate = float64(p.done) / elapsed.Seconds()
	}
	return s
}

package views

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/progress"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session/host"
)

// bar waits for a job, and shows how far it is once that takes long.
type bar struct {
	r     *Result
	after time.Duration // how long it may take before anything is shown
	to    host.Screen   // nil: that of the calling goroutine's cell, if there is one

	id    string
	speed progress.Speed
	begun bool
	shown time.Time
	asked time.Time
}

const (
	// barInterval is how often a bar changes, at most.
	barInterval = 150 * time.Millisecond
	// maxBars is how many bars there may be at a time: who waits for a hundred jobs at once does not want to see a hundred.
	maxBars = 8
)

var bars atomic.Int32

// wait waits for the job's end, or until ctx or the context of the call is done.
func (b *bar) wait(ctx context.Context) error {
	r := b.r
	r.keep()
	if r.Ready() {
		r.under.flush()
		return nil
	}
	call := r.settings.context()
	soon, slow := time.NewTimer(b.after), time.NewTimer(slowStart)
	defer soon.Stop()
	defer slow.Stop()
	defer b.leave()
	for {
		r.mu.Lock()
		ended, changed := r.ended, r.change()
		r.mu.Unlock()
		if ended {
			r.under.flush()
			return nil
		}
		b.move()
		select {
		case <-changed:
		case <-soon.C:
			if b.asked.IsZero() && !r.settings.quiet() {
				b.ask() // so that there is something to say
				soon.Reset(barInterval / 2)
				continue
			}
			b.begin()
			soon.Reset(barInterval)
		case <-slow.C:
			r.tellWhy(call)
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", r.what, context.Cause(ctx))
		case <-call.Done():
			return r.stopped(call)
		}
	}
}

// begin shows the bar, unless there are too many.
func (b *bar) begin() {
	if b.begun {
		return
	}
	if b.to == nil {
		b.to = b.r.settings.screen()
	}
	if b.to == nil {
		return
	}
	if bars.Add(1) > maxBars {
		bars.Add(-1)
		return
	}
	b.id = "job-" + rand.Text()
	b.ask()
	b.draw(b.r.state(), false)
	b.begun = true
}

// move shows how far the job is now, unless that has just been done.
func (b *bar) move() {
	if b.begun && time.Since(b.shown) >= barInterval {
		b.ask()
		b.draw(b.r.state(), true)
	}
}

// askInterval is how often the controller is asked what engines are at.
const askInterval = 300 * time.Millisecond

// ask asks the controller what engines are at, unless that has just been done.
func (b *bar) ask() {
	if job := b.r.handedIn(); job != nil && time.Since(b.asked) >= askInterval {
		b.asked = time.Now()
		job.AskProgress()
	}
}

func (b *bar) draw(s progress.State, update bool) {
	s.Rate = b.speed.Note(s.Elapsed, s.Done)
	b.shown = time.Now()
	b.to.Display(s.Data(b.id, update))
}

// leave shows how far the job has come, and that nobody waits any more.
func (b *bar) leave() {
	if !b.begun {
		return
	}
	b.begun = false
	bars.Add(-1)
	s := b.r.state()
	if !s.Ended {
		s.Ended, s.Verdict = true, "interrupted"
	}
	b.draw(s, true)
}

// share is what an engine has done of a job.
type share struct{ done, failed int }

// maxShare bounds the ids of engines that are told apart.
const maxShare = 1 << 16

// noteEngine notes what an engine has done. The caller holds mu.
func (r *Result) noteEngine(id proto.EngineID, done, failed int) {
	if id < 0 || id >= maxShare || r.total == 1 {
		return
	}
	for int(id) >= len(r.byEngine) {
		r.byEngine = append(r.byEngine, share{})
	}
	r.byEngine[id].done += done
	r.byEngine[id].failed += failed
}

// state is how far the job is.
func (r *Result) state() progress.State {
	elapsed := r.Elapsed()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := progress.State{
		What: r.title(), Total: r.total, Done: r.done, Failed: r.errors, Elapsed: elapsed, Ended: r.ended,
	}
	if r.shape.perEngine {
		s.Unit = "engines"
	}
	if r.err != nil {
		s.Ended, s.Verdict = true, firstLine(r.err.Error())
	}
	r.addRunning(&s)
	return s
}

// addRunning adds to a state what engines are at, and each engine's part. The caller holds mu.
func (r *Result) addRunning(s *progress.State) {
	if len(r.running) == 0 {
		s.Note = r.waiting
	}
	engines := map[int]progress.Engine{}
	if r.total == 1 && len(r.pieces) > 0 {
		id := int(r.pieces[0].Engine)
		engines[id] = progress.Engine{ID: id, Done: r.done, Failed: r.errors}
	}
	for id, e := range r.byEngine {
		if e.done > 0 {
			engines[id] = progress.Engine{ID: id, Done: e.done, Failed: e.failed}
		}
	}
	for _, t := range r.running {
		if s.Ended {
			break
		}
		e := engines[int(t.Engine)]
		e.ID, e.Running = int(t.Engine), e.Running+1
		s.Running++
		// What has come meanwhile is counted; its engine is at the next. Of what is used up it is not known whether it has come.
		if r.firstAt(t.First) == nil && (r.lazy == nil || r.lazy.keep) {
			e.Done, e.Failed = e.Done+t.Done, e.Failed+t.Failed
			s.Done, s.Failed = s.Done+t.Done, s.Failed+t.Failed
		}
		engines[e.ID] = e
	}
	if s.Total > 0 {
		s.Running = min(s.Running, s.Total-s.Done)
	}
	if s.Unit == "" {
		s.Engines = slices.SortedFunc(maps.Values(engines), func(a, b progress.Engine) int { return a.ID - b.ID })
	}
}

// handedIn is the job, nil if it has not been handed in.
func (r *Result) handedIn() *conn.Job {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.job
}

// Progress takes what engines are at.
func (s *sink) Progress(p *proto.Progress) {
	r := (*Result)(s)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running, r.waiting = p.Running, p.Waiting
}

// title is what the job is, for people.
func (r *Result) title() string {
	if r.settings.label != "" {
		return r.settings.label
	}
	return r.what
}

// becoming is a job that is a cell's value before it has ended.
type becoming struct{ r *Result }

// String says how far the job is.
func (b becoming) String() string { return b.r.String() }

// settleAfter is how long a job that is a cell's value may take before it is shown how far it is, where nothing else is shown meanwhile.
const settleAfter = 500 * time.Millisecond

// Settle waits for the job and returns its values.
func (b becoming) Settle(to host.Screen) (any, error) {
	w := bar{r: b.r, after: settleAfter, to: to}
	if err := w.wait(context.Background()); err != nil {
		return nil, err
	}
	return b.r.CellValue()
}

// Follow shows how far the job is until it has ended, and then its values.
func (b becoming) Follow(to host.Screen, final func(any, error) (host.Data, bool)) {
	w := bar{r: b.r, to: to}
	w.begin()
	if !w.begun {
		to.Stdout(b.String() + "\n")
		return
	}
	_ = b.r.conn.Go("follow", func(context.Context) error { // a connection that is closed has ended the job
		id := w.id
		if w.wait(context.Background()) != nil {
			return nil
		}
		if d, instead := final(b.r.CellValue()); instead {
			d.ID, d.Update = id, true
			to.Display(d)
		}
		return nil
	})
}

// onWriter shows progress in programs.
type onWriter struct {
	mu   sync.Mutex
	line *progress.Line
}

// Stdout shows nothing: what tasks print is not asked for.
func (*onWriter) Stdout(string) {}

// Stderr shows nothing.
func (*onWriter) Stderr(string) {}

// Display shows how far a job is.
func (o *onWriter) Display(d host.Data) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.line.Show(d)
}

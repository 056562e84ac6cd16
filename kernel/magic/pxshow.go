package magic

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/labelled"
	"github.com/gocluster/gocluster/internal/progress"
	"github.com/gocluster/gocluster/internal/session"
)

const (
	textPlain = "text/plain"
	textHTML  = "text/html"
)

func displayID() string { return "px-" + rand.Text() }

// pxStream is a stream of an engine.
type pxStream struct {
	engine int
	stderr bool
}

// pxShow shows what engines print, display and come to.
type pxShow struct {
	group   string
	engines []int
	to      *labelled.Writer
	held    map[int][]pxEvent // values, or everything of an engine
	done    map[int]bool
	next    int // of the engines, the one to be shown next
}

func newPxShow(h Host, group string, engines []int) *pxShow {
	return &pxShow{group: group, engines: engines, to: labelled.New(h.Output()), held: map[int][]pxEvent{}, done: map[int]bool{}}
}

// show takes events as they come.
func (s *pxShow) show(events []pxEvent) {
	for _, e := range events {
		switch {
		case s.group == byEngine && !e.done, s.group == byType && e.value:
			s.held[e.engine] = append(s.held[e.engine], e)
		case s.group == byEngine:
			s.done[e.engine] = true
			s.advance()
		default:
			s.one(e)
		}
	}
}

// advance shows the engines that are done, in their order.
func (s *pxShow) advance() {
	for ; s.next < len(s.engines) && s.done[s.engines[s.next]]; s.next++ {
		s.flush(s.engines[s.next])
	}
}

// flush shows what was held back of an engine.
func (s *pxShow) flush(engine int) {
	for _, e := range s.held[engine] {
		s.one(e)
	}
	delete(s.held, engine)
	s.to.Rest(engine)
}

// end shows what was held back.
func (s *pxShow) end() {
	s.to.End()
	for _, id := range slices.Sorted(maps.Keys(s.held)) {
		s.flush(id)
	}
}

func (s *pxShow) one(e pxEvent) {
	switch {
	case e.done:
		s.to.Rest(e.engine)
	case e.value:
		s.to.Labelled(e.engine, fmt.Sprintf("Out[%d:%d]:", e.engine, e.shown.Count), session.Data{MIME: e.shown.MIME, Metadata: e.shown.Metadata})
	case e.shown != nil:
		s.to.Display(e.engine, session.Data{MIME: e.shown.MIME, Metadata: e.shown.Metadata, ID: e.id, Update: e.update})
	default:
		s.to.Print(e.engine, e.stderr, e.text)
	}
}

// pxBar shows how many engines are done, once that takes long.
type pxBar struct {
	h     Host
	run   *pxRun
	id    string
	shown bool
	done  int
}

func newPxBar(h Host, run *pxRun) *pxBar { return &pxBar{h: h, run: run, id: displayID()} }

// begin shows the bar, or moves the time on.
func (b *pxBar) begin(done int) { b.display(done, false, "") }

// move shows that engines are done.
func (b *pxBar) move(done int, ended bool) {
	if b.shown && (done != b.done || ended) {
		b.display(done, ended, "")
	}
}

// stop leaves the bar as it is, because of a verdict.
func (b *pxBar) stop(verdict string) {
	if b.shown {
		b.display(b.done, true, verdict)
	}
}

func (b *pxBar) display(done int, ended bool, verdict string) {
	b.done = done
	s := progress.State{
		What: "%px", Unit: "engines", Total: len(b.run.engines), Done: done, Elapsed: time.Since(b.run.started), Ended: ended, Verdict: verdict, Note: b.left(),
	}
	b.h.Output().Display(s.Data(b.id, b.shown))
	b.shown = true
}

// left names the engines that are not done, when they are few.
func (b *pxBar) left() string {
	b.run.mu.Lock()
	defer b.run.mu.Unlock()
	var ids []int
	for _, id := range b.run.engines {
		if !slices.Contains(b.run.done, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 || len(ids) > 8 || len(ids) == len(b.run.engines) {
		return ""
	}
	return "waiting for " + enginesText(ids)
}

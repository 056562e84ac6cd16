package magic

import (
	"crypto/rand"
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/session"
)

const (
	textPlain = "text/plain"
	textHTML  = "text/html"
)

// pxShow shows what engines print, display and come to.
type pxShow struct {
	h       Host
	group   string
	engines []int
	id      string // before the ids of what engines display
	begun   map[pxStream]*strings.Builder
	held    map[int][]pxEvent // values, or everything of an engine
	done    map[int]bool
	next    int // of the engines, the one to be shown next
}

// pxStream is a stream of an engine.
type pxStream struct {
	engine int
	stderr bool
}

func newPxShow(h Host, group string, engines []int) *pxShow {
	return &pxShow{h: h, group: group, engines: engines, id: displayID(), begun: map[pxStream]*strings.Builder{}, held: map[int][]pxEvent{}, done: map[int]bool{}}
}

func displayID() string { return "px-" + rand.Text() }

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
	s.rest(engine)
}

// end shows what was held back.
func (s *pxShow) end() {
	for _, stream := range slices.SortedFunc(maps.Keys(s.begun), func(a, b pxStream) int { return a.engine - b.engine }) {
		s.rest(stream.engine)
	}
	for _, id := range slices.Sorted(maps.Keys(s.held)) {
		s.flush(id)
	}
}

func (s *pxShow) one(e pxEvent) {
	switch {
	case e.done:
		s.rest(e.engine)
	case e.value:
		s.rest(e.engine)
		s.labelled(fmt.Sprintf("Out[%d:%d]:", e.engine, e.shown.Count), session.Data{MIME: e.shown.MIME, Metadata: e.shown.Metadata})
	case e.shown != nil:
		s.rest(e.engine)
		d := session.Data{MIME: e.shown.MIME, Metadata: e.shown.Metadata, Update: e.update}
		if e.id != "" {
			d.ID = fmt.Sprintf("%s-%d-%s", s.id, e.engine, e.id)
		}
		s.labelled(fmt.Sprintf("[output:%d]", e.engine), d)
	default:
		s.print(pxStream{e.engine, e.stderr}, e.text)
	}
}

// maxBegun bounds a line that is waited for the end of.
const maxBegun = 64 << 10

// print prints whole lines, each marked with its engine.
func (s *pxShow) print(from pxStream, text string) {
	begun := s.begun[from]
	if begun == nil {
		begun = &strings.Builder{}
		s.begun[from] = begun
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, "\n") && begun.Len()+len(line) < maxBegun {
			begun.WriteString(line)
			break
		}
		b.WriteString(from.mark() + begun.String() + strings.TrimSuffix(line, "\n") + "\n")
		begun.Reset()
	}
	s.out(from, b.String())
}

func (f pxStream) mark() string {
	if f.stderr {
		return fmt.Sprintf("[stderr:%d] ", f.engine)
	}
	return fmt.Sprintf("[stdout:%d] ", f.engine)
}

func (s *pxShow) out(from pxStream, text string) {
	switch {
	case text == "":
	case from.stderr:
		s.h.Output().Stderr(text)
	default:
		s.h.Output().Stdout(text)
	}
}

// rest ends an engine's lines.
func (s *pxShow) rest(engine int) {
	for _, stderr := range []bool{false, true} {
		from := pxStream{engine, stderr}
		if begun := s.begun[from]; begun != nil && begun.Len() > 0 {
			s.out(from, from.mark()+begun.String()+"\n")
			begun.Reset()
		}
	}
}

// labelled displays something of an engine's. Text and pages get the label themselves, before anything else it is displayed once.
func (s *pxShow) labelled(label string, d session.Data) {
	text, isText := d.MIME[textPlain].(string)
	page, isPage := d.MIME[textHTML].(string)
	switch {
	case isText && len(d.MIME) == 1:
		d.MIME = map[string]any{textPlain: beside(label, text)}
	case isPage:
		if !isText {
			text = "<" + textHTML + ">"
		}
		d.MIME = maps.Clone(d.MIME)
		d.MIME[textHTML] = "<div><code>" + html.EscapeString(label) + "</code></div>\n" + page
		d.MIME[textPlain] = beside(label, text)
	case !d.Update:
		s.h.Output().Display(session.Data{MIME: map[string]any{textPlain: label}})
	}
	s.h.Output().Display(d)
}

// beside puts a label before a text.
func beside(label, text string) string {
	if strings.Contains(strings.TrimSuffix(text, "\n"), "\n") {
		return label + "\n" + text
	}
	return label + " " + text
}

// pxBar shows how many engines are done, once that takes long.
type pxBar struct {
	h     Host
	run   *pxRun
	id    string
	shown bool
	done  int
}

// begin shows the bar, or moves the time on.
func (b *pxBar) begin(done int) {
	b.display(done, false)
	b.shown = true
}

// move shows that engines are done.
func (b *pxBar) move(done int, ended bool) {
	if b.shown && (done != b.done || ended) {
		b.display(done, ended)
	}
}

func (b *pxBar) display(done int, ended bool) {
	b.done = done
	total := len(b.run.engines)
	text := fmt.Sprintf("%d/%d engines done", done, total)
	took := time.Since(b.run.started).Round(100 * time.Millisecond)
	if ended {
		text += fmt.Sprintf(", %v", took)
	}
	page := fmt.Sprintf(`<div>%%px <progress max="%d" value="%d"></progress> %d/%d engines done, %v%s</div>`, total, done, done, total, took, html.EscapeString(b.left(ended)))
	b.h.Output().Display(session.Data{
		MIME: map[string]any{textPlain: "%px: " + text, textHTML: page}, ID: b.id, Update: b.shown,
	})
}

// left names the engines that are not done, when they are few.
func (b *pxBar) left(ended bool) string {
	b.run.mu.Lock()
	defer b.run.mu.Unlock()
	var ids []int
	for _, id := range b.run.engines {
		if !slices.Contains(b.run.done, id) {
			ids = append(ids, id)
		}
	}
	if ended || len(ids) == 0 || len(ids) > 8 || len(ids) == len(b.run.engines) {
		return ""
	}
	return "; waiting for " + enginesText(ids)
}

// Package labelled shows what engines print and display under the cell that had them do it: lines marked [stdout:3], and what is displayed
// with the label [output:3].
package labelled

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/session/host"
)

const (
	textPlain = "text/plain"
	textHTML  = "text/html"
)

// Sink takes what is shown; the output of a cell is one.
type Sink interface {
	Stdout(text string)
	Stderr(text string)
	Display(d host.Data)
}

// Writer marks what engines print and display, and passes it on. Its methods are called one after the other.
type Writer struct {
	to    Sink
	id    string // before the ids of what engines display
	begun map[stream]*strings.Builder
}

// stream is a stream of an engine.
type stream struct {
	engine int
	stderr bool
}

// New returns a writer.
func New(to Sink) *Writer {
	return &Writer{to: to, id: "engines-" + rand.Text(), begun: map[stream]*strings.Builder{}}
}

// maxBegun bounds a line that is waited for the end of.
const maxBegun = 64 << 10

// Print prints whole lines, each marked with its engine; what begins a line waits for its end.
func (w *Writer) Print(engine int, stderr bool, text string) {
	from := stream{engine, stderr}
	begun := w.begun[from]
	if begun == nil {
		begun = &strings.Builder{}
		w.begun[from] = begun
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
	w.out(from, b.String())
}

func (s stream) mark() string {
	if s.stderr {
		return fmt.Sprintf("[stderr:%d] ", s.engine)
	}
	return fmt.Sprintf("[stdout:%d] ", s.engine)
}

func (w *Writer) out(from stream, text string) {
	switch {
	case text == "":
	case from.stderr:
		w.to.Stderr(text)
	default:
		w.to.Stdout(text)
	}
}

// Rest ends the lines that an engine has begun.
func (w *Writer) Rest(engine int) {
	for _, stderr := range []bool{false, true} {
		from := stream{engine, stderr}
		if begun := w.begun[from]; begun != nil && begun.Len() > 0 {
			w.out(from, from.mark()+begun.String()+"\n")
			begun.Reset()
		}
	}
}

// End ends the lines that all engines have begun.
func (w *Writer) End() {
	for _, s := range slices.SortedFunc(maps.Keys(w.begun), func(a, b stream) int { return cmp.Compare(a.engine, b.engine) }) {
		w.Rest(s.engine)
	}
}

// Display shows what an engine displays. Ids of different engines are different.
func (w *Writer) Display(engine int, d host.Data) {
	if d.ID != "" {
		d.ID = fmt.Sprintf("%s-%d-%s", w.id, engine, d.ID)
	}
	w.Labelled(engine, fmt.Sprintf("[output:%d]", engine), d)
}

// Labelled shows something of an engine's under a label. Text and pages get the label themselves, before anything else it is displayed once.
func (w *Writer) Labelled(engine int, label string, d host.Data) {
	w.Rest(engine)
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
		w.to.Display(host.Data{MIME: map[string]any{textPlain: label}})
	}
	w.to.Display(d)
}

// beside puts a label before a text.
func beside(label, text string) string {
	if strings.Contains(strings.TrimSuffix(text, "\n"), "\n") {
		return label + "\n" + text
	}
	return label + " " + text
}

package report

import (
	"context"
	"errors"
	"strings"

	"github.com/gocluster/gocluster/internal/ink"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/views"
)

// The names of errors that have no other.
const (
	OtherName     = "Error"
	EngineName    = "EngineError"
	CompositeName = "CompositeError"
)

// Report is an error made ready to be read.
type Report struct {
	// EName says what kind of error it is: CompileError, panic, the Go type of an error, KeyboardInterrupt, EngineError ...
	EName string
	// EValue is its message on one line.
	EValue string

	lines []line
}

// Lines are the report's lines, with the colours of a terminal or without.
func (r Report) Lines(colour bool) []string {
	out := make([]string, len(r.lines))
	for i, l := range r.lines {
		out[i] = l.text(colour)
	}
	return out
}

// Text is the report as one text, without a line end at its end.
func (r Report) Text(colour bool) string { return strings.Join(r.Lines(colour), "\n") }

// Of reports an error. sources, which may be nil, has the cells whose lines are shown.
func Of(err error, sources *Sources) Report {
	w := &writer{sources: sources}
	var cell *session.CellError
	var named interface {
		error
		Name() string
	}
	var many *views.MapError
	var one *views.ElementError
	switch {
	case errors.As(err, &cell):
		w.cell(cell)
	case errors.As(err, &many):
		w.engines(failedOf(many))
	case errors.As(err, &one):
		w.engines(failedOf(&views.MapError{Failed: []*views.ElementError{one}, Total: 1}))
	case errors.As(err, &named):
		w.title(named.Name(), named.Error())
	case errors.Is(err, context.Canceled):
		w.title(session.InterruptName, "interrupted")
	default:
		w.title(OtherName, err.Error())
	}
	return w.Report
}

// Interrupted reports an interrupt that no session knows of.
func Interrupted() Report {
	w := &writer{}
	w.title(session.InterruptName, "interrupted")
	return w.Report
}

// cell reports the failure of a cell.
func (w *writer) cell(e *session.CellError) {
	if len(e.Diagnostics) > 0 {
		w.diagnostics(e.EName, e.Diagnostics)
		return
	}
	if len(e.Engines) > 0 {
		w.remote(e)
		return
	}
	w.title(e.EName, e.Message)
	if e.Goroutine {
		w.lines[0] = append(line{{"panic in a goroutine", red}}, w.lines[0][1:]...)
	}
	w.frames(framesOf(e.Positions, e.Funcs, e.Repeats))
	for _, text := range e.Extra {
		if hint, is := strings.CutPrefix(text, "hint: "); is {
			w.hint(hint)
			continue
		}
		w.text(text)
	}
}

// writer makes a report.
type writer struct {
	Report
	sources *Sources
}

func (w *writer) add(spans ...span) { w.lines = append(w.lines, spans) }

// text adds lines as they are.
func (w *writer) text(text string) {
	for l := range strings.SplitSeq(ink.Clean(text), "\n") {
		w.add(span{l, plain})
	}
}

// maxMessage bounds how much of a message is shown: a program can panic with a megabyte.
const maxMessage = 8 << 10

// title says what the error is; the lines of a longer message follow.
func (w *writer) title(name, message string) {
	message = ink.Clean(shorten(strings.TrimRight(message, "\n")))
	w.EName, w.EValue = ink.Clean(name), oneLine(message)
	w.heading(w.EName, message)
}

// heading begins an error's lines.
func (w *writer) heading(name, message string) {
	first, more, several := strings.Cut(message, "\n")
	spans := []span{{name, red}}
	switch {
	case first != "" && name != "":
		spans = append(spans, span{": " + first, plain})
	case first != "":
		spans = []span{{first, red}}
	}
	w.add(spans...)
	if several {
		w.text(more)
	}
}

func (w *writer) hint(text string) {
	w.add(span{"hint: ", cyan}, span{ink.Clean(text), plain})
}

func shorten(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	return strings.ToValidUTF8(message[:maxMessage], "") + " ... (cut)"
}

// oneLine is a message on one line: "not enough arguments in call to f: have (), want (int)".
func oneLine(message string) string {
	lines := strings.Split(message, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	if len(lines) == 1 {
		return lines[0]
	}
	return strings.TrimSuffix(lines[0], ":") + ": " + strings.Join(lines[1:], ", ")
}

package report

import (
	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/ink"
)

// maxDiagnostics is how many errors of a cell are shown, as the Go compiler does.
const maxDiagnostics = 10

// diagnostics reports everything that is wrong with a cell, each with its place. The first is the error's message.
func (w *writer) diagnostics(name string, ds gocode.Diagnostics) {
	for i, d := range ds {
		if i == maxDiagnostics {
			w.add()
			w.text("too many errors")
			return
		}
		before, after := 2, 1
		if i == 0 {
			w.title(name, d.Message)
		} else {
			before, after = 0, 0
			w.add()
			w.heading("", ink.Clean(shorten(d.Message)))
		}
		if d.Position.File != "" {
			w.place(mark{Position: d.Position, end: d.EndCol, before: before, after: after})
		}
		if d.Hint != "" {
			w.hint(d.Hint)
		}
	}
}

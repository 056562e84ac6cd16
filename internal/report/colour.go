package report

import "strings"

// style is how a terminal shows a piece of text.
type style string

// The colours of a report, as a terminal has them; Jupyter's clients turn them into their own.
const (
	plain style = ""
	red   style = "\x1b[0;31m"
	green style = "\x1b[0;32m"
	cyan  style = "\x1b[0;36m"
	bold  style = "\x1b[1m"
	dim   style = "\x1b[2m"
	reset       = "\x1b[0m"
)

// span is text in one style.
type span struct {
	string
	style
}

// line is one line of a report.
type line []span

func (l line) text(colour bool) string {
	var b strings.Builder
	for _, s := range l {
		if !colour || s.style == plain || s.string == "" {
			b.WriteString(s.string)
			continue
		}
		b.WriteString(string(s.style) + s.string + reset)
	}
	return strings.TrimRight(b.String(), " ")
}

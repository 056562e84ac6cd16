package prompt

import (
	"fmt"
	"strings"

	"github.com/gocluster/gocluster/internal/ink"
)

// Look is how a text is to be shown.
type Look struct {
	Width, Height int
	Colour        bool
	// First stands before the first line, More before the others.
	First, More string
	// Masked shows nothing of the text, as for passwords.
	Masked bool
}

// Frame is what the screen shows: rows of text with colours, and the cursor's place.
type Frame struct {
	Rows     []string
	Row, Col int
}

// menuRows is how many rows a menu or a description takes at most.
const menuRows = 10

// maxName is how much of a completion's text a menu shows.
const maxName = 40

// Styles of what is no source text.
const (
	prompting ink.Style = "\x1b[0;32m"
	faint     ink.Style = "\x1b[2m"
	chosen    ink.Style = "\x1b[7m"
)

// Frame shows the text and what is open below it, in no more rows than there are.
func (e *Editor) Frame(l Look) Frame {
	if e.search != nil {
		l.First = searchPrompt(e.search)
	}
	f := e.layout(l)
	below := e.below(l)
	if most := max(0, l.Height/2); len(below) > most {
		below = below[:most]
	}
	height := max(1, l.Height-len(below))
	e.top = max(0, min(e.top, f.Row, len(f.Rows)-height))
	e.top = max(e.top, f.Row-height+1)
	f.Rows = f.Rows[e.top:min(len(f.Rows), e.top+height)]
	f.Row -= e.top
	f.Rows = append(f.Rows[:len(f.Rows):len(f.Rows)], below...)
	return f
}

// Final shows the whole text and nothing else, with the cursor behind it: as it stays on the screen.
func (e *Editor) Final(l Look) Frame {
	f := e.layout(l)
	f.Row = len(f.Rows) - 1
	f.Col = 0
	return f
}

func searchPrompt(s *search) string {
	if s.failed {
		return fmt.Sprintf("search (nothing): %s | ", s.pattern)
	}
	return fmt.Sprintf("search: %s | ", s.pattern)
}

// layouter puts characters into rows. The last column stays free: a terminal that has written into it is in a state of its own.
type layouter struct {
	Look
	Frame
	row    strings.Builder
	col    int
	indent int // of rows that go on with a line
	style  ink.Style
}

// layout lays out the text.
func (e *Editor) layout(l Look) Frame {
	w := &layouter{Look: l}
	spans := e.helper.Highlight(e.text)
	at := 0
	for line := range strings.SplitSeq(e.text, "\n") {
		prompt := l.More
		if at == 0 {
			prompt = l.First
		}
		w.begin(prompt)
		for _, g := range ink.Layout(line) {
			w.put(g, at+g.Off, e.cursor, spans)
		}
		if at+len(line) == e.cursor {
			w.mark()
		}
		w.end()
		at += len(line) + 1
	}
	return w.Frame
}

func (w *layouter) begin(prompt string) {
	w.col, w.indent = 0, 0
	for _, g := range ink.Layout(prompt) {
		w.advance(g, prompting)
	}
	if w.indent = ink.End(ink.Layout(prompt)); w.indent > w.Width/2 {
		w.indent = 0
	}
}

// put adds a character that stands at a place in the text.
func (w *layouter) put(g ink.Glyph, at, cursor int, spans []ink.Span) {
	if w.Masked {
		g = ink.Glyph{}
	}
	w.wrap(g)
	if at == cursor {
		w.mark()
	}
	w.advance(g, ink.At(spans, at))
}

// wrap begins a row where the character would not fit.
func (w *layouter) wrap(g ink.Glyph) {
	if w.col+g.Width > w.Width-1 && w.col > w.indent {
		w.end()
		w.row.WriteString(strings.Repeat(" ", w.indent))
		w.col = w.indent
	}
}

func (w *layouter) advance(g ink.Glyph, style ink.Style) {
	w.wrap(g)
	if !w.Colour {
		style = ink.Plain
	}
	w.turn(style)
	w.row.WriteString(g.Text)
	w.col += g.Width
}

// turn changes the style.
func (w *layouter) turn(style ink.Style) {
	if style == w.style {
		return
	}
	if w.style != ink.Plain {
		w.row.WriteString(ink.Reset)
	}
	w.row.WriteString(string(style))
	w.style = style
}

func (w *layouter) mark() { w.Row, w.Col = len(w.Rows), w.col }

func (w *layouter) end() {
	w.turn(ink.Plain)
	w.Rows = append(w.Rows, w.row.String())
	w.row.Reset()
}

// below are the rows of what is open.
func (e *Editor) below(l Look) []string {
	paint := func(s ink.Style, text string) string {
		text = cutTo(text, l.Width-1)
		if !l.Colour {
			return text
		}
		return s.Paint(text)
	}
	switch {
	case e.menu != nil:
		return e.menu.rows(l, paint)
	case e.doc != nil && e.doc.hint:
		return []string{paint(faint, e.doc.lines[0])}
	case e.doc != nil:
		return e.doc.rows(paint)
	}
	return nil
}

// rows shows the choices around the selected one: text, kind, signature.
func (m *menu) rows(l Look, paint func(ink.Style, string) string) []string {
	from := max(0, min(m.selected-menuRows/2, len(m.Items)-menuRows))
	shown := m.Items[from:min(len(m.Items), from+menuRows)]
	width := 0
	for _, item := range shown {
		width = max(width, min(ink.End(ink.Layout(item.Text)), maxName))
	}
	var out []string
	for i, item := range shown {
		mark, style := "  ", ink.Plain
		if from+i == m.selected {
			mark, style = "> ", chosen
		}
		name := cutTo(item.Text, maxName)
		name += strings.Repeat(" ", max(0, width-ink.End(ink.Layout(name))))
		detail, _, _ := strings.Cut(item.Detail, "\n")
		out = append(out, paint(style, strings.TrimRight(fmt.Sprintf("%s%s  %-7s  %s", mark, name, item.Kind, detail), " ")))
	}
	if len(m.Items) > len(shown) {
		out = append(out, paint(faint, fmt.Sprintf("  %d of %d", m.selected+1, len(m.Items))))
	}
	return out
}

func (d *doc) rows(paint func(ink.Style, string) string) []string {
	shown := d.lines[d.top:min(len(d.lines), d.top+menuRows)]
	var out []string
	for _, line := range shown {
		out = append(out, paint(ink.Plain, "| "+line))
	}
	switch rest := len(d.lines) - d.top - len(shown); {
	case rest > 0:
		out = append(out, paint(faint, fmt.Sprintf("| %d more lines: PageDown", rest)))
	case d.level == 0:
		out = append(out, paint(faint, "| the same key says more; Esc closes"))
	}
	return out
}

// cutTo is a line as it is drawn, no wider than width.
func cutTo(line string, width int) string {
	var b strings.Builder
	for _, g := range ink.Layout(line) {
		if g.Col+g.Width > width-1 {
			b.WriteString("…")
			break
		}
		b.WriteString(g.Text)
	}
	return b.String()
}

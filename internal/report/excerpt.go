package report

import (
	"fmt"
	"strings"

	"github.com/gocluster/gocluster/internal/ink"
	"github.com/gocluster/gocluster/internal/unit"
)

// mark is a place to be shown.
type mark struct {
	unit.Position
	// end is the column after the marked text; 0 if that is not known.
	end int
	// function is the function that the place is in, if that says anything.
	function string
	// before and after are how many lines around it are shown.
	before, after int
}

// maxWidth is how many columns of a line are shown; a longer line is cut around its mark.
const maxWidth = 100

// place is a place with the source around it. Editors find "Cell In[3], line 2" and mark the line.
func (r *writer) place(m mark) {
	r.add(span{where(m.Position) + in(m.function), green})
	lines, first := r.sources.find(m.File, m.Line)
	if lines == nil {
		return
	}
	from, to := max(first, m.Line-m.before), min(first+len(lines)-1, m.Line+m.after)
	blank := func(n int) bool { return strings.TrimSpace(lines[n-first]) == "" }
	for from < m.Line && blank(from) {
		from++
	}
	for to > m.Line && blank(to) {
		to--
	}
	for n := from; n <= to; n++ {
		r.source(m, n, strings.TrimRight(lines[n-first], "\r"))
	}
}

// where names a position as people do.
func where(p unit.Position) string {
	name := ink.Clean(p.File)
	if strings.HasPrefix(name, "In[") {
		name = "Cell " + name
	}
	if name == "" {
		name = "unknown position"
	}
	if p.Line > 0 {
		name += fmt.Sprintf(", line %d", p.Line)
	}
	if p.Col > 0 {
		name += fmt.Sprintf(", column %d", p.Col)
	}
	return name
}

func in(function string) string {
	if function == "" {
		return ""
	}
	return ", in " + ink.Clean(function)
}

// source shows line n; below the marked line goes its caret.
func (r *writer) source(m mark, n int, text string) {
	glyphs := ink.Layout(text)
	if n != m.Line {
		r.add(span{fmt.Sprintf("%7d | ", n), dim}, span{draw(glyphs, 0, maxWidth), plain})
		return
	}
	number := fmt.Sprint(n)
	arrow := strings.Repeat("-", max(1, 5-len(number))) + "> "
	from, to := m.columns(glyphs, len(text))
	left := 0
	if ink.End(glyphs) > maxWidth { // begin early enough that the mark is seen
		left = max(0, min(from-maxWidth/3, ink.End(glyphs)-maxWidth))
	}
	to = min(to, left+maxWidth)
	r.add(span{arrow, red}, span{number, bold}, span{" | ", dim}, span{draw(glyphs, left, maxWidth), bold})
	if m.Col > 0 {
		blanks := strings.Repeat(" ", max(0, from-left))
		r.add(span{"        | ", dim}, span{blanks, plain}, span{strings.Repeat("^", max(1, to-from)), red})
	}
}

// columns is the span of the mark as it is drawn, on a line of so many bytes.
func (m mark) columns(glyphs []ink.Glyph, length int) (from, to int) {
	at := func(col int) int {
		if col > length {
			return ink.End(glyphs)
		}
		return ink.Column(glyphs, max(col-1, 0))
	}
	from = at(m.Col)
	if m.end <= m.Col {
		return from, from + 1
	}
	return from, at(m.end)
}

// draw is the part of a line between two columns, with an ellipsis where it is cut.
func draw(glyphs []ink.Glyph, left, width int) string {
	var b strings.Builder
	right := left + width
	for i, g := range glyphs {
		switch {
		case g.Col < left || g.Col+g.Width > right:
		case left > 0 && g.Col < left+1, i < len(glyphs)-1 && g.Col+g.Width > right-1 && ink.End(glyphs) > right:
			b.WriteString("…" + strings.Repeat(" ", max(0, g.Width-1)))
		default:
			b.WriteString(g.Text)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

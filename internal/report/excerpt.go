package report

import (
	"cmp"
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
	colours := ink.Highlight(strings.Join(lines, "\n"))
	at := 0
	for n := first; n <= to; n++ {
		if text := lines[n-first]; n >= from {
			r.source(m, n, strings.TrimRight(text, "\r"), func(off int) ink.Style { return ink.At(colours, at+off) })
		}
		at += len(lines[n-first]) + 1
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

// source shows line n, whose bytes have colours; below the marked line goes its caret.
func (r *writer) source(m mark, n int, text string, colour func(off int) ink.Style) {
	glyphs := ink.Layout(text)
	if n != m.Line {
		r.add(append(line{{fmt.Sprintf("%7d | ", n), dim}}, draw(glyphs, 0, plain, colour)...)...)
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
	r.add(append(line{{arrow, red}, {number, bold}, {" | ", dim}}, draw(glyphs, left, bold, colour)...)...)
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

// draw is the part of a line that begins at a column, in its colours, with an ellipsis where it is cut. What has no colour is in the style
// that is given.
func draw(glyphs []ink.Glyph, left int, otherwise style, colour func(off int) ink.Style) line {
	for n := len(glyphs); n > 0 && strings.TrimSpace(glyphs[n-1].Text) == ""; n-- {
		glyphs = glyphs[:n-1]
	}
	var out line
	right, end := left+maxWidth, ink.End(glyphs)
	for i, g := range glyphs {
		if g.Col < left || g.Col+g.Width > right {
			continue
		}
		text, s := g.Text, cmp.Or(style(colour(g.Off)), otherwise)
		if left > 0 && g.Col == left || i < len(glyphs)-1 && g.Col+g.Width > right-1 && end > right {
			text, s = "…"+strings.Repeat(" ", max(0, g.Width-1)), otherwise
		}
		if n := len(out); n > 0 && out[n-1].style == s {
			out[n-1].string += text
			continue
		}
		out = append(out, span{text, s})
	}
	return out
}

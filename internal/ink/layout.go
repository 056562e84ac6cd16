package ink

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// TabWidth is how far apart tab stops are: tabs become blanks, so that marks stand right wherever the lines are shown.
const TabWidth = 4

// Glyph is what is drawn of a line as one: a character with its combining marks, an emoji, the blanks of a tab.
type Glyph struct {
	Text string
	// Off is where it begins in the line, in bytes; Col where it is drawn, in columns, and Width how many it takes.
	Off, Col, Width int
}

// Layout draws a line: tabs as blanks, and what would disturb a terminal as Go would escape it.
func Layout(line string) []Glyph {
	var out []Glyph
	col, state := 0, -1
	for rest, off := line, 0; rest != ""; {
		var cluster string
		var width int
		cluster, rest, width, state = uniseg.FirstGraphemeClusterInString(rest, state)
		text := Clean(cluster)
		switch {
		case cluster == "\t":
			width = TabWidth - col%TabWidth
			text = strings.Repeat(" ", width)
		case text != cluster:
			width = uniseg.StringWidth(text)
		}
		out = append(out, Glyph{text, off, col, width})
		off, col = off+len(cluster), col+width
	}
	return out
}

// End is the column after the last glyph.
func End(glyphs []Glyph) int {
	if len(glyphs) == 0 {
		return 0
	}
	last := glyphs[len(glyphs)-1]
	return last.Col + last.Width
}

// Column is where the glyph with a byte of the line is drawn.
func Column(glyphs []Glyph, off int) int {
	for i := len(glyphs) - 1; i >= 0; i-- {
		if glyphs[i].Off <= off {
			return glyphs[i].Col
		}
	}
	return 0
}

// Clean makes text of any origin safe to show: invalid UTF-8 is replaced, and control characters, also those that turn the direction of
// writing, are shown as Go escapes them. Line ends and tabs stay.
func Clean(text string) string {
	if !strings.ContainsFunc(text, unsafe) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		switch {
		case !unsafe(r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func unsafe(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

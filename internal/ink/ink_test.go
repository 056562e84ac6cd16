package ink

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// names are what the styles are for; built-in names look like numbers.
var names = map[Style]string{Keyword: "keyword", Text: "text", Number: "value", Comment: "comment", Magic: "magic"}

// TestHighlight lists the coloured pieces of cells.
func TestHighlight(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"", ""},
		{"x := 1", "value 1"},
		{"for i := range 3 {\n\tprintln(i, nil)\n}", "keyword for, keyword range, value 3, value println, value nil"},
		{"s := \"a\" + `b\nc` + 'd' // e\n/* f\ng */", "text \"a\", text `b\nc`, text 'd', comment // e, comment /* f\ng */"},
		{"\"not at its end\nfor", "text \"not at its end, keyword for"},
		{"日本 := \"語\"", "text \"語\""},
		{"%time x\ny := 2", "magic %time x, value 2"},
		{"y := 2\n  !ls 'it\nfor", "value 2, magic !ls 'it, keyword for"},
		{"%%time\nfor", "magic %%time, keyword for"},
		{"%%bash -e\nfor i in 1; do", "magic %%bash -e"},
		{"a %\nb % 2\n!c", "value 2, magic !c"},
		{"x := 1 %", "value 1"},
	} {
		var got []string
		for _, s := range Highlight(c.src) {
			got = append(got, names[s.Style]+" "+c.src[s.From:s.To])
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%q: got %s, want %s", c.src, text, c.want)
		}
	}
}

func TestAt(t *testing.T) {
	spans := []Span{{1, 3, Keyword}, {3, 4, Text}, {6, 7, Number}}
	want := []Style{Plain, Keyword, Keyword, Text, Plain, Plain, Number, Plain}
	for off, style := range want {
		if got := At(spans, off); got != style {
			t.Errorf("byte %d: %q, want %q", off, got, style)
		}
	}
	if At(nil, 0) != Plain {
		t.Error("without spans there are colours")
	}
}

func TestPaint(t *testing.T) {
	if got := Keyword.Paint("for"); got != "\x1b[0;34mfor\x1b[0m" {
		t.Errorf("got %q", got)
	}
	if Plain.Paint("x") != "x" || Keyword.Paint("") != "" {
		t.Error("what has no colour or no text has escape sequences")
	}
}

// TestLayout draws lines: each glyph with its column.
func TestLayout(t *testing.T) {
	for _, c := range []struct {
		line, want string
		end        int
	}{
		{"", "", 0},
		{"ab", "0:a 1:b", 2},
		{"日本", "0:日 2:本", 4},
		{"e\u0301x", "0:e\u0301 1:x", 2},
		{"👩‍👩‍👧x", "0:👩‍👩‍👧 2:x", 3},
		{"\ta", "0:____ 4:a", 5},
		{"ab\tc", "0:a 1:b 2:__ 4:c", 5},
		{"日a\tc", "0:日 2:a 3:_ 4:c", 5},
		{"a\x1bb", "0:a 1:\\x1b 5:b", 6},
		{"\xffb", "0:\uFFFD 1:b", 2},
	} {
		glyphs := Layout(c.line)
		var got []string
		for _, g := range glyphs {
			got = append(got, fmt.Sprintf("%d:%s", g.Col, strings.ReplaceAll(g.Text, " ", "_")))
		}
		if text := strings.Join(got, " "); text != c.want || End(glyphs) != c.end {
			t.Errorf("%q: got %s, %d columns; want %s, %d columns", c.line, text, End(glyphs), c.want, c.end)
		}
	}
}

func TestColumn(t *testing.T) {
	glyphs := Layout("a日\tb") // bytes: a 0, 日 1-3, tab 4, b 5
	for off, want := range []int{0, 1, 1, 1, 3, 4, 4} {
		if got := Column(glyphs, off); got != want {
			t.Errorf("byte %d is drawn in column %d, want %d", off, got, want)
		}
	}
	if Column(nil, 3) != 0 {
		t.Error("an empty line has columns")
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain\ttext\n日本": "plain\ttext\n日本",
		"\x1b[2J\r\x00":   `\x1b[2J\x0d\x00`,
		"a\u202eb\u2028":  `a\u202eb\u2028`,
		"\u0085":          `\u0085`,
		"a\xffb":          "a\uFFFDb",
	} {
		if got := Clean(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// FuzzInk: whatever a text is, the coloured pieces lie in it one after the other, and what is drawn of a line is safe and covers it.
func FuzzInk(f *testing.F) {
	for _, src := range []string{"x := `a\r\nb`", "%%bash\n'", "/*", "\xff\x1b\"", "a\t日\u202e", "\n%"} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		at := 0
		for _, s := range Highlight(src) {
			if s.From < at || s.To < s.From || s.To > len(src) || names[s.Style] == "" {
				t.Fatalf("%q: span %v after byte %d", src, s, at)
			}
			at = s.To
		}
		line, _, _ := strings.Cut(src, "\n")
		off, col := 0, 0
		for _, g := range Layout(line) {
			if g.Off < off || g.Col != col || strings.ContainsFunc(g.Text, unsafe) || strings.Contains(g.Text, "\t") || !utf8.ValidString(g.Text) {
				t.Fatalf("%q: %+v in column %d", line, g, col)
			}
			off, col = g.Off, g.Col+g.Width
		}
	})
}

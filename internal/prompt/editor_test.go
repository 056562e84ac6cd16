package prompt

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/ink"
	"github.com/gocluster/gocluster/internal/prompt/prompttest"
)

// words is a helper that knows some words: texts with an open brace are not whole, and "len" is described.
type words struct{ nobody }

func (words) Complete(text string, cursor int) Completion {
	start := beforeWord(text, cursor, inWord)
	c := Completion{Start: start, End: cursor}
	for _, item := range []Candidate{{"Split", "func", "func(s, sep string) []string"}, {"SplitAfter", "func", ""}, {"Sprint", "func", ""}, {"größe", "var", "int"}} {
		if strings.HasPrefix(item.Text, text[start:cursor]) {
			c.Items = append(c.Items, item)
		}
	}
	return c
}

func (words) Describe(text string, cursor, level int) string {
	if !strings.HasSuffix(text[:cursor], "len") {
		return ""
	}
	return "func len(v Type) int" + strings.Repeat("\nabout len", 14*level)
}

func (words) Continue(text string) (bool, string) {
	open := strings.Count(text, "{") - strings.Count(text, "}")
	return open > 0, strings.Repeat("\t", max(0, open))
}

func (words) Highlight(text string) []ink.Span { return ink.Highlight(text) }

var earlier = []string{"x := 1", "for {\n\tx++\n}", "fmt.Println(x)", "x = 2"}

// keysIn reads a script: names of keys in angle brackets, and text.
func keysIn(script string) []Key {
	var out []Key
	for script != "" {
		if name, rest, ok := strings.Cut(script, ">"); ok && script[0] == '<' {
			name, text, _ := strings.Cut(name[1:], " ")
			out = append(out, Key{name, text})
			script = rest
			continue
		}
		r := []rune(script)[0]
		out = append(out, Key{Text: string(r)})
		script = script[len(string(r)):]
	}
	return out
}

// TestEditor presses keys and looks at the text: | is the cursor.
func TestEditor(t *testing.T) {
	for _, c := range []struct{ about, keys, want string }{
		{"characters are what is drawn as one", "e\u0301👍🏽日x<left><left><backspace>", "e\u0301|日x"},
		{"Delete", "日本<home><delete>", "|本"},
		{"C-d in a text", "ab<C-a><C-d>", "|b"},
		{"words", "foo.bar(baz)<M-b><M-b>", "foo.|bar(baz)"},
		{"forth", "foo.bar<C-a><M-f>", "foo|.bar"},
		{"line ends", "a<C-j>bc<C-a>x<C-e>y", "a\nxbcy|"},
		{"text ends", "a<C-j>b<M-<>x", "x|a\nb"},
		{"up and down keep the column", "abcdef<C-j>x<C-j>123456<up><up>!", "abcdef!|\nx\n123456"},
		{"wide characters are two columns", "日本語<C-j>abcd<up>!", "日本!|語\nabcd"},
		{"a whole text is run", "x<enter>", "x| run"},
		{"a text that is not whole goes on, indented", "for {<enter>x<enter>}<enter>", "for {\n\tx\n}| run"},
		{"a new line anyway", "x<M-enter>y", "x\ny|"},
		{"Enter above the last line", "a<C-j>b<up><enter>c", "a\nc|\nb"},
		{"a line keeps its indentation", "for {<enter>a<C-j>b", "for {\n\ta\n\tb|"},
		{"Shift-Tab takes it off", "for {<enter>a<S-tab>", "for {\na|"},
		{"Tab indents an empty line", "<tab>x", "\tx|"},
		{"a paste is taken as it is", "<paste for {\n\tx\n}>", "for {\n\tx\n}|"},

		{"kill and yank", "one two<C-w><C-a><C-y>", "two|one "},
		{"kills in a row are one", "a b c<C-w><C-w><C-y>", "a b c|"},
		{"kills forth are one, too", "a b c<C-a><M-d><M-d><C-e><C-y>", " ca b|"},
		{"an earlier kill", "one<C-u>two<C-u><C-y><M-y>", "one|"},
		{"kill the line, then its end", "ab<C-j>c<up><C-a><C-k><C-k>", "|c"},
		{"undo goes by words", "one two<C-_>", "one |"},
		{"undo of a kill", "one two<C-u><C-_>", "one two|"},
		{"undo everything", "one<backspace><C-w><C-_><C-_><C-_>", "|"},
		{"redo", "one two<C-_><C-_><M-_><M-_>", "one two|"},
		{"redo as far as something was undone", "one two<C-_><M-_><M-_>", "one two|"},
		{"a redo can be undone", "one two<C-_><M-_><C-_>", "one |"},
		{"after a change there is nothing to redo", "one two<C-_>x<M-_>", "one x|"},
		{"nor after undoing that", "one two<C-_>x<C-_><M-_><M-_>", "one x|"},

		{"the one completion", "gr<tab>", "größe|"},
		{"what all have in common", "Spl<tab>", "Split|"},
		{"choose", "S<tab><tab><tab><enter>", "Sprint|"},
		{"back", "S<tab><up><enter>", "Sprint|"},
		{"typing narrows", "S<tab>r<enter>", "Sprint|"},
		{"erasing widens", "Spr<left><tab><backspace><down><down><enter>", "Sprint|r"},
		{"Escape closes", "S<tab><esc><enter>", "Sp| run"},
		{"any other key closes", "S<tab>.", "Sp.|"},
		{"nothing fits", "q<tab>", "q|"},

		{"earlier inputs", "<up>", "x = 2|"},
		{"those that begin so", "x<up><up>", "x := 1|"},
		{"and back", "x<up><up><down><down>", "x|"},
		{"an input of several lines is one", "<up><up><up>", "for {\n\tx++\n}|"},
		{"in which Up moves, once it is edited", "f<up><up><left><right><up>!", "for {\n!|\tx++\n}"},
		{"search", "<C-r>print<enter>", "fmt.|Println(x)"},
		{"search further", "<C-r>x<C-r><C-r><enter>", "for {\n\t|x++\n}"},
		{"and back", "<C-r>x<C-r><C-r><C-s><enter>", "fmt.Println(|x)"},
		{"leave a search", "abc<C-r>print<C-g>", "abc|"},
		{"a key ends a search and does its work", "<C-r>print<C-a>!", "!|fmt.Println(x)"},
		{"Escape alone does nothing", "a<esc>b", "ab|"},
	} {
		t.Run(c.about, func(t *testing.T) {
			e := NewEditor(words{}, func() []string { return earlier })
			out := Editing
			for _, k := range keysIn(c.keys) {
				out = e.Press(k)
			}
			got := e.text[:e.cursor] + "|" + e.text[e.cursor:]
			if out == Accepted {
				got += " run"
			}
			if got != c.want {
				t.Errorf("%s: got %q, want %q", c.keys, got, c.want)
			}
		})
	}
}

func TestOutcomes(t *testing.T) {
	for keys, want := range map[string]Outcome{
		"<C-d>": Ended, "a<C-d>": Editing, "a<C-c>": Interrupted, "S<tab><C-c>": Editing, "S<tab><C-c><C-c>": Interrupted, "<C-z>": Suspended,
		"<C-l>": Cleared, "<C-x><C-e>": Elsewhere, "<C-x>q": Editing, "<C-r><C-c>": Editing, "for {<enter>": Editing, "x<enter>": Accepted,
	} {
		e := NewEditor(words{}, nil)
		var got Outcome
		for _, k := range keysIn(keys) {
			got = e.Press(k)
		}
		if got != want {
			t.Errorf("%s: outcome %d, want %d", keys, got, want)
		}
	}
}

var look = Look{Width: 30, Height: 8, First: "In[1]: ", More: "  ...: "}

// TestFrame presses keys and looks at the screen; ‸ is the cursor.
func TestFrame(t *testing.T) {
	for _, c := range []struct{ about, keys, want string }{
		{"nothing", "", "In[1]: ‸"},
		{"lines", "for {<enter>x", "In[1]: for {\n  ...:     x‸"},
		{"a long line is broken", "0123456789012345678901234567", "In[1]: 0123456789012345678901\n       234567‸"},
		{"a wide character is not cut", "012345678901234567890日", "In[1]: 012345678901234567890\n       日‸"},
		{"controls are shown", "<paste a\x1bb>", "In[1]: a\\x1bb‸"},
		{"a menu", "S<tab>", "In[1]: Sp‸\n> Split       func     func(…\n  SplitAfter  func\n  Sprint      func"},
		{"a description", "len<f1>", "In[1]: len‸\n| func len(v Type) int\n| the same key says more; Es…"},
		{"all of it, as far as there is room", "len<f1><f1>", "In[1]: len‸\n| func len(v Type) int\n| about len\n| about len\n| about len"},
		{"scrolled", "len<f1><f1><pgdn>", "In[1]: len‸\n| about len\n| about len\n| about len\n| about len"},
		{"closed", "len<f1><esc>", "In[1]: len‸"},
		{"unknown", "foo<M-h>", "In[1]: foo‸\n| nothing is known of what i…"},
		{"the signature of a call", "len(", "In[1]: len(‸\nfunc len(v Type) int"},
		{"until its end", "len(x)", "In[1]: len(x)‸"},
		{"a text that is too high is shown around the cursor", "<paste 1\n2\n3\n4\n5\n6\n7\n8\n9\n10>", "  ...: 3\n  ...: 4\n  ...: 5\n  ...: 6\n  ...: 7\n  ...: 8\n  ...: 9\n  ...: 10‸"},
		{"wherever it is", "<paste 1\n2\n3\n4\n5\n6\n7\n8\n9\n10><M-<>", "In[1]: ‸1\n  ...: 2\n  ...: 3\n  ...: 4\n  ...: 5\n  ...: 6\n  ...: 7\n  ...: 8"},
		{"a search", "<C-r>print", "search: print | fmt.‸Println(x\n)"},
		{"in vain", "<C-r>nope", "search (nothing): nope | fmt.\nPrintl‸n(x)"},
	} {
		t.Run(c.about, func(t *testing.T) {
			e := NewEditor(words{}, func() []string { return earlier })
			for _, k := range keysIn(c.keys) {
				e.Press(k)
			}
			f := e.Frame(look)
			if got := pictured(f); got != c.want {
				t.Errorf("%s: got\n%s\nwant\n%s", c.keys, got, c.want)
			}
		})
	}
}

// pictured is a frame with its cursor.
func pictured(f Frame) string {
	rows := slices.Clone(f.Rows)
	glyphs := ink.Layout(rows[f.Row])
	at := len(rows[f.Row])
	for _, g := range glyphs {
		if g.Col >= f.Col {
			at = g.Off
			break
		}
	}
	rows[f.Row] = rows[f.Row][:at] + "‸" + rows[f.Row][at:]
	return strings.Join(rows, "\n")
}

func TestColours(t *testing.T) {
	e := NewEditor(words{}, nil)
	e.SetText("x := \"a\nfor")
	l := look
	l.Colour, l.First, l.More = true, "", ""
	want := []string{"x := \x1b[0;32m\"a\x1b[0m", "\x1b[0;34mfor\x1b[0m"}
	if got := e.Frame(l).Rows; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

var seed = flag.Uint64("prompt.seed", 1, "seed of TestDrawing")

// TestDrawing presses keys at random: after each the screen shows the frame, and the cursor is in its place, although only what differs is
// drawn, whatever was there before and however wide the window becomes.
func TestDrawing(t *testing.T) {
	keys := []Key{{Text: "a"}, {Text: "日"}, {Text: "S"}, {Text: "("}, {Name: "paste", Text: "1\n2\n3\n\tlong line, longer than the screen"}}
	for name := range keymap {
		keys = append(keys, Key{Name: name})
	}
	slices.SortFunc(keys, func(a, b Key) int { return strings.Compare(a.Name+a.Text, b.Name+b.Text) })
	random := rand.New(rand.NewPCG(*seed, 0))
	for round := range 50 {
		e := NewEditor(words{}, func() []string { return earlier })
		screen, c := prompttest.New(look.Width, look.Height), &canvas{}
		var log []string
		for range 100 {
			k := keys[random.IntN(len(keys))]
			log = append(log, k.Name+k.Text)
			if out := e.Press(k); out != Editing {
				fmt.Fprint(screen, c.draw(e.Frame(look), look.Width))
				continue
			}
			f := e.Frame(look)
			fmt.Fprint(screen, c.draw(f, look.Width))
			row, col := screen.Cursor()
			rows := screen.Rows()
			if want := trimmed(f.Rows); !slices.Equal(rows[:min(len(want), len(rows))], want) || strings.Join(rows[len(want):], "") != "" || row != f.Row || col != f.Col {
				t.Fatalf("seed %d, round %d: after %q the screen is\n%s\nwith the cursor at %d,%d; want\n%s\nand %d,%d",
					*seed, round, log, strings.Join(rows, "\n"), row, col, strings.Join(want, "\n"), f.Row, f.Col)
			}
		}
	}
}

func trimmed(rows []string) []string {
	var out []string
	for _, r := range rows {
		out = append(out, strings.TrimRight(r, " "))
	}
	return out
}

func TestKeys(t *testing.T) {
	for in, want := range map[string]string{
		"ab":                              "'a' 'b'",
		"日":                               "'日'",
		"\r\t\x7f\x01\x1f":                "enter tab backspace C-a C-_",
		"\x1b[A\x1bOB\x1b[1;5C":           "up down C-right",
		"\x1bb\x1b\r\x1b\x7f\x1b\x1b[D":   "M-b M-enter M-backspace M-left",
		"\x1b[3~\x1b[5~\x1b[11~\x1bOP":    "delete pgup f1 f1",
		"\x1b[Z\x1b[13;2u":                "S-tab S-enter",
		"\x1b[200~a\r\n\tb\x1bc\x1b[201~": "paste\"a\\n\\tb\\x1bc\"",
		"\x1b":                            "esc",
		"\x1b[200~not at its end":         "",
		"\x1b[99;99X":                     "",
	} {
		for _, step := range []int{1, 100} {
			var d decoder
			var got []string
			for _, flush := range []bool{false, true} {
				for i := 0; i < len(in) && !flush; i += step {
					d.buf = append(d.buf, in[i:min(len(in), i+step)]...)
					got = append(got, decoded(&d, false)...)
				}
				if flush {
					got = append(got, decoded(&d, true)...)
				}
			}
			if text := strings.Join(got, " "); text != want {
				t.Errorf("%q by %d: %s, want %s", in, step, text, want)
			}
		}
	}
}

func decoded(d *decoder, flush bool) []string {
	var out []string
	for k, ok := d.next(flush); ok; k, ok = d.next(flush) {
		switch {
		case k.Name == "paste":
			out = append(out, fmt.Sprintf("paste%q", k.Text))
		case k.Name != "":
			out = append(out, k.Name)
		case k.Text != "":
			out = append(out, "'"+k.Text+"'")
		}
	}
	return out
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte("\x1b[200~a\x1b[201~\x1b[1;5C\xff日"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := decoder{buf: data}
		e := NewEditor(words{}, func() []string { return earlier })
		for k, ok := d.next(true); ok; k, ok = d.next(true) {
			if e.Press(k) != Editing {
				e.Reset()
			}
			e.Frame(look)
		}
	})
}

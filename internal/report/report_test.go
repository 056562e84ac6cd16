package report

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/unit"
	"github.com/gocluster/gocluster/views"
)

func at(cell, line, col int) unit.Position {
	return unit.Position{File: fmt.Sprintf("In[%d]", cell), Line: line, Col: col}
}

func compile(ds ...gocode.Diagnostic) error {
	return &session.CellError{EName: session.CompileErrorName, Message: ds[0].Message, Diagnostics: ds}
}

type named struct{}

func (named) Error() string { return "no such magic" }
func (named) Name() string  { return "UsageError" }

func many(n int) (ds []gocode.Diagnostic) {
	for i := range n {
		ds = append(ds, gocode.Diagnostic{Message: fmt.Sprintf("undefined: x%d", i), Position: at(9, i+1, 1)})
	}
	return ds
}

func deep(n int) error {
	e := &session.CellError{EName: "panic", Message: "bottom"}
	for i := range n {
		e.Positions = append(e.Positions, at(1, min(i, 1)+2, 0))
		e.Funcs = append(e.Funcs, "fib")
	}
	e.Positions, e.Funcs = append(e.Positions, at(2, 7, 0)), append(e.Funcs, "")
	return e
}

// reports are errors and what people see of them.
var reports = []struct {
	name          string
	err           error
	ename, evalue string
	want          string
}{
	{"the format", compile(gocode.Diagnostic{Message: "undefined: undefinedVar", Position: at(3, 2, 13), EndCol: 25, Hint: "did you mean `undefinedVal`? (Cell In[1])"}),
		"CompileError", "undefined: undefinedVar", `
CompileError: undefined: undefinedVar
Cell In[3], line 2, column 13
      1 | import "fmt"
----> 2 | fmt.Println(undefinedVar)
        |             ^^^^^^^^^^^^
hint: did you mean ` + "`undefinedVal`? (Cell In[1])"},
	{"two errors, one of several lines", compile(
		gocode.Diagnostic{Message: "not enough arguments in call to f\n\thave ()\n\twant (int)", Position: at(1, 2, 9)},
		gocode.Diagnostic{Message: "missing return", Position: at(1, 3, 1)}),
		"CompileError", "not enough arguments in call to f: have (), want (int)", `
CompileError: not enough arguments in call to f
	have ()
	want (int)
Cell In[1], line 2, column 9
      1 | func f(n int) int {
----> 2 |     return 10 / n
        |            ^
      3 | }

missing return
Cell In[1], line 3, column 1
----> 3 | }
        | ^`},
	{"wide letters", compile(gocode.Diagnostic{Message: "m", Position: at(5, 1, 6), EndCol: 17}), "CompileError", "m", `
CompileError: m
Cell In[5], line 1, column 6
----> 1 | s := "日本語" + 1 // 语
        |      ^^^^^^^^
      2 |     e` + "\u0301" + ` := "👩‍👩‍👧" * nope`},
	{"combining letters, emoji and tabs", compile(gocode.Diagnostic{Message: "m", Position: at(5, 2, 32), EndCol: 36}), "CompileError", "m", `
CompileError: m
Cell In[5], line 2, column 32
      1 | s := "日本語" + 1 // 语
----> 2 |     e` + "\u0301" + ` := "👩‍👩‍👧" * nope
        |                 ^^^^`},
	{"a long line", compile(gocode.Diagnostic{Message: "undefined: wrong", Position: at(6, 1, 312), EndCol: 317}), "CompileError", "undefined: wrong", `
CompileError: undefined: wrong
Cell In[6], line 1, column 312
----> 1 | …, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, wrong, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,…
        |                                  ^^^^^`},
	{"control characters", compile(gocode.Diagnostic{Message: "cannot use \x1b[31m\xff", Position: at(7, 2, 6), EndCol: 13}), "CompileError", `cannot use \x1b[31m` + "\uFFFD", `
CompileError: cannot use \x1b[31m` + "\uFFFD" + `
Cell In[7], line 2, column 6
      1 | a
----> 2 | b := "\x1b[31m" + 1
        |      ^^^^^^^^^^`},
	{"a file", compile(gocode.Diagnostic{Message: "syntax error: unexpected EOF", Position: unit.Position{File: "prog.go", Line: 11, Col: 9}}), "CompileError", "syntax error: unexpected EOF", `
CompileError: syntax error: unexpected EOF
prog.go, line 11, column 9
     10 | x := 1
---> 11 | y := x +
        |         ^`},
	{"columns that do not exist", compile(gocode.Diagnostic{Message: "m", Position: at(1, 3, 99)}, gocode.Diagnostic{Message: "n", Position: at(1, 99, 1)}), "CompileError", "m", `
CompileError: m
Cell In[1], line 3, column 99
      1 | func f(n int) int {
      2 |     return 10 / n
----> 3 | }
        |  ^

n
Cell In[1], line 99, column 1`},
	{"too many errors", compile(many(12)...), "CompileError", "undefined: x0",
		"\nCompileError: undefined: x0\nCell In[9], line 1, column 1\n\nundefined: x1\nCell In[9], line 2, column 1\n\nundefined: x2\nCell In[9], line 3, column 1\n\n" +
			"undefined: x3\nCell In[9], line 4, column 1\n\nundefined: x4\nCell In[9], line 5, column 1\n\nundefined: x5\nCell In[9], line 6, column 1\n\n" +
			"undefined: x6\nCell In[9], line 7, column 1\n\nundefined: x7\nCell In[9], line 8, column 1\n\nundefined: x8\nCell In[9], line 9, column 1\n\n" +
			"undefined: x9\nCell In[9], line 10, column 1\n\ntoo many errors"},
	{"a panic through two cells", &session.CellError{EName: "panic", Message: "runtime error: integer divide by zero",
		Positions: []unit.Position{at(1, 2, 5), at(2, 7, 0)}, Funcs: []string{"f", ""}}, "panic", "runtime error: integer divide by zero", `
panic: runtime error: integer divide by zero
Cell In[1], line 2, in f
      1 | func f(n int) int {
----> 2 |     return 10 / n
      3 | }
Cell In[2], line 7`},
	{"recursion", deep(1236), "panic", "bottom", `
panic: bottom
Cell In[1], line 2, in fib
      1 | func f(n int) int {
----> 2 |     return 10 / n
      3 | }
Cell In[1], line 3, in fib
----> 3 | }
... 1,234 more frames of fib
Cell In[2], line 7`},
	{"lost variables", &session.CellError{EName: "SessionLost", Message: "killed", Lost: []string{"x"}, Extra: []string{"It has been replaced."}}, "SessionLost", "killed", `
SessionLost: killed
It has been replaced.`},
	{"a wrong magic", fmt.Errorf("wrapped: %w", named{}), "UsageError", "no such magic", "\nUsageError: no such magic"},
	{"an interrupt", context.Canceled, "KeyboardInterrupt", "interrupted", "\nKeyboardInterrupt: interrupted"},
	{"anything else", errors.New("oh\nno"), "Error", "oh: no", "\nError: oh\nno"},
	{"one engine", &views.MapError{Total: 4, Failed: []*views.ElementError{{Engine: 3, Kind: "panic", Message: "panic: oh", Trace: "\tIn[1]:2:9 in f"}}}, "EngineError", "[engine 3] panic: oh", `
EngineError: [engine 3] panic: oh
Cell In[1], line 2, in f
      1 | func f(n int) int {
----> 2 |     return 10 / n
      3 | }`},
	{"engines", &views.MapError{Total: 4, Failed: []*views.ElementError{{Engine: 0, Message: "oh"}, {Engine: 1, Message: "oh"}, {Engine: 3, Message: "oh"}, {Engine: 2, Kind: "timeout", Message: "after 1s"}}},
		"CompositeError", "4 engines, 2 distinct", `
CompositeError: 4 engines, 2 distinct
[engines 0-1,3] oh

[engine 2] timeout: after 1s`},
	{"a cell's engines", &session.CellError{EName: "*views.MapError", Message: "2 of 2 engines failed:", Elements: 2, Positions: []unit.Position{at(2, 7, 0)}, Funcs: []string{""},
		Engines: []session.EngineFailure{{Engine: 0, Kind: "panic", Message: "panic: oh", Trace: "\tIn[1]:2:9 in f"}, {Engine: 1, Kind: "panic", Message: "panic: oh", Trace: "\tIn[1]:2:9 in f"}}},
		"CompositeError", "2 engines, 1 distinct", `
CompositeError: 2 engines, 1 distinct
[engines 0-1] panic: oh
Cell In[1], line 2, in f
      1 | func f(n int) int {
----> 2 |     return 10 / n
      3 | }
Cell In[2], line 7`},
	{"elements", &session.CellError{Elements: 100, Engines: []session.EngineFailure{{Engine: 0, Element: "element 3 (17)", Message: "oh"}, {Engine: 0, Element: "element 5 (19)", Message: "oh"},
		{Engine: 1, Element: "element 7 (21)", Message: "oh"}, {Engine: 1, Element: "element 8 (22)", Message: "oh"}}},
		"CompositeError", "4 of 100 elements failed on 2 engines, 1 distinct", `
CompositeError: 4 of 100 elements failed on 2 engines, 1 distinct
[engines 0-1] oh
element 3 (17), element 5 (19), element 7 (21) and 1 more`},
	{"one element", &session.CellError{Elements: 100, Engines: []session.EngineFailure{{Engine: 0, Element: "element 3 (17)", Kind: "panic", Message: "panic: oh"}}},
		"EngineError", "[engine 0] element 3 (17): panic: oh", "\nEngineError: [engine 0] element 3 (17): panic: oh"},
}

func TestReports(t *testing.T) {
	var s Sources
	s.Add("In[1]", 1, "func f(n int) int {\n\treturn 10 / n\n}")
	s.Add("In[3]", 1, "import \"fmt\"\nfmt.Println(undefinedVar)")
	s.Add("In[5]", 1, "s := \"日本語\" + 1 // 语\n\te\u0301 := \"👩‍👩‍👧\" * nope")
	s.Add("In[6]", 1, "x := []int{"+strings.Repeat("1, ", 100)+"wrong"+strings.Repeat(", 2", 100)+"}")
	s.Add("In[7]", 1, "a\r\nb := \"\x1b[31m\" + 1\r\n")
	s.Add("prog.go", 10, "x := 1\ny := x +")
	s.Add("prog.go", 20, "z")
	for _, tt := range reports {
		t.Run(tt.name, func(t *testing.T) {
			got := Of(tt.err, &s)
			if got.EName != tt.ename || got.EValue != tt.evalue {
				t.Errorf("got %q: %q, want %q: %q", got.EName, got.EValue, tt.ename, tt.evalue)
			}
			if text := got.Text(false); text != strings.TrimPrefix(tt.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", text, strings.TrimPrefix(tt.want, "\n"))
			}
			if text := got.Text(true); !utf8.ValidString(text) {
				t.Errorf("invalid UTF-8: %q", text)
			}
		})
	}
}

func TestColours(t *testing.T) {
	var s Sources
	s.Add("In[1]", 1, "x")
	got := Of(compile(gocode.Diagnostic{Message: "m\x1b[2J", Position: at(1, 1, 1), Hint: "h"}), &s).Text(true)
	want := "\x1b[0;31mCompileError\x1b[0m: m\\x1b[2J\n" +
		"\x1b[0;32mCell In[1], line 1, column 1\x1b[0m\n" +
		"\x1b[0;31m----> \x1b[0m\x1b[1m1\x1b[0m\x1b[2m | \x1b[0m\x1b[1mx\x1b[0m\n" +
		"\x1b[2m        | \x1b[0m\x1b[0;31m^\x1b[0m\n" +
		"\x1b[0;36mhint: \x1b[0mh"
	if got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// TestSourceColours reads which pieces of the source lines have which colour: those that they have where they are written.
func TestSourceColours(t *testing.T) {
	var s Sources
	s.Add("In[1]", 1, "x := `a\n  b` + f(7)\nif 日 { // no\n"+strings.Repeat(" ", 90)+"return \"long\"")
	for _, c := range []struct {
		about     string
		line, col int
		want      []string
	}{
		{"a text of several lines; what is marked and has no colour is bold", 2, 8, []string{
			"<dim>      1 | <>x := <green>`a<>",
			"<red>----> <><bold>2<><dim> | <><green>  b`<><bold> + f(<><cyan>7<><bold>)<>",
			"<dim>        | <>       <red>^<>",
			"<dim>      3 | <><blue>if<> 日 { <grey>// no<>"}},
		{"a line that is cut", 4, 100, []string{
			"<dim>      2 | <><green>  b`<> + f(<cyan>7<>)",
			"<dim>      3 | <><blue>if<> 日 { <grey>// no<>",
			"<red>----> <><bold>4<><dim> | <><bold>…" + strings.Repeat(" ", 86) + "<><blue>return<><bold> <><green>\"long\"<>",
			"<dim>        | <>" + strings.Repeat(" ", 96) + "<red>^<>"}},
	} {
		names := strings.NewReplacer("\x1b[0m", "<>", "\x1b[2m", "<dim>", "\x1b[1m", "<bold>", "\x1b[0;31m", "<red>", "\x1b[0;32m", "<green>",
			"\x1b[0;34m", "<blue>", "\x1b[0;36m", "<cyan>", "\x1b[0;90m", "<grey>")
		var got []string
		for _, l := range Of(compile(gocode.Diagnostic{Message: "m", Position: at(1, c.line, c.col)}), &s).Lines(true)[2:] {
			got = append(got, names.Replace(l))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", c.about, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

func TestFolding(t *testing.T) {
	for _, tt := range []struct{ stack, want string }{
		{"a b c", "a b c"},
		{"f f f", "f f f"},
		{"f f f f g", "f f (2 f) g"},
		{"g f f f f f", "g f f (3 f)"},
		{"g f*9 m", "g f (9 f) m"},
		{"f f*1 m", "f f (1 f) m"},
		{"a b*3 c", "a b (3 b) c"},
		{"e o e o e o e o m", "e o e o (4 e, o) m"},
		{"a b a c a d", "a b a c a d"},
	} {
		var all []frame
		for f := range strings.FieldsSeq(tt.stack) {
			name, more, _ := strings.Cut(f, "*")
			n, _ := strconv.Atoi(more)
			all = append(all, frame{function: name, more: n})
		}
		var got []string
		for _, g := range fold(all) {
			if g.folded > 0 {
				got = append(got, fmt.Sprintf("(%d %s)", g.folded, g.names))
				continue
			}
			got = append(got, g.function)
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%s: got %s, want %s", tt.stack, text, tt.want)
		}
	}
}

func TestAStackWithoutRecursionIsCut(t *testing.T) {
	e := &session.CellError{EName: "panic", Message: "m"}
	for i := range 40 {
		e.Positions, e.Funcs = append(e.Positions, at(1, i+1, 0)), append(e.Funcs, fmt.Sprint("f", i))
	}
	got := Of(e, nil).Lines(false)
	want := "panic: m|Cell In[1], line 1, in f0|Cell In[1], line 2, in f1|Cell In[1], line 3, in f2|Cell In[1], line 4, in f3|Cell In[1], line 5, in f4|" +
		"Cell In[1], line 6, in f5|... 31 more frames|Cell In[1], line 38, in f37|Cell In[1], line 39, in f38|Cell In[1], line 40, in f39"
	if text := strings.Join(got, "|"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestSourcesAreBounded(t *testing.T) {
	var s Sources
	for i := range maxCells + 5 {
		s.Add(fmt.Sprint("In[", i, "]"), 1, "x")
	}
	if lines, _ := s.find("In[4]", 1); lines != nil {
		t.Error("the oldest cells are kept")
	}
	if lines, _ := s.find("In[5]", 1); lines == nil {
		t.Error("a cell within the bound is gone")
	}
	s.Add("In[big]", 1, strings.Repeat("y", maxBytes))
	if lines, _ := s.find("In[1004]", 1); lines != nil {
		t.Error("more is kept than the bound in bytes")
	}
	if lines, _ := s.find("In[big]", 1); lines == nil {
		t.Error("the last cell is not kept")
	}
	s.Add("In[big]", 1, "new")
	if lines, _ := s.find("In[big]", 1); lines[0] != "new" || s.bytes != 3 {
		t.Errorf("a cell was not replaced: %d bytes", s.bytes)
	}
}

package magic

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
)

func TestCellsAreCutIntoMagicsAndGo(t *testing.T) {
	for _, tt := range []struct{ cell, want string }{
		{"", "In[3] go \"\"\n"},
		{"x := 5 % 2", "In[3] go \"x := 5 % 2\"\n"},
		{"s := `\n%who\n!ls\n`", "In[3] go \"s := `\\n%who\\n!ls\\n`\"\n"},
		{"/*\n%who\n*/", "In[3] go \"/*\\n%who\\n*/\"\n"},
		{"f(a &&\n!b,\n!c)", "In[3] go \"f(a &&\\n!b,\\n!c)\"\n"},
		{"(!ok)", "In[3] go \"(!ok)\"\n"},
		{"%reset", "reset\n"},
		{"\n  %reset\nx := 1", "reset\nIn[3] go \"\\n\\nx := 1\"\n"},
		{"%reset\r\nx", "reset\nIn[3] go \"\\nx\"\n"},
		{"%reset\n%reset\n", "reset\nreset\n"},
		{"x := 1\n%reset\ny := `\n%reset\n`\n%reset", "In[3] go \"x := 1\\n\"\nreset\nIn[3] go \"\\n\\ny := `\\n%reset\\n`\\n\"\nreset\n"},
		{"// it's\n%reset\nx", "In[3] go \"// it's\\n\"\nreset\nIn[3] go \"\\n\\nx\"\n"},
		{"x?", "page x at level 0\n"},
		{" ?fmt.Println ", "page fmt.Println at level 0\n"},
		{"fmt.Println??", "page fmt.Println at level 1\n"},
		{"// why?", "In[3] go \"// why?\"\n"},
		{"x := 1\ny?", "In[3] go \"x := 1\\ny?\"\n"},
	} {
		got, err := record(t).run(tt.cell)
		if err != nil {
			t.Errorf("%q: %v", tt.cell, err)
		} else if got != tt.want {
			t.Errorf("%q:\ngot  %s\nwant %s", tt.cell, got, tt.want)
		}
	}
}

func TestTimeKeepsLinesAndColumns(t *testing.T) {
	for _, tt := range []struct{ cell, want string }{
		{"%time  f(x)", "       f(x)"},
		{"\n%time f()\n", "\n      f()"},
		{"%%time\nf()\ng()", "\nf()\ng()"},
	} {
		got, err := record(t).run(tt.cell)
		if want := "In[3] go " + quote(tt.want) + "\ntime: 1s (and 500ms to compile)\n"; err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", tt.cell, got, err, want)
		}
	}
}

// FuzzCut cuts cells: each line of Go stays where it was, in one piece, and none is lost that is not a magic's.
func FuzzCut(f *testing.F) {
	for _, seed := range []string{"", "x", "%who\nx := 1\n!ls\ny", "`\n%a`", "/*\n!x\n*/ y", "f(\n%x\n)\n%y", "%%bash\na\n%b", "\"\n%x", "'\n!x", "a:\n!b", "\r\n%who\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		lines := strings.SplitAfter(src, "\n")
		seen := make([]int, len(lines)+1)
		for _, p := range cut(gocode.Cell{Source: src, Line: 1}) {
			if p.call != nil {
				c := p.call
				seen[c.line]++
				if c.col > len(lines[c.line]) || !strings.HasPrefix(lines[c.line][c.col:], c.args) {
					t.Errorf("%q: the arguments %q are not at %d of %q", src, c.args, c.col, lines[c.line])
				}
				if c.cell {
					if c.body != strings.Join(lines[c.line+1:], "") {
						t.Errorf("%q: the body is %q", src, c.body)
					}
					return
				}
				continue
			}
			for i, line := range strings.SplitAfter(p.code.Source, "\n") {
				if strings.TrimSpace(line) == "" {
					continue
				}
				seen[i]++
				if line != lines[i] {
					t.Errorf("%q: line %d is %q", src, i+1, line)
				}
			}
		}
		for i, line := range lines {
			if strings.TrimSpace(line) != "" && seen[i] != 1 {
				t.Errorf("%q: line %d is in %d pieces", src, i+1, seen[i])
			}
		}
	})
}

func TestAFailureTakesTime(t *testing.T) {
	h := record(t)
	h.fails = compileError("undefined: f")
	expect(t, h, "%time f()", "In[3] go \"      f()\"\nundefined: f")
	h.fails = &session.CellError{EName: session.PanicName, Trace: []string{"panic: no"}}
	if got, err := h.run("%time f()"); err == nil || !strings.Contains(got, "time: ") {
		t.Errorf("got %q, %v", got, err)
	}
}

func quote(s string) string {
	return `"` + strings.ReplaceAll(s, "\n", `\n`) + `"`
}

func TestWrongUses(t *testing.T) {
	for _, tt := range []struct{ cell, want string }{
		{"%tme f()", "unknown magic %tme; did you mean %time?"},
		{"%tiem f()", "unknown magic %tiem; did you mean %time?"},
		{"%woh", "unknown magic %woh; did you mean %who?"},
		{"%%tme\nf()", "unknown magic %%tme; did you mean %%time?"},
		{"%bsh\nls", "unknown magic %bsh; did you mean %%bash?"},
		{"%matplotlib inline", "unknown magic %matplotlib; %lsmagic lists those that there are"},
		{"%", "unknown magic %; %lsmagic lists those that there are"},
		{"x := 1\n%whoo", "unknown magic %whoo; did you mean %who?"},
		{"%%who", "%%who: this magic takes a line, not a cell: write %who"},
		{"%bash ls", "%bash: this magic takes a cell, not a line: write %%bash in the cell's first line"},
		{"x := 1\n%%time\ny", "%%time: a cell magic stands in the cell's first line"},
		{"%time", "%time: there is no Go to execute: write %time GO, or %%time above the cell's Go"},
		{"%%time x\ny", "%%time: the Go begins in the next line (usage: %%time)"},
		{"%help hlp", "unknown magic %hlp; did you mean %help?"},
		{"%pwd here", "%pwd: it takes no arguments, got \"here\" (usage: %pwd)"},
		{"!", "!: there is no command (usage: !COMMAND)"},
		{"%who a b", "%who: it takes one kind or beginning of a name, got \"a b\" (usage: %who [PREFIX | KIND])"},
		{"%timeit -x f()", "%timeit: unknown flag -x (usage: %timeit [-n N] [-r R] GO)"},
		{"%timeit -n", "%timeit: flag -n needs a value (usage: %timeit [-n N] [-r R] GO)"},
		{"%timeit -n 0 f()", "%timeit: -n 0: want a number from 1 (usage: %timeit [-n N] [-r R] GO)"},
		{"%timeit -n 3", "%timeit: there is no Go to measure (usage: %timeit [-n N] [-r R] GO)"},
		{"%%bench -t soon\nf()", "%%bench: -t soon: want a duration such as 100ms or 2s (usage: %%bench [-t DURATION] [-n N])"},
		{"%%test\nfunc helper(t *testing.T) {}", "%%test: the cell declares no tests: write func TestX(t *testing.T) { ... }"},
		{"%%test -run (\nfunc TestX(t *testing.T) {}", "%%test: -run: error parsing regexp: missing closing ): `(` (usage: %%test [-run REGEXP] [-bench REGEXP] [-count N] [-short] [-q])"},
		{"%%native", "%%native: there is no Go to compile (usage: %%native)"},
		{"%unit", "%unit: it takes the name of a function, got \"\" (usage: %unit [--lowered] FUNCTION)"},
		{"%tier fast", "%tier: got \"fast\" (usage: %tier [auto | interpreted | native] [--force])"},
		{"%get", "%get: which module? (usage: %get MODULE[@VERSION]...)"},
		{"%mod save", "%mod: got \"save\" (usage: %mod [save FILE | load FILE])"},
		{"%cd a b", "%cd: it takes one directory, got 2; names with blanks need quotes (usage: %cd [DIR | -])"},
		{"%cd 'a b", "%cd: the quote ' is not closed (usage: %cd [DIR | -])"},
		{"%env A B", "%env: it takes one name; a value follows = (usage: %env [NAME | NAME=VALUE | -u NAME])"},
		{"%env =B", "%env: \"\" cannot name a variable (usage: %env [NAME | NAME=VALUE | -u NAME])"},
		{"%load", "%load: it takes one file, got 0 (usage: %load FILE)"},
		{"%load https://example.com/x.go", "%load: https://example.com/x.go is an address: get the file first, for example with !curl -O https://example.com/x.go (usage: %load FILE)"},
		{"%save x.txt", "%save: x.txt: a Go program's name ends in .go (usage: %save [-f] FILE.go)"},
		{"%%bash script.sh\nls", "%%bash: \"script.sh\" is no option of the shell (usage: %%bash [-OPTIONS])"},
		{"%%writefile\nx", "%%writefile: it takes one file, got 0 (usage: %%writefile [-a] FILE)"},
		{"nothing?", "nothing is known about nothing"},
		{"%tme?", "unknown magic %tme; did you mean %time?"},
	} {
		log, err := record(t).run(tt.cell)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%q: got %v, want %s", tt.cell, err, tt.want)
		}
		if e, ok := err.(*Error); !ok || e.Name() != "UsageError" {
			t.Errorf("%q: got a %T, want a UsageError", tt.cell, err)
		}
		if log != "" {
			t.Errorf("%q: it did something: %s", tt.cell, log)
		}
	}
}

func TestWho(t *testing.T) {
	h := record(t)
	h.names = []gocode.Decl{{Name: "xs", Kind: "var", Type: "[]float64", Var: "busy"}, {Name: "f", Kind: "func", Type: "func(int) int"}, {Name: "x", Kind: "var", Type: "int", Var: "x__1"}}
	for _, tt := range []struct{ cell, want string }{
		{"%who", "func  f   func(int) int\nvar   x   int  value of x__1\nvar   xs  []float64\n"},
		{"%who xs", "var  xs  []float64\n"},
		{"%who func", "func  f  func(int) int\n"},
		{"%who type", "no names of kind type\n"},
		{"%who z", "no names that begin with z\n"},
	} {
		if got, err := h.run(tt.cell); err != nil || got != tt.want {
			t.Errorf("%s: got\n%s%v\nwant\n%s", tt.cell, got, err, tt.want)
		}
	}
}

func TestHelpListsTheKeysOfAPrompt(t *testing.T) {
	h := record(t)
	for _, keys := range []string{"", "Tab completes"} {
		h.keys = keys
		text, err := h.run("%help")
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(text, "The keys of the prompt"); got != (keys != "") || !strings.Contains(text, keys) {
			t.Errorf("with the keys %q %%help says\n%s", keys, text)
		}
	}
}

func TestHelpKnowsEveryMagic(t *testing.T) {
	h := record(t)
	all, err := h.run("%help")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(commands)) {
		m := commands[name]
		one, err := h.run("%help " + name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(all, m.doc) || !strings.Contains(one, m.doc) || !strings.Contains(one, m.more) {
			t.Errorf("%%help or %%help %s does not say %q", name, m.doc)
		}
		if !m.line && !m.cell || m.prepare == nil {
			t.Errorf("%s has no form, or does nothing", name)
		}
	}
	if got, err := h.run("%time?"); err != nil || !strings.HasPrefix(got, "page %time GO\n%%time\n") {
		t.Errorf("%%time?: got %s, %v", got, err)
	}
}

func TestRound(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{123456789: 123 * time.Millisecond, 999: 999, 0: 0, 1234: 1230} {
		if got := round(d); got != want {
			t.Errorf("%v: got %v, want %v", d, got, want)
		}
	}
}

func TestPlaces(t *testing.T) {
	for _, tt := range []struct{ cell, want string }{
		{"%pwd", "DIR\n"},
		{"%cd data", "chdir DIR/data\nDIR/data\nsetenv OLDPWD \"DIR\"\n"},
		{"%cd 'my data'", "chdir DIR/my data\nDIR/my data\nsetenv OLDPWD \"DIR\"\n"},
		{"%cd", "chdir /home/me\n/home/me\nsetenv OLDPWD \"DIR\"\n"},
		{"%cd ~/x", "chdir /home/me/x\n/home/me/x\nsetenv OLDPWD \"DIR\"\n"},
		{"%cd /tmp", "chdir /tmp\n/tmp\nsetenv OLDPWD \"DIR\"\n"},
		{"%cd -", "Error: %cd -: there is no directory from before"},
		{"%cd missing", "Error: %cd: chdir missing: no such file or directory"},
		{"%env HOME", "/home/me\n"},
		{"%env NOPE", "Error: %env: NOPE is not set"},
		{"%env", "API_TOKEN=<hidden; %env API_TOKEN shows it>\nHOME=/home/me\nPATH=/bin:/usr/bin\n"},
		{"%env A=b c=d", "setenv A \"b c=d\"\n"},
		{"%env A = 'b '", "setenv A \"b \"\n"},
		{"%env A=", "setenv A \"\"\n"},
		{"%env -u A", "unsetenv A\n"},
	} {
		expect(t, record(t), tt.cell, tt.want)
	}
}

// expect runs a cell; an error is what is wanted if it is written behind its name.
func expect(t *testing.T, h *recording, cell, want string) {
	t.Helper()
	got, err := h.run(cell)
	if e, ok := err.(*Error); ok {
		got += e.Name() + ": " + strings.ReplaceAll(e.Message, h.at.Dir, "DIR")
	} else if err != nil {
		got += err.Error()
	}
	if got != want {
		t.Errorf("%s: got\n%s\nwant\n%s", cell, got, want)
	}
}

func TestTiers(t *testing.T) {
	vars := []gocode.Decl{{Name: "x", Kind: "var"}, {Name: "f", Kind: "func"}}
	const loses = "Error: %tier native: the session's variables would be lost: x; %tier native --force does it all the same"
	for _, tt := range []struct {
		cell  string
		tier  session.Tier
		names []gocode.Decl
		want  string
	}{
		{"%tier", session.TierInterpreted, nil, "interpreted: for a reason\n"},
		{"%tier native", session.TierInterpreted, nil, "set native\nnative\n"},
		{"%tier native", session.TierNative, vars, "set native\nnative\n"},
		{"%tier auto", session.TierInterpreted, vars, "set auto\nauto\n"},
		{"%tier native", session.TierInterpreted, vars, loses},
		{"%tier native --force", session.TierInterpreted, vars, "set native\nnative\n"},
		{"%%native\nx", session.TierNative, vars, "In[3] go \"\\nx\"\n"},
	} {
		h := record(t)
		h.tier, h.state, h.names = tt.tier, string(tt.tier)+": for a reason", tt.names
		expect(t, h, tt.cell, tt.want)
		if strings.HasPrefix(tt.cell, "%%native") && !h.last.Compile {
			t.Errorf("%q: the cell is not to be compiled", tt.cell)
		}
	}
}

func TestModules(t *testing.T) {
	h := record(t)
	expect(t, h, "%get a.b/c@v1.2.3 d.e/f", "get a.b/c@v1.2.3\nget d.e/f\n")
	expect(t, h, "%mod", "module session\n")
	expect(t, h, "%mod save go.mod", "wrote DIR/go.mod\n")
	h.mod = ""
	expect(t, h, "%mod", "Error: %mod: the session has no go.mod: packages from elsewhere need the native tier, and cells run native")
	expect(t, h, "%mod load go.mod", "")
	expect(t, h, "%mod", "module session\n")
	expect(t, h, "%mod load nope", "Error: %mod: open DIR/nope: no such file or directory")
}

func TestFiles(t *testing.T) {
	h := record(t)
	expect(t, h, "%%writefile s.go\nx := 1\n// %% two\n\n%pwd\ny := 2", "wrote s.go\n")
	expect(t, h, "%load s.go", "know s.go\ns.go go \"x := 1\"\nDIR\ns.go go \"\\n\\n\\n\\ny := 2\"\n")
	expect(t, h, "%%writefile s.go\nx := 1\n", "overwrote s.go\n")
	expect(t, h, "%%writefile -a 's.go'\nx = 2\n", "appended to s.go\n")
	expect(t, h, "%load s.go", "know s.go\ns.go go \"x := 1\\nx = 2\"\n")
	expect(t, h, "%load missing.go", "Error: %load: open DIR/missing.go: no such file or directory")
	expect(t, h, "%%writefile a/b\nx", "Error: %%writefile: open DIR/a/b: no such file or directory")
	expect(t, h, "%%writefile loop.go\n%load loop.go", "wrote loop.go\n")
	if _, err := h.run("%load loop.go"); err == nil || err.Error() != "%load: loop.go: 16 files load each other" {
		t.Errorf("a file that loads itself: %v", err)
	}
	const nb = `{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
		{"cell_type": "markdown", "metadata": {}, "source": "text"}, {"cell_type": "code", "metadata": {}, "source": "z := 3", "outputs": [], "execution_count": null}]}`
	if err := os.WriteFile(filepath.Join(h.at.Dir, "n.ipynb"), []byte(nb), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, h, "%load n.ipynb", "know n.ipynb[1]\nn.ipynb[1] go \"z := 3\"\n")
	expect(t, h, "%save p.go", "(%save: In[2] is left out)saved p.go (1 lines)\n")
	expect(t, h, "%save p.go", "Error: %save: p.go exists; %save -f p.go overwrites it")
	expect(t, h, "%save -f p.go", "(%save: In[2] is left out)saved p.go (1 lines)\n")
}

// compileError is the error of a cell that does not compile.
func compileError(message string) error {
	return &session.CellError{EName: session.CompileErrorName, Message: message, Trace: []string{message}}
}

func text(s string) *session.Result {
	return &session.Result{Value: &session.Data{MIME: map[string]any{"text/plain": s}}}
}

func TestTimeit(t *testing.T) {
	h := record(t)
	var sources []string
	h.aside = func(c gocode.Cell) (*session.Result, error) {
		sources = append(sources, c.Source)
		if strings.Contains(c.Source, "KeepAlive(") && strings.Contains(c.Source, "novalue") {
			return nil, compileError("novalue() (no value) used as value")
		}
		return text("[10 100 120 80]"), nil
	}
	expect(t, h, "\n%timeit -n 10 -r 3 f(x) // it", "10ns ± 1.63ns per run (mean ± standard deviation of 3 loops of 10 runs; best 8ns)\n")
	if src := sources[0]; !strings.Contains(src, "KeepAlive(/*line In[3]:2:20*/f(x)/*line %timeit:1:1*/)") || !strings.HasSuffix(src, "}(10, 3)") {
		t.Errorf("the loop is\n%s", src)
	}
	sources = nil
	if _, err := h.run("%%timeit\nnovalue()"); err != nil || len(sources) != 2 || !strings.Contains(sources[1], "{\n\t\t\t/*line In[3]:2:1*/novalue()\n") {
		t.Errorf("got %v and %q", err, sources)
	}
	h.aside = func(gocode.Cell) (*session.Result, error) { return nil, compileError("undefined: g") }
	expect(t, h, "%timeit g()", "undefined: g")
	h.fails = compileError("syntax error")
	expect(t, h, "%timeit g(", "In[3] go \"        g(\"\nsyntax error")
}

func TestBench(t *testing.T) {
	h := record(t)
	h.aside = func(c gocode.Cell) (*session.Result, error) {
		if !strings.HasSuffix(c.Source, "}(0, 2000000000)") {
			t.Errorf("the loop is\n%s", c.Source)
		}
		return text("[1000 2000000 3000 48000]"), nil
	}
	got, err := h.run("%%bench -t 2s\nx := f()")
	if _, figures, _ := strings.Cut(got, "\t"); err != nil || strings.Join(strings.Fields(figures), " ") != "1000 2000 ns/op 48 B/op 3 allocs/op" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestTests(t *testing.T) {
	const cell = "%%test -run A\nfunc TestA(t *testing.T) {}\nfunc Testify(t *testing.T) {}\nfunc TestB(tt *testing.T) {}\nfunc BenchmarkA(b *testing.B) {}"
	for _, tt := range []struct{ result, says, want string }{
		{"PASS", "ok", ""},
		{"FAIL TestA TestB", "FAIL", "TestFailure: TestA, TestB failed"},
	} {
		h := record(t)
		var program string
		h.aside = func(c gocode.Cell) (*session.Result, error) {
			program = c.Source
			return text(tt.result), nil
		}
		got, err := h.run(cell)
		what := ""
		if e, ok := err.(*Error); ok {
			what = e.Name() + ": " + e.Message
		}
		if what != tt.want || !strings.Contains(got, tt.says+"\t") {
			t.Errorf("got %s and %v, want %s", got, err, tt.want)
		}
		for name, want := range map[string]bool{`"TestA"`: true, `"TestB"`: true, "Testify": false, "BenchmarkA": false, `"test.run", "A"`: true} {
			if strings.Contains(program, name) != want {
				t.Errorf("%s is in the program, or is not:\n%s", name, program)
			}
		}
	}
}

func TestWhatMayBeIncomplete(t *testing.T) {
	for _, tt := range []struct {
		cell, code string
		open       bool
	}{
		{"x := 1", "x := 1", false},
		{"%who\nfunc f() {", "\nfunc f() {", false},
		{"%who", "", false},
		{"!ls", "", false},
		{"x?", "", false},
		{"%%bash", "", true},
		{"%%bash\nls", "", true},
		{"%%bash\nls\n", "", false},
		{"x := 1\n%who", "", false},
	} {
		if code, open := Go(tt.cell); code != tt.code || open != tt.open {
			t.Errorf("%q: got %q, %v", tt.cell, code, open)
		}
	}
}

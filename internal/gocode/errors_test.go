package gocode

import (
	"fmt"
	"strings"
	"testing"
)

func TestDiagnostics(t *testing.T) {
	tests := []struct{ name, source, want string }{
		{"undefined name", "total := 1\nfmt.Println(totl)", "In[2]:2:13-17: undefined: totl (did you mean `total`? (line 1))"},
		{"of an earlier cell", "fmt.Println(ealier)", "In[2]:1:13-19: undefined: ealier (did you mean `earlier`? (Cell In[1]))"},
		{"all errors", "a := undefinedA\nb := undefinedB", "In[2]:1:6-16: undefined: undefinedA\nIn[2]:2:6-16: undefined: undefinedB"},
		{"mismatched types", "var s string = 1 + 1", "In[2]:1:16-21: cannot use 1 + 1 (untyped int constant 2) as string value in variable declaration"},
		{"argument count", "strings.Repeat(\"a\")", "In[2]:1:16-19: not enough arguments in call to strings.Repeat\n\thave (string)\n\twant (string, int)"},
		{"missing return", "func f() int { }", "In[2]:1:16-17: missing return (a function with results has to return on every way through it)"},
		{"unused result in the middle", "1 + 2\nfmt.Println()", "In[2]:1:1-6: 1 + 2 (untyped int constant 3) is not used (only the value of a cell's last expression is shown: print this one, assign it, or leave it out)"},
		{"ambiguous package", "template.New(\"x\")", "In[2]:1:1-9: undefined: template (several packages are called template: import \"html/template\" or \"text/template\")"},
		{"package that is not there", "import \"github.com/x/y\"", "In[2]:1:8-24: package github.com/x/y is not in std (%get github.com/x/y fetches it for compiled cells; interpreted ones can import the standard library and gocluster's own packages)"},
		{"syntax", "x := (1 + \ny := 2", "In[2]:2:3-5: syntax error: unexpected :=, expected ) (a ( is not closed)"},
		{"end of cell", "1 +", "In[2]:1:4-0: syntax error: unexpected EOF, expected expression (the cell ends in the middle of an expression)"},
		{"session types without package", "type T struct{}\nvar t T = 3", "In[2]:2:11-12: cannot use 3 (untyped int constant) as T value in variable declaration"},
		{"earlier session type", "var q Old = 3", "In[2]:1:13-14: cannot use 3 (untyped int constant) as Old value in variable declaration"},
		{"unused variables and imports", "import \"os\"\nfunc f() { x := 1 }", ""},
		{"no value", "x := fmt.Println", ""},
		{"void used", "x := func() {}()", "In[2]:1:6-17: (func() literal)() (no value) used as value (the function returns nothing)"},
		{"member", "strings.Repat(\"a\")", "In[2]:1:9-14: undefined: strings.Repat (did you mean `strings.Repeat`?)"},
		{"member with a letter left out", "fmt.Printn(1)", "In[2]:1:5-11: undefined: fmt.Printn (did you mean `fmt.Println`?)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, l := session(t), newLowered(t)
			if _, err := run(t, s, l, 1, "earlier := 1\ntype Old struct{}"); err != nil {
				t.Fatal(err)
			}
			_, err := s.Plan(Cell{N: 2, Name: "In[2]", Source: test.source})
			var lines []string
			if err != nil {
				for _, d := range *err.(*Diagnostics) {
					line := fmt.Sprintf("%v-%d: %s", d.Position, d.EndCol, d.Message)
					if d.Hint != "" {
						line += " (" + d.Hint + ")"
					}
					lines = append(lines, line)
				}
			}
			if got := strings.Join(lines, "\n"); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestPlanChangesNothing(t *testing.T) {
	s := session(t)
	for range 2 {
		p, err := s.Plan(Cell{N: 1, Name: "In[1]", Source: "x := 1\ntype T int\nfunc f() {}"})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(p.Source, "var x__1 int") {
			t.Errorf("got\n%s\nwant the first x", p.Source)
		}
	}
	if vars := s.Vars(); len(vars) > 0 {
		t.Errorf("got %v, want nothing", vars)
	}
}

func TestAFailedCellKeepsWhatWasDone(t *testing.T) {
	s := session(t)
	p, err := s.Plan(Cell{N: 1, Name: "In[1]", Source: "a := 1\nb := 2\npanic(a)\nc := 3"})
	if err != nil {
		t.Fatal(err)
	}
	s.Commit(p, false, 2)
	var names []string
	for _, d := range s.Vars() {
		names = append(names, d.Name)
	}
	if got := strings.Join(names, " "); got != "a b" {
		t.Errorf("got %s, want a b: c was not reached", got)
	}
}

func TestReplay(t *testing.T) {
	s, l := session(t), newLowered(t)
	for i, src := range []string{"type T struct{ A int }\nfunc (t T) Get() int { return t.A }", "x := T{1}\nfmt.Println(x.Get(), slices.Max([]int{1}))", "func f() int { return x.Get() }"} {
		if _, err := run(t, s, l, i+1, src); err != nil {
			t.Fatal(err)
		}
	}
	fresh := newLowered(t)
	for _, p := range s.Replay() {
		if err := fresh.add(p.File, p.Source); err != nil {
			t.Errorf("%v\n%s", err, p.Source)
		}
		if strings.Contains(p.Source, "Println(") {
			t.Errorf("a statement is done again:\n%s", p.Source)
		}
	}
}

func TestDeclareAndExpr(t *testing.T) {
	s, l := session(t), newLowered(t)
	p, err := s.Declare("xs", "[]float64", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.add("a.go", p.Source); err != nil {
		t.Fatal(err)
	}
	s.Commit(p, true, 1)
	if got := p.Declares[0]; got.Name != "xs" || got.Type != "[]float64" || got.Var == "" {
		t.Errorf("got %+v", got)
	}
	p, err = s.Expr("len(xs) + 1")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.Source, `Pull("int", `) || !strings.Contains(p.Source, `len(xs__1) + 1`) {
		t.Errorf("got\n%s", p.Source)
	}
	if _, err := s.Declare("9x", "int", false); err == nil {
		t.Error("9x was accepted as a name")
	}
	if _, err := s.Expr("x :="); err == nil {
		t.Error("a statement was accepted as an expression")
	}
}

func TestLinesMapBack(t *testing.T) {
	s := session(t)
	p, err := s.Plan(Cell{N: 3, Name: "In[3]", Source: "x := 1\nfunc f() int {\n\ty := x\n\treturn y\n}\n\nf()"})
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(p.Source), "\n") {
		switch strings.TrimSpace(line) {
		case "x__1 = 1":
			if got := p.Lines[i].String(); got != "In[3]:1:1" {
				t.Errorf("%s: got %s, want In[3]:1:1", line, got)
			}
		case "return y":
			if got := p.Lines[i].String(); got != "In[3]:4:2" {
				t.Errorf("%s: got %s, want In[3]:4:2", line, got)
			}
		}
	}
}

package gocode

import (
	"strings"
	"testing"
)

func assisted(t *testing.T) *Session {
	s, l := session(t), newLowered(t)
	for i, src := range []string{
		"type point struct{ X, hidden int }\n// Norm is the length.\nfunc (p point) Norm() float64 { return 0 }\np := point{}\nvar ps []point",
		"import str \"strings\"\nfunc total(xs ...int) (sum int) { return }\nm := map[string]point{}",
	} {
		if _, err := run(t, s, l, i+1, src); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestComplete(t *testing.T) {
	tests := []struct{ source, want string }{ // | is the cursor
		{"strings.Repl|", "Replace func(s string, old string, new string, n int) string, ReplaceAll func(s string, old string, new string) string, Replacer type struct{_ []int}"},
		{"str.Repe|", "Repeat func(s string, count int) string"},
		{"p.|", "Norm func() float64, X int, hidden int"},
		{"ps[0].N|", "Norm func() float64"},
		{"m[\"a\"].No|", "Norm func() float64"},
		{"tot|", "total func(xs ...int) (sum int)"},
		{"local := 3\nloc|", "local int"},
		{"func f(argument int) {\n\targ|\n}", "argument int"},
		{"for index := range 3 {\n\tfmt.Println(ind|)\n}", "index int"},
		{"x := bytes.Buffer{}\nx.WriteStr|", "WriteString func(s string) (n int, err error)"},
		{"import \"encoding/js|\"", "encoding/json package"},
		{"fallth|", "fallthrough "},
		{"time.Now().Yea|", "Year func() int, YearDay func() int"},
		{"q := p\nq.No|", "Norm func() float64"},
		{"\"a string.|\"", ""},
		{"f := func(pt point) int {\n\tif pt.X > 0 {\n\t\treturn pt.hid|", "hidden int"},
	}
	s := assisted(t)
	for _, test := range tests {
		src, rest, _ := strings.Cut(test.source, "|")
		c := s.Complete(src+rest, len(src))
		var items []string
		for _, it := range c.Items {
			items = append(items, it.Text+" "+it.Signature)
		}
		if got := strings.Join(items, ", "); got != test.want {
			t.Errorf("%q: got %q, want %q", test.source, got, test.want)
		}
	}
}

func TestInspect(t *testing.T) {
	tests := []struct {
		source string
		level  int
		want   []string
	}{
		{"strings.ToUpper|", 0, []string{"func strings.ToUpper(s string) string", "returns s with all Unicode letters"}},
		{"fmt.Println(|", 0, []string{"func fmt.Println", "Println formats"}},
		{"p|", 0, []string{"var p point", "In[1]"}},
		{"total|", 1, []string{"func total(xs ...int) (sum int)", "return"}},
		{"p.Norm|", 0, []string{"func (point).Norm() float64"}},
		{"x := bytes.Buffer{}\nx.Write|", 0, []string{"func (*bytes.Buffer).Write", "appends the contents of p"}},
		{"strings|", 0, []string{"package strings"}},
		{"len|", 0, []string{"builtin len"}},
	}
	s := assisted(t)
	for _, test := range tests {
		src, rest, _ := strings.Cut(test.source, "|")
		got, ok := s.Inspect(src+rest, len(src), test.level)
		if !ok {
			t.Errorf("%q: nothing found", test.source)
		}
		for _, want := range test.want {
			if !strings.Contains(got.Text, want) || !strings.Contains(got.Markdown, want) {
				t.Errorf("%q: got %q, want %q in it", test.source, got.Text, want)
			}
		}
	}
	if _, ok := s.Inspect("nothing", 3, 0); ok {
		t.Error("an unknown name was described")
	}
}

func TestIsComplete(t *testing.T) {
	tests := []struct{ source, status, indent string }{
		{"", "complete", ""},
		{"x := 1", "complete", ""},
		{"for {", "incomplete", "\t"},
		{"func f() {\n\tif x {", "incomplete", "\t\t"},
		{"func f() {\n}", "complete", ""},
		{"fmt.Println(\"a\",", "incomplete", "\t"},
		{"x := 1 +", "incomplete", ""},
		{"x := `raw", "incomplete", ""},
		{"/* comment", "incomplete", ""},
		{"x := )", "invalid", ""},
		{"x := 1 2", "invalid", ""},
		{"s := []int{1,", "incomplete", "\t"},
		{"// only a comment", "complete", ""},
		{"x++", "complete", ""},
		{"for i := 0; i < 3; i++ { }", "complete", ""},
	}
	s := session(t)
	for _, test := range tests {
		status, indent := s.IsComplete(test.source)
		if status != test.status || indent != test.indent {
			t.Errorf("%q: got %s %q, want %s %q", test.source, status, indent, test.status, test.indent)
		}
	}
}

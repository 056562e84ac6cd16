package gocode

import (
	"strings"
	"testing"
)

func assisted(t *testing.T) *Session {
	s, l := session(t), newLowered(t)
	for i, src := range []string{
		"// point is a place.\n//\n// It has [point.Norm].\ntype point struct{ X, hidden int }\n\n// Norm is the length.\nfunc (p point) Norm() float64 { return 0 }\np := point{}\nvar ps []point",
		"import str \"strings\"\n/* total adds. */\nfunc total(xs ...int) (sum int) { return }\nm := map[string]point{}",
		"type stack[T any] struct{ items []T }\nfunc (s *stack[T]) Push(x T) { s.items = append(s.items, x) }\nst := &stack[string]{}",
		"type outer struct { *point; Name string; in struct{ deep bool } }\nvar o outer\nconst limit = 10",
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
		// Members: promoted, of pointers, of instances, in every place.
		{"o.|", "Name string, Norm func() float64, X int, hidden int, in struct{deep bool}, point *point"},
		{"o.in.|", "deep bool"},
		{"st.|", "Push func(x string), items []string"},
		{"st.items[0:1].|", ""},
		{"point.No|", "Norm func(point) float64"},
		{"(&p).No|", "Norm func() float64"},
		{"[]point{{1, 2}}[0].No|", "Norm func() float64"},
		{"strings.NewReader(\")}\").\n\tReadRu|", "ReadRune func() (ch rune, size int, err error)"},
		{"fmt.Println(p.No|)", "Norm func() float64"},
		{"fmt.Println(p.Norm(), []int{p.hid|})", "hidden int"},
		{"fmt.Println(point{X: p.hid|", "hidden int"},
		{"if q := p; q.hid|", "hidden int"},
		{"for i, q := 0, p; i < q.hid|", "hidden int"},
		{"switch q := any(p).(type) {\ncase point:\n\tq.hid|", "hidden int"},
		{"for _, q := range ps {\n\tq.hid|\n}\nfmt.Println(1)", "hidden int"},
		{"func (p point) twice() int { return 2 * p.hid| }", "hidden int"},
		{"func each[T interface{ Norm() float64 }](x T) { x.No| }", "Norm func() float64"},
		{"ch := make(chan point)\n(<-ch).hid|", "hidden int"},
		{"defer func() { p.hid|", "hidden int"},
		{"x := ((\ny := p\ny.hid|", ""},
		{"1x := 3\ny := p\ny.hid|", "hidden int"},
		{"func main() {\n\tv := make2()\n\tv.fi|\n}\n\nfunc make2() thing { return thing{} }\ntype thing struct{ first, second int }", "first int"},
		{"p.x|", "X int"},
		{"unknown.|", ""},
		{"3.|", ""},
		{"x := 12|", ""},
		// Fields of literals.
		{"point{|", "X:  int, hidden:  int"},
		{"point{X: 1, |", "hidden:  int"},
		{"point{hi|", "hidden:  int"},
		{"q := []point{{X: 1}, {hid|", "hidden:  int"},
		{"q := map[string]point{\"a\": {hid|", "hidden:  int"},
		{"q := []*point{{hid|", "hidden:  int"},
		{"http.Cookie{Http|", "HttpOnly:  bool, http package net/http, httptest package net/http/httptest, httptrace package net/http/httptrace, httputil package net/http/httputil"},
		{"fmt.Println(point{hid|})", "hidden:  int"},
		// Names.
		{"func f() {\nouterLoop:\n\tfor {\n\t\tbreak ou|\n\t}\n}", "outerLoop label"},
		{"lim|", "limit untyped int = 10"},
		{"str|", "str package strings, string type string, struct , strconv package strconv, strings package strings, structs package structs"},
		{"stringType := 1; strin|", "stringType int, string type string, strings package strings"},
		{"TOT|", "total func(xs ...int) (sum int)"},
		{"ttl|", "total func(xs ...int) (sum int)"},
		{"rand.IntN|", "IntN func(n int) int in math/rand/v2, Intn func(n int) int in math/rand"},
		{"json.Mars|", "Marshal func(v any) ([]byte, error), MarshalIndent func(v any, prefix string, indent string) ([]byte, error), Marshaler type interface{MarshalJSON() ([]byte, error)}, MarshalerError type struct{Type reflect.Type; Err error; _ int}"},
		{"bytes.Bufr|", "Buffer type struct{_ []int}, NewBuffer func(buf []byte) *bytes.Buffer, NewBufferString func(s string) *bytes.Buffer"},
		// Import paths, and texts that are not.
		{"import (\n\t\"fmt\"\n\t\"net/ht|", "net/http package, net/http/cgi package, net/http/cookiejar package, net/http/fcgi package, net/http/httptest package, net/http/httptrace package, net/http/httputil package, net/http/pprof package"},
		{"import j \"json|", "encoding/json package, net/rpc/jsonrpc package"},
		{"fmt.Println(\"import \", \"encoding/js|", ""},
		{"// p.|", ""},
		{"/* p.| */", ""},
		{"x := 'a|'", ""},
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
			t.Errorf("%q: got %.400q, want %q", test.source, got, test.want)
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
		{"len|", 0, []string{"builtin len", "func len(v T) int"}},
		{"true|", 0, []string{"const true"}},
		{"select|", 0, []string{"channel operations", "go.dev/ref/spec"}},
		// Session names: their own comments, source and members.
		{"point|", 0, []string{"type point struct{ X, hidden int }", "point is a place.", "In[1]:4:6"}},
		{"point|", 1, []string{"method Norm() float64", "field X int", "// 16 bytes, aligned to 8", "//    8: hidden, 8 bytes"}},
		{"p|", 1, []string{"var p point", "point is a place.", "method Norm() float64"}},
		{"p.Norm|", 0, []string{"func (point).Norm() float64", "Norm is the length.", "In[1]:7:1"}},
		{"p.Norm|", 1, []string{"func (p point) Norm() float64 { return 0 }"}},
		{"o.Norm|", 0, []string{"Norm is the length."}},
		{"total|", 0, []string{"total adds."}},
		{"limit|", 0, []string{"const limit untyped int = 10"}},
		{"st.Push|", 0, []string{"func (*stack[string]).Push(x string)"}},
		// Names of the cell itself.
		{"local := []int{1}\nloc|al", 0, []string{"var local []int"}},
		{"func f(arg float64) { ar|g }", 0, []string{"var arg float64"}},
		{"import js \"encoding/json\"\njs|", 0, []string{"package json // import \"encoding/json\""}},
		// Calls.
		{"strings.Repeat(\"a\", |", 0, []string{"func strings.Repeat(s string, count int) string"}},
		{"strings.Repeat(\"a|\"", 0, []string{"func strings.Repeat"}},
		{"total(1, len(p|s))", 0, []string{"var ps []point"}},
		{"total(1, nope|)", 0, []string{"func total"}},
		{"total(1,\n\t|2)", 0, []string{"func total"}},
		{"slices.Max[[]int](|)", 0, []string{"func slices.Max"}},
		// Packages.
		{"import \"net/ht|tp\"", 0, []string{"package http", "HTTP client and server"}},
		{"strings|", 1, []string{"Builder type", "ToUpper func(s string) string"}},
		{"math.Pi|", 0, []string{"const math.Pi untyped float = 3.14159"}},
		{"os.Stdin|", 0, []string{"var os.Stdin *os.File"}},
		{"strings.Builder|", 1, []string{"method WriteByte(c byte) error"}},
		{"fmt.Printf|", 0, []string{"func fmt.Printf(format string, a ...any) (n int, err error)"}},
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
	for _, src := range []string{"nothing", "p.nothing", "nothing.x", "", "(", "1 + ", "\"text\""} {
		if got, ok := s.Inspect(src, len(src), 0); ok {
			t.Errorf("%q: %q was found", src, got.Text)
		}
	}
	if i, _ := s.Inspect("p", 1, 0); i.Var != "p" || i.Low == "" {
		t.Errorf("got %+v, want the variable p", i)
	}
}

func TestDocsAreMarkdown(t *testing.T) {
	s := assisted(t)
	i, _ := s.Inspect("fmt", 3, 1)
	if long, _ := s.Inspect("http.Server", 11, 1); !strings.Contains(long.Markdown, "\n") || !strings.Contains(i.Markdown, "```go") {
		t.Errorf("got %q", i.Markdown)
	}
	i, _ = s.Inspect("sort.Search", 11, 0)
	if !strings.HasSuffix(i.Text, "\n\n...") || len(i.Text) > maxDoc {
		t.Errorf("at level 0: got %q", i.Text)
	}
	if i, _ = s.Inspect("sort.Search", 11, 1); !strings.Contains(i.Markdown, "\n\ti := sort.Search(") || len(i.Text) < maxDoc {
		t.Errorf("at level 1: got %q", i.Markdown)
	}
}

// TestAnyCursorIsFine completes and inspects at every place of a cell with everything in it.
func TestAnyCursorIsFine(t *testing.T) {
	s := assisted(t)
	src := "import \"fmt\"\ntype t[T any] struct { a, b T }\nx := t[int]{a: 1, b: 'c'} // é\nfor i := range 3 { if i > x.a { fmt.Println(\"ä\", `r`, func() { break }) } }\n/* c */ ps[0].X +"
	for at := range len(src) + 1 {
		for _, text := range []string{src, src[:at]} {
			if c := s.Complete(text, at); c.Start < 0 || c.Start > c.End || c.End != at {
				t.Errorf("at %d: got %d to %d", at, c.Start, c.End)
			}
			s.Inspect(text, at, 1)
		}
	}
	s.Complete(src, -5)
	s.Inspect(src, len(src)+5, 0)
}

func BenchmarkComplete(b *testing.B) {
	s, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s.Complete("x := strings.Builder{}\nfor i := range 3 { fmt.Println(i, x.", 66)
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

func TestValuesOfOldTypesSaySo(t *testing.T) {
	s, l := session(t), newLowered(t)
	for i, step := range []struct{ src, want string }{
		{"type point struct{ X int }\nfunc make1() point { return point{X: 1} }\np := point{1}\np", ""},
		{"ps := []point{p}; type other int; var o map[string]*other", ""},
		{"type point struct{ X, Y int }\nq := point{1, 2}\nq", ""},
		{"q", ""},
		{"p", "the value is of the type point of In[1], which has been redefined in In[3] since"},
		{"p;", ""},
		{"ps", "the value is of the type point of In[1], which has been redefined in In[3] since"},
		{"make1()", ""},
		{"type other float64", ""},
		{"o", "the value is of the type other of In[2], which has been redefined in In[9] since"},
		{"type point struct{}\np", "make1 no longer compiles and is gone: In[1]:2:35: unknown field X in struct literal of type point\nthe value is of the type point of In[1], which has been redefined in In[11] since"},
	} {
		notes, err := run(t, s, l, i+1, step.src)
		if err != nil {
			t.Errorf("%s: %v", step.src, err)
		} else if got := strings.Join(notes.Notes, "\n"); got != step.want {
			t.Errorf("%s: got %q, want %q", step.src, got, step.want)
		}
	}
}

func TestAssistanceLeavesNothingBehind(t *testing.T) {
	s := assisted(t)
	before := strings.Join(s.pkg.Scope().Names(), " ")
	s.Complete("func g() int { return 1 }\ntype other struct{}\ng().", 54)
	s.Inspect("func point() {}\npoint", 18, 1)
	if after := strings.Join(s.pkg.Scope().Names(), " "); after != before {
		t.Errorf("the scope was %q, is %q", before, after)
	}
}

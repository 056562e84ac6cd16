package gocode

import (
	"os"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/unit"
)

const module = "github.com/gocluster/gocluster/"

// clusterSession is a session as the commands make it: client and views are there by use.
func clusterSession(t *testing.T) *Session {
	t.Helper()
	typed, err := os.ReadFile("../../views/typed.go")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{
		Auto:    map[string]string{"client": module + "client", "views": module + "views"},
		Sources: map[string]string{module + "views": string(typed)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shipped is what a test expects of a unit.
type shipped struct {
	source   string // the cell
	name     string
	captures []string
	contains []string // of the unit's source
	params   string
	results  string
}

func TestUnits(t *testing.T) {
	before := []string{
		"rc := client.MustConnect()\nview := rc.LoadBalanced()",
		"k := 3.0\nunused := make(chan int)",
		"type pt struct{ X, Y float64 }\nfunc (p pt) norm() float64 { return math.Hypot(p.X, p.Y) }\nfunc helper(x int) int { return x + offset }\nconst offset = 10\nfunc outer(x int) int { return helper(x) * 2 }",
		"square := func(x int) int { return x * x }\nviaSquare := func(x int) int { return square(x) + 1 }",
		"func fails(x int) (string, error) { return \"\", nil }",
		"func fact(n int) int { if n < 2 { return 1 }; return n * fact(n-1) }",
		"func adder(n int) func(int) int { return func(x int) int { return x + n } }",
	}
	tests := []shipped{
		{source: `view.Map(func(int) string { return "hello world" }, views.Range(0, 2))`, name: "function at In[8]:1:10", params: "int", results: "string"},
		{source: `view.Map(func(x float64) float64 { return k * x }, []float64{1, 2})`, captures: []string{"k"}, params: "float64", results: "float64"},
		{source: `view.Map(outer, views.Range(0, 2))`, name: "outer", contains: []string{"func outer__", "func helper__"}, params: "int", results: "int"},
		{source: `view.Map(pt.norm, []pt{{1, 2}})`, params: "struct{X float64; Y float64}"},
		{source: `p := pt{3, 4}
view.Apply(p.norm)`, captures: []string{"the receiver"}, results: "float64"},
		{source: `view.Map(square, views.Range(0, 2))`, name: "square", params: "int", results: "int"},
		{source: `view.Map(viaSquare, views.Range(0, 2))`, contains: []string{"square__1"}},
		{source: `view.Map(fails, views.Range(0, 2))`, results: "string"},
		{source: `view.Map(fact, views.Range(0, 2))`, contains: []string{"fact__1(n - 1)"}},
		{source: `view.Map(math.Sqrt, []float64{1, 4})`, name: "math.Sqrt", params: "float64", results: "float64"},
		{source: `views.Map(view, func(x int) float64 { return k }, []int{1}).Get()`, captures: []string{"k"}, results: "float64"},
		{source: `func() { n := 5; view.Map(func(x int) int { return x + n }, []int{1}) }()`, captures: []string{"n"}},
		{source: `fs := map[string]func(int) int{"a": func(x int) int { return x }}
view.Map(fs["a"], []int{1})`, name: "function at In[8]:1:37"},
		{source: `view.Map(func(x int) (int, error) { sort.Ints(nil); return slices.Max([]int{x, 1}), nil }, []int{1})`, contains: []string{"slices__Max"}, results: "int"},
	}
	for _, test := range tests {
		t.Run(strings.SplitN(test.source, "\n", 2)[0], func(t *testing.T) {
			s, l := clusterSession(t), newLowered(t)
			for i, src := range before {
				if _, err := run(t, s, l, i+1, src); err != nil {
					t.Fatal(err)
				}
			}
			p, err := run(t, s, l, len(before)+1, test.source)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Units) == 0 {
				t.Fatalf("no unit\n%s", p.Source)
			}
			test.check(t, p.Units[0])
		})
	}
}

func (want shipped) check(t *testing.T, u *unit.Unit) {
	t.Helper()
	var caps []string
	for _, c := range u.Captures {
		caps = append(caps, c.Name)
	}
	if got := strings.Join(caps, ","); got != strings.Join(want.captures, ",") {
		t.Errorf("got captures %s, want %v\n%s", got, want.captures, u.Source)
	}
	if want.name != "" && u.Name != want.name {
		t.Errorf("got name %q, want %q", u.Name, want.name)
	}
	if got := strings.Join(u.Params, ","); want.params != "" && got != want.params {
		t.Errorf("got params %s, want %s", got, want.params)
	}
	if got := strings.Join(u.Results, ","); want.results != "" && got != want.results {
		t.Errorf("got results %s, want %s", got, want.results)
	}
	for _, c := range want.contains {
		if !strings.Contains(u.Source, c) {
			t.Errorf("the source lacks %q\n%s", c, u.Source)
		}
	}
	if u.Native != "" {
		t.Errorf("refused: %s", u.Native)
	}
}

func TestImportedByUse(t *testing.T) {
	s := clusterSession(t)
	p, err := s.Plan(Cell{N: 1, Name: "In[1]", Source: "rc := client.MustConnect()\nfmt.Println(strings.ToUpper(\"a\"), rc)"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(p.Imported, " "), "fmt "+module+"client strings"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRedefinitionReachesUnits(t *testing.T) {
	s, l := clusterSession(t), newLowered(t)
	for i, src := range []string{
		"func scale(x int) int { return 10 * x }\nfunc twice(x int) int { return 2 * scale(x) }\nfunc maker() func(int) int { return func(x int) int { return scale(x) } }",
		"rc := client.MustConnect()\nview := rc.LoadBalanced()\nmade := maker()",
	} {
		if _, err := run(t, s, l, i+1, src); err != nil {
			t.Fatal(err)
		}
	}
	p, err := run(t, s, l, 3, "func scale(x int) int { return 100 * x }")
	if err != nil {
		t.Fatal(err)
	}
	if u := p.Redefined[0]; u == nil || !strings.Contains(u.Source, "return 100 * x") {
		t.Errorf("the function that maker makes has not got the new scale: %+v", u)
	}
	p, err = run(t, s, l, 4, "view.Map(twice, views.Range(0, 3)).Get()")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.Units[0].Source, "return 100 * x") {
		t.Errorf("got\n%s\nwant the new scale", p.Units[0].Source)
	}
}

package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/session/api"
	"github.com/gocluster/gocluster/profiles"
)

// folder writes a txtar archive into a new directory.
func folder(t *testing.T, archive string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		name := filepath.Join(dir, f.Name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, f.Data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const shapes = `
type Square struct{ side float64 }

func Of(side float64) Square { return Square{side} }

func (s Square) Area() float64 { return s.side * s.side }

type Shape interface{ Area() float64 }
`

// modules are places that a cell's packages come from.
var modules = []struct {
	name, archive, dir, path, text, want string
}{
	{"fetched", "", "", "gonum.org/v1/gonum/mat", `func(x float64) float64 {
	d := mat.NewDense(2, 2, []float64{x, 0, 0, x})
	return mat.Trace(d)
}`, "[2 4 6]"},
	{"the module of the working directory", "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n-- sub/empty --\n-- internal/geo/geo.go --\npackage geo\n" + shapes,
		"sub", "example.com/app/internal/geo", "func(x float64) float64 { var s geo.Shape = geo.Of(x); return s.Area() }", "[1 4 9]"},
	{"a relative path", "-- geo/geo.go --\npackage geo\n" + shapes, "", "./geo", "func(x float64) float64 { return geo.Of(x).Area() }", "[1 4 9]"},
	{"a workspace with a replaced module", "-- go.work --\ngo 1.26\n\nuse ./a\n\nreplace example.com/geo => ./geo\n" +
		"-- a/go.mod --\nmodule example.com/a\n\ngo 1.26\n\nrequire example.com/geo v1.0.0\n-- a/a.go --\npackage a\n\nimport \"example.com/geo\"\n\nfunc Area(x float64) float64 { return geo.Of(x).Area() }\n" +
		"-- geo/go.mod --\nmodule example.com/geo\n\ngo 1.26\n-- geo/geo.go --\npackage geo\n" + shapes,
		"a", "example.com/a", "a.Area", "[1 4 9]"},
	{"vendored", "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n\nrequire example.com/v v1.2.3\n" +
		"-- vendor/modules.txt --\n# example.com/v v1.2.3\n## explicit; go 1.26\nexample.com/v/geo\n-- vendor/example.com/v/geo/geo.go --\npackage geo\n" + shapes,
		"", "example.com/v/geo", "func(x float64) float64 { return geo.Of(x).Area() }", "[1 4 9]"},
	{"a captured value of a module's type", "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n-- geo/geo.go --\npackage geo\n\ntype Scale struct{ By float64 }\n\nfunc (s Scale) Of(x float64) float64 { return s.By * x }\n",
		"", "example.com/app/geo", "func() func(float64) float64 { s := geo.Scale{By: 3}; return func(x float64) float64 { return s.Of(x) } }()", "[3 6 9]"},
}

// open opens a notebook in a directory, compiled.
func open(t *testing.T, connection, dir string) *session.Session {
	t.Helper()
	s, err := session.Start(lab.Patient(t), session.Options{Env: []string{profiles.ConnectionEnv + "=" + connection}, Code: api.Code(), Tier: session.TierNative, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the session: %v", err)
		}
	})
	return s
}

// TestModulesComeAlong maps functions that use packages of other modules.
func TestModulesComeAlong(t *testing.T) {
	c := start(t, 2)
	for _, m := range modules {
		t.Run(m.name, func(t *testing.T) {
			s := open(t, c.ConnectionFile(), filepath.Join(folder(t, m.archive), m.dir))
			src := "import " + `"` + m.path + `"` + "\nf := " + m.text + "\nr := client.MustConnect().LoadBalanced().Map(f, []float64{1, 2, 3})\nfmt.Println(r.Get())\nr.Tasks()[0].Tier"
			if got, err := run(lab.Patient(t), s, 1, src); err != nil || !strings.HasSuffix(got, m.want+" <nil>\nnative") {
				t.Errorf("got %q, %v", got, err)
			}
			again := "f = func(x float64) float64 { return -x }\nfmt.Println(client.MustConnect().LoadBalanced().Map(f, []float64{1}).Get())"
			if got, err := run(lab.Patient(t), s, 2, again); err != nil || got != "[-1] <nil>" {
				t.Errorf("another function of the session: %q, %v", got, err)
			}
		})
	}
}

// TestModulesNeedAToolchain maps such a function where nothing can be compiled, and one of a package that needs C.
func TestModulesNeedAToolchain(t *testing.T) {
	c := start(t, 1)
	dir := folder(t, "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n-- geo/geo.go --\npackage geo\n\nfunc Twice(x int) int { return 2 * x }\n"+
		"-- c/c.go --\npackage c\n\n// static int twice(int n) { return 2*n; }\nimport \"C\"\n\nfunc Twice(x int) int { return int(C.twice(C.int(x))) }\n")
	for _, test := range []struct{ name, src, want string }{
		{"C", "import \"example.com/app/c\"\n_, err := client.MustConnect().LoadBalanced().Map(c.Twice, []int{1}).Get()\nfmt.Println(err)", "without cgo"},
		{"no toolchain", "import \"example.com/app/geo\"\nos.Setenv(\"PATH\", \"\")\nos.Setenv(\"GOROOT\", \"\")\n_, err := client.MustConnect().LoadBalanced().Map(geo.Twice, []int{1}).Get()\nfmt.Println(err)",
			"cannot send geo.Twice to engines: geo.Twice uses package example.com/app/geo, which only compiled code can use, and it was not compiled: there is no Go toolchain on this machine; install go"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, err := run(lab.Patient(t), open(t, c.ConnectionFile(), dir), 1, test.src); err != nil || !strings.Contains(got, test.want) {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

// TestProgramsShowThingsAsTheInterpreterDoes compares what a function prints and displays, and in which order.
func TestProgramsShowThingsAsTheInterpreterDoes(t *testing.T) {
	s := open(t, start(t, 1).ConnectionFile(), t.TempDir())
	setup := `view := client.MustConnect().LoadBalanced()
type pair struct{ A, B int }
f := func(x int) int {
	fmt.Println("before", x)
	display.Markdown(fmt.Sprintf("**%d**", x))
	fmt.Println("between")
	display.Table([]pair{{x, 2}})
	var area display.Area
	area.Text("working")
	area.HTML("<b>done</b>")
	bar := display.NewProgress(2)
	bar.Add(2)
	display.Show(pair{x, 3})
	fmt.Print("after")
	return x
}
show := func() (tier, text string) {
	var mu sync.Mutex
	r := view.Map(f, views.Range(0, 3), views.ChunkSize(3), views.Live(func(o views.Output) {
		mu.Lock()
		defer mu.Unlock()
		text += o.Text
		if o.Shown != nil {
			text += fmt.Sprint(o.Shown.MIME, o.ID != "", o.Update, "\n")
		}
	}))
	r.Get()
	mu.Lock()
	defer mu.Unlock()
	quiet := view.Map(f, views.Range(0, 3), views.ChunkSize(3), views.ShowProgress(nil))
	quiet.Get()
	all := text + "\n" + r.Stdout() + "\n" + quiet.Stdout()
	return r.Tasks()[0].Tier, regexp.MustCompile("[0-9]+/s").ReplaceAllString(all, "rate")
}
first, want := show()
second, got := show()
for range 600 {
	if second == "native" {
		break
	}
	time.Sleep(100 * time.Millisecond) // as a person would
	view.Map(f, views.Range(0, 30), views.ShowProgress(nil))
	second, got = show()
}
fmt.Println(first, second, got == want, strings.Count(want, "**1**"), strings.Contains(want, "<b>done</b>"))
if got != want {
	fmt.Printf("%s\n---\n%s", got, want)
}`
	if got, err := run(lab.Patient(t), s, 1, setup); err != nil || !strings.HasSuffix(got, "interpreted native true 5 true") {
		t.Errorf("got %v\n%s", err, got)
	}
}

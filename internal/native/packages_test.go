package native_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/gocluster/gocluster/internal/native"
)

// files writes a txtar archive into a new directory.
func files(t *testing.T, archive string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// counter is a package whose state tells whether it is one.
func counter(name string) string {
	var table strings.Builder
	for i := range 40 {
		fmt.Fprintf(&table, "\t%q: {%d},\n", fmt.Sprint("key", i), i)
	}
	return fmt.Sprintf(`package %s

import "fmt"

var Inits int

func init() { Inits++ }

var N = start()

func start() int { return len(fmt.Sprint("ten chars.")) }

func Next() int { N++; return N }

type Value struct{ hidden []int }

func New(n int) Value { return Value{[]int{n}} }

func (v Value) Get() int { return v.hidden[0] }

func (v Value) unexported() string { return "unexported" }

func Unexported(v any) string { return v.(interface{ unexported() string }).unexported() }

// table is large, and nothing that runs at start needs it.
var table = map[string][]int{
%s}

func Lookup(key string) int { return table[key][0] }
`, name, &table)
}

// checkCounter runs cells that share a package's types, variables and initial state.
func checkCounter(p *process, name, path string) {
	p.t.Helper()
	at := func(s string) string { return strings.ReplaceAll(s, "NAME", name) }
	p.run("1 11", "", at(`registry.Vars["v"] = NAME.New(7); fmt.Print(NAME.Inits, " ", NAME.Next())`), "fmt", registry, path)
	p.run("1 12 7 unexported 39", "", at(`v := registry.Vars["v"].(NAME.Value)
		fmt.Print(NAME.Inits, " ", NAME.Next(), " ", v.Get(), " ", NAME.Unexported(registry.Vars["v"]), " ", NAME.Lookup("key39"))`), "fmt", registry, path)
	// Another set of imports has another deps plugin.
	p.run("1 13 true "+name, "", at(`fmt.Print(NAME.Inits, " ", NAME.Next(), " ", slogtest.TestHandler != nil, " ", path.Base("x/NAME"))`), "fmt", "path", path, "testing/slogtest")
}

func TestModuleOfTheWorkingDirectory(t *testing.T) {
	dir := files(t, "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n-- lib/lib.go --\n"+counter("lib")+
		"-- internal/inner/inner.go --\npackage inner\n\nconst Name = \"inner\"\n-- sub/empty.txt --\n")
	p := start(t, native.Options{Work: filepath.Join(dir, "sub")}, "")
	if got := p.ok("resolve", "example.com/app/lib"); got != "example.com/app/lib" {
		t.Errorf("resolved as %q", got)
	}
	checkCounter(p, "lib", "example.com/app/lib")
	if got := p.ok("resolve", "../internal/inner"); got != "example.com/app/internal/inner" {
		t.Errorf("the relative path resolved as %q", got)
	}
	p.run("inner", "", "fmt.Print(inner.Name)", "fmt", "example.com/app/internal/inner")
	if text := p.ok("mod", ""); text != "module session\n\ngo 1.26\n" {
		t.Errorf("the session's go.mod is\n%s", text)
	}
}

func TestRelativePackageWithoutModule(t *testing.T) {
	dir := files(t, "-- mypkg/mypkg.go --\n"+counter("mypkg")+"-- mypkg/more/more.go --\npackage more\n\nconst Name = \"more\"\n")
	p := start(t, native.Options{Work: dir}, "")
	if got := p.ok("resolve", "./mypkg"); got != "local/mypkg" {
		t.Fatalf("resolved as %q", got)
	}
	checkCounter(p, "mypkg", "local/mypkg")
	p.run("more", "", "fmt.Print(more.Name)", "fmt", p.ok("resolve", "./mypkg/more"))
	if got := p.ok("import", "./mypkg"); !strings.Contains(got, "local/mypkg") {
		t.Errorf("imported as %q", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
		t.Error("a go.mod was made in the user's directory")
	}
	a := p.do("resolve", "./nothing")
	if !strings.Contains(a.Error, "there is no directory") {
		t.Errorf("a missing directory: %q", a.Error)
	}
}

func TestRelativePackageElsewhere(t *testing.T) {
	dir := files(t, "-- work/notes.txt --\n-- other/other.go --\npackage other\n\nconst Name = \"other\"\n"+
		"-- module/go.mod --\nmodule example.com/withmod\n\ngo 1.26\n-- module/pkg/pkg.go --\npackage pkg\n\nconst Name = \"pkg\"\n")
	p := start(t, native.Options{Work: filepath.Join(dir, "work")}, "")
	p.run("other", "", "fmt.Print(other.Name)", "fmt", p.ok("resolve", "../other"))
	path := p.ok("resolve", "../module/pkg")
	if path != "example.com/withmod/pkg" {
		t.Errorf("resolved as %q", path)
	}
	p.run("pkg", "", "fmt.Print(pkg.Name)", "fmt", path)
}

func TestWorkingDirectoryChanges(t *testing.T) {
	dir := files(t, "-- one/pkg/pkg.go --\npackage pkg\n\nconst Name = \"one\"\n-- two/pkg/pkg.go --\npackage pkg\n\nconst Name = \"two\"\n"+
		"-- three/go.mod --\nmodule example.com/three\n\ngo 1.26\n-- three/pkg/pkg.go --\npackage pkg\n\nconst Name = \"three\"\n")
	p := start(t, native.Options{Work: filepath.Join(dir, "one")}, "")
	paths := map[string]bool{}
	for _, name := range []string{"one", "two", "three"} {
		p.ok("work", filepath.Join(dir, name))
		path := p.ok("resolve", "./pkg")
		p.run(name, "", "fmt.Print(pkg.Name)", "fmt", path)
		paths[path] = true
	}
	if len(paths) != 3 || !paths["example.com/three/pkg"] {
		t.Errorf("the paths are %v", paths)
	}
	if a := p.do("work", filepath.Join(dir, "none")); a.Error == "" {
		t.Error("a directory that is not there is taken")
	}
}

func TestWorkspaceOfTheWorkingDirectory(t *testing.T) {
	dir := files(t, "-- go.work --\ngo 1.26\n\nuse ./a\n\nreplace example.com/r => ./r\n"+
		"-- a/go.mod --\nmodule example.com/a\n\ngo 1.26\n\nrequire example.com/r v1.0.0\n-- a/a.go --\npackage a\n\nimport \"example.com/r\"\n\nconst Name = \"a \" + r.Name\n"+
		"-- r/go.mod --\nmodule example.com/r\n\ngo 1.26\n-- r/r.go --\npackage r\n\nconst Name = \"r\"\n")
	p := start(t, native.Options{Work: dir}, "")
	p.run("a r", "", "fmt.Print(a.Name)", "fmt", "example.com/a")
}

func TestVendoredPackages(t *testing.T) {
	dir := files(t, "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n\nrequire example.com/v v1.2.3\n"+
		"-- vendor/modules.txt --\n# example.com/v v1.2.3\n## explicit; go 1.26\nexample.com/v/lib\n"+
		"-- vendor/example.com/v/lib/lib.go --\n"+counter("lib")+
		"-- app.go --\npackage app\n\nimport \"example.com/v/lib\"\n\nfunc Two() int { return lib.New(2).Get() }\n")
	p := start(t, native.Options{Work: dir, Env: []string{"GOPROXY=off"}}, "")
	checkCounter(p, "lib", "example.com/v/lib")
	p.run("2", "", "fmt.Print(app.Two())", "fmt", "example.com/app")
}

func TestPackageWithC(t *testing.T) {
	dir := files(t, "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n-- c/c.go --\npackage c\n\n// static int n;\n// static int next(void) { return ++n; }\n// int shared(void) { static int m; return ++m; }\nimport \"C\"\n\n"+
		"func Next() int { return int(C.next()) }\n\nfunc Shared() int { return int(C.shared()) }\n")
	p := start(t, native.Options{Work: dir}, "")
	p.run("1 1", "", "fmt.Print(c.Next(), c.Shared())", "fmt", "example.com/app/c")
	p.run("2 2", "", "fmt.Print(c.Next(), c.Shared(), ``)", "fmt", "example.com/app/c")
}

func TestReplaceInTheSessionsModule(t *testing.T) {
	dir := files(t, "-- lib/go.mod --\nmodule example.com/lib\n\ngo 1.26\n-- lib/lib.go --\n"+counter("lib"))
	p := start(t, native.Options{Work: dir}, "")
	p.ok("setmod", "module session\n\ngo 1.26\n\nrequire example.com/lib v1.0.0\n\nreplace example.com/lib => ./lib\n")
	checkCounter(p, "lib", "example.com/lib")
}

func TestChangedLocalPackageIsSaid(t *testing.T) {
	dir := files(t, "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n-- lib/lib.go --\npackage lib\n\nconst Name = \"one\"\n")
	p := start(t, native.Options{Work: dir}, "")
	if a := p.run("one", "", "fmt.Print(lib.Name)", "fmt", "example.com/app/lib"); len(a.Plugins.Changed) > 0 {
		t.Errorf("%q are said to have changed", a.Plugins.Changed)
	}
	name := filepath.Join(dir, "lib", "lib.go")
	if err := os.WriteFile(name, []byte("package lib\n\nconst Name = \"two\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(name, time.Time{}, time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	a := p.run("one", "", "fmt.Print(lib.Name,``)", "fmt", "example.com/app/lib")
	if len(a.Plugins.Changed) != 1 || a.Plugins.Changed[0] != "example.com/app/lib" {
		t.Errorf("%q are said to have changed", a.Plugins.Changed)
	}
	start(t, native.Options{Work: dir}, "").run("two", "", "fmt.Print(lib.Name)", "fmt", "example.com/app/lib")
}

func TestPackagesThatDoNotCompile(t *testing.T) {
	dir := files(t, "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n-- bad/bad.go --\npackage bad\n\nvar x int = \"\"\n"+
		"-- user/user.go --\npackage user\n\nimport _ \"example.com/app/bad\"\n-- cmd/main.go --\npackage main\n\nfunc main() {}\n")
	p := start(t, native.Options{Work: dir}, "")
	for path, want := range map[string]string{
		"example.com/app/bad":     "bad.go:3",
		"example.com/app/user":    "bad.go:3",
		"example.com/app/nothing": "example.com/app/nothing",
		"example.com/app/cmd":     "is a program, not an importable package",
		"nosuchstd":               "package nosuchstd is not in std",
	} {
		if a := p.do("resolve", path); !strings.Contains(a.Error, want) {
			t.Errorf("%s: %q lacks %q", path, a.Error, want)
		}
	}
}

func TestVersionsOfTheExecutableStay(t *testing.T) {
	p := start(t, native.Options{}, "")
	const mod = "golang.org/x/mod"
	for op, source := range map[string]string{
		"get":    mod + "@v0.20.0",
		"setmod": "module session\n\ngo 1.26\n\nrequire " + mod + " v0.20.0\n",
	} {
		a := p.do(op, source)
		if !strings.Contains(a.Error, mod) || !strings.Contains(a.Error, "asks for v0.20.0") {
			t.Errorf("%s: %q", op, a.Error)
		}
	}
	if a := p.do("get", "github.com/gocluster/gocluster@v0.0.1"); !strings.Contains(a.Error, "this program itself") {
		t.Errorf("our own module: %q", a.Error)
	}
	if a := p.do("setmod", "modul x"); !strings.Contains(a.Error, "go.mod:1") {
		t.Errorf("no go.mod: %q", a.Error)
	}
	if got := p.ok("mod", ""); strings.Contains(got, "require") {
		t.Errorf("what was refused is in go.mod:\n%s", got)
	}
}

// proxy skips the test where modules cannot be fetched.
func proxy(t *testing.T, mod string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", mod)
	cmd.Dir = os.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("%s cannot be fetched: %s", mod, out)
	}
}

func TestGonum(t *testing.T) {
	need(t)
	proxy(t, "gonum.org/v1/gonum@v0.17.0")
	p := start(t, native.Options{Work: t.TempDir()}, "")
	p.ok("get", "gonum.org/v1/gonum@v0.17.0")
	if text := p.ok("mod", ""); !strings.Contains(text, "require gonum.org/v1/gonum v0.17.0\n") {
		t.Errorf("go.mod is\n%s", text)
	}
	const mat, stat, optimize = "gonum.org/v1/gonum/mat", "gonum.org/v1/gonum/stat", "gonum.org/v1/gonum/optimize"
	p.run("[[7 10] [15 22]] *mat.Dense", "", `
		d := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
		var e mat.Dense
		e.Mul(d, d)
		registry.Vars["d"] = &e
		fmt.Printf("%v %T", [][]float64{e.RawRowView(0), e.RawRowView(1)}, registry.Vars["d"])`, "fmt", registry, mat)
	p.run("54 13.5", "", `
		d := registry.Vars["d"].(*mat.Dense)
		fmt.Print(mat.Sum(d), " ", stat.Mean(d.RawMatrix().Data, nil))`, "fmt", registry, mat, stat)
	p.run("1.000", "", `
		r, err := optimize.Minimize(optimize.Problem{Func: func(x []float64) float64 { return (x[0] - 1) * (x[0] - 1) }}, []float64{5}, nil, &optimize.NelderMead{})
		if err != nil { panic(err) }
		fmt.Printf("%.3f", r.X[0])`, "fmt", optimize)
	if a := p.do("get", "gonum.org/v1/gonum@v0.0.99"); !strings.Contains(a.Error, "v0.0.99") {
		t.Errorf("a version that does not exist: %q", a.Error)
	}
}

func TestLoadedGoModKeepsItsVersions(t *testing.T) {
	need(t)
	proxy(t, "golang.org/x/time@v0.5.0")
	p := start(t, native.Options{Work: t.TempDir()}, "")
	const text = "module session\n\ngo 1.26\n\nrequire golang.org/x/time v0.5.0\n"
	p.ok("setmod", text)
	p.ok("resolve", "golang.org/x/time/rate")
	p.run("1s", "", "_ = rate.Inf; fmt.Print(time.Second)", "fmt", "time", "golang.org/x/time/rate")
	if got := p.ok("mod", ""); got != text {
		t.Errorf("go.mod became\n%s", got)
	}
}

// TestEnvironmentOfTheSession: a proxy is a setting that a session may change while it runs.
func TestEnvironmentOfTheSession(t *testing.T) {
	const dir = "example.com/served/@v/"
	served := files(t, "-- "+dir+"list --\nv1.0.0\n-- "+dir+"v1.0.0.info --\n{\"Version\":\"v1.0.0\"}\n-- "+dir+"v1.0.0.mod --\nmodule example.com/served\n\ngo 1.26\n")
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	for name, text := range map[string]string{"go.mod": "module example.com/served\n\ngo 1.26\n", "served.go": "package served\n\nconst Name = \"served\"\n"} {
		f, err := z.Create("example.com/served@v1.0.0/" + name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(z.Close(), os.WriteFile(filepath.Join(served, dir, "v1.0.0.zip"), zipped.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	start(t, native.Options{}, "").ok("warm", "") // which needs our own modules
	p := start(t, native.Options{Work: t.TempDir(), Env: []string{"GOPROXY=off", "GOFLAGS=-modcacherw", "GOMODCACHE=" + filepath.Join(t.TempDir(), "mod")}}, "")
	if a := p.do("resolve", "example.com/served"); !strings.Contains(a.Error, "GOPROXY=off") {
		t.Errorf("without a proxy: %q", a.Error)
	}
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	have := filepath.Join(strings.TrimSpace(string(out)), "cache", "download") // is laid out as a proxy
	p.ok("env", "GOPROXY=file://"+filepath.ToSlash(served)+",file://"+filepath.ToSlash(have))
	p.ok("env", "GOSUMDB=off")
	p.ok("env", "GOOS=plan9")
	p.run("served", "", "fmt.Print(served.Name)", "fmt", p.ok("resolve", "example.com/served"))
}

func TestPlotNeedsOnlyItsImport(t *testing.T) {
	need(t)
	proxy(t, "gonum.org/v1/plot@v0.16.0")
	p := start(t, native.Options{Work: t.TempDir()}, "")
	const plot, plotter, img = "gonum.org/v1/plot", "gonum.org/v1/plot/plotter", "gonum.org/v1/plot/vg/vgimg"
	for _, path := range []string{plot, plotter, img} {
		p.ok("resolve", path)
	}
	p.run("true", "", `
		p := plot.New()
		l, err := plotter.NewLine(plotter.XYs{{X: 1, Y: 2}, {X: 3, Y: 4}})
		if err != nil { panic(err) }
		p.Add(l)
		c := vgimg.New(200, 100)
		p.Draw(draw.New(c))
		fmt.Print(c.Image().Bounds().Dx() > 100)`, "fmt", plot, plotter, img, "gonum.org/v1/plot/vg/draw")
	if text := p.ok("mod", ""); !strings.Contains(text, "gonum.org/v1/plot v") {
		t.Errorf("go.mod is\n%s", text)
	}
}

package native_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/native"
)

// cache is that of all tests, so that the standard library's packages are looked up once.
var cache string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "native-test-")
	if err != nil {
		log.Fatal(err)
	}
	cache = filepath.Join(dir, "cache")
	hostFile = filepath.Join(dir, "host")
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		log.Print(err)
	}
	os.Exit(code)
}

const registry = "github.com/gocluster/gocluster/internal/native/testdata/registry"

// The types of testdata/host.
type (
	request struct {
		Op      string
		Source  string
		Imports []string
	}
	answer struct {
		Error   string
		Text    string
		Plugins native.Plugins
		Took    time.Duration
		Words   []string
	}
)

var (
	hostFile  string
	buildHost = sync.OnceValue(func() error {
		out, err := exec.Command("go", "build", "-o", hostFile, "./testdata/host").CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
)

// process is an executable that builds and opens cells.
type process struct {
	t   *testing.T
	in  io.WriteCloser
	out *json.Decoder
}

// start runs the host in a directory. A test in it is skipped where compiling cells needs something that is not here.
func start(t *testing.T, o native.Options, exe string) *process {
	t.Helper()
	need(t)
	if exe == "" {
		if err := buildHost(); err != nil {
			t.Fatal(err)
		}
		exe = hostFile
	}
	if o.Cache == "" {
		o.Cache = cache
	}
	arg, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, string(arg))
	cmd.Stderr = t.Output()
	cmd.Dir = o.Work
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the host: %v", err)
		}
	})
	return &process{t, in, json.NewDecoder(out)}
}

// need skips the test where there is no toolchain to test with.
func need(t *testing.T) {
	t.Helper()
	k, err := native.Find(t.Context(), native.Options{Cache: cache})
	if err != nil {
		t.Skip(err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
}

func (p *process) do(op, source string, imports ...string) answer {
	p.t.Helper()
	if err := json.NewEncoder(p.in).Encode(request{op, source, imports}); err != nil {
		p.t.Fatal(err)
	}
	var a answer
	if err := p.out.Decode(&a); err != nil {
		p.t.Fatalf("%s: the host died: %v", op, err)
	}
	return a
}

// ok does something that is to succeed, and returns its text.
func (p *process) ok(op, source string, imports ...string) string {
	p.t.Helper()
	a := p.do(op, source, imports...)
	if a.Error != "" {
		p.t.Fatalf("%s %s: %s", op, source, a.Error)
	}
	return a.Text
}

// cell is the source of a cell that runs statements after declarations, with its imports.
func cell(decls, stmts string, imports ...string) (string, []string) {
	imports = append([]string{"unsafe"}, imports...)
	var b strings.Builder
	b.WriteString("package main\n\n")
	for _, imp := range imports {
		fmt.Fprintf(&b, "import %s %q\n", map[bool]string{true: "_"}[imp == "unsafe"], imp)
	}
	fmt.Fprintf(&b, "%s\n//go:linkname Load__ %s.Load__\nfunc Load__() {}\n", decls, native.PathMark)
	fmt.Fprintf(&b, "//go:linkname Run__ %s.Run__\nfunc Run__() {\n%s\n}\n", native.PathMark, stmts)
	return b.String(), imports
}

// run runs a cell and wants it to print something.
func (p *process) run(want, decls, stmts string, imports ...string) answer {
	p.t.Helper()
	source, all := cell(decls, stmts, imports...)
	a := p.do("open", source, all...)
	if a.Error != "" || a.Text != want {
		p.t.Errorf("%s\nprinted %q and failed with %q; want %q", stmts, a.Text, a.Error, want)
	}
	return a
}

const point = `
type Point struct{ x, y int }
func (p Point) sum() int { return p.x + p.y }
func (p *Point) Move(n int) { p.x += n }
type List[E any] struct { items []E }
func (l *List[E]) push(e E) { l.items = append(l.items, e) }
`

func TestTypesAreTheSameInAllCells(t *testing.T) {
	p := start(t, native.Options{}, "")
	p.run("main.Point *main.List[main.Point]", point, `
		l := &List[Point]{}
		l.push(Point{1, 2})
		registry.Vars["p"], registry.Vars["l"] = Point{3, 4}, l
		fmt.Printf("%T %T", registry.Vars["p"], registry.Vars["l"])`, "fmt", registry)
	p.run("{3 4} 7 [{1 2} {5 6}]", point, `
		v := registry.Vars["p"].(Point)
		l := registry.Vars["l"].(*List[Point])
		l.push(Point{5, 6})
		fmt.Print(v, v.sum(), l.items)`, "fmt", registry)
	p.run("7 13", point+`
		type summer interface { sum() int }
		type mover interface { summer; Move(int) }`, `
		v := registry.Vars["p"].(Point)
		var m mover = &v
		m.Move(6)
		fmt.Print(registry.Vars["p"].(summer).sum(), m.sum())`, "fmt", registry)
}

// TestReflectionFindsTheSameTypes: also after many cells, whose lists of types the runtime searches.
func TestReflectionFindsTheSameTypes(t *testing.T) {
	p := start(t, native.Options{}, "")
	const stored = `registry.Vars["types"] = []reflect.Type{reflect.TypeFor[[]Point](), reflect.TypeFor[*Point](), reflect.TypeFor[map[string]Point](), reflect.TypeFor[chan Point]()}; fmt.Print(1)`
	p.run("1", point, stored, "fmt", "reflect", registry)
	for i := range 4 {
		p.run("true true true true true true", point, fmt.Sprintf(`
			was := registry.Vars["types"].([]reflect.Type)
			t := reflect.TypeFor[Point]()
			fmt.Print(reflect.SliceOf(t) == was[0], " ", reflect.PointerTo(t) == was[1], " ", reflect.MapOf(reflect.TypeFor[string](), t) == was[2], " ",
				reflect.ChanOf(reflect.BothDir, t) == was[3], " ", reflect.TypeFor[[]Point]() == was[0], " ", reflect.TypeFor[[%d]Point]() == reflect.ArrayOf(%d, t))`, i+2, i+2),
			"fmt", "reflect", registry)
	}
}

// TestInterfacesAreTheSameInAllCells: also if reflection or an assertion has needed the table of a type's methods before a cell
// brought it, and whatever the runtime does with its list of tables when many come.
func TestInterfacesAreTheSameInAllCells(t *testing.T) {
	p := start(t, native.Options{}, "")
	const code = `
type code int
func (c code) Error() string { return fmt.Sprint("code ", int(c)) }
type coder interface { error; code() int }
func (c code) code() int { return int(c) }
`
	p.run("code 5", code, `
		var x any = code(5)
		e := x.(error)
		c := x.(interface { error; code() int })
		registry.Vars["e"], registry.Vars["errors"], registry.Vars["map"], registry.Vars["coders"] = x, []error{e}, map[error]int{e: 1}, []coder{c}
		fmt.Print(e)`, "fmt", registry)
	uses := func(n int) string {
		return fmt.Sprintf(`
		e, m := registry.Vars["errors"].([]error)[0], registry.Vars["map"].(map[error]int)
		c := registry.Vars["coders"].([]coder)[0]
		_, asserted := e.(code)
		switched, byValue := "", ""
		switch e.(type) {
		case interface{ M%[1]d() }:
		case *os.PathError:
		case *strconv.NumError:
		case code:
			switched = "code"
		}
		switch e {
		case io.EOF:
		case code(5):
			byValue = "five"
		}
		m[code(%[1]d)]++
		_, coded := c.(code)
		fmt.Print(e == code(5), m[code(5)], len(m), asserted, switched, byValue, errors.Is(e, code(5)), errors.Is(fmt.Errorf("%%w", code(5)), e), c == coder(code(5)), coded, c.code(), any(e) == any(c))
		registry.Vars["errors"] = []error{code(5)}`, n)
	}
	imports := []string{"errors", "fmt", "io", "os", "strconv", registry}
	p.run("true 1 2 truecodefivetrue true true true 5 true", code, uses(6), imports...)
	p.run("true 1 3 truecodefivetrue true true true 5 true", code, uses(7), imports...)

	var types, values, same strings.Builder
	for i := range 900 {
		fmt.Fprintf(&types, "type t%d int\nfunc (t%[1]d) String() string { return `%[1]d` }\n", i)
		fmt.Fprintf(&values, "t%d(1),", i)
		fmt.Fprintf(&same, "check(t%d(1))\n", i)
	}
	p.run("900", types.String(), `
		var all []fmt.Stringer
		for _, x := range []any{`+values.String()+`} { all = append(all, x.(fmt.Stringer)) }
		registry.Vars["all"] = all
		fmt.Print(len(all))`, "fmt", registry)
	for i := range 2 {
		p.run("900 true", types.String(), fmt.Sprintf(`
			all, n := registry.Vars["all"].([]fmt.Stringer), %d
			n = 0
			i := 0
			check := func(s fmt.Stringer) { if all[i] == s { n++ }; i++ }
			%s
			fmt.Print(n, " ", any(all[7]).(fmt.Stringer) == fmt.Stringer(t7(1)))`, i, same.String()), "fmt", registry)
	}
	p.run("true 1 4 truecodefivetrue true true true 5 true", code, uses(8), imports...)
}

func TestSameSourceIsTheSamePlugin(t *testing.T) {
	p := start(t, native.Options{}, "")
	for _, want := range []string{"1", "2", "3"} {
		p.run(want, "var n int", "n++; fmt.Print(n)", "fmt")
	}
}

func TestNoInitialisersRun(t *testing.T) {
	p := start(t, native.Options{}, "")
	p.run("0 0", "var n = f()\nfunc f() int { registry.Vars[`init`] = 1; return 3 }", "fmt.Print(n, len(registry.Vars))", "fmt", registry)
}

func TestPositionsAreTheCells(t *testing.T) {
	p := start(t, native.Options{}, "")
	p.run("In[3]:7", "func where() (string, int) {\n//line In[3]:7\n_, file, line, _ := runtime.Caller(0); return file, line }",
		`file, line := where(); fmt.Printf("%s:%d", file, line)`, "fmt", "runtime")
}

func TestCompileErrors(t *testing.T) {
	p := start(t, native.Options{}, "")
	a := p.do("build", "package main\n\nfunc Load__() {\n//line In[3]:2:5\nx := undefined + 1\n}\n")
	for _, want := range []string{"a defect of gocluster", "In[3]:2:5: declared and not used: x", "In[3]:2:10: undefined: undefined"} {
		if !strings.Contains(a.Error, want) {
			t.Errorf("the error is\n%s\nwithout %q", a.Error, want)
		}
	}
	a = p.do("build", "package main\n", "example.invalid/nothing")
	if !strings.Contains(a.Error, "example.invalid/nothing") {
		t.Errorf("an import that nothing provides: %q", a.Error)
	}
}

func TestResultsAreKept(t *testing.T) {
	source, imports := cell("", `fmt.Print("kept")`, "fmt")
	p := start(t, native.Options{}, "")
	if a := p.do("build", source, imports...); a.Error != "" || a.Plugins.Cached {
		t.Fatalf("the first build: %+v", a)
	}
	a := p.do("build", source, imports...)
	if a.Error != "" || !a.Plugins.Cached {
		t.Errorf("the same again: %+v", a)
	}
	q := start(t, native.Options{}, "")
	b := q.do("open", source, imports...)
	if b.Error != "" || !b.Plugins.Cached || b.Plugins.Path != a.Plugins.Path || b.Text != "kept" {
		t.Errorf("in another process: %+v", b)
	}
	if c := q.do("build", source+"// other", imports...); c.Error != "" || c.Plugins.Cached || c.Plugins.Path == a.Plugins.Path {
		t.Errorf("other text: %+v", c)
	}
}

// TestForgettingHelps: what was known of compiled packages does not hold, the error can be told, and forgetting it helps.
func TestForgettingHelps(t *testing.T) {
	p := start(t, native.Options{Cache: filepath.Join(t.TempDir(), "cache")}, "")
	p.run("1", "", "fmt.Print(1)", "fmt")
	p.ok("forget", "")
	p.run("2", "", "fmt.Print(2)", "fmt")
}

func TestParallelBuilds(t *testing.T) {
	need(t)
	k, err := native.Find(t.Context(), native.Options{Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if err := k.Warm(t.Context(), nil); err != nil {
		t.Skip(err)
	}
	var wg sync.WaitGroup
	files := make([]string, 12)
	for i := range files {
		wg.Go(func() {
			source, imports := cell("", fmt.Sprintf(`fmt.Print("parallel", %d)`, i%3), "fmt")
			p, err := k.Build(t.Context(), source, imports)
			if err != nil {
				t.Error(err)
			}
			files[i] = p.Cell
		})
	}
	wg.Wait()
	slices.Sort(files)
	if n := len(slices.Compact(files)); n != 3 {
		t.Errorf("three sources made %d plugins", n)
	}
}

// TestTypesInTheExecutablesMain: the dynamic linker would take them for the cells'.
func TestTypesInTheExecutablesMain(t *testing.T) {
	need(t)
	exe := filepath.Join(t.TempDir(), "typed")
	if out, err := exec.Command("go", "build", "-o", exe, "./testdata/typed").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p := start(t, native.Options{}, exe)
	if a := p.do("warm", ""); !strings.Contains(a.Error, "its package main declares types, as cells do: result") {
		t.Errorf("the error is %q", a.Error)
	}
}

// TestSpeed prints what a warm cell costs; the bar is a fact about a machine, so it is only logged.
func TestSpeed(t *testing.T) {
	p := start(t, native.Options{}, "")
	p.ok("warm", "")
	var took []time.Duration
	for i := range 9 {
		source, imports := cell("", fmt.Sprintf(`fmt.Print(%d)`, i), "fmt")
		a := p.do("open", source, imports...)
		if a.Error != "" {
			t.Fatal(a.Error)
		}
		took = append(took, a.Took)
	}
	slices.Sort(took)
	t.Logf("a compiled cell with fmt, built and opened: p50 %v, least %v, most %v", took[4], took[0], took[8])
}

package magic

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gocluster/gocluster/internal/gocode"
)

const (
	testHelp = `
  %%test
  func TestDouble(t *testing.T) {
  	if got := double(2); got != 4 {
  		t.Errorf("got %d, want 4", got)
  	}
  }

  -run REGEXP     run only the tests and subtests whose names match
  -bench REGEXP   run the cell's benchmarks that match, too
  -count N        run each test N times
  -short          tell testing.Short
  -q              show only what failed

The tests see the session's functions, types and variables, and may change them; the cell's declarations stay. The output is that of
go test -v; the cell fails if a test does. A panic fails its test; in a subtest or a goroutine it ends the session's process, as it ends
go test. Tests are compiled: there has to be a Go toolchain (gocluster doctor says whether there is).
`
	benchHelp = `
  %%bench
  sum := 0
  for _, x := range xs {
  	sum += x
  }

  %%bench
  func BenchmarkSort(b *testing.B) {
  	for b.Loop() {
  		slices.Sorted(slices.Values(xs))
  	}
  }

  -t DURATION   how long to measure; without it 1s
  -n N          how often to run the code

A cell of statements is run in a loop; time, bytes and allocations of one run are reported as go test -bench does. A cell that declares
benchmarks has these run by package testing, and needs a Go toolchain.
`
)

var (
	testFunc  = regexp.MustCompile(`(?m)^func\s+(Test\w*)\s*\(\s*\w+\s+\*testing\.T\s*\)`)
	benchFunc = regexp.MustCompile(`(?m)^func\s+(Benchmark\w*)\s*\(\s*\w+\s+\*testing\.B\s*\)`)
)

// declared lists the functions in a cell that package testing would run.
func declared(src string, form *regexp.Regexp, prefix string) []string {
	var out []string
	for _, m := range form.FindAllStringSubmatch(src, -1) {
		if r, _ := utf8.DecodeRuneInString(strings.TrimPrefix(m[1], prefix)); !unicode.IsLower(r) {
			out = append(out, m[1])
		}
	}
	return out
}

// testRun is what of a cell is run by package testing, and how.
type testRun struct {
	call       call
	tests      []string
	benchmarks []string
	flags      map[string]string // of package testing
}

// testFlags are the flags of package testing that a run sets, since they stay from the run before.
var testFlags = map[string]string{
	"test.v": "false", "test.run": "", "test.bench": "", "test.benchmem": "true", "test.benchtime": "1s", "test.count": "1", "test.short": "false",
}

func prepareTest(c call) (action, error) {
	f, err := readFlags(c, []string{"run", "bench", "count"}, []string{"short", "q"})
	if err != nil {
		return nil, err
	}
	if f.rest != "" {
		return nil, wrong(c, "unexpected %q", f.rest)
	}
	for _, name := range []string{"run", "bench"} {
		if _, err := regexp.Compile(f.values[name]); err != nil {
			return nil, wrong(c, "-%s: %v", name, err)
		}
	}
	if _, err := f.number(c, "count"); err != nil {
		return nil, err
	}
	r := testRun{call: c, tests: declared(c.body, testFunc, "Test")}
	r.flags = map[string]string{"test.v": strconv.FormatBool(!f.has("q")), "test.short": strconv.FormatBool(f.has("short"))}
	for _, name := range []string{"run", "bench", "count"} {
		if f.has(name) {
			r.flags["test."+name] = f.values[name]
		}
	}
	if f.has("bench") {
		r.benchmarks = declared(c.body, benchFunc, "Benchmark")
	}
	if len(r.tests)+len(r.benchmarks) == 0 {
		return nil, usage("%s: the cell declares no tests: write func TestX(t *testing.T) { ... }", c.sign())
	}
	return r.do, nil
}

func prepareBench(c call) (action, error) {
	f, err := readFlags(c, []string{"t", "n"}, nil)
	if err != nil {
		return nil, err
	}
	if f.rest != "" {
		return nil, wrong(c, "unexpected %q", f.rest)
	}
	n, err := f.number(c, "n")
	if err != nil {
		return nil, err
	}
	d, err := f.duration(c, "t", time.Second)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(c.body) == "" {
		return nil, wrong(c, "there is no Go to measure")
	}
	r := testRun{call: c, benchmarks: declared(c.body, benchFunc, "Benchmark")}
	if len(r.benchmarks) == 0 {
		return func(ctx context.Context, h Host) error { return bench(ctx, h, c, n, d) }, nil
	}
	often := d.String()
	if n > 0 {
		often = decimal(n) + "x"
	}
	r.flags = map[string]string{"test.bench": ".", "test.benchtime": often}
	return r.do, nil
}

// do declares the cell's functions and runs them.
func (r testRun) do(ctx context.Context, h Host) error {
	code := r.call.code(0)
	code.Compile = true
	if _, err := h.Execute(ctx, code); err != nil {
		return err
	}
	start := time.Now()
	aside := gocode.Cell{N: code.N, Name: r.call.sign(), Source: r.program(), Line: 1, Aside: true, Compile: true}
	res, err := h.Session().Execute(ctx, aside, h.Output())
	if err != nil {
		return withoutOurs(err, r.call)
	}
	text := ""
	if res.Value != nil {
		text, _ = res.Value.MIME["text/plain"].(string)
	}
	took := round(time.Since(start))
	switch names := strings.Fields(text); {
	case len(names) == 0:
		return failed("%s: the run of the tests has no result", r.call.sign())
	case names[0] == "PASS":
		say(h, "ok\t%v\n", took)
		return nil
	default:
		say(h, "FAIL\t%v\n", took)
		return &Error{EName: failedName, Message: strings.Join(names[1:], ", ") + " failed"}
	}
}

// program is Go that runs the functions with package testing, and evaluates to PASS, or to FAIL and the names of those that failed. A
// test that panics fails, and the session goes on.
func (r testRun) program() string {
	var b strings.Builder
	b.WriteString(testImports + testDeps + "func() string {\n\ttesting__.Init()\n\tif !flag__.Parsed() {\n\t\tflag__.CommandLine.Parse(nil)\n\t}\n")
	for _, name := range slices.Sorted(maps.Keys(testFlags)) {
		fmt.Fprintf(&b, "\tflag__.Set(%q, %q)\n", name, cmp.Or(r.flags[name], testFlags[name]))
	}
	b.WriteString(testGuard + "\ttests__ := []testing__.InternalTest{\n")
	for _, name := range r.tests {
		fmt.Fprintf(&b, "\t\t{Name: %q, F: func(t__ *testing__.T) { done__ := false; defer guard__(t__, &done__); %s(t__); done__ = true }},\n", name, name)
	}
	b.WriteString("\t}\n\tbenchmarks__ := []testing__.InternalBenchmark{\n")
	for _, name := range r.benchmarks {
		fmt.Fprintf(&b, "\t\t{Name: %q, F: func(b__ *testing__.B) { done__ := false; defer guard__(b__, &done__); %s(b__); done__ = true }},\n", name, name)
	}
	b.WriteString("\t}\n" + testEnd)
	return b.String()
}

const testImports = `import (
	testing__ "testing"
	flag__ "flag"
	fmt__ "fmt"
	io__ "io"
	reflect__ "reflect"
	regexp__ "regexp"
	runtime__ "runtime"
	strings__ "strings"
	time__ "time"
)
`

// testDeps is what package testing wants to be given by a program that go test generates. Nothing of it is needed here but the matching.
const testDeps = `
type goclusterTestDeps struct{}

type goclusterTestCorpus = struct {
	Parent     string
	Path       string
	Data       []byte
	Values     []any
	Generation int
	IsSeed     bool
}

func (goclusterTestDeps) ImportPath() string                                    { return "" }
func (goclusterTestDeps) ModulePath() string                                    { return "" }
func (goclusterTestDeps) MatchString(pat, str string) (bool, error)             { return regexp__.MatchString(pat, str) }
func (goclusterTestDeps) SetPanicOnExit0(bool)                                  {}
func (goclusterTestDeps) StartCPUProfile(io__.Writer) error                     { return nil }
func (goclusterTestDeps) StopCPUProfile()                                       {}
func (goclusterTestDeps) StartTestLog(io__.Writer)                              {}
func (goclusterTestDeps) StopTestLog() error                                    { return nil }
func (goclusterTestDeps) WriteProfileTo(string, io__.Writer, int) error         { return nil }
func (goclusterTestDeps) RunFuzzWorker(func(goclusterTestCorpus) error) error   { return nil }
func (goclusterTestDeps) CheckCorpus([]any, []reflect__.Type) error             { return nil }
func (goclusterTestDeps) ResetCoverage()                                        {}
func (goclusterTestDeps) SnapshotCoverage()                                     {}
func (goclusterTestDeps) CoordinateFuzzing(time__.Duration, int64, time__.Duration, int64, int, []goclusterTestCorpus, []reflect__.Type, string, string) error {
	return nil
}
func (goclusterTestDeps) ReadCorpus(string, []reflect__.Type) ([]goclusterTestCorpus, error) {
	return nil, nil
}
func (goclusterTestDeps) InitRuntimeCoverage() (mode string, tearDown func(string, string) (string, error), snapcov func() float64) {
	return "", nil, nil
}

`

const testEnd = `	status__ := testing__.MainStart(goclusterTestDeps{}, tests__, benchmarks__, nil, nil).Run()
	switch {
	case len(failed__) > 0:
		return "FAIL " + strings__.Join(failed__, " ")
	case status__ != 0:
		return "FAIL tests"
	}
	return "PASS"
}()`

// testGuard notes who failed, and makes failures of panics, with the places in cells where they were.
const testGuard = `	var failed__ []string
	guard__ := func(tb__ testing__.TB, done__ *bool) {
		if r__ := recover(); r__ != nil {
			text__ := fmt__.Sprintf("    panic: %v\n", r__)
			pcs__ := make([]uintptr, 64)
			frames__ := runtime__.CallersFrames(pcs__[:runtime__.Callers(2, pcs__)])
			for more__ := true; more__; {
				var f__ runtime__.Frame
				f__, more__ = frames__.Next()
				if f__.File != "" && !strings__.ContainsAny(f__.File, "/%<") {
					text__ += fmt__.Sprintf("        %s:%d\n", f__.File, f__.Line)
				}
			}
			fmt__.Print(text__)
			*done__ = true
			tb__.Fail()
		}
		if tb__.Failed() {
			failed__ = append(failed__, tb__.Name())
		}
		if !*done__ && !tb__.Skipped() {
			tb__.FailNow() // an interrupt ends the test, and not the process
		}
	}
`

// benchLoop returns how often the code was run, how long that took, and how much it allocated. It runs the code more and more often
// until that takes long enough, as package testing does.
const benchLoop = `
func(n__ int, d__ int64) []int64 {
	loop__ := func(n__ int) []int64 {
		var before__, after__ runtime__.MemStats
		runtime__.GC()
		runtime__.ReadMemStats(&before__)
		start__ := time__.Now()
		for range n__ {
			%s
		}
		took__ := int64(time__.Since(start__))
		runtime__.ReadMemStats(&after__)
		return []int64{int64(n__), took__, int64(after__.Mallocs - before__.Mallocs), int64(after__.TotalAlloc - before__.TotalAlloc)}
	}
	if n__ > 0 {
		return loop__(n__)
	}
	out__ := loop__(1)
	for out__[1] < d__ && out__[0] < 1_000_000_000 {
		next__ := out__[0] * 100
		if out__[1] > 0 {
			next__ = min(next__, d__ * out__[0] / out__[1] * 6 / 5 + 1)
		}
		out__ = loop__(int(max(next__, out__[0] + 1)))
	}
	return out__
}(%d, %d)`

// bench measures a cell of statements.
func bench(ctx context.Context, h Host, c call, n int, d time.Duration) error {
	numbers, err := measure(ctx, h, c, c.code(0), func(body string) string { return fmt.Sprintf(benchLoop, body, n, int64(d)) })
	if err != nil {
		return err
	}
	if len(numbers) != 4 {
		return failed("%%%%bench: the loop has no result")
	}
	r := testing.BenchmarkResult{N: int(numbers[0]), T: time.Duration(numbers[1]), MemAllocs: uint64(numbers[2]), MemBytes: uint64(numbers[3])}
	say(h, "Benchmark-%d\t%s\t%s\n", runtime.GOMAXPROCS(0), r.String(), r.MemString())
	return nil
}

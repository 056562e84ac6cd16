package magic

import (
	"context"
	"fmt"
	"regexp"
	"runtime"
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
go test -v; the cell fails if a test does. Tests are compiled: there has to be a Go toolchain (gocluster doctor says whether there is).
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
	flags      [][2]string // of package testing
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
	r.flags = [][2]string{{"test.v", strconv.FormatBool(!f.has("q"))}, {"test.run", f.values["run"]}, {"test.short", strconv.FormatBool(f.has("short"))}}
	r.flags = append(r.flags, [2]string{"test.count", or(f.values["count"], "1")}, [2]string{"test.bench", f.values["bench"]})
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
	r.flags = [][2]string{{"test.v", "false"}, {"test.run", ""}, {"test.bench", "."}, {"test.benchmem", "true"}, {"test.benchtime", often}, {"test.count", "1"}}
	return r.do, nil
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
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
		return err
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
		say(h, "PASS\t%v\n", took)
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
	b.WriteString("import (\n\ttesting__ \"testing\"\n\tflag__ \"flag\"\n\tfmt__ \"fmt\"\n\tregexp__ \"regexp\"\n\truntime__ \"runtime\"\n\tstrings__ \"strings\"\n)\n")
	b.WriteString("func() string {\n\ttesting__.Init()\n\tif !flag__.Parsed() {\n\t\tflag__.CommandLine.Parse(nil)\n\t}\n")
	for _, f := range r.flags {
		fmt.Fprintf(&b, "\tflag__.Set(%q, %q)\n", f[0], f[1])
	}
	b.WriteString(testGuard)
	if len(r.tests) > 0 {
		b.WriteString("\ttesting__.RunTests(regexp__.MatchString, []testing__.InternalTest{\n")
		for _, name := range r.tests {
			fmt.Fprintf(&b, "\t\t{Name: %q, F: func(t__ *testing__.T) { defer guard__(t__); %s(t__) }},\n", name, name)
		}
		b.WriteString("\t})\n")
	}
	if len(r.benchmarks) > 0 {
		b.WriteString("\ttesting__.RunBenchmarks(regexp__.MatchString, []testing__.InternalBenchmark{\n")
		for _, name := range r.benchmarks {
			fmt.Fprintf(&b, "\t\t{Name: %q, F: func(b__ *testing__.B) { defer guard__(b__); %s(b__) }},\n", name, name)
		}
		b.WriteString("\t})\n")
	}
	b.WriteString("\tif len(failed__) > 0 {\n\t\treturn \"FAIL \" + strings__.Join(failed__, \" \")\n\t}\n\treturn \"PASS\"\n}()")
	return b.String()
}

// testGuard notes who failed, and makes failures of panics, with the places in cells where they were.
const testGuard = `	var failed__ []string
	guard__ := func(tb__ testing__.TB) {
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
			tb__.Fail()
		}
		if tb__.Failed() {
			failed__ = append(failed__, tb__.Name())
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

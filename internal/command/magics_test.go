package command

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/gocluster/gocluster/internal/session"
)

// program builds the real executable: cells that are compiled need the one that they are compiled for.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "gocluster-test-")
	if err != nil {
		return "", err
	}
	programDir = dir
	exe := filepath.Join(dir, "gocluster")
	if runtime.GOOS == "windows" {
		exe += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", exe, "../../cmd/gocluster").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return exe, nil
})

// programDir is where the executable is, if it was needed.
var programDir string

func TestMain(m *testing.M) {
	Setup()
	status := m.Run()
	if programDir != "" {
		_ = os.RemoveAll(programDir)
	}
	os.Exit(status)
}

// script runs a script with the real executable, in a directory of its own.
func script(t *testing.T, tier session.Tier, text string, files map[string]string) outcome {
	t.Helper()
	exe, err := program()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "script.txt"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "run", "--n=0", "--allow-errors", "--tier="+string(tier), filepath.Join(dir, "script.txt"))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	clean := func(b *bytes.Buffer) string { return strings.ReplaceAll(b.String(), dir, "DIR") }
	return outcome{cmd.ProcessState.ExitCode(), clean(&out), clean(&errs)}
}

// hasNative reports whether this machine can compile cells; where it cannot, there is less to test.
var hasNative = sync.OnceValue(func() bool {
	exe, err := program()
	if err != nil {
		return false
	}
	out, _ := exec.Command(exe, "doctor").Output() // what lacks is told in its output
	return strings.Contains(string(out), "ok   compiled Go cells")
})

// both are the tiers; native alone is for what cannot be interpreted.
var (
	bothTiers   = []session.Tier{session.TierInterpreted, session.TierNative}
	onlyNative  = bothTiers[1:]
	interpreted = bothTiers[:1]
)

func TestMagicsInScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the executable and compiles cells")
	}
	for _, tt := range []struct {
		name   string
		tiers  []session.Tier
		script string
		files  map[string]string
		status int
		out    string // a pattern for all of it
		err    string // a pattern for a part
	}{
		{"commands and Go", bothTiers, "x := 5\n!echo from the shell; pwd\nx + 1\n", nil, exitOK, `from the shell\nDIR\n6\n`, ``},
		{"a command that fails fails the cell", bothTiers, "!exit 3\nfmt.Println(\"not reached\")\n// %%\nfmt.Println(\"next\")", nil, exitFailed, `next\n`, `ExitError: exit status 3`},
		{"a script", bothTiers, "%%sh\nfor i in 1 2; do echo $i; done\necho warn >&2", nil, exitOK, `1\n2\n`, `warn`},
		{"directories and variables of the environment", bothTiers, "%cd sub\n%env GREETING=hi there\nos.Getenv(\"GREETING\")\n!echo $GREETING; pwd\n", map[string]string{}, exitFailed, ``, `%cd: chdir .*sub`},
		{"they survive the process", bothTiers, "%env GREETING=hi there\n%cd /\n// %%\nos.Exit(3)\n// %%\nos.Getenv(\"GREETING\")\n!pwd; echo $GREETING\n%cd -\n", nil, exitFailed,
			`/\nhi there\n/\nhi there\nDIR\n`, `os\.Exit\(3\) was called`},
		{"what Go changes, commands see", bothTiers, "os.Setenv(\"A\", \"b\")\nos.Chdir(\"/\")\n!echo $A; pwd\n%pwd\n", nil, exitOK, `b\n/\n/\n`, ``},
		{"time", bothTiers, "%time 6 * 7\n// %%\n%%time\nfmt.Println(1)\n", nil, exitOK, `42\ntime: \S+ \(and \S+ to compile\)\n1\ntime: \S+ \(and \S+ to compile\)\n`, ``},
		{"timeit", bothTiers, "x := 3\n%timeit -n 100 -r 2 x = x + 1\nx\n// %%\n%timeit -n 10 fmt.Sprint(x)\n// %%\n%timeit -n 10 nope(x)\n", nil, exitFailed,
			`\S+ ± \S+ per run \(mean ± standard deviation of 2 loops of 100 runs; best \S+\)\n203\n.*7 loops of 10 runs.*\n`, `script\.txt, line 7, column 15`},
		{"timeit finds how often", bothTiers, "%timeit time.Sleep(50 * time.Millisecond)\n", nil, exitOK, `5\d(\.\d)?ms ± .* 7 loops of [2-9] runs.*\n`, ``},
		{"bench", bothTiers, "n := 1000\n// %%\n%%bench -n 20\ns := make([]int64, n)\nn = len(s)\n", nil, exitOK, `Benchmark-\d+\s+20\s+\S+ ns/op\s+\d+ B/op\s+\d+ allocs/op\n`, ``},
		{"benchmarks", onlyNative, "n := 1000\n// %%\n%%bench -n 20\nfunc BenchmarkMake(b *testing.B) {\n\tfor range b.N {\n\t\tn = len(make([]int64, n))\n\t}\n}\n", nil, exitOK,
			`(?s).*BenchmarkMake\S*\s+20\s+\S+ ns/op\s+\d+ B/op\s+\d+ allocs/op\nPASS\nok\t\S+\n`, ``},
		{"tests", onlyNative, "func double(x int) int { return 2 * x }\nbase := 1\n// %%\n%%test\nfunc TestDouble(t *testing.T) {\n\tt.Run(\"two\", func(t *testing.T) {\n\t\tif got := double(2); got != 5 {\n\t\t\tt.Errorf(\"got %d\", got)\n\t\t}\n\t})\n}\n\nfunc TestState(t *testing.T) { base++ }\n\nfunc TestPanics(t *testing.T) {\n\tvar m map[string]int\n\tm[\"a\"] = 1\n}\n// %%\nbase\n", nil, exitFailed,
			`=== RUN   TestDouble\n=== RUN   TestDouble/two\n    script\.txt:8: got 4\n--- FAIL: TestDouble .*\n    --- FAIL: TestDouble/two .*\n=== RUN   TestState\n--- PASS: TestState .*\n` +
				`=== RUN   TestPanics\n    panic: assignment to entry in nil map\n        script\.txt:17\n--- FAIL: TestPanics .*\nFAIL\nFAIL\t.*\n2\n`, `TestFailure: TestDouble, TestPanics failed`},
		{"tests that are chosen", onlyNative, "%%test -run B -q\nfunc TestA(t *testing.T) { t.Fatal(\"no\") }\nfunc TestB(t *testing.T) {}\n", nil, exitOK, `PASS\nok\t.*\n`, ``},
		{"tests do not compile", onlyNative, "%%test\nfunc TestA(t *testing.T) { nope() }\n", nil, exitFailed, ``, `script\.txt, line 2, column 28`},
		{"native", onlyNative, "%tier\n%%native\n1\n", nil, exitFailed, ``, `stands in the cell's first line`},
		{"native cells in an interpreted session", hasTier(interpreted), "%tier\n// %%\n%%native\n6 * 7\n// %%\n%tier\n", nil, exitOK, `interpreted\n42\nnative\n`, ``},
		{"tiers lose variables only if asked", hasTier(interpreted), "x := 1\n// %%\n%tier native\n// %%\nx\n// %%\n%tier native --force\n%tier\n// %%\nx", nil, exitFailed,
			`1\nnative\nnative\n`, `(?s)variables would be lost: x; .*have lost their values: x`},
		{"load", bothTiers, "%load helpers.go\ntwice(4)\n// %%\n%load steps.txt\nz\n// %%\n%load book.ipynb\nw\n", map[string]string{
			"helpers.go": "package main\n\nimport \"fmt\"\n\nfunc twice(x int) int { return 2 * x }\n\nfunc main() { fmt.Println(\"main\") }\n",
			"steps.txt":  "z := 1\n// %% next\n%pwd\nz = 2\n",
			"book.ipynb": `{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{"cell_type":"code","execution_count":null,"metadata":{},"outputs":[],"source":"w := twice(8)"}]}`,
		}, exitOK, `main\n8\nDIR\n2\n16\n`, ``},
		{"errors of what is loaded", bothTiers, "%load steps.txt\n", map[string]string{"steps.txt": "a := 1\n// %%\na.b()\n"}, exitFailed, ``, `(?s)steps\.txt, line 3, column 3.*a\.b\(\)`},
		{"save", bothTiers, "x := 20\nfunc add(y int) int { return x + y }\n// %%\nadd(1)\n!true\n%save p.go\n!go run p.go\n", nil, exitOK, `21\nsaved p\.go .*\n21\n`, ``},
		{"writefile", bothTiers, "%%writefile -a 'my file'\none\n// %%\n%%writefile -a \"my file\"\ntwo\n// %%\n!cat 'my file'\n", nil, exitOK, `wrote my file\nappended to my file\none\ntwo\n`, ``},
		{"who", bothTiers, "x := []int{1, 2}\ntype T struct{ A int }\nfunc f(t T) int { return t.A }\n// %%\n%who\n%who func\n", nil, exitOK,
			`type +T +struct\{.*\}\nfunc +f +func\(t T\) int\nvar +x +\[\]int +\[1 2\]\nfunc +f +func\(t T\) int\n`, ``},
		{"reset", bothTiers, "x := 1\n%reset\n// %%\nx\n", nil, exitFailed, ``, `undefined: x`},
		{"nothing is done if a magic is wrong", bothTiers, "fmt.Println(1)\n%whoo\n", nil, exitFailed, ``, `unknown magic %whoo; did you mean %who\?`},
		{"lines of errors among magics", bothTiers, "%pwd\nx := 1\n!true\nx.y()\n", nil, exitFailed, `DIR\n`, `script\.txt, line 4, column 3`},
		{"the values of engines as a variable", bothTiers, "%cluster start -n 1\n%px --out xs []uint16{7}\nfmt.Printf(\"%T %v\\n\", xs, xs)\n", nil, exitOK,
			`a cluster of 1 engines .*\nOut\[0:1\]: \[7\]\n\[\]\[\]uint16 \[\[7\]\]\n`, ``},
		{"the session's go.mod", onlyNative, "1\n// %%\n%mod\n%mod save here.mod\n!cat here.mod\n", nil, exitOK, `(?s)1\nmodule session\n.*wrote DIR/here.mod\nmodule session\n.*`, ``},
		{"no go.mod", interpreted, "%mod\n", nil, exitFailed, ``, `%mod: the session has no go.mod: .* cells run interpreted`},
	} {
		for _, tier := range tt.tiers {
			t.Run(tt.name+", "+string(tier), func(t *testing.T) {
				t.Parallel()
				if tier == session.TierNative && !hasNative() {
					t.Skip("cells cannot be compiled here")
				}
				got := script(t, tier, tt.script, tt.files)
				if got.status != tt.status || !regexp.MustCompile(`^`+tt.out+`$`).MatchString(got.out) || !regexp.MustCompile(tt.err).MatchString(got.err) || tt.err == "" && got.err != "" {
					t.Errorf("status %d, want %d\n-- out --\n%s\n-- want --\n%s\n-- err --\n%s\n-- want --\n%s", got.status, tt.status, got.out, tt.out, got.err, tt.err)
				}
			})
		}
	}
}

// hasTier are the tiers of a case that starts in them and needs a compiler.
func hasTier(tiers []session.Tier) []session.Tier {
	if !hasNative() {
		return nil
	}
	return tiers
}

func TestMagicsAtAPrompt(t *testing.T) {
	home(t)
	got := gocluster(t, t.Context(), "x := 2\n%%sh\necho one\necho two\n\nx\n%timeit -n 1 -r 1 x\nfunc f() int {\n\treturn x\n}\n%who f\n!echo end\n%%time\nf()\n", "repl", "--n=0", "--tier=interpreted")
	want := regexp.MustCompile(`^one\ntwo\n2\n.* per run .*\nfunc +f +func\(\) int\nend\n2\ntime: .*\n$`)
	if got.status != exitOK || !want.MatchString(got.out) {
		t.Errorf("got %+v", got)
	}
}

func TestWrongTiers(t *testing.T) {
	home(t)
	for _, args := range []string{"run --tier=fast -", "repl --tier=fast", "kernel run -f x --tier=fast", "kernel install --tier=fast"} {
		if got := gocluster(t, t.Context(), "", strings.Fields(args)...); got.status != exitUsage || !strings.Contains(got.err, "want auto, interpreted or native") {
			t.Errorf("gocluster %s: got %+v", args, got)
		}
	}
}

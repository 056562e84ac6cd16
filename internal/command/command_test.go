package command

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocluster/gocluster/profiles"
)

// patience bounds every wait: who hits it has hung.
const patience = 2 * time.Minute

// output is what a command has printed so far.
type output struct {
	mu      sync.Mutex
	b       bytes.Buffer
	changed chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.changed <- struct{}{}:
	default:
	}
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// until waits for a text to be printed.
func (o *output) until(t *testing.T, text string) {
	t.Helper()
	deadline := time.After(patience)
	for !strings.Contains(o.String(), text) {
		select {
		case <-o.changed:
		case <-deadline:
			t.Fatalf("waiting for %q, got %q", text, o)
		}
	}
}

// outcome is what a command came to.
type outcome struct {
	status   int
	out, err string
}

// gocluster runs a command in this process, with stdin's text as its standard input.
func gocluster(t *testing.T, ctx context.Context, stdin string, args ...string) outcome {
	t.Helper()
	in := filepath.Join(t.TempDir(), "stdin")
	if err := os.WriteFile(in, []byte(stdin), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out, errs := &output{changed: make(chan struct{}, 1)}, &output{changed: make(chan struct{}, 1)}
	status := run(ctx, "gocluster", args, stdio{f, out, errs})
	return outcome{status, out.String(), errs.String()}
}

// home gives the test a folder of its own for all that gocluster keeps.
func home(t *testing.T) {
	t.Helper()
	t.Setenv(profiles.DirEnv, t.TempDir())
	t.Setenv(profiles.ConnectionEnv, "")
}

func TestWrongUsesAreToldApartFromFailures(t *testing.T) {
	home(t)
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"", exitOK, "Available Commands"},
		{"--help", exitOK, "Examples:"},
		{"version", exitOK, "protocol"},
		{"strat", exitUsage, "Did you mean this?\n\tstart"},
		{"start --bogus", exitUsage, "unknown flag: --bogus"},
		{"start --n=x", exitUsage, "invalid argument"},
		{"start --n=-1", exitUsage, "fewer than no engines"},
		{"run", exitUsage, "accepts 1 arg"},
		{"run --n=-1 -", exitUsage, "fewer than no engines"},
		{"run --n=1 --profile=x -", exitUsage, "give one of them"},
		{"run --n=0 --save=out.txt -", exitUsage, "ends in .ipynb"},
		{"run /does/not/exist", exitFailed, "no such file"},
		{"run --profile=nope -", exitFailed, "gocluster profile create nope"},
		{"kernel bogus", exitUsage, "unknown command"},
		{"kernel run", exitUsage, "no connection file"},
		{"profile create", exitUsage, "accepts 1 arg"},
		{"profile create a/b", exitFailed, "cannot name a profile"},
		{"status", exitFailed, "gocluster start"},
		{"stop", exitFailed, "no cluster"},
		{"logs", exitFailed, "no cluster of this profile has run"},
		{"goengine", exitFailed, "no controller of profile default is running"},
	} {
		got := gocluster(t, t.Context(), "", strings.Fields(c.args)...)
		if got.status != c.status || !strings.Contains(got.out+got.err, c.says) {
			t.Errorf("gocluster %s: got status %d, %q, %q; want status %d and %q", c.args, got.status, got.out, got.err, c.status, c.says)
		}
	}
}

func TestRunPrintsAndEndsAtTheFirstFailure(t *testing.T) {
	home(t)
	const script = `fmt.Println("one")
x := 6
// %% a title
x * 7
// %%
y := undefined
// %%
fmt.Println("after")
`
	const failure = `CompileError: undefined: undefined
script.txt, line 6, column 6
----> 6 | y := undefined
        |      ^^^^^^^^^
`
	file := filepath.Join(t.TempDir(), "script.txt")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		out  string
	}{
		{"a failure ends the run", []string{"run", "--n=0", file}, "one\n42\n"},
		{"unless errors are allowed", []string{"run", "--n=0", "--allow-errors", file}, "one\n42\nafter\n"},
	} {
		got := gocluster(t, t.Context(), "", c.args...)
		if got.status != exitFailed || got.out != c.out || got.err != failure {
			t.Errorf("%s: got status %d, %q, %q", c.name, got.status, got.out, got.err)
		}
	}
	got := gocluster(t, t.Context(), "fmt.Print(\"from stdin\")", "run", "--n=0", "-")
	if got.status != exitOK || got.out != "from stdin" {
		t.Errorf("from standard input: got %+v", got)
	}
}

func TestRunSavesWhatJupyterWould(t *testing.T) {
	home(t)
	saved := filepath.Join(t.TempDir(), "out.ipynb")
	got := gocluster(t, t.Context(), "fmt.Println(\"printed\")\n6 * 7\n// %%\npanic(\"no\")\n", "run", "--n=0", "--save="+saved, "-")
	if got.status != exitFailed {
		t.Errorf("got %+v", got)
	}
	data, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	var nb struct {
		Cells []struct {
			Outputs []struct {
				Type   string         `json:"output_type"`
				Name   string         `json:"name"`
				Text   any            `json:"text"`
				Data   map[string]any `json:"data"`
				EValue string         `json:"evalue"`
			} `json:"outputs"`
		} `json:"cells"`
	}
	if err := json.Unmarshal(data, &nb); err != nil {
		t.Fatal(err)
	}
	first, second := nb.Cells[0].Outputs, nb.Cells[1].Outputs
	if len(first) != 2 || first[0].Type != "stream" || first[1].Type != "execute_result" || first[1].Data["text/plain"] == nil {
		t.Errorf("the first cell: got %+v", first)
	}
	if len(second) != 1 || second[0].Type != "error" || !strings.Contains(second[0].EValue, "no") {
		t.Errorf("the second cell: got %+v", second)
	}
}

// engineNumber is what differs from run to run in the quickstart.
var engineNumber = regexp.MustCompile(`on engine \d+`)

func TestTheQuickstartPrintsItsResults(t *testing.T) {
	home(t)
	got := gocluster(t, t.Context(), "", "run", "--n=4", "../../notebooks/quickstart.ipynb")
	want, err := os.ReadFile("testdata/quickstart.out")
	if err != nil {
		t.Fatal(err)
	}
	if out := engineNumber.ReplaceAllString(got.out, "on engine N"); got.status != exitOK || out != string(want) {
		t.Errorf("got status %d, %s\n%s\nwant %s", got.status, out, got.err, want)
	}
}

func TestEveryNotebookRuns(t *testing.T) {
	home(t)
	files, err := filepath.Glob("../../notebooks/*.ipynb")
	if err != nil || len(files) == 0 {
		t.Fatalf("no notebooks, %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			if filepath.Base(file) == "gonum.ipynb" {
				t.Skip("TestANotebookShowsAPlot runs it")
			}
			if got := gocluster(t, t.Context(), "", "run", "--n=4", file); got.status != exitOK {
				t.Errorf("got status %d, %s\n%s", got.status, got.out, got.err)
			}
		})
	}
}

// gonum and its plots come from their modules, by import alone.
func TestANotebookShowsAPlot(t *testing.T) {
	if testing.Short() || !hasNative() {
		t.Skip("needs a toolchain, and time to compile gonum")
	}
	home(t)
	exe, err := program()
	if err != nil {
		t.Fatal(err)
	}
	saved := filepath.Join(t.TempDir(), "out.ipynb")
	out, err := exec.Command(exe, "run", "--n=0", "--tier=native", "--save", saved, "../../notebooks/gonum.ipynb").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "amplitude 2.0, decay 0.5, frequency 3.0") {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	var nb struct {
		Cells []struct {
			Outputs []struct{ Data map[string]any }
		}
	}
	if err := json.Unmarshal(text, &nb); err != nil {
		t.Fatal(err)
	}
	last := nb.Cells[len(nb.Cells)-1].Outputs
	if len(last) != 1 || last[0].Data["image/png"] == nil {
		t.Errorf("the last cell shows %v, want a picture", last)
	}
}

func TestAClusterStartsIsSeenAndStops(t *testing.T) {
	home(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, errs := &output{changed: make(chan struct{}, 1)}, &output{changed: make(chan struct{}, 1)}
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, "gocluster", []string{"start", "--n=2"}, stdio{os.Stdin, out, errs}) }()
	out.until(t, "2 engines")

	if got := gocluster(t, t.Context(), "", "status"); got.status != exitOK || strings.Count(got.out, "idle") != 2 {
		t.Errorf("status: got %+v", got)
	}
	if got := gocluster(t, t.Context(), "", "list"); got.status != exitOK || !strings.Contains(got.out, "running") {
		t.Errorf("list: got %+v", got)
	}
	if got := gocluster(t, t.Context(), "", "start", "--n=1"); got.status != exitFailed || !strings.Contains(got.err, "is running") {
		t.Errorf("a second start: got %+v", got)
	}
	if got := gocluster(t, t.Context(), "client.MustConnect().IDs()", "run", "--profile=default", "-"); got.out != "[0 1]\n" {
		t.Errorf("run on the profile's cluster: got %+v", got)
	}
	if got := gocluster(t, t.Context(), "", "logs"); got.status != exitOK || !strings.Contains(got.out, "controller.log") {
		t.Errorf("logs: got %+v", got)
	}
	cancel() // as Ctrl-C does
	select {
	case status := <-ended:
		if status != exitOK {
			t.Errorf("start ended with status %d: %s", status, errs)
		}
	case <-time.After(patience):
		t.Fatal("start does not end")
	}
	if got := gocluster(t, t.Context(), "", "status"); got.status != exitFailed {
		t.Errorf("status of a stopped cluster: got %+v", got)
	}
	p, err := profiles.Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{p.SecurityDir(), p.PIDDir()} {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left in %s: %v, %v", dir, left, err)
		}
	}
}

func TestADaemonIsStopped(t *testing.T) {
	home(t)
	if got := gocluster(t, t.Context(), "", "start", "--n=1", "--daemonize"); got.status != exitOK {
		t.Fatalf("got %+v", got)
	}
	if got := gocluster(t, t.Context(), "", "stop"); got.status != exitOK {
		t.Errorf("got %+v", got)
	}
}

func TestThePromptTakesInputFromAPipe(t *testing.T) {
	home(t)
	got := gocluster(t, t.Context(), "x := 20\nfunc twice(n int) int {\n\treturn 2 * n\n}\ntwice(x) + 2\nnope\n", "repl", "--n=0")
	if got.status != exitFailed || got.out != "42\n" || !strings.Contains(got.err, "undefined: nope") {
		t.Errorf("got %+v", got)
	}
}

func TestMagicsWorkOutsideOfJupyter(t *testing.T) {
	home(t)
	got := gocluster(t, t.Context(), "%who\n// %%\nx := 5\n// %%\n%who\nx + 1\n// %%\nx?\n// %%\n%whi\n", "run", "--n=0", "-")
	if got.status != exitFailed || !strings.Contains(got.out, "x  int  5\n6\n") || !strings.Contains(got.out, "var x int") || !strings.Contains(got.err, "did you mean %who") {
		t.Errorf("got %+v", got)
	}
}

func TestTheDoctorFindsThatCellsRun(t *testing.T) {
	home(t)
	got := gocluster(t, t.Context(), "", "doctor")
	if got.status != exitOK || !strings.Contains(got.out, "ok   Go cells") || !strings.Contains(got.out, "kernelspec") {
		t.Errorf("got %+v", got)
	}
}

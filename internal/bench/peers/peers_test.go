package peers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fakeEnv makes this program a peer that answers as the tests want.
const fakeEnv = "GOCLUSTER_TEST_PEER"

func TestMain(m *testing.M) {
	if os.Getenv(fakeEnv) != "" {
		fake()
		return
	}
	os.Exit(m.Run())
}

func fake() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var q Request
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			panic(err)
		}
		switch q.Work {
		case Start:
			fmt.Printf(`{"figures": {"start": 0.5}, "version": "1.%d"}`+"\n", q.Engines)
		case Pi:
			fmt.Println(`{"error": "AssertionError: pi came to something else"}`)
		case Factors:
			fmt.Fprintln(os.Stderr, "first\nSegmentation fault")
			os.Exit(3)
		default:
			fmt.Printf(`{"figures": {%q: %d}}`+"\n", q.Work, q.Size)
		}
	}
}

func launchFake(t *testing.T) *Process {
	t.Setenv(fakeEnv, "1")
	p, err := Launch(t.Context(), Spec{Name: "fake", file: os.Args[0]})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAPeerIsAskedALineAtATime(t *testing.T) {
	p := launchFake(t)
	got, err := p.Measure(t.Context(), Request{Work: Start, Engines: 4})
	if err != nil || got["start"] != 0.5 || p.Version != "1.4" {
		t.Errorf("start: %v, %q, %v", got, p.Version, err)
	}
	if _, err := p.Measure(t.Context(), Request{Work: Pi}); err == nil || !strings.Contains(err.Error(), "pi came to something else") || errors.Is(err, ErrGone) {
		t.Errorf("what is wrong is said as %v", err)
	}
	if got, err := p.Measure(t.Context(), Request{Work: Map, Size: 7}); err != nil || got["map"] != 7 {
		t.Errorf("after a mistake: %v, %v", got, err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(p.dir); !os.IsNotExist(err) {
		t.Errorf("its home is left: %v", err)
	}
}

func TestAPeerThatDiesIsGone(t *testing.T) {
	p := launchFake(t)
	if _, err := p.Measure(t.Context(), Request{Work: Factors}); !errors.Is(err, ErrGone) {
		t.Errorf("got %v", err)
	}
	if _, err := p.Measure(t.Context(), Request{Work: Map}); !errors.Is(err, ErrGone) {
		t.Errorf("again: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if got := p.said.last(); got != "Segmentation fault" {
		t.Errorf("its last words are %q", got)
	}
}

func TestAPeerThatIsNotInstalled(t *testing.T) {
	for _, s := range Specs(t.TempDir()) {
		if err := s.Installed(); err == nil || !strings.Contains(err.Error(), "make peers") {
			t.Errorf("%s: %v", s.Name, err)
		}
		if _, err := Launch(t.Context(), s); err == nil {
			t.Errorf("%s is launched", s.Name)
		}
	}
}

func TestOnlyTheEndOfWhatIsSaidIsKept(t *testing.T) {
	var said tail
	for range 10 {
		fmt.Fprintf(&said, "%s\n", strings.Repeat("x", maxTail/4))
	}
	fmt.Fprintln(&said, "the end")
	if len(said.buf) > maxTail || said.last() != "the end" {
		t.Errorf("%d bytes, last %q", len(said.buf), said.last())
	}
}

func sample() *Results {
	r := NewResults("a machine")
	for who, figures := range map[string]map[Figure]float64{
		Ours:        {"roundtrip": 100e-6, "submit": 120e3, "factors": 0.34, "efficiency": 0.98, "memory": 50e6},
		Goroutines:  {"factors": 0.30},
		NATS:        {"roundtrip": 50e-6, "submit": 1e6},
		Ipyparallel: {"roundtrip": 2e-3, "efficiency": 0.84},
		Ray:         {"roundtrip": 0.9e-3, "submit": 2400},
	} {
		for f, x := range figures {
			r.Set(who, f, x)
		}
	}
	r.Versions[Ray] = "2.60.0"
	r.Fail(Dask, "", "there is no Dask here")
	r.Fail(Ray, Factors, "it ran out of memory")
	return r
}

func TestRatiosAreJudgedByTheBars(t *testing.T) {
	for _, c := range []struct {
		bar     Bar
		ratio   float64
		reached bool
		line    string
	}{
		{Bar{Figure: "roundtrip", Value: 120e-6}, 0.8333, true, "0.100 ms | the bar | 1.20x better | at most 0.120 ms | yes"},
		{Bar{Figure: "roundtrip", Value: 50e-6}, 2, false, "0.100 ms | the bar | 2.00x worse | at most 0.050 ms | NO"},
		{Bar{Figure: "roundtrip", Beside: Ray, Times: 0.1}, 0.1111, false, "0.100 ms | Ray 0.900 ms | 9.00x better | at least 10.0x better | NO"},
		{Bar{Figure: "roundtrip", Beside: Ipyparallel, Times: 1. / 15}, 0.05, true, "0.100 ms | ipyparallel 2.00 ms | 20.0x better | at least 15.0x better | yes"},
		{Bar{Figure: "roundtrip", Beside: NATS, Times: 1.5}, 2, false, "0.100 ms | NATS 0.050 ms | 2.00x worse | at most 1.50x worse | NO"},
		{Bar{Figure: "submit", Value: 100e3}, 1.2, true, "120 k/s | the bar | 1.20x better | at least 100 k/s | yes"},
		{Bar{Figure: "submit", Beside: Ray}, 50, false, "120 k/s | Ray 2.40 k/s | 50.0x better | - | -"},
		{Bar{Figure: "submit", Beside: NATS, Times: 0.2}, 0.12, false, "120 k/s | NATS 1.00 M/s | 8.33x worse | at most 5.00x worse | NO"},
		{Bar{Figure: "submit", Beside: Ray, Times: 40}, 50, true, "120 k/s | Ray 2.40 k/s | 50.0x better | at least 40.0x better | yes"},
		{Bar{Figure: "factors", Beside: Goroutines, Times: 1.1}, 1.1333, false, "0.340 s | goroutines 0.300 s | 1.13x worse | at most 1.10x worse | NO"},
		{Bar{Figure: "efficiency", Value: 0.97}, 1.0103, true, "98.0 % | the bar | 1.01x better | at least 97.0 % | yes"},
		{Bar{Figure: "memory", Value: 120e6}, 0.4167, true, "50 MB | the bar | 2.40x better | at most 120 MB | yes"},
		{Bar{Figure: "factors", Beside: Ray}, 0, false, "0.340 s | Ray | Ray failed | - | -"},
		{Bar{Figure: "roundtrip", Beside: Dask, Times: 0.1}, 0, false, "0.100 ms | Dask | Dask failed | at least 10.0x better | unknown"},
		{Bar{Figure: "pi", Value: 0.05}, 0, false, "- | the bar | gocluster was not measured | at most 50.0 ms | unknown"},
		{Bar{Figure: "efficiency", Beside: Ray}, 0, false, "98.0 % | Ray | Ray was not measured | - | -"},
	} {
		j := Judge(sample(), c.bar)
		if d := j.Ratio - c.ratio; d > 1e-4 || d < -1e-4 || j.Reached() != c.reached {
			t.Errorf("%+v: ratio %v, reached %v", c.bar, j.Ratio, j.Reached())
		}
		if got := strings.Join(j.cells()[1:], " | "); got != c.line {
			t.Errorf("got  %s\nwant %s", got, c.line)
		}
	}
}

func TestTheBestIsFound(t *testing.T) {
	r := sample()
	for _, c := range []struct {
		figure Figure
		among  []string
		who    string
	}{{"roundtrip", Python, Ray}, {"efficiency", Python, Ipyparallel}, {"submit", []string{Ray, NATS}, NATS}, {"pi", Python, ""}} {
		if who, _, ok := r.Best(c.figure, c.among); who != c.who || ok != (who != "") {
			t.Errorf("%s: %q, want %q", c.figure, who, c.who)
		}
	}
}

func TestWhatIsNotOfThisRunIsMarked(t *testing.T) {
	now, before := NewResults("here"), sample()
	now.Set(NATS, "roundtrip", 70e-6)
	if got, want := Beside("roundtrip", now, before), "Ray 0.900 ms (earlier); NATS 0.070 ms"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	now.Set(Dask, "roundtrip", 1)
	if got, want := Beside("roundtrip", now, before), "Dask 1.00 s; NATS 0.070 ms"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Beside("pi", now, before); got != "" {
		t.Errorf("of nobody there is %q", got)
	}
}

func TestThePageHasAllThatWasFound(t *testing.T) {
	r := sample()
	figures := Of([]Work{RoundTrip, Submit, Factors, Naps})
	page := r.Markdown(figures)
	for _, want := range []string{
		"a machine\n", "| Ray 2.60.0 |", "| factors of 5,001 numbers | 0.340 s | 0.300 s | - | - | failed | failed | --only factors |",
		"| independent no-op tasks, submitted one by one | 120 k/s | - | 1.00 M/s |", "- Dask was not measured: there is no Dask here", "- Ray, factors: it ran out of memory",
		"bars are reached; not: roundtrip99", "factors beside goroutines",
		"roundtrip of NATS was 0.094 ms then and is 0.050 ms now (1.88x better), submit of NATS was 1.04 M/s then and is 1.00 M/s now (1.04x worse), factors of goroutines",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing in\n%s", want, page)
		}
	}
	if strings.Contains(page, "for trying only") || strings.Contains(page, "pi with") {
		t.Errorf("there is more than was measured in\n%s", page)
	}
	if before, err := Earlier(); err != nil || strings.Contains(before.Markdown(figures), "bars") != (len(before.Of[Ours]) > 0) {
		t.Errorf("bars without us, or none with us: %v", err)
	}
	var out bytes.Buffer
	r.Quick = true
	r.Print(&out, figures)
	if !strings.Contains(out.String(), "Dask was not measured") || !strings.Contains(r.Markdown(figures), "for trying only") {
		t.Errorf("printed:\n%s", &out)
	}
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "|") && !slices.Contains([]int{7, 9}, strings.Count(line, "|")) {
			t.Errorf("a line of %d cells: %s", strings.Count(line, "|")-1, line)
		}
	}
}

func TestFiguresAreKept(t *testing.T) {
	text, err := sample().JSON()
	if err != nil {
		t.Fatal(err)
	}
	var back Results
	if err := json.Unmarshal([]byte(text), &back); err != nil || back.Of[Ray]["submit"] != 2400 || back.Failed[Ray]["factors"] == "" {
		t.Errorf("%v: %s", err, text)
	}
	before, err := Earlier()
	if err != nil || before.Machine == "" || before.Quick {
		t.Fatalf("the earlier figures: %v, %+v", err, before)
	}
	for who, figures := range before.Of {
		if !slices.Contains(All, who) {
			t.Errorf("there are earlier figures of %q", who)
		}
		for f, x := range figures {
			if column(f); x <= 0 {
				t.Errorf("%s, %s: %v", who, f, x)
			}
		}
	}
}

func TestTheRequirementsAreExact(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(".", "requirements.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") && !strings.Contains(line, "==") {
			t.Errorf("%q has no version", strings.TrimSpace(line))
		}
	}
	for _, want := range []string{"\nipyparallel==", "\ndask==", "\ndistributed==", "\nray==", "\nnumpy=="} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing", strings.TrimSpace(want))
		}
	}
}

// Whatever a bar asks for, there is such a figure, and somebody who does the work.
func TestBarsAreOfFiguresThatThereAre(t *testing.T) {
	does := map[string][]Work{Ours: pythonWorks, Goroutines: {Map, Pi, Factors}}
	for _, s := range Specs("") {
		does[s.Name] = s.Works
	}
	for _, b := range Bars {
		c := column(b.Figure)
		if b.Beside != "" && !slices.Contains(does[b.Beside], c.Work) {
			t.Errorf("%s is compared with %s, who does not do it", b.Figure, b.Beside)
		}
	}
	if Reach("roundtrip") != "0.120 ms" || Reach("scatter") != "" {
		t.Errorf("to reach: %q, %q", Reach("roundtrip"), Reach("scatter"))
	}
}

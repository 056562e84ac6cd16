package measure

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/command"
)

func TestMain(m *testing.M) {
	command.Setup()
	os.Exit(m.Run())
}

// A thousand engines register within five seconds of two cores, however busy with other things those are, and ten thousand tasks on them
// come back right.
func TestAThousandEngines(t *testing.T) {
	hosts, tasks := 1000, 10_000
	if testing.Short() {
		hosts, tasks = 50, 500
	}
	before := processTime()
	w, took, err := startWire(t.Context(), hosts, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	used := processTime() - before
	t.Logf("%d engines in %v, for which %v were computed", hosts, took, used)
	if used > 2*5*time.Second {
		t.Errorf("%d engines were %v of computing, more than 5 s of two cores", hosts, used)
	}
	if n := len(w.rc.IDs()); n != hosts {
		t.Errorf("%d engines are there, want %d", n, hosts)
	}
	var out []int
	if err := mapSquares(w.rc, tasks, &out); err != nil {
		t.Error(err)
	}
}

func TestTheTableIsPrintedAndWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "table.md")
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), []string{"--quick", "--only", "wire-roundtrip,wire-map,roundtrip,cell-light", "--markdown", file}, &stdout, &stderr); status != 0 {
		t.Fatalf("status %d: %s", status, &stderr)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"what", "to reach", "(earlier)", "Ray", "one no-op by compiled workers", "one no-op on one engine", "light cell", " ms ", "M/s", "TCP"} {
		if !strings.Contains(stdout.String(), want) || !strings.Contains(string(text), want) {
			t.Errorf("%q is missing in\n%s\nor in\n%s", want, &stdout, text)
		}
	}
	if rows := strings.Count(string(text), "\n|"); rows != 6 {
		t.Errorf("%d lines of a table, want a head of two and four rows", rows)
	}
}

func TestWhatCannotBeMeasuredIsLeftOutAndSaid(t *testing.T) {
	var stderr bytes.Buffer
	b := &bench{notes: &stderr}
	beside := func(row) string { return "" }
	lines, ok := b.measure(t.Context(), []row{
		{name: "broken", what: "nothing", measure: func(context.Context, *bench) (figure, error) { return figure{}, os.ErrDeadlineExceeded }},
		{name: "fine", what: "something", measure: func(context.Context, *bench) (figure, error) { return figure{ours: "1 ms"}, nil }},
	}, beside)
	if ok || len(lines) != 1 || lines[0].what != "something" || !strings.Contains(stderr.String(), "broken is left out") {
		t.Errorf("got %v, %v and %q", lines, ok, &stderr)
	}
}

func TestMistakesInArgumentsAreTold(t *testing.T) {
	for _, args := range [][]string{{"--only", "nothing"}, {"--no-such-flag"}, {"--compare", "--only", "cell-fib"}, {"--keep", "x"}, {"quick"}} {
		var stdout, stderr bytes.Buffer
		if status := run(t.Context(), args, &stdout, &stderr); status != 2 || stderr.Len() == 0 {
			t.Errorf("%v: status %d, %q", args, status, &stderr)
		}
	}
	if all := names(); len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(all) {
		t.Errorf("two rows have one name: %v", all)
	}
}

func TestFiguresAreReadable(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{ms(1234 * time.Microsecond), "1.23 ms"}, {ms(90 * time.Microsecond), "0.090 ms"}, {ms(250 * time.Millisecond), "250 ms"}, {seconds(15 * time.Second), "15.0 s"},
		{rate(2_000_000, time.Second), "2.00 M/s"}, {rate(2500, time.Second), "2.50 k/s"}, {rate(7, 2*time.Second), "3.50 /s"}, {speed(3e9, 2*time.Second), "1.50 GB/s"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestCellsAreVaried(t *testing.T) {
	const cell = "func sq(x int) int { return x }\nsq(4)"
	got, other := vary(cell, 7), vary(cell, 8)
	name := regexp.MustCompile(`^func (sq\d+)\(x int\) int \{ return x \}\n(sq\d+)\(4\)$`)
	if m := name.FindStringSubmatch(got); m == nil || m[1] != m[2] {
		t.Errorf("got %q, want the function's name numbered", got)
	}
	if got == other {
		t.Errorf("got %q twice", got)
	}
}

func TestGoroutinesDoAllElements(t *testing.T) {
	done := make([]bool, 1001)
	if _, err := spread(t.Context(), len(done), 10, func(i int) { done[i] = true }); err != nil {
		t.Fatal(err)
	}
	if i := slices.Index(done, false); i >= 0 {
		t.Errorf("element %d was left out", i)
	}
}

// A gigabyte goes through an iterator's map and comes back, and no process has had more than 300 MB.
func TestAStreamLargerThanMemory(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 100
	}
	s, err := stream(t.Context(), n, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d MB each way in %v, at most %d MB: %s", n, s.took, s.most/1_000_000, s.who)
	if s.most == 0 || s.most > 300_000_000 {
		t.Errorf("%s has had %d MB, want at most 300", s.who, s.most/1_000_000)
	}
}

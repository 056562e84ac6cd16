package measure

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gocluster/gocluster/internal/bench/peers"
)

// table lists what is measured.
var table = []row{
	{"roundtrip", "one no-op on one engine, round trip", "roundtrip", "", "p50 0.12 ms, p99 0.5 ms", measureRoundTrip},
	{"submit", "independent no-op tasks per second, submitted one by one", "submit", "", "", measureSubmit},
	{"map", "elements per second of an auto-chunked trivial map", "map", "", "", measureMap},
	{"pi", "pi with 1e6 separate elements", "pi", "", "0.05 s warm, 0.3 s cold", measurePi},
	{"factors", "factors of 5,001 numbers", "factors", "", "1.1x of the goroutines", measureFactors},
	{"efficiency", "256 tasks of 0.1 to 0.2 s, asleep, on 8 engines: what they fill of the engines' time", "efficiency", "", "", measureEfficiency},
	{"cancel", "a job of compiled code that never ends is cancelled: all engines idle after", "", "", "100 ms", measureCancel},
	{"islands", "one round over 16 islands of 64x10 floats", "islands", "", "", measureIslands},
	{"push", "100 MB pushed to 4 engines, delivered", "push", "", "", measurePush},
	{"gather", "100 MB scattered to 4 engines; gathered again", "gather", "", "gather 0.8 GB/s", measureGather},
	{"stream", "10 GB streamed through an iter.Seq map, results as large", "", "", "every process under 300 MB", measureStream},
	{"start", "cluster of 4 ready", "start", "", "", measureStart},
	{"memory", "memory of the whole idle cluster of 4", "memory", "", "", measureMemory},
	{"cell-empty", "empty cell", "", "GoNB 0.47 ms", "0.4 ms", measureCell("cell-empty")},
	{"cell-light", "light cell", "", "ipykernel 3.0 ms", "1.5 ms", measureCell("cell-light")},
	{"cell-function", "cell with a new function", "", "ipykernel 3.0 ms", "0.2 s compiled", measureCell("cell-function")},
	{"cell-fib", "fib(35) defined and run in a cell", "", "GoNB 258 ms", "0.25 s", measureCell("cell-fib")},
	{"native-fib", "fib(35) in a compiled cell, computing only", "", "", "1.2x of go build", measureNative("native-fib")},
	{"native-matmul", "product of 200x200 matrices in a compiled cell, computing only", "", "", "1.2x of go build", measureNative("native-matmul")},
	{"native-first", "first compiled cell of a fresh session, its start included", "", "", "0.5 s", measureFirst},
	{"native-memory", "memory that 1,000 cells of one session leave behind", "", "", "stated", measureGrowth},
	{"wire-roundtrip", "one no-op by compiled workers, round trip", "roundtrip", "", "", measureWireRoundTrip},
	{"wire-submit", "no-op tasks per second by compiled workers, submitted one by one", "submit", "", "300 k/s", measureWireSubmit},
	{"wire-map", "elements per second of a trivial map by compiled workers", "map", "", "", measureWireMap},
	{"thousand", "1,000 engines registered; 10,000 tasks mapped on them", "", "", "under 5 s; right", measureThousand},
	{"many", "no-op tasks per second by compiled workers, submitted one by one, on few engines and many", "", "", "0.7x on 1,000 of those on 4", measureMany},
	{"codec", "values laid out as a block and decoded again", "", "", "", measureCodec},
}

// toReach says what is to be reached.
func (r row) toReach() string {
	if r.reach == "" && r.figure != "" {
		return peers.Reach(r.figure)
	}
	return r.reach
}

// line is a measured line of the table.
type line struct{ what, ours, raw, peer, reach, name string }

var headings = line{"what", "ours", "raw, this run", "best peer", "to reach", "made by --only"}

func (l line) cells() []string {
	out := []string{l.what, l.ours, l.raw, l.peer, l.reach, l.name}
	for i, c := range out {
		if c == "" {
			out[i] = "-"
		}
	}
	return out
}

func printTable(w io.Writer, lines []line) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, l := range append([]line{headings}, lines...) {
		fmt.Fprintln(t, strings.Join(l.cells(), "\t"))
	}
	_ = t.Flush()
}

const preface = `# One run

Written by ` + "`make bench ARGS=\"--markdown docs/benchmarks.md\"`" + `; "go run ./internal/bench --only NAME" with what is in the last column
makes one line anew. [Beside others](benchmarks-peers.md) has what others do on the same work.

`

func markdownTable(lines []line) string {
	var b strings.Builder
	b.WriteString(preface)
	fmt.Fprintf(&b, "%s\n\n", machine())
	write := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	write(headings.cells())
	write([]string{"---", "---", "---", "---", "---", "---"})
	for _, l := range lines {
		write(l.cells())
	}
	return b.String()
}

func machine() string {
	text := fmt.Sprintf("%s/%s, %d cores, %s, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), time.Now().Format("2006-01-02"))
	// What else the machine does matters; where there is no such file, nothing is said about it.
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		text += ", load " + strings.Fields(string(load))[0]
	}
	return text
}

// ms prints a duration in milliseconds, a long one in seconds, with three digits that count.
func ms(d time.Duration) string {
	if d >= time.Second {
		return seconds(d)
	}
	return number(float64(d.Microseconds())/1e3) + " ms"
}

func seconds(d time.Duration) string { return number(d.Seconds()) + " s" }

// rate prints a number of things per second.
func rate(n int, d time.Duration) string {
	r := float64(n) / d.Seconds()
	switch {
	case r >= 1e6:
		return number(r/1e6) + " M/s"
	case r >= 1e3:
		return number(r/1e3) + " k/s"
	}
	return number(r) + " /s"
}

// speed prints a number of bytes per second.
func speed(bytes int, d time.Duration) string {
	return number(float64(bytes)/1e9/d.Seconds()) + " GB/s"
}

func number(x float64) string { return peers.Number(x) }

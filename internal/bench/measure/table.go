package measure

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// table lists what is measured. The peers' figures are of one earlier run on a machine of 2 cores, 4 engines each.
var table = []row{
	{"roundtrip", "one no-op on one engine, round trip", "Ray 1.2 ms; NATS request/reply 0.094 ms", "p50 0.12 ms, p99 0.5 ms", measureRoundTrip},
	{"submit", "independent no-op tasks per second, submitted one by one", "Ray 2.6 k; NATS messages 1.0 M", "100 k, then 300 k", measureSubmit},
	{"map", "elements per second of an auto-chunked trivial map", "Ray 7 M", "20 M", measureMap},
	{"pi", "pi with 1e6 separate elements", "Ray 0.15 s", "0.05 s warm, 0.3 s cold", measurePi},
	{"factors", "factors of 5,001 numbers", "all Python peers 10.3 s", "1.1x of the goroutines", measureFactors},
	{"efficiency", "256 tasks of 0.1 to 0.2 s, asleep, on 8 engines: what they fill of the engines' time", "ipyparallel 84 %", "97 %", measureEfficiency},
	{"cancel", "a job of compiled code that never ends is cancelled: all engines idle after", "", "100 ms", measureCancel},
	{"islands", "one round over 16 islands of 64x10 floats", "ipyparallel 8.3 ms", "0.5 ms", measureIslands},
	{"push", "100 MB pushed to 4 engines, delivered", "Ray 0.66 GB/s", "1.5 GB/s", measurePush},
	{"gather", "100 MB scattered to 4 engines; gathered again", "Dask gather 0.36 GB/s", "gather 0.8 GB/s", measureGather},
	{"stream", "10 GB streamed through an iter.Seq map, results as large", "", "every process under 300 MB", measureStream},
	{"start", "cluster of 4 ready", "Dask 0.6 s", "0.3 s", measureStart},
	{"memory", "memory of the whole idle cluster of 4", "Spark 242 MB", "120 MB", measureMemory},
	{"cell-empty", "empty cell", "GoNB 0.47 ms", "0.4 ms", measureCell("cell-empty")},
	{"cell-light", "light cell", "ipykernel 3.0 ms", "1.5 ms", measureCell("cell-light")},
	{"cell-function", "cell with a new function", "ipykernel 3.0 ms", "0.2 s compiled", measureCell("cell-function")},
	{"cell-fib", "fib(35) defined and run in a cell", "GoNB 258 ms", "0.25 s", measureCell("cell-fib")},
	{"native-fib", "fib(35) in a compiled cell, computing only", "", "1.2x of go build", measureNative("native-fib")},
	{"native-matmul", "product of 200x200 matrices in a compiled cell, computing only", "", "1.2x of go build", measureNative("native-matmul")},
	{"native-first", "first compiled cell of a fresh session, its start included", "", "0.5 s", measureFirst},
	{"native-memory", "memory that 1,000 cells of one session leave behind", "", "stated", measureGrowth},
	{"wire-roundtrip", "one no-op by compiled workers, round trip", "NATS request/reply 0.094 ms", "p50 0.12 ms", measureWireRoundTrip},
	{"wire-submit", "no-op tasks per second by compiled workers, submitted one by one", "NATS messages 1.0 M", "300 k", measureWireSubmit},
	{"wire-map", "elements per second of a trivial map by compiled workers", "Ray 7 M", "20 M", measureWireMap},
	{"thousand", "1,000 engines registered; 10,000 tasks mapped on them", "", "under 5 s; right", measureThousand},
	{"codec", "values laid out as a block and decoded again", "", "", measureCodec},
}

// line is a measured line of the table.
type line struct{ what, ours, raw, peer, reach string }

var headings = line{"what", "ours", "raw, this run", "best peer, measured earlier", "to reach"}

func (l line) cells() []string {
	out := []string{l.what, l.ours, l.raw, l.peer, l.reach}
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

func markdownTable(lines []line) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", machine())
	write := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	write(headings.cells())
	write([]string{"---", "---", "---", "---", "---"})
	for _, l := range lines {
		write(l.cells())
	}
	return b.String()
}

func writeMarkdown(path string, lines []line) error {
	return os.WriteFile(path, []byte(markdownTable(lines)), 0o644)
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

func number(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	case x >= 1:
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.3f", x)
}

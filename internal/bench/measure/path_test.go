package measure

import (
	"runtime"
	"testing"
	"time"
)

// spent is what this process has used.
type spent struct {
	cpu     time.Duration
	mallocs uint64
}

func spentNow() spent {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return spent{processTime(), m.Mallocs}
}

// report says what each of n tasks has cost since before, over client, controller and hosts, which are all in this process.
func (before spent) report(b *testing.B, n int) {
	b.StopTimer()
	now := spentNow()
	b.ReportMetric(float64((now.cpu-before.cpu).Nanoseconds())/1000/float64(n), "cpu-us/task")
	b.ReportMetric(float64(now.mallocs-before.mallocs)/float64(n), "allocs/task")
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "tasks/s")
}

func pathCluster(b *testing.B, hosts int) *wire {
	w, _, err := startWire(b.Context(), hosts, 1)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(w.close)
	if _, err := submitAll(w.rc.LoadBalanced(), 1000, bound()["same"]); err != nil {
		b.Fatal(err)
	}
	return w
}

// Tasks that are submitted one by one, 50,000 at a time, on a few engines and on very many.
func BenchmarkTasks(b *testing.B) {
	for name, hosts := range map[string]int{"4 engines": 4, "1000 engines": 1000} {
		b.Run(name, func(b *testing.B) {
			view, f := pathCluster(b, hosts).rc.LoadBalanced(), bound()["same"]
			const n = 50_000
			before := spentNow()
			for b.Loop() {
				if _, err := submitAll(view, n, f); err != nil {
					b.Fatal(err)
				}
			}
			before.report(b, n*b.N)
		})
	}
}

// A call that waits for its result, one after the other.
func BenchmarkCall(b *testing.B) {
	view, f := pathCluster(b, 4).rc.Engines(0), bound()["same"]
	before := spentNow()
	for b.Loop() {
		if err := view.Apply(f, 1).Err(); err != nil {
			b.Fatal(err)
		}
	}
	before.report(b, b.N)
}

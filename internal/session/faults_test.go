package session

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// faults are what users' code does wrong, with what must be said about it.
var faults = []struct {
	name, src, says string
	late            bool // in a goroutine it ends only that one, and is reported
	noTrace         bool // nobody knows where it was
	heavy           bool // needs a memory limit
	interpreted     string
}{
	{name: "panic", src: `panic("boom")`, says: "boom", late: true},
	{name: "error", src: `panic(fmt.Errorf("wrapped: %w", os.ErrNotExist))`, says: "wrapped: file does not exist", late: true},
	{name: "index", src: `xs := []int{1}; i := 5; fmt.Println(xs[i])`, says: "index out of range [5] with length 1", late: true, interpreted: "index out of range"},
	{name: "nil map", src: `var m map[string]int; m["a"] = 1`, says: "assignment to entry in nil map", late: true},
	{name: "nil pointer", src: `var p *struct{ x int }; fmt.Println(p.x)`, says: "invalid memory address or nil pointer dereference", late: true},
	{name: "closed channel", src: `c := make(chan int); close(c); close(c)`, says: "close of closed channel", late: true},
	{name: "recursion", src: `deep(0)`, says: "stack overflow"},
	{name: "map", src: `m := map[int]int{}
	for i := 0; i < 4; i++ { go func() { for j := 0; ; j++ { m[j%10] = j } }() }
	time.Sleep(time.Minute)`, says: "fatal error: concurrent map writes"},
	{name: "mutex", src: `var mu sync.Mutex; mu.Unlock()`, says: "fatal error: sync: unlock of unlocked mutex"},
	{name: "exit", src: `os.Exit(3)`, says: "os.Exit(3) was called", noTrace: true},
	{name: "log.Fatal", src: `log.Fatal("bye")`, says: "os.Exit(1) was called", noTrace: true},
	{name: "killed", src: `p, _ := os.FindProcess(os.Getpid()); p.Kill(); time.Sleep(time.Minute)`, says: "killed by signal 9", noTrace: true},
	{name: "timer", src: `time.AfterFunc(time.Millisecond, func() { panic("late") }); time.Sleep(time.Minute)`, says: "late"},
	{name: "memory", src: `var all [][]byte; for { all = append(all, make([]byte, 1<<24)); all[len(all)-1][5] = 1 }`, says: "out of memory", noTrace: true, heavy: true},
}

// places are where faults happen.
var places = []struct{ name, format string }{
	{"cell", "%s"},
	{"goroutine", "done := make(chan bool)\ngo func() {\n\tdefer close(done)\n\t%s\n}()\n<-done;"},
	{"deferred", "func() {\n\tdefer func() {\n\t\t%s\n\t}()\n}()"},
	{"method", "type faulty struct{}\nfunc (f *faulty) fault() {\n\t%s\n}\nnew(faulty).fault()"},
}

func TestEveryFaultIsToldAndSurvived(t *testing.T) {
	for _, tier := range []Tier{TierInterpreted, TierNative} {
		t.Run(string(tier), func(t *testing.T) {
			open := func(t *testing.T) *notebook {
				// A stack that grows to its limit needs twice that, until the collector has had its turn, besides what the process needs.
				o := Options{MemoryLimit: 800 << 20}
				if tier == TierNative {
					return compiled(t, o)
				}
				return &notebook{t: t, s: start(t, o)}
			}
			nb := open(t)
			nb.cell("func deep(n int) int { return deep(n+1) + 1 }")
			for _, f := range faults {
				for _, p := range places {
					t.Run(f.name+" in a "+p.name, func(t *testing.T) {
						if testing.Short() && (f.heavy || p.name != "cell") {
							t.Skip("takes much time or memory")
						}
						nb.t = t
						says := f.says
						if tier == TierInterpreted && f.interpreted != "" {
							says = f.interpreted
						}
						told := nb.fault(fmt.Sprintf(p.format, f.src), f.late && p.name == "goroutine")
						if !strings.Contains(told, says) {
							t.Errorf("got %q, want %q", told, says)
						}
						if place := fmt.Sprintf("In[%d]:", nb.n); tier == TierNative && !f.noTrace && !strings.Contains(told, place) && !strings.Contains(told, "In[1]:") {
							t.Errorf("%q names no place in %s", told, place)
						}
						began := time.Now()
						if got := nb.cell(`40 + 2`); !strings.HasSuffix(got, "42") {
							t.Errorf("the next cell: got %q", got)
						}
						if took := time.Since(began); took > 2*time.Second {
							t.Errorf("the next cell took %v", took)
						}
					})
				}
			}
		})
	}
}

// fault runs a cell and returns what is said about its fault; that of a goroutine is printed, and the cell itself succeeds.
func (nb *notebook) fault(src string, late bool) string {
	nb.t.Helper()
	nb.n++
	out := &record{plain: true, seen: make(chan struct{}, 1)}
	began := time.Now()
	_, err := nb.s.Execute(nb.t.Context(), nb.at(src), out)
	if took := time.Since(began); took > 10*time.Second {
		nb.t.Errorf("the fault took %v", took)
	}
	if late {
		if err != nil {
			nb.t.Errorf("a panic in a goroutine failed the cell: %v", err)
		}
		select {
		case <-out.seen:
		case <-time.After(5 * time.Second):
			nb.t.Error("nothing was reported")
		}
		return out.String()
	}
	var e *CellError
	if !errors.As(err, &e) {
		nb.t.Fatalf("got %v, want a *CellError", err)
	}
	if strings.Contains(out.String(), "goroutine ") {
		nb.t.Errorf("the runtime's dump was printed:\n%s", out)
	}
	return e.Error()
}

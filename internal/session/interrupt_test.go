package session

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// started runs a cell and returns when it has printed something, with how to wait for its end.
func (nb *notebook) started(src string) (wait func() error) {
	nb.t.Helper()
	nb.n++
	out := &record{plain: true, seen: make(chan struct{}, 1)}
	ended := make(chan error, 1)
	go func() {
		_, err := nb.s.Execute(nb.t.Context(), nb.at(src), out)
		ended <- err
	}()
	select {
	case <-out.seen:
	case err := <-ended:
		nb.t.Fatalf("the cell ended before it began: %v\n%s", err, out)
	case <-time.After(20 * time.Second):
		nb.t.Fatal("the cell did not begin")
	}
	return func() error {
		select {
		case err := <-ended:
			return err
		case <-time.After(10 * time.Second):
			nb.t.Fatal("the cell did not end")
			return nil
		}
	}
}

// interrupts starts a cell, interrupts it when it prints something, at its beginning if it does not say where, and checks that it was
// answered in time.
func (nb *notebook) interrupts(src string) {
	nb.t.Helper()
	if !strings.Contains(src, `Println("begun")`) {
		src = "fmt.Println(\"begun\")\n" + src
	}
	wait := nb.started(src)
	began := time.Now()
	nb.s.Interrupt()
	var e *CellError
	if err := wait(); !errors.As(err, &e) || e.EName != InterruptName || e.Message != "interrupted" {
		nb.t.Fatalf("got %v, want %s", err, InterruptName)
	}
	if took := time.Since(began); took > 900*time.Millisecond {
		nb.t.Errorf("it took %v", took)
	}
}

func TestAnInterruptEndsWhateverCompiledCodeDoes(t *testing.T) {
	nb := compiled(t, Options{})
	nb.cell("k := 0\nadd := func(n int) int { k += n; return k }\nvar mu sync.Mutex\nfunc spin() { for { } }\nticks := make(chan int, 1)")
	for name, src := range map[string]string{
		"loop":           `for { k++ }`,
		"function":       `spin()`,
		"recursion":      "func tree(n int) int { if n == 0 { return 1 }; return tree(n-1) + tree(n-1) }\ntree(60)",
		"receive":        `<-make(chan int)`,
		"send":           `make(chan int) <- 1`,
		"nil channel":    "var none chan int\n<-none",
		"select":         `select {}`,
		"select of many": "a, b := make(chan int), make(chan string)\nselect { case <-a: case b <- \"\": }",
		"range":          `for range make(chan int) { }`,
		"sleep":          `time.Sleep(time.Hour)`,
		"timer":          `<-time.After(time.Hour)`,
		"wait":           "var wg sync.WaitGroup\nwg.Add(1)\nwg.Wait()",
		"workers":        "var all sync.WaitGroup\nfor range 3 { all.Go(func() { for { } }) }\nall.Wait()\nfmt.Println(\"not reached\")",
		"goroutine":      "go func() { for { } }()\nfor { }",
		"lock":           `mu.Lock(); mu.Lock()`,
		"recovering":     "for { func() { defer func() { recover() }(); panic(1) }() }",
		"defers forever": "defer func() { for { } }()\nfor { }",
		"pipe":           "r, _ := io.Pipe()\nr.Read(make([]byte, 1))",
		"network":        "l, err := net.Listen(\"tcp\", \"127.0.0.1:0\")\nif err != nil { panic(err) }\nl.Accept()",
		"process":        `exec.Command("sleep", "60").Run()`,
		"context":        `<-ctx.Done(); for { }`,
		"condition":      "c := sync.NewCond(&sync.Mutex{})\nc.L.Lock()\nc.Wait()",
	} {
		t.Run(name, func(t *testing.T) {
			nb.t = t
			pid := nb.s.PID()
			nb.interrupts(src)
			if got := nb.cell(`k = 40; add(2)`); got != "42" {
				t.Errorf("afterwards: got %q", got)
			}
			if nb.s.PID() != pid {
				t.Error("the process was replaced")
			}
		})
	}
}

func TestAnInterruptRunsDeferredFunctionsToTheirEnds(t *testing.T) {
	nb := compiled(t, Options{})
	nb.cell(`log := []string{}`)
	nb.interrupts(`func() {
	defer func() {
		sum := 0
		for i := range 1000 { sum += i }
		log = append(log, fmt.Sprint("cleaned up ", sum, " ", recover()))
	}()
	fmt.Println("begun")
	for { }
}()
log = append(log, "went on")`)
	if got := nb.cell(`log`); got != "[cleaned up 499500 <nil>]" {
		t.Errorf("got %q", got)
	}
}

func TestAnInterruptLeavesOtherCellsGoroutinesAlone(t *testing.T) {
	nb := compiled(t, Options{})
	nb.cell("var n atomic.Int64\nstop := make(chan bool)\ngo func() { for { select { case <-stop: return; default: n.Add(1) } } }();")
	nb.interrupts(`for { }`)
	nb.interrupts(`time.Sleep(time.Hour)`)
	if got := nb.cell("before := n.Load()\nfor n.Load() == before { }\nclose(stop)\n\"it runs\""); got != "it runs" {
		t.Errorf("got %q", got)
	}
}

func TestAGoroutineLeftBehindTakesNothingFromLaterCells(t *testing.T) {
	nb := compiled(t, Options{})
	nb.cell("c := make(chan int)\nvar wg sync.WaitGroup\nwg.Add(1)\nlog := []string{}")
	nb.interrupts(`v := <-c; log = append(log, fmt.Sprint("got ", v))`)
	nb.interrupts("wg.Wait()\nlog = append(log, \"waited\")")
	if got := nb.cell("go func() { c <- 7 }()\n<-c"); got != "7" {
		t.Errorf("got %q", got)
	}
	// The one that waited ends when it wakes, and does nothing more.
	nb.cell(`wg.Done()`)
	nb.cell(`time.Sleep(50 * time.Millisecond)`)
	if got := nb.cell(`log`); got != "[]" {
		t.Errorf("got %q", got)
	}
}

func TestACellsContextIsCancelledByItsInterruptOnly(t *testing.T) {
	nb := compiled(t, Options{})
	nb.cell("var kept context.Context\nnews := make(chan error, 1)")
	nb.cell("kept = ctx\ngo func() { <-ctx.Done() }();")
	if got := nb.cell(`fmt.Print(kept.Err())`); got != "<nil>" {
		t.Errorf("a cell that has ended: got %q", got)
	}
	nb.interrupts("kept = ctx\ntime.Sleep(time.Hour)")
	if got := nb.cell(`fmt.Print(context.Cause(kept))`); !strings.Contains(got, "interrupted") {
		t.Errorf("an interrupted cell: got %q", got)
	}
}

func TestCompiledPackagesThatDoNotStopEndTheProcess(t *testing.T) {
	nb := compiled(t, Options{})
	nb.cell(`lost := 1`)
	wait := nb.started("big := make([]int, 60_000_000)\nfor i := range big { big[i] = (i * 7919) % 60_000_001 }\nfmt.Println(\"begun\")\nslices.SortStableFunc(big, cmp.Compare[int])")
	nb.s.Interrupt()
	var e *CellError
	if err := wait(); !errors.As(err, &e) || e.EName != InterruptName || !strings.Contains(e.Error(), "did not stop within") || !strings.Contains(e.Error(), "lost") {
		t.Errorf("got %v", err)
	}
	if got := nb.cell(`1`); got != "1" {
		t.Errorf("afterwards: got %q", got)
	}
}

func TestABuildCanBeInterrupted(t *testing.T) {
	nb := compiled(t, Options{})
	nb.cell(`x := 1`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := nb.run(ctx, "func f() int { return 2 }")
	if err == nil {
		t.Error("it succeeded")
	}
	if got := nb.cell(`x`); got != "1" {
		t.Errorf("afterwards: got %q", got)
	}
}

// TestAnInterruptUnlocksWhatWasLocked: deferred calls of compiled functions are made also where the interpreter runs nothing any more.
func TestAnInterruptUnlocksWhatWasLocked(t *testing.T) { tiered(t, interruptsUnlock) }

func interruptsUnlock(t *testing.T, open func(*testing.T, Options) *notebook) {
	nb := open(t, Options{})
	nb.cell(`import "sync"
var outer, inner sync.Mutex
var all sync.RWMutex
log := &strings.Builder{}
type held struct { mu *sync.Mutex; n int }
h := held{&outer, 1}`)
	nb.interrupts(`func work() {
	for _, mu := range []*sync.Mutex{&outer, &inner} { // in a loop, so the host keeps them
		mu.Lock()
		defer mu.Unlock()
	}
	defer func() { recover() }()
	all.RLock()
	defer all.RUnlock()
	defer fmt.Fprintln(log, "left", 1, []any{"a", nil}, error(nil))
	defer io.WriteString(log, "first ")
	fmt.Println("begun")
	for { }
}
work()`)
	if got := nb.cell(`fmt.Println(outer.TryLock(), inner.TryLock(), all.TryLock(), log)`); strings.TrimSpace(got) != "true true true first left 1 [a <nil>] <nil>" {
		t.Errorf("got %q", got)
	}
}

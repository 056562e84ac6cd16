package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/internal/session/api"
)

func TestMain(m *testing.M) {
	Register(api.Exports)
	role.Dispatch()
	code := m.Run()
	if executableDir != "" {
		_ = os.RemoveAll(executableDir) // the system's cleaning takes what stays
	}
	os.Exit(code)
}

// record is an Output that keeps what happens as text, a line each for displays.
type record struct {
	mu    sync.Mutex
	text  strings.Builder
	seen  chan struct{} // gets one for each call, if not nil
	types []string      // what the user answers
	plain bool
}

func (r *record) add(format string, a ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(&r.text, format, a...)
	if r.seen != nil {
		select {
		case r.seen <- struct{}{}:
		default:
		}
	}
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func (r *record) Stdout(text string) { r.add("%s", text) }

// Stderr marks the lines, unless they are wanted plain.
func (r *record) Stderr(text string) {
	if !r.plain {
		text = strings.ReplaceAll("!"+text, "\n", "\n!")
	}
	r.add("%s", text)
}

func (r *record) Display(d Data)  { r.add("<%v>\n", d.MIME) }
func (r *record) Clear(wait bool) { r.add("<clear %v>\n", wait) }

func (r *record) Input(prompt string, _ bool) (string, error) {
	r.add("?%s\n", prompt)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.types) == 0 {
		return "", errors.New("nobody answers")
	}
	text := r.types[0]
	r.types = r.types[1:]
	return text, nil
}

func start(t *testing.T, o Options) *Session {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// notebook executes cells one after the other.
type notebook struct {
	t *testing.T
	s *Session
	n int
}

func (nb *notebook) run(ctx context.Context, src string) (string, *Result, error) {
	nb.n++
	out := &record{plain: true}
	res, err := nb.s.Execute(ctx, nb.at(src), out)
	return out.String(), res, err
}

// at is the cell that has the present number.
func (nb *notebook) at(src string) gocode.Cell {
	return gocode.Cell{N: nb.n, Name: fmt.Sprintf("In[%d]", nb.n), Source: src, Line: 1}
}

// cell executes a cell that must succeed, and returns what it printed, with its value in a last line.
func (nb *notebook) cell(src string) string {
	nb.t.Helper()
	out, res, err := nb.run(nb.t.Context(), src)
	if err != nil {
		nb.t.Fatalf("%s\n%s%v", src, out, err)
	}
	if res.Value != nil {
		out += fmt.Sprint(res.Value.MIME["text/plain"])
	}
	return out
}

// fails executes a cell that must fail.
func (nb *notebook) fails(src string) *CellError {
	nb.t.Helper()
	out, _, err := nb.run(nb.t.Context(), src)
	var ce *CellError
	if !errors.As(err, &ce) {
		nb.t.Fatalf("%s\n%sgot %v, want a *CellError", src, out, err)
	}
	return ce
}

func TestCellsShareTheirNamespace(t *testing.T) { tiered(t, namespace) }

func namespace(t *testing.T, open func(*testing.T, Options) *notebook) {
	nb := open(t, Options{})
	for _, c := range []struct{ src, want string }{
		{`1 + 1`, "2"},
		{`x := 20`, ""},
		{`x + 1`, "21"},
		{`x++; fmt.Println("x is", x)`, "x is 21\n"},
		{`func double(n int) int { return 2 * n }
double(x)`, "42"},
		{`type point struct { X, y int }
p := point{1, 2}
p`, "{X:1 y:2}"},
		{`[]int{0, 1, 4, 9}`, "[0 1 4 9]"},
		{`"hello"`, "hello"},
		{`map[string]int{"b": 2, "a": 1}`, "map[a:1 b:2]"},
		{`1;`, ""},
		{`for i := range 3 { fmt.Print(i) }`, "012"},
	} {
		if got := nb.cell(c.src); got != c.want {
			t.Errorf("%s: got %q, want %q", c.src, got, c.want)
		}
	}
}

func TestWhatIsPrintedComesInOrder(t *testing.T) { tiered(t, printedInOrder) }

func printedInOrder(t *testing.T, open func(*testing.T, Options) *notebook) {
	nb := open(t, Options{})
	out := &record{}
	_, err := nb.s.Execute(t.Context(), gocode.Cell{N: 1, Name: "In[1]", Source: `
for i := 0; i < 3; i++ {
	fmt.Println("out", i)
	fmt.Fprintln(os.Stderr, "err", i)
	log.SetFlags(0)
	log.Print("log ", i)
}
fmt.Print("no newline, ünïcödé");`}, out)
	if err != nil {
		t.Fatal(err)
	}
	got, want := out.String(), "out 0\n!err 0\n!log 0\n!out 1\n!err 1\n!log 1\n!out 2\n!err 2\n!log 2\n!no newline, ünïcödé"
	if flat(got) != flat(want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// flat drops the marks at the ends of pieces of stderr, which may be cut anywhere.
func flat(s string) string { return strings.ReplaceAll(s, "!", "") }

func TestRawOutputIsNotLost(t *testing.T) { tiered(t, rawOutput) }

func rawOutput(t *testing.T, open func(*testing.T, Options) *notebook) {
	nb := open(t, Options{})
	got := nb.cell(`
os.Stdout.WriteString(strings.Repeat("raw ", 50000))
out, err := exec.Command("sh", "-c", "echo from a child; echo errors >&2").CombinedOutput()
fmt.Print(string(out), err)
c := exec.Command("echo", "direct")
c.Stdout = os.Stdout
c.Run();`)
	for _, want := range []string{strings.Repeat("raw ", 50000), "from a child\nerrors\n<nil>", "direct\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%d bytes lack %.40q", len(got), want)
		}
	}
}

func TestErrorsNameTheirPlaceInTheCell(t *testing.T) {
	nb := &notebook{t: t, s: start(t, Options{})}
	e := nb.fails("x := 1\nfmt.Println(undefinedName, x)")
	if e.EName != CompileErrorName || e.Message != "undefined: undefinedName" || len(e.Positions) != 1 || e.Positions[0].String() != "In[1]:2:13" {
		t.Errorf("got %q %q at %v", e.EName, e.Message, e.Positions)
	}
	e = nb.fails("func at(xs []int, i int) int {\n\treturn xs[i]\n}\nfmt.Println(\"before\")\nat([]int{1}, 5)\nfmt.Println(\"after\")")
	if e.EName != PanicName || e.Message != "runtime error: index out of range" {
		t.Errorf("got %q %q", e.EName, e.Message)
	}
	if got, want := fmt.Sprint(e.Positions), "[In[2]:2:2 In[2]:5:1]"; got != want {
		t.Errorf("positions: got %s, want %s\n%v", got, want, e)
	}
	e = nb.fails("func far(xs []int) int {\n\tn := len(xs)\n\tfor i := range n {\n\t\tn += i\n\t}\n\treturn n + at(xs, n)\n}\nfar(nil)")
	if got, want := fmt.Sprint(e.Positions), "[In[2]:2:2 In[3]:6:2 In[3]:8:1]"; got != want {
		t.Errorf("positions: got %s, want %s\n%v", got, want, e)
	}
	e = nb.fails(`panic(errors.New("why"))`)
	if e.EName != "error" || e.Message != "why" {
		t.Errorf("got %q %q", e.EName, e.Message)
	}
	if got := nb.cell(`at([]int{7}, 0)`); got != "7" {
		t.Errorf("a function from a failed cell: got %q", got)
	}
}

func TestAnInterruptSparesTheSession(t *testing.T) {
	for name, src := range map[string]string{
		"loop":    `for { k++ }`,
		"sleep":   `time.Sleep(time.Hour)`,
		"channel": `<-make(chan int)`,
	} {
		t.Run(name, func(t *testing.T) {
			nb := &notebook{t: t, s: start(t, Options{})}
			nb.cell(`k := 0; add := func(n int) int { k += n; return k }`)
			pid := nb.s.PID()
			out := &record{seen: make(chan struct{}, 1)}
			ended := make(chan error, 1)
			go func() {
				_, err := nb.s.Execute(t.Context(), gocode.Cell{N: 2, Name: "In[2]", Source: "fmt.Println(1)\n" + src}, out)
				ended <- err
			}()
			<-out.seen
			nb.s.Interrupt()
			var e *CellError
			if err := <-ended; !errors.As(err, &e) || e.EName != InterruptName {
				t.Fatalf("got %v, want %s", err, InterruptName)
			}
			if nb.cell(`k = 40; add(2)`) != "42" || nb.s.PID() != pid {
				t.Errorf("the namespace did not survive: pid %d, was %d", nb.s.PID(), pid)
			}
		})
	}
}

func TestADeadProcessIsReplaced(t *testing.T) { tiered(t, deadProcess) }

func deadProcess(t *testing.T, open func(*testing.T, Options) *notebook) {
	for _, c := range []struct{ name, src, reason string }{
		{"exit", `os.Exit(3)`, "os.Exit(3) was called"},
		{"log.Fatal", `log.Fatal("bye")`, "os.Exit(1) was called"},
		{"stack overflow", `deep(0)`, "stack overflow"},
		{"concurrent map writes", `m := map[int]int{}
for i := 0; i < 8; i++ {
	go func() { for j := 0; ; j++ { m[j%10] = j } }()
}
time.Sleep(time.Minute)`, "fatal error: concurrent map writes"},
		{"timer panic", `time.AfterFunc(time.Millisecond, func() { panic("late") })
time.Sleep(time.Minute)`, "late"},
		{"killed", `p, _ := os.FindProcess(os.Getpid())
p.Kill()
time.Sleep(time.Minute)`, "killed by signal 9"},
		{"cannot be stopped", `var wg sync.WaitGroup
wg.Add(1)
time.AfterFunc(100*time.Millisecond, func() { stop() }) // when Wait waits
wg.Wait()`, "did not stop within"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "cannot be stopped" && strings.Contains(t.Name(), "/native/") {
				t.Skip("it can")
			}
			if strings.Contains(c.name, "concurrent") && runtime.NumCPU() < 2 {
				t.Skip("on a single processor writes hardly ever meet")
			}
			nb := open(t, Options{})
			nb.cell(`x, s := 1, "text"
func deep(n int) int { return deep(n+1) + 1 }
func stop() { fmt.Println("stop") }`)
			pid := nb.s.PID()
			out := &record{seen: make(chan struct{}, 1)}
			if strings.Contains(c.src, "stop()") {
				go func() { <-out.seen; nb.s.Interrupt() }()
			}
			_, err := nb.s.Execute(t.Context(), gocode.Cell{N: 2, Name: "In[2]", Source: c.src}, out)
			var e *CellError
			if !errors.As(err, &e) || !strings.Contains(e.Message, c.reason) {
				t.Fatalf("got %v, want %q", err, c.reason)
			}
			if !strings.Contains(e.Error(), "lost their values: ") || !strings.Contains(e.Error(), "s, x") {
				t.Errorf("the error does not name what is lost: %v", e)
			}
			if strings.Contains(out.String(), "goroutine ") {
				t.Errorf("the runtime's dump was printed:\n%s", out)
			}
			if nb.s.PID() == pid {
				t.Error("the process was not replaced")
			}
			if d := <-nb.s.Deaths(); d.PID != pid || !strings.Contains(d.Reason, c.reason) {
				t.Errorf("got death %+v", d)
			}
			if e := nb.fails(`x + 1`); !strings.Contains(e.Message, "undefined: x") {
				t.Errorf("a lost variable: got %v", e)
			}
			if got := nb.cell(`stop()`); got != "stop\n" {
				t.Errorf("a declaration from before: got %q", got)
			}
		})
	}
}

func TestAProcessThatDiesBetweenCellsIsReplacedAtOnce(t *testing.T) { tiered(t, deadBetweenCells) }

func deadBetweenCells(t *testing.T, open func(*testing.T, Options) *notebook) {
	nb := open(t, Options{})
	nb.cell(`x := 1`)
	p, err := os.FindProcess(nb.s.PID())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case d := <-nb.s.Deaths():
		if d.PID != p.Pid || strings.Join(d.Lost, ",") != "x" {
			t.Errorf("got %+v", d)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nobody noticed")
	}
	if got := nb.cell(`2 + 2`); !strings.Contains(got, "ended between cells: killed by signal 9") || !strings.HasSuffix(got, "4") {
		t.Errorf("got %q", got)
	}
}

func TestAPanicInAGoroutineIsReported(t *testing.T) { tiered(t, panicInGoroutine) }

func panicInGoroutine(t *testing.T, open func(*testing.T, Options) *notebook) {
	nb := open(t, Options{})
	got := nb.cell(`
var wg sync.WaitGroup
wg.Add(1)
go func() {
	defer wg.Done()
	panic("in the background")
}()
wg.Wait()
time.Sleep(20 * time.Millisecond)`)
	if !strings.Contains(got, "panic in a goroutine: in the background") {
		t.Errorf("got %q", got)
	}
	if got := nb.cell(`1`); got != "1" {
		t.Errorf("afterwards: got %q", got)
	}
}

func TestInputAsksTheUser(t *testing.T) { tiered(t, input) }

func input(t *testing.T, open func(*testing.T, Options) *notebook) {
	s := open(t, Options{Stdin: true}).s
	out := &record{types: []string{"3 4", "a line"}}
	_, err := s.Execute(t.Context(), gocode.Cell{N: 1, Name: "In[1]", Source: `var a, b int
fmt.Scan(&a, &b)
fmt.Println(a + b)
line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
fmt.Print(line)`}, out)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "?\n7\n?\na line\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

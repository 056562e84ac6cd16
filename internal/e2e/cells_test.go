package e2e

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/session/api"
	"github.com/gocluster/gocluster/profiles"
)

// cell is a cell with what it prints and shows.
type cell struct{ in, out string }

// table is a notebook that asks for all the answers.
var table = []cell{
	{`rc := client.MustConnect()
view := rc.LoadBalanced()
rc.IDs()`, `[0 1 2 3]`},
	{`view.Map(func(int) string { return "hello world" }, views.Range(0, 2)).Get()`, `[hello world hello world]`},
	{`sq := view.Map(func(x int) int { return x * x }, views.Range(0, 8))
sq.Get()`, `[0 1 4 9 16 25 36 49]`},
	{`sq`, `[0 1 4 9 16 25 36 49]`},
	{`powers, err := views.Map(view, func(x int) *big.Int {
	return new(big.Int).Exp(big.NewInt(int64(x)), big.NewInt(30), nil)
}, views.Range(0, 8)).Get()
fmt.Println(powers[7], err)`, `22539340290692258087863249 <nil>`},
	{`func slice(i int) float64 {
	x := (float64(i) + 0.5) / 1_000_000
	return 4 / (1 + x*x) / 1_000_000
}`, ``},
	{`parts, err := views.Map(view, slice, views.Range(0, 1_000_000)).Get()
pi := 0.0
for _, x := range parts {
	pi += x
}
fmt.Println(len(parts), math.Abs(pi-math.Pi) < 0.0066, err)`, `1000000 true <nil>`},
	{`func factors(n int) []int {
	var fs []int
	for d := 2; d*d <= n; d++ {
		for n%d == 0 {
			fs = append(fs, d)
			n /= d
		}
	}
	if n > 1 {
		fs = append(fs, n)
	}
	return fs
}
first := 999_999_999_999
fs, err := views.Map(view, factors, []int{first, first + 2}).Get()
fmt.Println(fs[0], fs[1], err)`, `[3 3 3 7 11 13 37 101 9901] [73 137 99990001] <nil>`},
	{`view.Map(func(a, b int) int { return a + b }, []int{1, 3, 5, 7}, []int{2, 4, 6, 8}).Get()`, `[3 7 11 15]`},
	{`view.Map(func(x int) int { return -x }, []int{2, 1, 2, 1}).Get()`, `[-2 -1 -2 -1]`},
	{`k := 3.0
view.Map(func(x float64) float64 { return k * x }, []float64{1, 2}).Get()`, `[3 6]`},
	{`k = 4
ys, err := views.Map(view, func(x float64) float64 { return k * x }, []float64{1, 2}).Get()
fmt.Println(ys, err)`, `[4 8] <nil>`},
	{`func scale(x int) int { return 10 * x }
func twice(x int) int { return 2 * scale(x) }
view.Map(twice, views.Range(0, 3)).Get()`, `[0 20 40]`},
	{`func scale(x int) int { return 100 * x }
view.Map(twice, views.Range(0, 3)).Get()`, `[0 200 400]`},
	{`type Point struct{ x, Y int }
func move(p Point) Point { return Point{p.x + 1, p.Y * 2} }
ps, err := views.Map(view, move, []Point{{1, 2}, {3, 4}}).Get()
fmt.Println(ps, err)`, `[{2 4} {4 8}] <nil>`},
	{`values, err := view.Map(func(x int) int {
	if x == 3 {
		panic("three is not allowed")
	}
	return 10 * x
}, []int{1, 2, 3, 4}).Get()
fmt.Println(values)
var e *views.ElementError
fmt.Println(errors.As(err, &e), e.Index, e.Value, e.Message, e.Position)`,
		"[10 20 <nil> 40]\ntrue 2 3 panic: three is not allowed In[16]:3:3"},
	{`ch := make(chan int)
_, err = view.Map(func(x int) int { ch <- x; return x }, []int{1}).Get()
fmt.Println(strings.HasPrefix(err.Error(), "captured variable ch: "), strings.Contains(err.Error(), "chan int"))`, `true true`},
	{`sum := 0
for v, err := range view.MapAsync(func(x int) int { return x * x }, views.Range(0, 100)).All() {
	if err != nil {
		panic(err)
	}
	sum += v.(int)
}
sum`, `328350`},
	{`view.Map(func(x int) int {
	c := make(chan int)
	go func() { c <- x + 1 }()
	return <-c
}, []int{1, 2, 3}).Get()`, `[2 3 4]`},
	{`rc.All().Push(map[string]any{"a": 7})`, ``},
	{`rc.Slice("::2").Execute("b := a * 6; b").Get()`, `[42 42]`},
	{`rc.Engines(0, 2).Pull("b")`, `[42 42]`},
	{`rc.All().Scatter("share", []float64{1, 2, 3, 4})
rc.All().Apply(func(xs []float64, by float64) {
	for i := range xs {
		xs[i] *= by
	}
}, views.Ref[[]float64]("share"), 2.5).Err()
views.Gather[float64](rc.All(), "share")`, `[2.5 5 7.5 10]`},
	{`type Grid struct {
	rows [][]float64
	Step int
}
rc.All().Push(map[string]any{"grid": Grid{rows: [][]float64{{1, 2}, {3}}}})
func step(g *Grid) int {
	g.rows[1] = append(g.rows[1], float64(g.Step))
	g.Step++
	return len(g.rows[1])
}
grid := views.Ref[Grid]("grid")
for range 4 {
	rc.All().Apply(step, grid)
}
rc.Engines(1).Apply(step, grid).Get()`, `[6]`},
	{`_, err = rc.All().Apply(func() string { return fmt.Sprint(grid) }).Get()
fmt.Println(strings.Contains(err.Error(), "captured variable grid"), strings.Contains(err.Error(), "give the function a parameter for it"))`, `true true`},
}

// page collects what a cell prints.
type page struct{ text strings.Builder }

func (p *page) Stdout(text string) { p.text.WriteString(text) }
func (p *page) Stderr(text string) {
	if !strings.HasPrefix(text, "preparing compiled cells") { // on a machine that has not compiled cells before
		p.text.WriteString("stderr: " + text)
	}
}
func (p *page) Display(session.Data) {}
func (p *page) Clear(bool)           {}
func (p *page) Input(string, bool) (string, error) {
	return "", errors.New("nobody is there")
}

// notebook opens a session on a cluster.
func notebook(t *testing.T, c *launch.Cluster) *session.Session {
	t.Helper()
	s, err := session.Start(lab.Patient(t), session.Options{Env: []string{profiles.ConnectionEnv + "=" + c.ConnectionFile()}, Code: api.Code()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the session: %v", err)
		}
	})
	return s
}

// run executes a cell and returns what it prints and shows.
func run(ctx context.Context, s *session.Session, n int, src string) (string, error) {
	var p page
	res, err := s.Execute(ctx, gocode.Cell{N: n, Name: fmt.Sprintf("In[%d]", n), Source: src, Line: 1}, &p)
	if err == nil && res.Value != nil {
		p.text.WriteString(res.Value.MIME["text/plain"].(string))
	}
	return strings.TrimSpace(p.text.String()), err
}

func TestCells(t *testing.T) {
	s := notebook(t, start(t, 4))
	for i, c := range table {
		got, err := run(lab.Patient(t), s, i+1, c.in)
		if err != nil || got != c.out {
			t.Errorf("cell %d:\n%s\ngot  %s, %v\nwant %s", i+1, c.in, got, err, c.out)
		}
	}
}

func TestScript(t *testing.T) {
	var script, want strings.Builder
	for _, c := range table {
		fmt.Fprintf(&script, "// %%%%\n%s\n", c.in)
		if c.out != "" {
			want.WriteString(c.out + "\n")
		}
	}
	cmd := role.Command(lab.Role, "run", "--n=4", "-")
	cmd.Stdin = strings.NewReader(script.String())
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	// Positions in a script are the file's.
	got := regexp.MustCompile(`(?m) \S+:\d+:3$`).ReplaceAllString(string(out), " In[16]:3:3")
	if err != nil || got != want.String() {
		t.Errorf("%v, %s\ngot\n%s\nwant\n%s", err, errs.String(), got, want.String())
	}
}

func TestInterruptReachesTheEngines(t *testing.T) {
	cluster := start(t, 2)
	rc := connect(t, cluster, nil)
	s := notebook(t, cluster)
	if _, err := run(lab.Patient(t), s, 1, "rc := client.MustConnect()\nview := rc.LoadBalanced()"); err != nil {
		t.Fatal(err)
	}
	busy := func(n int) {
		t.Helper()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for ctx := lab.Patient(t); ; {
			running := 0
			for _, e := range status(t, rc).Engines {
				if e.State == "busy" {
					running++
				}
			}
			if running == n {
				return
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				t.Fatalf("there are not %d busy engines: %v", n, status(t, rc))
			}
		}
	}
	for _, wait := range []string{"view.Map(spin, views.Range(0, 8)).Get()", "r := view.MapAsync(spin, views.Range(0, 8))\nfor range r.All() {}", "rc.All().Execute(\"for {}\")"} {
		ctx, interrupt := context.WithCancel(lab.Patient(t))
		ended := make(chan error, 1)
		go func() {
			_, err := run(ctx, s, 2, "func spin(x int) int { for { x++ } }\n"+wait)
			ended <- err
		}()
		busy(2)
		interrupt()
		var failed *session.CellError
		if err := <-ended; !errors.As(err, &failed) || failed.EName != session.InterruptName {
			t.Errorf("%s: got %v, want an interrupt", wait, err)
		}
		busy(0)
		if got, err := run(lab.Patient(t), s, 3, "view.Map(func(x int) int { return x + 1 }, views.Range(0, 3)).Get()"); err != nil || got != "[1 2 3]" {
			t.Errorf("after the interrupt of %s: got %s, %v", wait, got, err)
		}
	}
}

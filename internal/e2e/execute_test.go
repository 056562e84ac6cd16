package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/native/maker"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/views"
)

// compiler is what compiles the cells of engines in this process: it counts them, or refuses.
type compiler struct {
	conn.CellMaker
	missing error  // why nothing can be compiled
	cold    string // why that turns out later

	mu   sync.Mutex
	made map[proto.Hash]int
}

func (c *compiler) Kind(ctx context.Context) (string, error) {
	if c.missing != nil {
		return "", c.missing
	}
	return c.CellMaker.Kind(ctx)
}

func (c *compiler) Make(ctx context.Context, m *proto.NeedCell, note func(string)) *proto.Cell {
	if c.cold != "" {
		return &proto.Cell{Key: m.Key, Cold: c.cold}
	}
	c.mu.Lock()
	c.made[m.Key]++
	c.mu.Unlock()
	return c.CellMaker.Make(ctx, m, note)
}

func (c *compiler) count() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, times := range c.made {
		n += times
	}
	return n
}

// compileWith has this process's connections compile cells by c, as long as the test runs.
func compileWith(t *testing.T, c *compiler) *compiler {
	c.CellMaker, c.made = new(maker.Maker), map[proto.Hash]int{}
	conn.SetCellMaker(c)
	t.Cleanup(func() { conn.SetCellMaker(new(maker.Maker)) })
	return c
}

// told is what executing source came to: the values, or what failed.
func told(r *views.Result) string {
	values, err := r.Get()
	if err != nil {
		return err.Error()
	}
	var texts []string
	for _, v := range values {
		texts = append(texts, fmt.Sprint(v))
	}
	return strings.Join(texts, " ")
}

const slowFib = `func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}`

// What is executed on engines is compiled once by the client, and loaded by each engine's session.
func TestExecuteIsCompiled(t *testing.T) {
	c := compileWith(t, new(compiler))
	rc := connect(t, start(t, 4), nil)
	all, some := rc.All(), rc.Engines(1, 2)
	if err := all.Push(map[string]any{"n": 35, "xs": []float64{1, 2, 3}}); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		view      *views.DirectView
		source    string
		want      string
		compiling int // how many cells are compiled for it
	}{
		{all, "n + 1", "36 36 36 36", 0},
		{all, slowFib, "<nil> <nil> <nil> <nil>", 1},
		{all, "fib(n)", "9227465 9227465 9227465 9227465", 0},
		{all, "type point struct {\n\tX, y int\n}\n\nfunc (p *point) move(d int) { p.X, p.y = p.X+d, p.y-d }\n\nps := []point{{1, 2}}\nfor i := range ps {\n\tps[i].move(len(xs))\n}\nps[0].y",
			"-1 -1 -1 -1", 1},
		{some, "func fib(n int) int { return -n }", "<nil> <nil>", 1},
		{all, "fib(9)", "34 -9 -9 34", 0},
		{some, "var n string\nfor range 2 {\n\tn += \"a\"\n}\nn", "aa aa", 1},
		{all, "n", "35 aa aa 35", 0},
		{all, "for i := range ps {\n\tps[i].X *= 2\n}\nps[0].X", "8 8 8 8", -1}, // the states differ, and with them what is compiled
	}
	for _, s := range steps {
		before := c.count()
		r := s.view.Execute(s.source)
		if got := told(r); got != s.want {
			t.Fatalf("%s\ngot  %s\nwant %s", s.source, got, s.want)
		}
		if n := len(strings.Fields(s.want)); tiers(r)["native"] != n || r.NotCompiled() != "" {
			t.Errorf("%s\nran as %v: %s", s.source, tiers(r), r.NotCompiled())
		}
		if n := c.count() - before; s.compiling >= 0 && n != s.compiling {
			t.Errorf("%s\n%d cells were compiled, want %d", s.source, n, s.compiling)
		}
	}
	if got, err := all.Pull("ps[0].X + len(xs)"); err != nil || fmt.Sprint(got) != "[11 11 11 11]" {
		t.Errorf("a pull: %v, %v", got, err)
	}
	if err := all.Push(map[string]any{"xs": []float64{5}, "spot": point{1, 2, []string{"a"}}}); err != nil {
		t.Fatal(err)
	}
	if got := told(all.Execute("sum := 0.0\nfor _, x := range xs {\n\tsum += x\n}\nsum + spot.y")); got != "7 7 7 7" {
		t.Errorf("what was pushed: %s", got)
	}
	for _, want := range []string{"{1 3 [a x]}", "{1 4 [a x x]}"} {
		if got, err := rc.Engines(3).Apply(named, views.Ref[point]("spot"), "x").Get(); err != nil || fmt.Sprint(got) != "["+want+"]" {
			t.Errorf("a reference: %v, %v; want %s", got, err, want)
		}
	}
	if got := told(rc.Engines(3).Execute("for i := range spot.Tags {\n\tspot.Tags[i] += \"!\"\n}\nfmt.Sprint(spot)")); got != "{1 4 [a! x! x!]}" {
		t.Errorf("the variable after the calls: %s", got)
	}
}

// Failures of compiled cells say what and where, and leave the session as it was.
func TestCompiledCellsFailAsOthersDo(t *testing.T) {
	compileWith(t, new(compiler))
	rc := connect(t, start(t, 2), nil)
	one := rc.Engines(1)
	if got := told(one.Execute("x := 1\nfunc at(xs []int, i int) int {\n\treturn xs[i]\n}\nfor range 2 {\n\tx++\n}\nx")); got != "3" {
		t.Fatal(got)
	}
	for _, tt := range []struct {
		source   string
		messages []string
	}{
		{"y := 2\n\nfor range y {\n\tz := nope\n}", []string{"engine 1", "undefined: nope", ":4:7"}},
		{"for range 2 {\n\tx++\n}\n\nat(nil, x)", []string{"engine 1", "index out of range [5] with length 0", ":3:"}},
		{"import \"errors\"\n\nfor {\n\tpanic(errors.New(\"too much\"))\n}", []string{"engine 1", "too much", ":4:"}},
	} {
		got := told(one.Execute(tt.source))
		for _, m := range tt.messages {
			if !strings.Contains(got, m) {
				t.Errorf("%s\ngot  %s\nwant %s", tt.source, got, m)
			}
		}
	}
	r := one.Execute("for i := range 3 {\n\tfmt.Println(\"turn\", i)\n}\nx")
	if got := told(r); got != "5" || r.Stdout() != "turn 0\nturn 1\nturn 2\n" {
		t.Errorf("after failures: %s, printed %q", got, r.Stdout())
	}
	if err := one.Execute("import \"os\"\nfor {\n\tos.Exit(3)\n}").Err(); !errors.Is(err, views.ErrEngineLost) {
		t.Errorf("a cell that ends the process: %v", err)
	}
	r = one.Execute("x := 0\nfor i := range 4 {\n\tx += i\n}\nx")
	if got := told(r); got != "6" || tiers(r)["native"] != 1 {
		t.Errorf("in the process after it: %s, %v", got, tiers(r))
	}
}

// A compiled loop stops when its job is cancelled, and the session goes on with its values.
func TestCompiledLoopsAreCancelled(t *testing.T) {
	compileWith(t, new(compiler))
	rc := connect(t, start(t, 2), nil)
	if got := told(rc.All().Execute("x := 1\nfor range 3 {\n\tx *= 2\n}\nx")); got != "8 8" {
		t.Fatal(got)
	}
	if err := rc.All().Execute("for {\n}", views.Timeout(50*time.Millisecond)).Err(); err == nil || !strings.Contains(err.Error(), "ran longer than the 50ms") {
		t.Errorf("a loop with a timeout: %v", err)
	}
	if got := told(rc.All().Apply(func(x int) int { return x + 1 }, views.Ref[int]("x"))); got != "9 9" {
		t.Errorf("an interpreted call between: %s", got)
	}
	for _, source := range []string{"for {\n}", "for i := 0; ; i++ {\n\tx = 9 + i%1\n}", "<-ctx.Done()\nfor {\n\tselect {}\n}"} {
		r := rc.All().ExecuteAsync(source)
		tick := time.NewTicker(10 * time.Millisecond)
		for ctx, busy := lab.Patient(t), 0; busy < 2; {
			busy = 0
			for _, e := range status(t, rc).Engines {
				if e.State == "busy" {
					busy++
				}
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				t.Fatal("the engines never were at it")
			}
		}
		tick.Stop()
		r.Cancel()
		if err := r.Wait(lab.Patient(t)); !errors.Is(err, views.ErrCancelled) {
			t.Errorf("%s: %v", source, err)
		}
		if got := told(rc.All().Execute("x > 7")); got != "true true" {
			t.Errorf("after %s: %s", source, got)
		}
	}
}

// Where nothing can be compiled, cells are interpreted, and the result says why.
func TestExecuteWithoutACompiler(t *testing.T) {
	loop := "for i := range 3 {\n\tx += i\n}\nx"
	missing := compileWith(t, &compiler{missing: errors.New("no toolchain here")})
	cluster := start(t, 2)
	without := connect(t, cluster, nil)
	if err := without.All().Push(map[string]any{"x": 1}); err != nil {
		t.Fatal(err)
	}
	r := without.All().Execute(loop)
	if got := told(r); got != "4 4" || tiers(r)["interpreted"] != 2 || !strings.Contains(r.NotCompiled(), missing.missing.Error()) {
		t.Errorf("got %s, %v, %q", got, tiers(r), r.NotCompiled())
	}
	compileWith(t, new(compiler))
	with := connect(t, cluster, nil)
	if got := told(with.All().Execute(loop)); got != "7 7" {
		t.Errorf("a session that is interpreted keeps its values: %s", got)
	}
	if err := with.Engines(0).Clear(); err != nil {
		t.Fatal(err)
	}
	r = with.Engines(0).Execute("x := 10\n" + loop)
	if got := told(r); got != "13" || tiers(r)["native"] != 1 {
		t.Errorf("in an empty session: %s, %v", got, tiers(r))
	}
	if got := told(without.Engines(0).Execute(loop + " + 1")); got != "17" {
		t.Errorf("another client's cells are compiled by the one that can: %s", got)
	}
	if err := with.Close(); err != nil {
		t.Fatal(err)
	}
	got := told(without.Engines(0).Execute("for i := range 30 {\n\tx += i\n}"))
	for ctx := lab.Patient(t); got == "<nil>" && ctx.Err() == nil; { // the controller has not seen it go
		got = told(without.Engines(0).Execute(fmt.Sprintf("for i := range 30 {\n\tx -= %d + i\n}", time.Now().UnixNano())))
	}
	if !strings.Contains(got, "no client is connected that compiles cells") {
		t.Errorf("when nobody can any more: %s", got)
	}
	if got := told(without.Engines(0).Execute("x != 0")); got != "true" {
		t.Errorf("the values then: %s", got)
	}
}

// A compiler that turns out to be of no use makes an interpreted session of one that has no values to lose.
func TestExecuteWithAUselessCompiler(t *testing.T) {
	compileWith(t, &compiler{cold: "the C compiler is broken"})
	rc := connect(t, start(t, 2), nil)
	r := rc.All().Execute("type T struct{ A int }\n\nfunc twice(x int) int { return 2 * x }\n\nt := T{twice(4)}\nfor range 2 {\n\tt.A++\n}\nt.A")
	if got := told(r); got != "10 10" || tiers(r)["interpreted"] != 2 || !strings.Contains(r.NotCompiled(), "the C compiler is broken") {
		t.Errorf("got %s, %v, %q", got, tiers(r), r.NotCompiled())
	}
	if err := rc.All().Clear(); err != nil {
		t.Fatal(err)
	}
	if err := rc.All().Push(map[string]any{"ps": []struct{ A int }{{1}}}); err != nil {
		t.Errorf("a push of a type that would be compiled: %v", err)
	}
}

// What an environment declares is compiled, too: where it is loaded, and where a worker takes another's place.
func TestAnEnvironmentIsCompiled(t *testing.T) {
	c := compileWith(t, new(compiler))
	rc := connect(t, start(t, 2), nil)
	if err := rc.LoadEnv(lab.Patient(t), slowFib); err != nil {
		t.Fatal(err)
	}
	if err := rc.Engines(0).Execute("import \"os\"\nos.Exit(1)").Err(); !errors.Is(err, views.ErrEngineLost) {
		t.Fatal(err)
	}
	before := c.count()
	if err := rc.WaitForEngines(lab.Patient(t), 2); err != nil {
		t.Fatal(err)
	}
	r := rc.All().Execute("fib(35)")
	if got := told(r); got != "9227465 9227465" || tiers(r)["native"] != 2 {
		t.Errorf("got %s, %v", got, tiers(r))
	}
	if n := c.count() - before; n != 0 {
		t.Errorf("%d cells were compiled that the machine had", n)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.made {
		if n != 1 {
			t.Errorf("a cell was compiled %d times", n)
		}
	}
}

package magic

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
)

const (
	timeHelp = `
  %time f(x)

  %%time
  for _, x := range xs {
  	f(x)
  }

The time is that of the run; what it took to compile is told beside it.
`
	timeitHelp = `
  %timeit f(x)
  %timeit -n 1000 -r 5 f(x)

  -n N    runs in one loop; without it, as many as take 0.2 s
  -r R    how often the loop is run; without it 7 times

The code runs in a loop in the session, at the session's speed, and what it prints and evaluates to is kept from the optimizer but not
shown. It sees the session's variables; those that it declares are its own.
`
)

func decimal(n int) string { return strconv.Itoa(n) }

func prepareTime(c call) (action, error) {
	code := c.code(0)
	if strings.TrimSpace(code.Source) == "" {
		return nil, usage("%s: there is no Go to execute: write %%time GO, or %%%%time above the cell's Go", c.sign())
	}
	if c.cell && c.args != "" {
		return nil, wrong(c, "the Go begins in the next line")
	}
	return func(ctx context.Context, h Host) error {
		start := time.Now()
		res, err := h.Execute(ctx, code)
		took := time.Since(start)
		if notCompiled(err) {
			return err
		}
		if res == nil || res.Compile == 0 {
			say(h, "time: %v\n", round(took))
			return err
		}
		say(h, "time: %v (and %v to compile)\n", round(max(0, res.Duration-res.Compile)), round(res.Compile))
		return err
	}, nil
}

// notCompiled reports whether a cell was not even begun.
func notCompiled(err error) bool {
	cell := (*session.CellError)(nil)
	return errors.As(err, &cell) && cell.EName == session.CompileErrorName
}

// round keeps three digits.
func round(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}

func prepareTimeit(c call) (action, error) {
	f, err := readFlags(c, []string{"n", "r"}, nil)
	if err != nil {
		return nil, err
	}
	n, err := f.number(c, "n")
	if err != nil {
		return nil, err
	}
	r, err := f.number(c, "r")
	if err != nil {
		return nil, err
	}
	if c.cell && f.rest != "" {
		return nil, wrong(c, "the Go begins in the next line")
	}
	code := c.code(f.at)
	if strings.TrimSpace(code.Source) == "" {
		return nil, wrong(c, "there is no Go to measure")
	}
	if r == 0 {
		r = 7
	}
	return func(ctx context.Context, h Host) error {
		numbers, err := measure(ctx, h, c, code, func(body string) string {
			return fmt.Sprintf(timeitLoop, body, int64(loopTime), n, r)
		})
		if err != nil {
			return err
		}
		say(h, "%s\n", loops(numbers[0], numbers[1:]))
		return nil
	}, nil
}

// loopTime is how long one loop should take.
const loopTime = 200 * time.Millisecond

// timeitLoop returns how often the code runs in a loop, and the loops' times.
const timeitLoop = `
func(n__, r__ int) []int64 {
	loop__ := func(n__ int) int64 {
		start__ := time__.Now()
		for range n__ {
			%s
		}
		return int64(time__.Since(start__))
	}
	for m__ := 1; n__ == 0; m__ *= 10 {
		for _, k__ := range []int{1, 2, 5} {
			if n__ == 0 && (loop__(k__*m__) >= %d || m__ >= 100_000_000) {
				n__ = k__ * m__
			}
		}
	}
	out__ := []int64{int64(n__)}
	for range r__ {
		out__ = append(out__, loop__(n__))
	}
	return out__
}(%d, %d)`

// measure runs a loop around code in the session, and returns the numbers it evaluates to. A single value of the code is kept alive, so
// that it is computed; what has none, or several, is a statement.
func measure(ctx context.Context, h Host, c call, code gocode.Cell, loop func(body string) string) ([]int64, error) {
	var bodies []string
	src := strings.TrimSpace(code.Source)
	if !runsInLoop(src) { // as a cell, it gets the error that cells get
		if _, err := h.Execute(ctx, code); err != nil {
			return nil, err
		}
		return nil, failed("%s: a declaration cannot be measured", c.sign())
	}
	e, err := parser.ParseExpr(src)
	if err == nil { // without a comment behind it
		value := code
		value.Source = strings.TrimRight(code.Source[:strings.Index(code.Source, src)+int(e.End())-1], " \t\r\n")
		bodies = append(bodies, "runtime__.KeepAlive("+placed(value)+ours(c)+")")
	}
	if _, call := e.(*ast.CallExpr); err != nil || call {
		bodies = append(bodies, placed(code)+"\n"+ours(c))
	}
	for _, body := range bodies {
		aside := gocode.Cell{N: c.src.N, Name: c.sign(), Source: loopImports + loop(body), Line: 1, Aside: true}
		var res *session.Result
		if res, err = h.Session().Execute(ctx, aside, h.Output()); err == nil {
			return numbers(res)
		}
		if !notCompiled(err) {
			break
		}
	}
	return nil, withoutOurs(err, c)
}

// withoutOurs takes the places in the magic's own code out of an error.
func withoutOurs(err error, c call) error {
	cell := (*session.CellError)(nil)
	if !errors.As(err, &cell) {
		return err
	}
	clean := *cell
	clean.Positions, clean.Funcs, clean.Repeats = nil, nil, nil
	for i, p := range cell.Positions {
		if p.File == c.sign() {
			continue
		}
		clean.Positions = append(clean.Positions, p)
		if i < len(cell.Funcs) {
			clean.Funcs = append(clean.Funcs, cell.Funcs[i])
		}
		if i < len(cell.Repeats) {
			clean.Repeats = append(clean.Repeats, cell.Repeats[i])
		}
	}
	clean.Trace = slices.DeleteFunc(slices.Clone(cell.Trace), func(line string) bool { return strings.Contains(line, c.sign()+":") })
	return &clean
}

// runsInLoop reports whether code can be the body of a loop, as far as its syntax goes.
func runsInLoop(src string) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "loop", "package p\nfunc _() { for {\n"+src+"\n}}", parser.SkipObjectResolution)
	return err == nil
}

const loopImports = "import (\n\ttime__ \"time\"\n\truntime__ \"runtime\"\n)\n"

// placed is Go with a directive that says where in its cell it stands.
func placed(code gocode.Cell) string {
	src := code.Source
	text := strings.TrimLeft(src, " \t\r\n")
	before := src[:len(src)-len(text)]
	line := max(code.Line, 1) + strings.Count(before, "\n")
	col := len(before) - strings.LastIndexByte(before, '\n')
	return fmt.Sprintf("/*line %s:%d:%d*/%s", code.Name, line, col, text)
}

// ours is a directive that says that what follows is a magic's own.
func ours(c call) string { return "/*line " + c.sign() + ":1:1*/" }

// numbers are what a loop has evaluated to.
func numbers(res *session.Result) ([]int64, error) {
	var out []int64
	if res.Value != nil {
		text, _ := res.Value.MIME["text/plain"].(string)
		for _, f := range strings.Fields(strings.Trim(text, "[]")) {
			n, err := strconv.ParseInt(f, 10, 64)
			if err != nil {
				return nil, failed("the loop evaluates to %q", text)
			}
			out = append(out, n)
		}
	}
	if len(out) < 2 {
		return nil, failed("the loop has no result")
	}
	return out, nil
}

// loops says what loops of n runs took.
func loops(n int64, times []int64) string {
	best, sum, squares := math.Inf(1), 0.0, 0.0
	for _, t := range times {
		one := float64(t) / float64(n)
		best = min(best, one)
		sum += one
		squares += one * one
	}
	r := float64(len(times))
	mean := sum / r
	deviation := math.Sqrt(max(0, squares/r-mean*mean))
	return fmt.Sprintf("%s ± %s per run (mean ± standard deviation of %d loops of %d runs; best %s)",
		nanoseconds(mean), nanoseconds(deviation), len(times), n, nanoseconds(best))
}

// nanoseconds is a time with three digits; a time.Duration has no fractions of nanoseconds.
func nanoseconds(ns float64) string {
	if ns < 1000 {
		return strconv.FormatFloat(ns, 'g', 3, 64) + "ns"
	}
	return round(time.Duration(ns)).String()
}

package measure

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
)

// startSession starts a session as a user gets it, and waits until it can compile cells, where that is possible.
func startSession(ctx context.Context) (*session.Session, error) {
	s, err := session.Start(ctx, session.Options{Tier: session.TierNative})
	if err != nil {
		return nil, err
	}
	_, err = s.Execute(ctx, gocode.Cell{N: 1, Name: "In[1]", Source: "func ready() bool { return true }\nready()", Line: 1}, quiet{})
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// computation is a function that is compiled into this program, and the same as a cell.
type computation struct {
	native func()
	cell   string
	run    string
}

var computations = map[string]computation{
	"native-fib": {
		native: func() { fib(fullFib) },
		cell:   "func fib(n int) int {\n\tif n < 2 {\n\t\treturn n\n\t}\n\treturn fib(n-1) + fib(n-2)\n}",
		run:    fmt.Sprintf("fib(%d)", fullFib),
	},
	"native-matmul": {
		native: func() { multiply(matrix(200), matrix(200)) },
		cell:   "func matrix(n int) [][]float64 {" + matrixBody + "}\nfunc multiply(a, b [][]float64) [][]float64 {" + multiplyBody + "}",
		run:    "multiply(matrix(200), matrix(200))",
	},
}

const matrixBody = `
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
		for j := range m[i] {
			m[i][j] = float64(i*j%7) + 0.5
		}
	}
	return m
`

func matrix(n int) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
		for j := range m[i] {
			m[i][j] = float64(i*j%7) + 0.5
		}
	}
	return m
}

const multiplyBody = `
	n := len(a)
	c := matrix(n)
	for i := 0; i < n; i++ {
		for j := 0; j < n; j++ {
			s := 0.0
			for k := 0; k < n; k++ {
				s += a[i][k] * b[k][j]
			}
			c[i][j] = s
		}
	}
	return c
`

func multiply(a, b [][]float64) [][]float64 {
	n := len(a)
	c := matrix(n)
	for i := 0; i < n; i++ {
		for j := 0; j < n; j++ {
			s := 0.0
			for k := 0; k < n; k++ {
				s += a[i][k] * b[k][j]
			}
			c[i][j] = s
		}
	}
	return c
}

// measureNative runs a computation in turns in a cell and in this program, and compares the medians.
func measureNative(name string) func(context.Context, *bench) (figure, error) {
	return func(ctx context.Context, b *bench) (figure, error) {
		c := computations[name]
		s, err := startSession(ctx)
		if err != nil {
			return figure{}, err
		}
		defer s.Close()
		if _, err := value(ctx, s, c.cell); err != nil {
			return figure{}, err
		}
		var ours, raw []time.Duration
		for range b.size(9) {
			text, err := value(ctx, s, "{ began := time.Now(); "+c.run+"; took = time.Since(began) }\ntook.Nanoseconds()", "var took time.Duration")
			if err != nil {
				return figure{}, err
			}
			ns, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return figure{}, fmt.Errorf("the cell came to %q: %w", text, err)
			}
			ours = append(ours, time.Duration(ns))
			d, _ := timed(func() error { c.native(); return nil })
			raw = append(raw, d)
		}
		o, r := median(ours), median(raw)
		return figure{ours: fmt.Sprintf("%s, %.2fx", ms(o), float64(o)/float64(r)), raw: ms(r) + " by go build"}, nil
	}
}

// value executes cells, and returns the text of the last's value.
func value(ctx context.Context, s *session.Session, source string, before ...string) (string, error) {
	for _, src := range append(before, source) {
		res, err := s.Execute(ctx, gocode.Cell{N: 1, Name: "In[1]", Source: src, Line: 1}, quiet{})
		if err != nil {
			return "", err
		}
		if src == source && res.Value != nil {
			return fmt.Sprint(res.Value.MIME["text/plain"]), nil
		}
	}
	return "", nil
}

// measureFirst starts sessions and has each compile one cell, whose text is new.
func measureFirst(ctx context.Context, b *bench) (figure, error) {
	warm, err := startSession(ctx)
	if err != nil {
		return figure{}, err
	}
	warm.Close()
	i := 700
	d, err := repeat(b.size(5), func() error {
		i++
		s, err := session.Start(ctx, session.Options{Tier: session.TierNative})
		if err != nil {
			return err
		}
		defer s.Close()
		return b.execute(ctx, s, cellRow{source: "func sq(x int) int { return x * x }\nsq(4)", value: "16"}, i)
	})
	return figure{ours: ms(d)}, err
}

// measureGrowth executes a thousand cells, each with new text, of which every tenth is compiled.
func measureGrowth(ctx context.Context, b *bench) (figure, error) {
	s, err := startSession(ctx)
	if err != nil {
		return figure{}, err
	}
	defer s.Close()
	memory := func() (float64, error) {
		text, err := value(ctx, s, `runtime.GC(); b, _ := os.ReadFile("/proc/self/status"); string(b)`)
		for line := range strings.Lines(strings.ReplaceAll(text, `\n`, "\n")) {
			if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
				kb, err := strconv.ParseFloat(strings.Fields(strings.ReplaceAll(rest, `\t`, " "))[0], 64)
				return kb / 1024, err
			}
		}
		return 0, fmt.Errorf("the system does not say how much memory a process has: %q %w", text, err)
	}
	before, err := memory()
	if err != nil {
		return figure{}, err
	}
	cells := b.size(1000)
	for i := range cells {
		c := cellRow{source: fmt.Sprintf("y := %d\ny * 2", i), value: fmt.Sprint(2 * i)}
		if i%10 == 0 {
			c = cellRow{source: fmt.Sprintf("func g(n int) int { return n + %d - %d }\ng(1)", varied+i, varied), value: fmt.Sprint(1 + i)}
		}
		if err := b.execute(ctx, s, c, i+2); err != nil {
			return figure{}, err
		}
	}
	after, err := memory()
	return figure{ours: fmt.Sprintf("%.0f MB more after %d cells, a tenth of them compiled", after-before, cells)}, err
}

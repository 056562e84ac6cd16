package measure

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
)

// cellRow is a cell to be timed.
type cellRow struct {
	name, source string
	rounds       int
	// value is the text of its value, empty for none.
	value string
}

var cellRows = []cellRow{
	{"cell-empty", "", 50, ""},
	{"cell-light", "x := 1\nx + 1", 50, ""}, // the value varies with the cell
	{"cell-function", "func sq(x int) int { return x * x }\nsq(4)", 20, "16"},
	{"cell-fib", "func fib(n int) int { if n < 2 { return n }; return fib(n-1) + fib(n-2) }\nfib(35)", 1, "9227465"},
}

// The cell that takes long is smaller in a quick run.
const (
	fullFib, quickFib           = 35, 20
	fullFibValue, quickFibValue = "9227465", "6765"
)

func (b *bench) source(c cellRow) string {
	if b.quick {
		return strings.Replace(c.source, fmt.Sprintf("fib(%d)", fullFib), fmt.Sprintf("fib(%d)", quickFib), 1)
	}
	return c.source
}

// slowCell is how long a cell may take to be measured twice.
const slowCell = 5 * time.Second

// quiet takes what cells print and drops it.
type quiet struct{}

func (quiet) Stdout(string)        {}
func (quiet) Stderr(string)        {}
func (quiet) Display(session.Data) {}
func (quiet) Clear(bool)           {}
func (quiet) Input(string, bool) (string, error) {
	return "", fmt.Errorf("nobody is there to answer")
}

// varied is another number in each run.
var varied = int(time.Now().UnixMilli() % 1e8)

// vary gives a cell's names another number each time, also in another run, so that nothing that was kept can answer.
func vary(source string, i int) string {
	number := fmt.Sprint(varied*1000 + i)
	return strings.NewReplacer("sq(", "sq"+number+"(", "fib(", "fib"+number+"(", "x := 1", "x := "+number).Replace(source)
}

// measureCell measures a cell twice: through Jupyter's own client, where that is there, and in a session alone, from the source to the
// value, child process and interpreter included.
func measureCell(name string) func(context.Context, *bench) (figure, error) {
	return func(ctx context.Context, b *bench) (figure, error) {
		var c cellRow
		for _, r := range cellRows {
			if r.name == name {
				c = r
			}
		}
		s, err := startSession(ctx)
		if err != nil {
			return figure{}, err
		}
		defer s.Close()
		n := 0
		once := func() error {
			n++
			return b.execute(ctx, s, c, n)
		}
		alone, err := timed(once)
		if err == nil && c.rounds > 1 {
			alone, err = repeat(b.size(c.rounds), once)
		}
		if err != nil {
			return figure{}, err
		}
		fig := figure{ours: ms(alone) + " without Jupyter"}
		if alone > slowCell {
			fmt.Fprintf(b.notes, "bench: %s takes so long that it is not measured through Jupyter as well\n", name)
		} else if d, ok := b.throughJupyter(ctx, c); ok {
			fig.ours = ms(d) + ", " + fig.ours
		}
		if name == "cell-fib" {
			fig = b.fibFigure(fig)
		}
		return fig, nil
	}
}

func (b *bench) execute(ctx context.Context, s *session.Session, c cellRow, n int) error {
	res, err := s.Execute(ctx, gocode.Cell{N: n, Name: fmt.Sprintf("In[%d]", n), Source: vary(b.source(c), n), Line: 1}, quiet{})
	if err != nil {
		return err
	}
	want := c.value
	if want == fullFibValue && b.quick {
		want = quickFibValue
	}
	if want == "" {
		return nil
	}
	if res.Value == nil || fmt.Sprint(res.Value.MIME["text/plain"]) != want {
		return fmt.Errorf("%q came to %v, not %s", c.source, res.Value, want)
	}
	return nil
}

// fibFigure adds what the same function takes compiled.
func (b *bench) fibFigure(fig figure) figure {
	n := fullFib
	if b.quick {
		n = quickFib
	}
	raw, _ := timed(func() error { fib(n); return nil })
	fig.raw = ms(raw) + " compiled"
	fig.what = fmt.Sprintf("fib(%d) defined and run in a cell", n)
	return fig
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

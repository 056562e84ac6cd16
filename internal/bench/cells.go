package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
)

// quiet takes what cells print and drops it.
type quiet struct{}

func (quiet) Stdout(string)        {}
func (quiet) Stderr(string)        {}
func (quiet) Display(session.Data) {}
func (quiet) Clear(bool)           {}
func (quiet) Input(string, bool) (string, error) {
	return "", fmt.Errorf("nobody is there to answer")
}

// vary gives a cell's names another number each time, so that nothing that was kept can answer.
func vary(source string, i int) string {
	number := fmt.Sprint(i)
	return strings.NewReplacer("sq(", "sq"+number+"(", "fib(", "fib"+number+"(", "x := 1", "x := "+number).Replace(source)
}

// measureCell measures a cell in a session: from its source to its value, child process and interpreter included, Jupyter's own
// messages not.
func measureCell(source string, rounds int) func(context.Context, *bench) (figure, error) {
	return func(ctx context.Context, b *bench) (fig figure, err error) {
		s, err := session.Start(ctx, session.Options{})
		if err != nil {
			return figure{}, err
		}
		defer s.Close()
		n := 0
		d, err := repeat(b.size(rounds), func() error {
			n++
			_, err := s.Execute(ctx, gocode.Cell{N: n, Name: fmt.Sprintf("In[%d]", n), Source: vary(source, n), Line: 1}, quiet{})
			return err
		})
		return figure{ours: ms(d) + " without Jupyter"}, err
	}
}

// measureFib runs the most costly cell once.
func measureFib(ctx context.Context, b *bench) (fig figure, err error) {
	n, want := 35, "9227465"
	if b.quick {
		n, want = 20, "6765"
	}
	s, err := session.Start(ctx, session.Options{})
	if err != nil {
		return figure{}, err
	}
	defer s.Close()
	source := fmt.Sprintf("func fib(n int) int { if n < 2 { return n }; return fib(n-1) + fib(n-2) }\nfib(%d)", n)
	started := time.Now()
	res, err := s.Execute(ctx, gocode.Cell{N: 1, Name: "In[1]", Source: source, Line: 1}, quiet{})
	if err != nil {
		return figure{}, err
	}
	took := time.Since(started)
	if res.Value == nil || fmt.Sprint(res.Value.MIME["text/plain"]) != want {
		return figure{}, fmt.Errorf("fib(%d) came to %v", n, res.Value)
	}
	raw, _ := timed(func() error { fib(n); return nil })
	return figure{what: fmt.Sprintf("fib(%d) defined and run in a cell", n), ours: seconds(took) + " without Jupyter", raw: seconds(raw) + " compiled"}, nil
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

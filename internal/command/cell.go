package command

import (
	"context"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/prompt"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/kernel/magic"
)

// cell is a cell being executed: what its magics work with.
type cell struct {
	session *session.Session
	gocode.Cell
	out  session.Output
	term *terminal
	// cluster is the session's.
	cluster *magic.Cluster
	// value takes the value of the last expression.
	value func(session.Data)
}

// run executes the cell: its magics and its Go.
func (c cell) run(ctx context.Context) error {
	c.Know(c.Cell)
	c.term.work()
	defer c.term.rest()
	return magic.Run(ctx, c, c.Cell)
}

// Execute executes Go and shows its value.
func (c cell) Execute(ctx context.Context, code gocode.Cell) (*session.Result, error) {
	res, err := c.session.Execute(ctx, code, c.out)
	if err != nil {
		return nil, err
	}
	for _, note := range res.Notes {
		c.out.Stderr(note + "\n")
	}
	if res.Value != nil {
		c.value(*res.Value)
	}
	return res, nil
}

// Know keeps the text of a cell, for showing the lines of errors.
func (c cell) Know(text gocode.Cell) { c.term.sources.Add(text.Name, text.Line, text.Source) }

// Page shows what a name is.
func (c cell) Page(info gocode.Info) error {
	c.out.Stdout(info.Text + "\n")
	return nil
}

// Output is where the cell's output goes.
func (c cell) Output() session.Output { return c.out }

// Cluster is what the session's magics have to do with clusters.
func (c cell) Cluster() *magic.Cluster { return c.cluster }

// Lasting tells that what has been printed stays as it is.
func (cell) Lasting() bool { return false }

// Keys are those of the prompt, if there is one.
func (c cell) Keys() string {
	if c.term.ask == nil {
		return ""
	}
	return indented(prompt.Keys)
}

// Session is where cells are executed.
func (c cell) Session() magic.Session { return c.session }

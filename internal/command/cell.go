package command

import (
	"context"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/kernel/magic"
)

// cell is a cell being executed: what its magics work with.
type cell struct {
	session *session.Session
	gocode.Cell
	out session.Output
	// value takes the value of the last expression.
	value func(session.Data)
}

// run executes the cell: its magics, then its Go.
func (c cell) run(ctx context.Context) error { return magic.Run(ctx, c, c.Source) }

// Code executes Go and shows its value.
func (c cell) Code(ctx context.Context, src string) error {
	at := c.Cell
	at.Source = src
	res, err := c.session.Execute(ctx, at, c.out)
	if err == nil && res.Value != nil {
		c.value(*res.Value)
	}
	return err
}

// Print prints to the cell's standard output.
func (c cell) Print(text string) { c.out.Stdout(text) }

// Page shows what a name is.
func (c cell) Page(name string) error {
	const detailed = 1
	info, found := c.session.Inspect(name, len(name), detailed)
	if !found {
		return &magic.Error{Message: "nothing is known about " + name}
	}
	c.out.Stdout(info.Text + "\n")
	return nil
}

// Who lists the session's names.
func (c cell) Who() []magic.Variable {
	var vars []magic.Variable
	for _, d := range c.session.Who() {
		vars = append(vars, magic.Variable{Name: d.Name, Kind: string(d.Kind), Type: d.Type})
	}
	return vars
}

// Reset forgets the session's names.
func (c cell) Reset(ctx context.Context) error { return c.session.Clear(ctx) }

package kernel

import (
	"context"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/kernel/magic"
)

// host is a cell as its magics see it.
type host struct{ x *execution }

// Execute executes Go in the cell.
func (h host) Execute(ctx context.Context, c gocode.Cell) (*session.Result, error) {
	return h.x.code(ctx, c)
}

// Know keeps the text of a file, for showing the lines of errors.
func (h host) Know(c gocode.Cell) { h.x.k.sources.Add(c.Name, c.Line, c.Source) }

// Page lets the client show what a name is, beside the notebook if it can.
func (h host) Page(info gocode.Info) error {
	h.x.payload = append(h.x.payload, map[string]any{"source": "page", "start": 0, "data": bundle(info, true)})
	return nil
}

// Output is where the cell's output goes.
func (h host) Output() session.Output { return h.x.out }

// Cluster is the kernel's.
func (h host) Cluster() *magic.Cluster { return &h.x.k.cluster }

// Lasting tells that displays can be changed at any time.
func (host) Lasting() bool { return true }

// Keys are the client's affair.
func (host) Keys() string { return "" }

// Session is the kernel's.
func (h host) Session() magic.Session { return h.x.session }

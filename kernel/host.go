package kernel

import (
	"context"

	"github.com/gocluster/gocluster/kernel/magic"
)

// host is a cell as its magics see it.
type host struct{ x *execution }

// Code executes Go in the cell.
func (h host) Code(ctx context.Context, src string) error { return h.x.code(ctx, src) }

// Print prints to the cell's standard output.
func (h host) Print(text string) { h.x.out.Stdout(text) }

// Page lets the client show what a name is, beside the notebook if it can.
func (h host) Page(name string) error {
	info, found := h.x.session.Inspect(name, len(name), 1)
	if !found {
		return &magic.Error{Message: "nothing is known about " + name}
	}
	h.x.payload = append(h.x.payload, map[string]any{"source": "page", "start": 0, "data": bundle(info, true)})
	return nil
}

// Who lists the session's names.
func (h host) Who() []magic.Variable {
	var vars []magic.Variable
	for _, d := range h.x.session.Who() {
		vars = append(vars, magic.Variable{Name: d.Name, Kind: string(d.Kind), Type: d.Type})
	}
	return vars
}

// Reset forgets the session's names.
func (h host) Reset(ctx context.Context) error { return h.x.session.Clear(ctx) }

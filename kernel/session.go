package kernel

import (
	"context"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
)

// Session is what the kernel needs of a session; *session.Session is one.
type Session interface {
	// Execute runs a cell. The end of ctx interrupts it.
	Execute(ctx context.Context, c gocode.Cell, out session.Output) (*session.Result, error)
	// Complete, Inspect and IsComplete may be called while a cell runs.
	Complete(src string, cursor int) gocode.Completion
	Inspect(src string, cursor, level int) (gocode.Info, bool)
	IsComplete(src string) (status, indent string)
	// Who lists the names that cells have declared.
	Who() []gocode.Decl
	// Clear forgets them.
	Clear(ctx context.Context) error
	Close() error
}

var _ Session = (*session.Session)(nil)

package kernel

import (
	"context"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/kernel/magic"
)

// Session is what the kernel needs of a session; *session.Session is one.
type Session interface {
	magic.Session
	// Complete, Dir and IsComplete may be called while a cell runs, as Inspect may.
	magic.Assistant
	IsComplete(src string) (status, indent string)
	// ExecuteBeside is Execute for cells of subshells.
	ExecuteBeside(ctx context.Context, c gocode.Cell, out session.Output) (*session.Result, error)
	// Comm and Comms carry messages of comms.
	Comm(ctx context.Context, m session.CommMessage, out session.CommOutput, beside bool) error
	Comms() map[string]string
	Close() error
}

var _ Session = (*session.Session)(nil)

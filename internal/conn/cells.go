package conn

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
)

// CellMaker compiles cells for engines' sessions.
type CellMaker interface {
	// Kind names the executables for which it compiles. The error says why it compiles for none.
	Kind(ctx context.Context) (string, error)
	// Make compiles a cell. It tells note what takes long.
	Make(ctx context.Context, m *proto.NeedCell, note func(text string)) *proto.Cell
	// Use tells where packages of other modules come from: what from returns at the moment, nil if it knows of none.
	Use(from func() (*unit.Modules, error))
}

// CellModules has cells be compiled with the packages of a session's modules.
func CellModules(from func() (*unit.Modules, error)) {
	if m := cellMaker.Load(); m != nil {
		(*m).Use(from)
	}
}

var cellMaker atomic.Pointer[CellMaker]

// SetCellMaker has all connections of this process compile cells by m; otherwise they compile none.
func SetCellMaker(m CellMaker) { cellMaker.Store(&m) }

// offer tells the controller once what cells we compile, before the first job that uses a session: what that job finds decides how the
// session's cells run.
func (c *Conn) offer(ctx context.Context, kind proto.JobKind) error {
	switch kind {
	case proto.JobExecute, proto.JobLoad, proto.JobPush, proto.JobPull:
	default:
		return nil
	}
	maker := cellMaker.Load()
	if maker == nil {
		return nil
	}
	c.offering.Lock()
	defer c.offering.Unlock()
	c.mu.Lock()
	offered := c.offered
	c.mu.Unlock()
	if offered != nil {
		return nil
	}
	m := new(proto.CellMaker)
	name, err := (*maker).Kind(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if m.Kind = name; err != nil {
		m.Why = err.Error()
	}
	c.mu.Lock()
	c.offered = m
	up := c.up
	c.mu.Unlock()
	if !up {
		return nil // resume sends it
	}
	return lasting(ctx, c.link.SendWait(ctx, m))
}

// sayOffer tells the controller, on a new connection, what it was told on the last.
func (c *Conn) sayOffer(ctx context.Context) error {
	c.mu.Lock()
	m := c.offered
	c.mu.Unlock()
	if m == nil {
		return nil
	}
	return c.link.SendWait(ctx, m)
}

// makeCell compiles a cell that the controller asks for.
func (c *Conn) makeCell(m *proto.NeedCell) {
	maker := cellMaker.Load()
	if maker == nil {
		return
	}
	_ = c.group.Go("compile a cell", func(ctx context.Context) error { // who has stopped, compiles nothing
		made := contained(ctx, *maker, m, c.Note)
		// Where the connection breaks, the controller asks again.
		_ = c.link.SendWait(ctx, made)
		return nil
	})
}

// contained is Make, of which a defect is an error as others are.
func contained(ctx context.Context, maker CellMaker, m *proto.NeedCell, note func(text string)) (made *proto.Cell) {
	defer func() {
		if r := recover(); r != nil {
			made = &proto.Cell{Key: m.Key, Error: fmt.Sprintf("compiling the cell failed: %v", r)}
		}
	}()
	return maker.Make(ctx, m, note)
}

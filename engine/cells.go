package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gocluster/gocluster/internal/native"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session"
)

// cells are the compiled cells of a machine's sessions. A client compiles them; engines that run the same cell share what comes, also
// those whose processes are replaced later.
type cells struct {
	kind  func() (string, error) // of this executable
	files *programs
	send  func(m proto.Message)
	types native.Declarations // of other modules' packages

	mu     sync.Mutex
	unfit  error // why cells cannot be loaded on this machine
	makers proto.CellMakers
	kept   map[proto.Hash]*proto.Cell // without the files' bytes
	asked  map[proto.Hash]*askedCell
}

// askedCell is a cell that a client was asked for. Its answer is there when done is closed.
type askedCell struct {
	need *proto.NeedCell
	done chan struct{}
	cell *proto.Cell
}

// keepCells is how many cells are remembered.
const keepCells = 4096

func newCells(files *programs, send func(m proto.Message)) *cells {
	return &cells{kind: sync.OnceValues(native.Kind), files: files, send: send, kept: map[proto.Hash]*proto.Cell{}, asked: map[proto.Hash]*askedCell{}}
}

// setMakers takes which clients compile what. The two connections have no order between them: the last version counts.
func (c *cells) setMakers(m proto.CellMakers) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.Version >= c.makers.Version {
		c.makers = m
	}
}

// There says why no cells can be compiled for this executable, nil if they can.
func (c *cells) There() error {
	c.mu.Lock()
	makers, unfit := c.makers.List, c.unfit
	c.mu.Unlock()
	if unfit != nil {
		return unfit
	}
	if len(makers) == 0 {
		return errors.New("no client is connected that compiles cells")
	}
	kind, err := c.kind()
	if err != nil {
		return err
	}
	why := ""
	for _, m := range makers {
		switch {
		case m.Kind == kind:
			return nil
		case m.Kind != "":
			why = otherKind(kind, m.Kind)
		case why == "":
			why = "the client cannot compile them: " + m.Why
		}
	}
	return errors.New(why)
}

// Unfit notes that cells cannot be loaded on this machine: sessions that are begun from now on are interpreted.
func (c *cells) Unfit(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unfit = why
}

// otherKind says what distinguishes an engine's executable from a client's.
func otherKind(mine, theirs string) string {
	platform, _, _ := strings.Cut(mine, " ")
	other, _, _ := strings.Cut(theirs, " ")
	if platform != other {
		return fmt.Sprintf("the engine is on %s, and the client compiles for %s", platform, other)
	}
	return "the engine's executable was built in another way or from other sources than the client's"
}

// build has a client compile a cell: the one of the job, if the cell needs packages of other modules. What another job's client has compiled from
// the same is as good.
func (c *cells) build(ctx context.Context, need *proto.NeedCell) (p session.Plugins, err error) {
	if need.Kind, err = c.kind(); err != nil {
		return p, &session.ColdError{Why: err.Error()}
	}
	content := contentOf(need)
	c.mu.Lock()
	cell := c.kept[content]
	c.mu.Unlock()
	if cell != nil {
		if p, err := c.plugins(cell); err == nil {
			p.Cached = true
			return p, nil
		}
	}
	if len(need.Packages) == 0 {
		need.Job = proto.JobID{}
	}
	need.Key = need.Name()
	if cell, err = c.ask(ctx, need); err != nil {
		return p, err
	}
	if len(cell.Files) == 0 {
		return p, errors.New("the client has sent no file: this is a defect of gocluster")
	}
	return c.plugins(cell)
}

// contentOf names what comes of a need, whoever answers it.
func contentOf(need *proto.NeedCell) proto.Hash {
	n := *need
	n.Job = proto.JobID{}
	return n.Name()
}

// ask asks a client for a cell, unless that is under way.
func (c *cells) ask(ctx context.Context, need *proto.NeedCell) (*proto.Cell, error) {
	c.mu.Lock()
	a := c.asked[need.Key]
	first := a == nil
	if first {
		a = &askedCell{need: need, done: make(chan struct{})}
		c.asked[need.Key] = a
	}
	c.mu.Unlock()
	if first {
		c.send(need)
	}
	return a.wait(ctx)
}

func (a *askedCell) wait(ctx context.Context) (*proto.Cell, error) {
	select {
	case <-a.done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	switch {
	case a.cell.Cold != "":
		return nil, &session.ColdError{Why: a.cell.Cold}
	case a.cell.Error != "":
		return nil, errors.New(a.cell.Error)
	}
	return a.cell, nil
}

// take takes an answer: its files go to the disk.
func (c *cells) take(m *proto.Cell) {
	c.mu.Lock()
	a := c.asked[m.Key]
	delete(c.asked, m.Key)
	c.mu.Unlock()
	if a == nil {
		return
	}
	defer close(a.done)
	kept := *m
	kept.Files = slices.Clone(m.Files)
	for i := range kept.Files {
		f := &kept.Files[i]
		if _, err := c.files.ready(f.Hash, func() ([]byte, error) { return f.Data, nil }); err != nil {
			a.cell = &proto.Cell{Key: m.Key, Cold: fmt.Sprintf("what the client has compiled cannot be kept here: %v", err)}
			return
		}
		f.Data = nil
	}
	a.cell = &kept
	if kept.Cold != "" || kept.Error != "" || a.need.Source == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= keepCells {
		clear(c.kept)
	}
	c.kept[contentOf(a.need)] = a.cell
}

// plugins are the files of a cell, as long as they are there.
func (c *cells) plugins(cell *proto.Cell) (session.Plugins, error) {
	p := session.Plugins{Path: cell.Path}
	for i, f := range cell.Files {
		name, err := c.files.ready(f.Hash, func() ([]byte, error) { return nil, errors.New("it is not there any more") })
		if err != nil {
			return p, fmt.Errorf("the compiled cell cannot be used: %w", err)
		}
		if i == 0 {
			p.Cell = name
		} else {
			p.Deps = append(p.Deps, name)
		}
	}
	return p, nil
}

// again asks once more for what has not been answered, on a new connection.
func (c *cells) again() {
	c.mu.Lock()
	var needs []*proto.NeedCell
	for _, a := range c.asked {
		needs = append(needs, a.need)
	}
	c.mu.Unlock()
	for _, need := range needs {
		c.send(need)
	}
}

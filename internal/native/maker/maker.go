// Package maker compiles cells for sessions of engines: what a client does for machines on which nothing is installed.
//
// An engine's session has a front end of its own, since engines may have run different cells. What it makes of a cell is a Go file; the file
// comes here, and plugins go back, which the session's process loads if it is an executable as this one (native.Kind).
package maker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/native"
	"github.com/gocluster/gocluster/internal/proto"
)

// Maker compiles cells. The zero value is ready to be used: it looks for what it needs when it is first asked.
type Maker struct {
	mu      sync.Mutex
	kit     *native.Kit
	missing error
	looked  time.Time
}

// again is how long what is missing is not looked for again.
const again = 30 * time.Second

// Kind is native.Kind, if there is what compiling takes.
func (m *Maker) Kind(ctx context.Context) (string, error) {
	if _, err := m.find(ctx); err != nil {
		return "", err
	}
	return native.Kind()
}

func (m *Maker) find(ctx context.Context) (*native.Kit, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kit != nil || m.missing != nil && time.Since(m.looked) < again {
		return m.kit, m.missing
	}
	kit, err := native.Find(ctx, native.Options{})
	if ctx.Err() == nil {
		m.kit, m.missing, m.looked = kit, err, time.Now()
	}
	return kit, err
}

// Make compiles a cell.
func (m *Maker) Make(ctx context.Context, need *proto.NeedCell, note func(text string)) *proto.Cell {
	kit, err := m.find(ctx)
	if err == nil && !kit.Ready() {
		note("preparing compiled cells for engines: the standard library is compiled, once on a machine ...")
		err = kit.Warm(ctx, nil)
	}
	if err != nil {
		return &proto.Cell{Key: need.Key, Cold: err.Error()}
	}
	cell, err := compile(ctx, kit, need)
	if err != nil {
		return &proto.Cell{Key: need.Key, Error: err.Error()}
	}
	return cell
}

func compile(ctx context.Context, kit *native.Kit, need *proto.NeedCell) (*proto.Cell, error) {
	built, err := kit.Build(ctx, need.Source, need.Imports)
	var refused *native.BuildError
	switch {
	case errors.As(err, &refused):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("compiling for engines: %w", err)
	}
	cell := &proto.Cell{Key: need.Key, Path: built.Path}
	for _, name := range append([]string{built.Cell}, built.Deps...) {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("the compiled cell: %w", err)
		}
		cell.Files = append(cell.Files, proto.CellFile{Hash: proto.HashOf(data), Data: data})
	}
	return cell, nil
}

// Package maker compiles cells for sessions of engines: what a client does for machines on which nothing is installed.
//
// An engine's session has a front end of its own, since engines may have run different cells. What it makes of a cell is a Go file; the file
// comes here, and plugins go back, which the session's process loads if it is an executable as this one (native.Kind).
package maker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/native"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
)

// Maker compiles cells. The zero value is ready to be used: it looks for what it needs when it is first asked.
type Maker struct {
	mu      sync.Mutex
	kit     *native.Kit
	missing error
	looked  time.Time
	from    func() (*unit.Modules, error) // where packages of other modules come from

	foreign sync.Mutex // while it holds, these stay what they are
}

// Use has packages of other modules be those that from tells of; otherwise they are those of the working directory's module.
func (m *Maker) Use(from func() (*unit.Modules, error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.from = from
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
	cell, err := m.answer(ctx, kit, need, note)
	if err != nil {
		return &proto.Cell{Key: need.Key, Error: err.Error()}
	}
	return cell
}

func (m *Maker) answer(ctx context.Context, kit *native.Kit, need *proto.NeedCell, note func(text string)) (*proto.Cell, error) {
	if need.Source != "" && len(need.Packages) == 0 {
		return compile(ctx, kit, need, note)
	}
	m.mu.Lock()
	from := m.from
	m.mu.Unlock()
	m.foreign.Lock()
	defer m.foreign.Unlock()
	if from != nil {
		modules, err := from()
		if err != nil {
			return nil, fmt.Errorf("the modules of the client's session: %w", err)
		}
		if modules != nil {
			kit.SetModules(modules)
		}
	}
	if need.Source == "" {
		return describe(ctx, kit, need)
	}
	if err := agree(ctx, kit, need); err != nil {
		return nil, err
	}
	return compile(ctx, kit, need, note)
}

// describe says which package an import is of the client's session.
func describe(ctx context.Context, kit *native.Kit, need *proto.NeedCell) (*proto.Cell, error) {
	if len(need.Imports) != 1 {
		return nil, fmt.Errorf("a question about %d packages: this is a defect of gocluster", len(need.Imports))
	}
	real, all, err := kit.Foreign(ctx, need.Imports[0])
	if err != nil {
		return nil, fmt.Errorf("%w; engines' cells import what the client's session has: import it there first, or get its module with %%get", err)
	}
	cell := &proto.Cell{Key: need.Key, Path: real}
	for _, p := range all {
		cell.Packages = append(cell.Packages, proto.CellPackage(p))
	}
	if !need.Declarations {
		return cell, nil
	}
	declared, err := kit.Declared(ctx, real)
	if err != nil {
		return nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(declared)) {
		cell.Declarations = append(cell.Declarations, proto.CellDeclaration{Path: path, Data: declared[path]})
	}
	return cell, nil
}

// agree reports whether the client's session has the packages as the engine's session has them.
func agree(ctx context.Context, kit *native.Kit, need *proto.NeedCell) error {
	for _, theirs := range need.Packages {
		_, all, err := kit.Foreign(ctx, theirs.Path)
		if err != nil {
			return fmt.Errorf("the engine's session has %v, and the client's session does not: %w", theirs, err)
		}
		for _, ours := range all {
			if ours.Path == theirs.Path && ours.Build != theirs.Build {
				return proto.Conflict(theirs, proto.CellPackage(ours))
			}
		}
	}
	return nil
}

func compile(ctx context.Context, kit *native.Kit, need *proto.NeedCell, note func(text string)) (*proto.Cell, error) {
	built, err := kit.Build(ctx, need.Source, need.Imports)
	var refused *native.BuildError
	switch {
	case errors.As(err, &refused):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("compiling for engines: %w", err)
	}
	if len(built.Changed) > 0 {
		note("changed since cells for engines were first compiled with them, and not compiled again: " + strings.Join(built.Changed, ", "))
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

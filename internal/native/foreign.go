package native

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/gcexportdata"

	"github.com/gocluster/gocluster/internal/gocode/stdlib"
	units "github.com/gocluster/gocluster/internal/unit"
)

// Foreign is a package of another module, as a kit has it.
type Foreign struct {
	Path string
	// Module is what it is of, Version that module's, for people: "" for one that is worked on.
	Module, Version string
	// Build names the build of it and of all that it needs.
	Build string
}

// SetModules has the kit take packages of other modules from where another kit has them: m is of its Modules.
func (k *Kit) SetModules(m *units.Modules) {
	k.listing.Lock()
	defer k.listing.Unlock()
	if k.mod.fixed != nil && k.mod.fixed.Dir == m.Dir {
		return
	}
	k.mod.fixed = m
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.absent)
	if k.cfg != nil {
		k.cfg = k.cfg.without()
	}
}

// copied is what Modules has returned, at the change of the session's packages by that number.
type copied struct {
	at      int
	modules *units.Modules
}

// Imported is Modules as of the last time that a package of another module was imported or asked for; nil if none was.
func (k *Kit) Imported() (*units.Modules, error) {
	k.mu.Lock()
	now, last := k.changes, k.copied
	k.mu.Unlock()
	if last.at == now {
		return last.modules, nil
	}
	m, err := k.Modules()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.copied = copied{now, m}
	return m, nil
}

// Foreign returns the packages of other modules that importing a package brings along, itself included, by path; and its import path: another
// one for a relative path. It fetches nothing.
func (k *Kit) Foreign(ctx context.Context, path string) (real string, all []Foreign, err error) {
	k.listing.Lock()
	real, err = k.realPath(path)
	k.listing.Unlock()
	if err != nil {
		return "", nil, err
	}
	c, err := k.need(ctx, []string{real})
	if err != nil {
		return "", nil, err
	}
	closure, err := k.closure(c, []string{real})
	if err != nil {
		return "", nil, err
	}
	for _, p := range closure {
		if k.isForeign(p) {
			f, err := k.foreign(c, p)
			if err != nil {
				return "", nil, err
			}
			all = append(all, f)
		}
	}
	return real, all, nil
}

func (k *Kit) isForeign(path string) bool {
	return !own(path) && !k.tc.standard(path) && !strings.HasPrefix(path, "vendor/")
}

func (k *Kit) foreign(c *config, path string) (Foreign, error) {
	needs, err := k.closure(c, []string{path})
	if err != nil {
		return Foreign{}, err
	}
	needs = slices.DeleteFunc(needs, func(p string) bool { return !k.isForeign(p) })
	e := c.Packages[path]
	version := e.Version
	if e.Copied != "" {
		version = e.Copied + " (a local copy)"
	}
	return Foreign{path, e.Module, version, digest(c.archives(needs)...)}, nil
}

// Declared returns what a package declares, and what those declare that its declarations mention, as the compiler has it, by import path.
// What every front end knows is left out.
func (k *Kit) Declared(ctx context.Context, path string) (map[string][]byte, error) {
	c, err := k.need(ctx, []string{path})
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	var add func(path string) error
	add = func(path string) error {
		e := c.Packages[path]
		if e == nil {
			return fmt.Errorf("package %s is not compiled", path)
		}
		data, err := exported(e.Archive, path)
		if err != nil {
			return err
		}
		all[path] = data
		names, err := mentioned(data, path)
		for _, name := range names {
			if _, ok := k.shared(name); !ok && all[name] == nil {
				err = errors.Join(err, add(name))
			}
		}
		return err
	}
	return all, add(path)
}

// exported reads what an archive says of a package's declarations.
func exported(archive, path string) ([]byte, error) {
	f, err := os.Open(archive)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	r, err := gcexportdata.NewReader(f)
	if err != nil {
		return nil, unreadable(path, err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return data, nil
}

// mentioned are the packages that a package's declarations mention, but for itself.
func mentioned(data []byte, path string) ([]string, error) {
	found := map[string]*types.Package{}
	if _, err := declarations(data, token.NewFileSet(), found, path); err != nil {
		return nil, err
	}
	delete(found, path)
	delete(found, "unsafe")
	var names []string
	for name := range found {
		names = append(names, name)
	}
	return names, nil
}

// Declarations are packages of other modules that have been read, of all builds. They are ready to use.
type Declarations struct {
	mu   sync.Mutex
	fset *token.FileSet
	done map[Foreign]*types.Package
}

// Find returns a package that has been read.
func (d *Declarations) Find(f Foreign) *types.Package {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.done[f]
}

// Read reads a package of what Declared has returned elsewhere; builds says which builds these are of. The packages that its declarations mention are
// the front end's where it has them.
func (d *Declarations) Read(path string, builds map[string]Foreign, data map[string][]byte) (*types.Package, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.done == nil {
		d.fset, d.done = token.NewFileSet(), map[Foreign]*types.Package{}
	}
	return d.read(path, builds, data)
}

func (d *Declarations) read(path string, builds map[string]Foreign, data map[string][]byte) (*types.Package, error) {
	f := builds[path]
	f.Path = path
	if p := d.done[f]; p != nil {
		return p, nil
	}
	if data[path] == nil {
		return nil, unreadable(path, errors.New("they have not come along"))
	}
	names, err := mentioned(data[path], path)
	if err != nil {
		return nil, err
	}
	mentions := map[string]*types.Package{}
	for _, name := range names {
		p, err := stdlib.Shared.Import(name)
		if err != nil {
			if p, err = d.read(name, builds, data); err != nil {
				return nil, err
			}
		}
		mentions[name] = p
	}
	p, err := declarations(data[path], d.fset, mentions, path)
	if err != nil {
		return nil, err
	}
	d.done[f] = p
	return p, nil
}

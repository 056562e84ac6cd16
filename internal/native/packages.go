package native

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/types"
	"io"
	"slices"
	"strings"
	"time"
)

// ConflictError is a package that a session wants in another version than this executable contains: both cannot be in a process.
type ConflictError struct {
	Package string // "" if the module itself was asked for
	Module  string
	Linked  string // the version in the executable
	Wanted  string
}

func (e *ConflictError) Error() string {
	what := e.Module
	if e.Package != "" && e.Package != e.Module {
		what = e.Package + " of " + e.Module
	}
	return fmt.Sprintf("this executable contains %s %s, and the session asks for %s: ask for %s@%s, or build gocluster with %s",
		what, e.Linked, cmp.Or(e.Wanted, "a local copy"), e.Module, e.Linked, cmp.Or(e.Wanted, "that copy"))
}

// need returns a config that has the imports, compiling what it lacks.
func (k *Kit) need(ctx context.Context, imports []string) (*config, error) {
	if err := k.Warm(ctx, nil); err != nil {
		return nil, err
	}
	if c := k.config(); c != nil && len(c.lacks(imports)) == 0 {
		return c, nil
	}
	k.listing.Lock()
	defer k.listing.Unlock()
	return k.find(ctx, imports, nil, nil)
}

// lacks returns the imports that the config does not have.
func (c *config) lacks(imports []string) []string {
	return slices.DeleteFunc(slices.Clone(imports), func(p string) bool { return p == "unsafe" || c.Packages[p] != nil })
}

var errDropped = errors.New("what was known about compiled packages was dropped meanwhile: run the cell again")

// find extends the config. fetch, if not nil, gets packages that no module has yet; watch, if not nil, sees what is compiled. It is
// called with listing held.
func (k *Kit) find(ctx context.Context, imports []string, fetch func(paths []string) error, watch *compiling) (*config, error) {
	c := k.config()
	if c == nil {
		return nil, errDropped
	}
	var base, foreign []string
	for _, p := range c.lacks(imports) {
		if own(p) || k.tc.standard(p) {
			base = append(base, p)
		} else {
			foreign = append(foreign, p)
		}
	}
	if len(base) > 0 {
		all, err := k.listBase(ctx, base, cmp.Or(watch, &compiling{}))
		if err != nil {
			return nil, err
		}
		if err := k.mismatch(all); err != nil {
			return nil, err
		}
		if c, err = k.extend(c, all, false); err != nil {
			return nil, err
		}
		k.keep(c)
	}
	if len(foreign) > 0 {
		all, err := k.listForeign(ctx, foreign, fetch, cmp.Or(watch, &compiling{}))
		if err != nil {
			return nil, err
		}
		if c = k.config(); c == nil { // fetching has replaced it
			return nil, errDropped
		}
		if err := k.conflict(c, all); err != nil {
			return nil, err
		}
		if c, err = k.extend(c, all, true); err != nil {
			return nil, err
		}
	}
	if lacks := c.lacks(imports); len(lacks) > 0 {
		return nil, &PackageError{Path: lacks[0], Text: "package " + lacks[0] + " has nothing to import (a command, or only tests)"}
	}
	return c, nil
}

func (k *Kit) extend(c *config, all []*listed, session bool) (*config, error) {
	more, errs := entries(all)
	if len(errs) > 0 {
		return nil, errors.Join(errs[:min(3, len(errs))]...)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.absent)
	if k.cfg != nil {
		c = k.cfg // Rest may have extended it
	}
	if session {
		k.changes++
	}
	k.cfg = c.with(more, session)
	return k.cfg, nil
}

// conflict finds packages that are in the executable, or needed by our API, in another version.
func (k *Kit) conflict(c *config, all []*listed) error {
	linked := k.exe.linked()
	for _, p := range all {
		if p.Standard || p.Module == nil || own(p.ImportPath) || p.Export == "" {
			continue
		}
		e := p.entry()
		was, ok := linked[e.Module]
		if ok = ok && c.Host[p.ImportPath]; !ok {
			var kept *pkg
			if kept, ok = c.Packages[p.ImportPath]; ok {
				was, ok = kept.Version, !c.session[p.ImportPath]
			}
		}
		if ok && was != e.Version {
			return &ConflictError{Package: p.ImportPath, Module: e.Module, Linked: was, Wanted: e.Version}
		}
	}
	return nil
}

// listForeign compiles packages of the session's workspace. What no module provides is fetched, and then what that needs.
func (k *Kit) listForeign(ctx context.Context, paths []string, fetch func(paths []string) error, watch *compiling) ([]*listed, error) {
	tried := map[string]bool{}
	for {
		c, err := k.mod.command("-mod=readonly", "-v")
		if err != nil {
			return nil, err
		}
		c.stderr = watch
		all, err := k.list(ctx, c, paths)
		if err != nil {
			return nil, err
		}
		asked, err := k.mod.required()
		if err != nil {
			return nil, err
		}
		missing := unasked(asked, all, paths)
		for _, p := range unprovided(all) {
			missing = append(missing, asked.version(p))
		}
		missing = slices.DeleteFunc(missing, func(p string) bool { return tried[p] || k.tc.standard(p) })
		if len(missing) == 0 || fetch == nil {
			return all, nil
		}
		if err := fetch(missing); err != nil {
			return nil, err
		}
		for _, p := range missing {
			tried[p] = true
		}
	}
}

// unasked returns those of the packages whose module no go.mod of the workspace asks for. They are there only because another module
// needs that module; the next one that is got may change that, so the session is to ask for it itself.
func unasked(asked requirements, all []*listed, paths []string) []string {
	var found []string
	for _, p := range all {
		m := p.Module
		if m == nil || m.Main || p.Error != nil || !slices.Contains(paths, p.ImportPath) {
			continue
		}
		if _, ok := asked[m.Path]; !ok {
			found = append(found, p.ImportPath+"@"+m.Version)
		}
	}
	return found
}

// unprovided returns the packages whose module the go command lacks, or lacks the checksum of.
func unprovided(all []*listed) []string {
	var paths []string
	for _, p := range all {
		if p.Error == nil || !strings.Contains(strings.SplitN(p.ImportPath, "/", 2)[0], ".") {
			continue
		}
		for _, sign := range []string{"no required module provides", "missing go.sum entry", "cannot find module providing", "updates to go.mod needed"} {
			if strings.Contains(p.Error.Err, sign) {
				paths = append(paths, p.ImportPath)
				break
			}
		}
	}
	return paths
}

// Resolve makes a package importable, fetching its module into the session's go.mod if no module has it yet, and returns its import
// path: another one for a relative path. out gets what the go command says, and what is being compiled if that takes long.
func (k *Kit) Resolve(ctx context.Context, path string, out io.Writer) (string, error) {
	if err := k.Warm(ctx, nil); err != nil {
		return "", err
	}
	k.listing.Lock()
	defer k.listing.Unlock()
	real, err := k.realPath(path)
	if err != nil {
		return "", err
	}
	if err := k.failed("fetch " + real); err != nil {
		return "", err
	}
	if out == nil {
		out = io.Discard
	}
	said := time.Now()
	watch := &compiling{progress: func(s string) {
		if time.Since(said) > time.Second {
			said = time.Now()
			fmt.Fprintln(out, s)
		}
	}}
	_, err = k.find(ctx, []string{real}, func(paths []string) error { return k.get(ctx, paths, out) }, watch)
	if ctx.Err() == nil {
		k.remember("fetch "+real, err)
	}
	return real, err
}

// realPath is an import path for the linker.
func (k *Kit) realPath(p string) (string, error) {
	if relative(p) {
		return k.mod.local(p)
	}
	return p, nil
}

// Import implements types.Importer for packages of modules: by import path, or by relative path. It fetches nothing, see Resolve. The
// packages of the standard library and of our API are the front end's, also inside those it makes.
func (k *Kit) Import(path string) (*types.Package, error) {
	ctx := context.Background()
	if p, ok := k.shared(path); ok {
		return p, nil
	}
	k.listing.Lock()
	real, err := k.realPath(path)
	k.listing.Unlock()
	if err != nil {
		return nil, err
	}
	c, err := k.present(ctx, real)
	if err != nil {
		return nil, err
	}
	im := k.imported()
	im.mu.Lock()
	defer im.mu.Unlock()
	return im.load(k, c, real)
}

// absence is an import that failed.
type absence struct {
	err  error
	time time.Time
}

// failed returns the error of what has failed just now: a cell that is being typed is checked again and again, and each time would ask
// the go command.
func (k *Kit) failed(what string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if a, ok := k.absent[what]; ok && time.Since(a.time) < 2*time.Second {
		return a.err
	}
	return nil
}

func (k *Kit) remember(what string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.absent, what)
	if err != nil {
		k.absent[what] = absence{err, time.Now()}
	}
}

// present is need for one package, unless that has failed just now.
func (k *Kit) present(ctx context.Context, path string) (*config, error) {
	if err := k.failed(path); err != nil {
		return nil, err
	}
	c, err := k.need(ctx, []string{path})
	k.remember(path, err)
	return c, err
}

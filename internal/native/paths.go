package native

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/modfile"
	modules "golang.org/x/mod/module"
)

// Paths lists the packages that begin with a prefix in the modules of the session's go.mod, and in those of imported packages, as far
// as these are on this machine. It never waits: while the go command is at work go.mod is not looked at.
func (k *Kit) Paths(prefix string) []string {
	var out []string
	mods := k.imported().modules()
	maps.Copy(mods, k.required())
	for mod, dir := range mods {
		if !strings.HasPrefix(mod, prefix) && !strings.HasPrefix(prefix, mod) {
			continue
		}
		for _, p := range packagesIn(dir) {
			if full := path.Join(mod, p); strings.HasPrefix(full, prefix) {
				out = append(out, full)
			}
		}
	}
	slices.Sort(out)
	return out
}

// required are the required modules with the directories that have their source.
func (k *Kit) required() map[string]string {
	if !k.listing.TryLock() {
		return nil
	}
	defer k.listing.Unlock()
	name, err := k.mod.modFile()
	if err != nil {
		return nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	f, err := modfile.ParseLax(name, data, nil)
	if err != nil {
		return nil
	}
	out := map[string]string{}
	for _, r := range f.Require {
		out[r.Mod.Path] = k.tc.cached(r.Mod)
	}
	for _, r := range f.Replace {
		if modfile.IsDirectoryPath(r.New.Path) {
			out[r.Old.Path] = filepath.Join(filepath.Dir(name), filepath.FromSlash(r.New.Path))
			if filepath.IsAbs(r.New.Path) {
				out[r.Old.Path] = r.New.Path
			}
		} else {
			out[r.Old.Path] = k.tc.cached(r.New)
		}
	}
	return out
}

// modules are the modules of the packages that have been imported, with their directories in the module cache.
func (im imported) modules() map[string]string {
	im.mu.Lock()
	paths := slices.Collect(maps.Keys(im.done))
	im.mu.Unlock()
	out := map[string]string{}
	for _, p := range paths {
		if mod, root, ok := moduleOf(p, im.source(p)); ok {
			out[mod] = root
		}
	}
	return out
}

// moduleOf finds the module of a package by its directory, which has the module's version in its name.
func moduleOf(p, dir string) (mod, root string, ok bool) {
	dir = filepath.ToSlash(dir)
	at := strings.LastIndexByte(dir, '@')
	if at < 0 {
		return "", "", false
	}
	rest := ""
	root = dir
	if i := strings.IndexByte(dir[at:], '/'); i >= 0 {
		root, rest = dir[:at+i], dir[at+i:]
	}
	mod, ok = strings.CutSuffix(p, rest)
	return mod, filepath.FromSlash(root), ok
}

// cached is where the module cache has a version, or "".
func (t *toolchain) cached(m modules.Version) string {
	p, err := modules.EscapePath(m.Path)
	if err != nil {
		return ""
	}
	v, err := modules.EscapeVersion(m.Version)
	if err != nil {
		return ""
	}
	return filepath.Join(t.vars.GOMODCACHE, filepath.FromSlash(p)+"@"+v)
}

var pathCache sync.Map // directory -> []string

// maxFolders bounds the search of one module.
const maxFolders = 5000

// packagesIn lists the packages of the module in a directory that others can import, by their paths in it; "." is the module's own.
func packagesIn(dir string) []string {
	if got, ok := pathCache.Load(dir); ok {
		return got.([]string)
	}
	var out []string
	n := 0
	_ = filepath.WalkDir(dir, func(at string, e fs.DirEntry, err error) error { // what cannot be read has no packages
		switch {
		case err != nil || !e.IsDir():
			return nil
		case at != dir && skipped(at, e.Name()):
			return filepath.SkipDir
		case n > maxFolders:
			return filepath.SkipAll
		}
		n++
		if importable(at) {
			if rel, err := filepath.Rel(dir, at); err == nil {
				out = append(out, filepath.ToSlash(rel))
			}
		}
		return nil
	})
	if strings.Contains(dir, "@") { // a module's version does not change
		pathCache.Store(dir, out)
	}
	return out
}

// skipped reports whether a directory's packages are none of others' business.
func skipped(at, name string) bool {
	switch {
	case name == "internal" || name == "testdata" || name == "vendor" || name[0] == '.' || name[0] == '_':
		return true
	}
	_, err := os.Stat(filepath.Join(at, "go.mod"))
	return err == nil
}

// importable reports whether a directory has a package that is no program.
func importable(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.PackageClauseOnly)
		if err == nil && f.Name.Name != "main" {
			return true
		}
	}
	return false
}

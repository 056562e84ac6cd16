package native

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	shared "github.com/gocluster/gocluster/internal/toolchain"
)

// pkg is a compiled package.
type pkg struct {
	Archive string   // its file in the go command's cache, named by content
	Imports []string // import paths, as the linker names them
	Module  string   `json:",omitempty"`
	Version string   `json:",omitempty"`
	Copied  string   `json:",omitempty"` // the version that a local copy takes the place of
	CXX     bool     `json:",omitempty"` // it has C++ files, so a C++ compiler links it
	Files   []stamp  `json:",omitempty"` // of a local package
}

// stamp tells whether a file has changed.
type stamp struct {
	Name string
	Size int64
	Time time.Time
}

func stampOf(name string) stamp {
	st, err := os.Stat(name)
	if err != nil {
		return stamp{Name: name}
	}
	return stamp{name, st.Size(), st.ModTime()}
}

// config is where the compiled packages are that cells may import, and how to link them. It is not changed once made.
type config struct {
	Packages map[string]*pkg
	Host     map[string]bool // in the executable, with all they need
	Linker   linking
	// session are the packages that came from the session's workspace; they are not kept.
	session map[string]bool
}

// roots are linked into everything.
func (k *Kit) roots() []string {
	r := []string{"runtime", "runtime/cgo"}
	if k.exe.race {
		r = append(r, "runtime/race")
	}
	return r
}

// closure returns the packages that a link of these imports needs, sorted; a cell's link if there are none.
func (k *Kit) closure(c *config, imports []string) ([]string, error) {
	seen := map[string]bool{}
	queue := append(k.roots(), imports...)
	for len(queue) > 0 {
		p := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if seen[p] || p == "unsafe" || p == "C" {
			continue
		}
		e, ok := c.Packages[p]
		if !ok {
			return nil, fmt.Errorf("package %s is not compiled: it was not asked for", p)
		}
		seen[p] = true
		queue = append(queue, e.Imports...)
	}
	return slices.Sorted(maps.Keys(seen)), nil
}

// with returns a config that also has these packages. Those that the executable and our API consist of stay; those of a session are
// replaced: if the process has another build of one, opening the next plugin says so.
func (c *config) with(more map[string]*pkg, session bool) *config {
	n := *c
	n.Packages = maps.Clone(c.Packages)
	n.session = maps.Clone(c.session)
	for path, p := range more {
		if _, ok := n.Packages[path]; ok && !c.session[path] {
			continue
		}
		n.Packages[path] = p
		delete(n.session, path)
		if session {
			if n.session == nil {
				n.session = map[string]bool{}
			}
			n.session[path] = true
		}
	}
	return &n
}

// without returns the config as it was before any package of a session.
func (c *config) without() *config {
	n := *c
	n.Packages = maps.Clone(c.Packages)
	for path := range c.session {
		delete(n.Packages, path)
	}
	n.session = nil
	return &n
}

// listed is what the go command says about a package.
type listed struct {
	ImportPath, Name, Dir, Export string
	Standard, DepOnly, Incomplete bool
	GoFiles, CgoFiles, CXXFiles   []string
	TestGoFiles                   []string
	Imports                       []string
	ImportMap                     map[string]string
	Module                        *struct {
		Path, Version string
		Main          bool
		Replace       *struct{ Path, Version string }
	}
	Error      *struct{ Err string }
	DepsErrors []struct{ Err string }
}

const listFields = "-json=ImportPath,Name,Dir,Export,Standard,DepOnly,Incomplete,GoFiles,CgoFiles,CXXFiles,TestGoFiles,Imports,ImportMap,Module,Error"

// list asks the go command to compile packages, and all that they need, for plugins.
func (k *Kit) list(ctx context.Context, c command, patterns []string) ([]*listed, error) {
	c.args = slices.Concat([]string{"list", "-e", "-export", "-deps", "-buildmode=plugin", listFields}, c.args, k.exe.args, []string{"--"}, patterns)
	out, err := k.tc.run(ctx, c)
	if err != nil {
		return nil, err
	}
	var all []*listed
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		p := new(listed)
		if err := dec.Decode(p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading the answer of go list: %w", err)
		}
		all = append(all, p)
	}
}

// entry turns what the go command says into what is kept.
func (p *listed) entry() *pkg {
	e := &pkg{Archive: p.Export, CXX: len(p.CXXFiles) > 0}
	for _, imp := range p.Imports {
		if to, ok := p.ImportMap[imp]; ok {
			imp = to
		}
		e.Imports = append(e.Imports, imp)
	}
	if len(p.CgoFiles) > 0 && !strings.HasPrefix(p.ImportPath, "runtime/") {
		e.Imports = append(e.Imports, "runtime/cgo", "syscall") // which cgo adds
	}
	if m := p.Module; m != nil {
		e.Module, e.Version = m.Path, m.Version
		if m.Replace != nil {
			e.Version = m.Replace.Version
			if e.Version == "" {
				e.Copied = m.Version
			}
		}
	}
	if p.local() {
		for _, f := range slices.Concat(p.GoFiles, p.CgoFiles) {
			e.Files = append(e.Files, stampOf(filepath.Join(p.Dir, f)))
		}
	}
	return e
}

// local reports whether the package's files are the user's to change.
func (p *listed) local() bool {
	return !p.Standard && p.Module != nil && (p.Module.Main || p.Module.Replace != nil && p.Module.Replace.Version == "")
}

// entries keeps the packages that compiled, and returns the errors of the others.
func entries(all []*listed) (map[string]*pkg, []error) {
	m := map[string]*pkg{}
	var errs []error
	for _, p := range all {
		if p.Error != nil {
			errs = append(errs, &PackageError{Path: p.ImportPath, Text: readable(p.Error.Err)})
			continue
		}
		if p.Name == "main" {
			errs = append(errs, &PackageError{Path: p.ImportPath, Text: p.ImportPath + " is a program, not an importable package"})
			continue
		}
		if p.Export != "" {
			m[p.ImportPath] = p.entry()
		}
	}
	return m, errs
}

// PackageError is a package that cells cannot import, in the go command's words.
type PackageError struct {
	Path string
	Text string
}

func (e *PackageError) Error() string {
	if strings.Contains(e.Text, e.Path) {
		return e.Text
	}
	return "package " + e.Path + ": " + e.Text
}

// valid reports whether the archives are still there: the go command removes what it has not used for days. It marks those it
// finds as used, as the go command would.
func (c *config) valid() bool {
	for _, p := range c.Packages {
		if !shared.There(p.Archive) {
			return false
		}
	}
	return true
}

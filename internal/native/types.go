package native

import (
	"bytes"
	"fmt"
	"go/token"
	"go/types"
	"strings"
	"sync"

	"golang.org/x/tools/go/gcexportdata"

	"github.com/gocluster/gocluster/internal/gocode/stdlib"
)

// imported are the packages that Import has made: those of other modules. The standard library and our API are the front end's.
type imported struct {
	mu   *sync.Mutex
	fset *token.FileSet
	done map[string]reading
}

// reading is a package as one archive declares it. The archive's name changes with its content, and with that of what it imports.
type reading struct {
	archive string
	pkg     *types.Package
}

// imported returns the packages that Import has made.
func (k *Kit) imported() imported {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.types.mu == nil {
		k.types = imported{new(sync.Mutex), token.NewFileSet(), map[string]reading{}}
	}
	return k.types
}

// shared reports whether the front end has the package.
func (k *Kit) shared(path string) (*types.Package, bool) {
	if !own(path) && !k.tc.standard(path) && !strings.HasPrefix(path, "vendor/") {
		return nil, false
	}
	p, err := stdlib.Shared.Import(path)
	return p, err == nil
}

// load reads a package from its archive. The packages that its declarations mention are the front end's where it has them, and
// are read first, whole, where it does not: once published, nothing is added to a package.
func (im imported) load(k *Kit, c *config, path string) (*types.Package, error) {
	e := c.Packages[path]
	if e == nil {
		return nil, fmt.Errorf("package %s is not compiled", path)
	}
	if r, ok := im.done[path]; ok && r.archive == e.Archive {
		return r.pkg, nil
	}
	data, err := exported(e.Archive, path)
	if err != nil {
		return nil, err
	}
	names, err := mentioned(data, path)
	if err != nil {
		return nil, err
	}
	mentions := map[string]*types.Package{}
	for _, name := range names {
		p, ok := k.shared(name)
		if !ok {
			if p, err = im.load(k, c, name); err != nil {
				return nil, err
			}
		}
		mentions[name] = p
	}
	p, err := declarations(data, im.fset, mentions, path)
	if err != nil {
		return nil, err
	}
	im.done[path] = reading{e.Archive, p}
	return p, nil
}

func declarations(data []byte, fset *token.FileSet, imports map[string]*types.Package, path string) (*types.Package, error) {
	p, err := gcexportdata.Read(bytes.NewReader(data), fset, imports, path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return p, nil
}

func unreadable(path string, err error) error {
	return fmt.Errorf("reading the declarations of %s: %w", path, err)
}

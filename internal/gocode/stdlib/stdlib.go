// Package stdlib knows the packages that a cell may import without a toolchain at hand: the standard library and our own
// API. It keeps their exported declarations as source without bodies, compressed and embedded, and type-checks a package
// when it is first imported.
package stdlib

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:generate go run ./gen

//go:embed std.zip
var stdZip []byte

//go:embed api.zip
var apiZip []byte

var archive = sync.OnceValue(func() map[string]*zip.File {
	files := map[string]*zip.File{}
	for _, data := range [][]byte{stdZip, apiZip} {
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			panic(fmt.Sprintf("stdlib: the embedded archive is damaged, build again after go generate ./internal/gocode/...: %v", err))
		}
		for _, f := range z.File {
			files[f.Name] = f
		}
	}
	return files
})

func open(name string) ([]byte, bool) {
	f, ok := archive()[name]
	if !ok {
		return nil, false
	}
	r, err := f.Open()
	if err != nil {
		return nil, false
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	return data, err == nil
}

// Paths returns the import paths that anybody may use, sorted.
func Paths() []string { return paths() }

var paths = sync.OnceValue(func() []string {
	var ps []string
	for name := range archive() {
		p, ok := strings.CutSuffix(name, ".go")
		if ok && !hidden(p) {
			ps = append(ps, p)
		}
	}
	ps = append(ps, "unsafe")
	slices.Sort(ps)
	return ps
})

func hidden(p string) bool {
	return strings.HasPrefix(p, "internal/") || strings.Contains(p, "/internal/") || strings.HasPrefix(p, "vendor/")
}

// Named returns the import paths of the standard library whose package has that name.
func Named(name string) []string { return byName()[name] }

var byName = sync.OnceValue(func() map[string][]string {
	m := map[string][]string{}
	for _, p := range paths() {
		if strings.Contains(strings.SplitN(p, "/", 2)[0], ".") {
			continue
		}
		name := path.Base(p)
		if len(name) > 1 && name[0] == 'v' && name[1] >= '0' && name[1] <= '9' {
			name = path.Base(path.Dir(p))
		}
		m[name] = append(m[name], p)
	}
	return m
})

// Doc returns the doc comment of a name in a package: "Println", "Buffer.Write", or "" for the package's own.
func Doc(path, name string) string {
	docs, ok := docCache.Load(path)
	if !ok {
		m := map[string]string{}
		if data, ok := open(path + ".json"); ok {
			_ = json.Unmarshal(data, &m)
		}
		docs, _ = docCache.LoadOrStore(path, m)
	}
	return docs.(map[string]string)[name]
}

var docCache sync.Map // import path -> map[string]string

// Importer type-checks packages from their stubs, each when it is first asked for. It is safe for concurrent use.
type Importer struct {
	mu   sync.Mutex
	fset *token.FileSet
	done map[string]*types.Package
}

// New returns an empty importer.
func New() *Importer {
	return &Importer{fset: token.NewFileSet(), done: map[string]*types.Package{"unsafe": types.Unsafe}}
}

// Shared is the importer of the process: packages are checked once.
var Shared = New()

// Import implements types.Importer.
func (im *Importer) Import(path string) (*types.Package, error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	return im.load(path)
}

// locked is the importer as a check under its own lock sees it.
type locked struct{ *Importer }

func (l locked) Import(path string) (*types.Package, error) { return l.load(path) }

func (im *Importer) load(path string) (*types.Package, error) {
	if p, ok := im.done[path]; ok {
		return p, nil
	}
	src, ok := open(path + ".go")
	if !ok {
		return nil, fmt.Errorf("package %s is not in std", path)
	}
	f, err := parser.ParseFile(im.fset, path, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	conf := types.Config{Importer: locked{im}, IgnoreFuncBodies: true, Sizes: types.SizesFor("gc", "amd64")}
	pkg, err := conf.Check(path, im.fset, []*ast.File{f}, nil)
	if err != nil {
		return nil, fmt.Errorf("the embedded declarations of %s do not type-check: %w", path, err)
	}
	im.done[path] = pkg
	return pkg, nil
}

package stub

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/doc"
	"go/importer"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Package is what the archive keeps of a package.
type Package struct {
	Path, Name, Source string
	// Docs are the doc comments by name: "Println", "Buffer.Write"; "" is the package's.
	Docs map[string]string
}

type listed struct {
	ImportPath, Name, Export, Dir string
	GoFiles                       []string
}

// Build asks the go command, run in dir, for the packages that match the patterns, and writes their stubs with those of all
// packages that they refer to and skip does not already have.
func Build(dir string, skip map[string]bool, patterns ...string) ([]Package, error) {
	all, err := list(dir, append([]string{"-deps"}, patterns...)...)
	if err != nil {
		return nil, err
	}
	roots, err := list(dir, patterns...)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	imp := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		p, ok := all[path]
		if !ok || p.Export == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(p.Export)
	})
	var queue []string
	seen := map[string]bool{"unsafe": true}
	add := func(path string) {
		if !seen[path] && !skip[path] {
			seen[path] = true
			queue = append(queue, path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(roots)) {
		if public(path) && roots[path].Name != "main" {
			add(path)
		}
	}
	var out []Package
	for i := 0; i < len(queue); i++ {
		pkg, err := imp.Import(queue[i])
		if err != nil {
			return nil, err
		}
		src, imports := Write(pkg)
		for _, path := range imports {
			add(path)
		}
		docs, err := docs(all[queue[i]])
		if err != nil {
			return nil, err
		}
		out = append(out, Package{Path: queue[i], Name: pkg.Name(), Source: src, Docs: docs})
	}
	slices.SortFunc(out, func(a, b Package) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

// public tells a package that anybody may import. Our own internal packages are named where they are asked for.
func public(path string) bool {
	return !strings.HasPrefix(path, "internal/") && !strings.HasPrefix(path, "vendor/") && !strings.HasPrefix(path, "cmd/") &&
		(!strings.Contains(path, "/internal/") || strings.Contains(path, "."))
}

func list(dir string, args ...string) (map[string]listed, error) {
	cmd := exec.Command("go", append([]string{"list", "-export", "-json=ImportPath,Name,Export,Dir,GoFiles"}, args...)...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	m := map[string]listed{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return m, nil
		} else if err != nil {
			return nil, err
		}
		m[p.ImportPath] = p
	}
}

func docs(p listed) (map[string]string, error) {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	d, err := doc.NewFromFiles(fset, files, p.ImportPath)
	if err != nil {
		return nil, err
	}
	m := map[string]string{}
	put := func(name, text string) {
		if text = strings.TrimSpace(text); text != "" {
			m[name] = text
		}
	}
	values := func(vs []*doc.Value) {
		for _, v := range vs {
			for _, n := range v.Names {
				put(n, v.Doc)
			}
		}
	}
	put("", d.Synopsis(d.Doc))
	values(d.Consts)
	values(d.Vars)
	for _, f := range d.Funcs {
		put(f.Name, f.Doc)
	}
	for _, t := range d.Types {
		put(t.Name, t.Doc)
		values(t.Consts)
		values(t.Vars)
		for _, f := range t.Funcs {
			put(f.Name, f.Doc)
		}
		for _, f := range t.Methods {
			put(t.Name+"."+f.Name, f.Doc)
		}
	}
	return m, nil
}

// Archive packs packages: the stub of path is the file path+".go", its doc comments path+".json". The same packages
// give the same bytes.
func Archive(pkgs []Package) ([]byte, error) {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, p := range pkgs {
		docs, err := json.Marshal(p.Docs)
		if err != nil {
			return nil, err
		}
		for _, f := range []struct {
			name string
			data []byte
		}{{p.Path + ".go", []byte(p.Source)}, {p.Path + ".json", docs}} {
			w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate})
			if err != nil {
				return nil, err
			}
			if _, err := w.Write(f.data); err != nil {
				return nil, err
			}
		}
	}
	err := z.SetComment(runtime.Version())
	if err == nil {
		err = z.Close()
	}
	return buf.Bytes(), err
}

// api are our packages that cells may import.
var api = []string{"./client", "./views", "./display", "./display/comm", "./display/widgets"}

// Archives makes the archives of the standard library and of our API. root is the module's folder.
func Archives(root string) (std, ours []byte, err error) {
	pkgs, err := Build(root, nil, "std")
	if err != nil {
		return nil, nil, err
	}
	skip := map[string]bool{}
	for _, p := range pkgs {
		skip[p.Path] = true
	}
	if std, err = Archive(pkgs); err != nil {
		return nil, nil, err
	}
	if pkgs, err = Build(root, skip, api...); err != nil {
		return nil, nil, err
	}
	ours, err = Archive(pkgs)
	return std, ours, err
}

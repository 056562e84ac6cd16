package native

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Doc returns the doc comment of a name in a package that Import has given: "NewDense", "Dense.Mul", or "" for the package's own. It is
// "" where there is none, and where the source is not there to be read.
func (k *Kit) Doc(path, name string) string {
	dir := k.imported().source(path)
	if dir == "" {
		return ""
	}
	if docs, ok := commentCache.Load(dir); ok {
		return docs.(map[string]string)[name]
	}
	docs := comments(dir, path)
	if strings.Contains(dir, "@") { // of a module's version, which does not change
		commentCache.Store(dir, docs)
	}
	return docs[name]
}

var commentCache sync.Map // directory -> map[string]string

// source is the directory that a package was compiled from, as its declarations say.
func (im imported) source(path string) string {
	im.mu.Lock()
	defer im.mu.Unlock()
	r, ok := im.done[path]
	if !ok {
		return ""
	}
	for _, n := range r.pkg.Scope().Names() {
		if file := im.fset.Position(r.pkg.Scope().Lookup(n).Pos()).Filename; filepath.IsAbs(file) {
			return filepath.Dir(file)
		}
	}
	return ""
}

// comments reads the doc comments of the package in a directory.
func comments(dir, path string) map[string]string {
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return out
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		// What cannot be read has no comments.
		if f, err := parser.ParseFile(fset, filepath.Join(dir, e.Name()), nil, parser.ParseComments|parser.SkipObjectResolution); err == nil {
			files = append(files, f)
		}
	}
	if len(files) == 0 {
		return out
	}
	files = ofOnePackage(files)
	d, err := doc.NewFromFiles(fset, files, path)
	if err != nil {
		return out
	}
	out[""] = d.Synopsis(d.Doc)
	values(out, d.Consts, d.Vars)
	funcs(out, "", d.Funcs)
	for _, t := range d.Types {
		out[t.Name] = strings.TrimSpace(t.Doc)
		values(out, t.Consts, t.Vars)
		funcs(out, "", t.Funcs)
		funcs(out, t.Name+".", t.Methods)
	}
	return out
}

// ofOnePackage leaves out files of programs that lie beside a package, which build tags keep away.
func ofOnePackage(files []*ast.File) []*ast.File {
	count := map[string]int{}
	most := ""
	for _, f := range files {
		n := f.Name.Name
		if count[n]++; count[n] > count[most] {
			most = n
		}
	}
	var out []*ast.File
	for _, f := range files {
		if f.Name.Name == most {
			out = append(out, f)
		}
	}
	return out
}

func values(out map[string]string, groups ...[]*doc.Value) {
	for _, vs := range groups {
		for _, v := range vs {
			for _, n := range v.Names {
				out[n] = strings.TrimSpace(v.Doc)
			}
		}
	}
}

func funcs(out map[string]string, prefix string, fs []*doc.Func) {
	for _, f := range fs {
		out[prefix+f.Name] = strings.TrimSpace(f.Doc)
	}
}

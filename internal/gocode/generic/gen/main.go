// Command gen gathers the sources of package generic from the Go installation and puts the patches of gen/patches over them.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// gathered are the packages that are taken from the Go installation; others consist of patches only.
var gathered = map[string]bool{"slices": true, "maps": true, "cmp": true}

func main() {
	patches, err := filepath.Glob("gen/patches/*.go.txt")
	if err == nil {
		err = os.MkdirAll("src", 0o755)
	}
	for _, p := range patches {
		if err == nil {
			err = build(p)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func build(patch string) error {
	name := filepath.Base(patch)
	path := strings.ReplaceAll(strings.TrimSuffix(name, ".go.txt"), "__", "/")
	files := []string{patch}
	if gathered[path] {
		all, err := filepath.Glob(filepath.Join(runtime.GOROOT(), "src", path, "*.go"))
		if err != nil {
			return err
		}
		for _, f := range all {
			if !strings.HasSuffix(f, "_test.go") {
				files = append(files, f)
			}
		}
	}
	text, err := merge(files)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join("src", name), text, 0o644)
}

// merge makes one file of several; what an earlier one declares wins.
func merge(files []string) ([]byte, error) {
	fset := token.NewFileSet()
	seen := map[string]bool{}
	imports := map[string]bool{}
	var decls []ast.Decl
	pkg := ""
	for _, name := range files {
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		pkg = f.Name.Name
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
				continue
			}
			if n := declName(d); n != "" {
				if seen[n] {
					continue
				}
				seen[n] = true
			}
			decls = append(decls, d)
			ast.Inspect(d, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if id, ok := sel.X.(*ast.Ident); ok {
					for _, im := range f.Imports {
						path, _ := strconv.Unquote(im.Path.Value)
						if filepath.Base(path) == id.Name {
							imports[path] = true
						}
					}
				}
				return true
			})
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Gathered by gen; do not edit.\n\npackage %s\n\n", pkg)
	var paths []string
	for p := range imports {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		fmt.Fprintf(&b, "import %q\n", p)
	}
	for _, d := range decls {
		b.WriteString("\n")
		if err := format.Node(&b, fset, d); err != nil {
			return nil, err
		}
		b.WriteString("\n")
	}
	return format.Source(b.Bytes())
}

func declName(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil {
			return ""
		}
		return d.Name.Name
	case *ast.GenDecl:
		if len(d.Specs) == 1 {
			switch s := d.Specs[0].(type) {
			case *ast.TypeSpec:
				return s.Name.Name
			case *ast.ValueSpec:
				return s.Names[0].Name
			}
		}
	}
	return ""
}

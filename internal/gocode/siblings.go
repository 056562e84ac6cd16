package gocode

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A function may use other packages of its program's module. Their variables are part of what it does, so the walk goes on in their source: in
// what is called there by name, and in all methods, since a value's type does not tell here which ones are called. Unlike those of the function's
// own package, their exported variables may also be changed by the rest of the module.

// sibling is the walk through another package of the module.
func (w *freshness) sibling(id *ast.Ident, path string) *freshness {
	if known := w.siblings[path]; known != nil {
		return known
	}
	root, own := moduleOf(w.p.dir)
	q := &freshness{seen: map[ast.Node]bool{}, siblings: w.siblings, tests: w.tests}
	w.siblings[path] = q
	var err error
	if q.p, err = loadSibling(filepath.Join(root, filepath.FromSlash(strings.TrimPrefix(path, own))), path); err == nil {
		err = q.p.older()
	}
	if err != nil {
		w.fail(id, "it uses package %s of the same module, and whether something has changed that package's variables is not known: %v", path, err)
		return q
	}
	q.methods(func(*ast.FuncDecl) bool { return true })
	w.tell(id, path, q)
	return q
}

// tell passes on what a walk through another package has found.
func (w *freshness) tell(n ast.Node, path string, q *freshness) {
	if q.err != nil {
		w.fail(n, "it uses package %s of the same module: %v", path, q.err)
	}
}

// member follows what a function names of another package of the module.
func (w *freshness) member(id *ast.Ident, path string) {
	_, own := moduleOf(w.p.dir)
	if own == "" || path != own && !strings.HasPrefix(path, own+"/") {
		return
	}
	q := w.sibling(id, path)
	if w.err != nil || q.p == nil {
		return
	}
	if obj := q.p.pkg.Scope().Lookup(id.Name); obj != nil {
		q.follow(&ast.Ident{NamePos: obj.Pos(), Name: obj.Name()}, obj)
	}
	w.tell(id, path, q)
}

// loadSibling reads a package by its folder.
func loadSibling(dir, path string) (*program, error) {
	pkg, err := build.ImportDir(dir, 0)
	if err != nil {
		return nil, err
	}
	return load(path+".", filepath.Join(dir, append(pkg.GoFiles, pkg.CgoFiles...)[0]))
}

// alteredOutside reports whether another package of the module may change an exported variable.
func (w *freshness) alteredOutside(name string) bool {
	if !token.IsExported(name) || w.p.path == "main" {
		return false
	}
	if w.altered == nil {
		root, own := moduleOf(w.p.dir)
		path := own
		if rel, err := filepath.Rel(root, w.p.dir); err == nil && rel != "." {
			path += "/" + filepath.ToSlash(rel)
		}
		w.altered = map[string]bool{}
		if err := alterations(root, path, w.p.pkg.Name(), w.tests, w.altered); err != nil {
			w.altered[anyName] = true
		}
	}
	return w.altered[name] || w.altered[anyName]
}

// anyName stands for all variables of a package.
const anyName = "."

// alterations finds the variables of a package that a module's other packages assign, take the address of, or call a method of.
func alterations(root, path, name string, tests bool, found map[string]bool) error {
	return filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		switch base := filepath.Base(file); {
		case err != nil:
			return err
		case e.IsDir() && file != root && (base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || isModule(file)):
			return filepath.SkipDir
		case e.IsDir(), !strings.HasSuffix(base, ".go"), strings.HasSuffix(base, "_test.go") && !tests:
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil // the program was built without it
		}
		if as := importedAs(f, path, name); as == anyName {
			found[anyName] = true
		} else if as != "" {
			alters(f, as, found)
		}
		return nil
	})
}

func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// importedAs is the name by which a file knows a package, "" if it does not.
func importedAs(f *ast.File, path, name string) string {
	for _, im := range f.Imports {
		if p, err := strconv.Unquote(im.Path.Value); err != nil || p != path {
			continue
		}
		if im.Name == nil {
			return name
		}
		return strings.TrimPrefix(im.Name.Name, "_")
	}
	return ""
}

// alters notes the variables of the package known as a name that a file may change.
func alters(f *ast.File, as string, found map[string]bool) {
	note := func(e ast.Expr) {
		if name := memberOf(e, as); name != "" {
			found[name] = true
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				note(l)
			}
		case *ast.IncDecStmt:
			note(n.X)
		case *ast.RangeStmt:
			note(n.Key)
			note(n.Value)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				note(n.X)
			}
		case *ast.CallExpr:
			if method, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok {
				note(method.X)
			}
		}
		return true
	})
}

// memberOf is the member of a package that an expression is a part of: "Table" of geo.Table[3].Name.
func memberOf(e ast.Expr, as string) string {
	for {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.SelectorExpr:
			if id, ok := x.X.(*ast.Ident); ok && id.Name == as {
				return x.Sel.Name
			}
			e = x.X
		default:
			return ""
		}
	}
}

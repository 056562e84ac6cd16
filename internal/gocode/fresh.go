package gocode

import (
	"errors"
	"fmt"
	"go/ast"
	"go/types"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
)

// Fresh reports whether a function of the running program does the same in another process of the program whose main has not run, as far as
// the source tells: it captures no variable, and the package variables that it reaches in its own package are changed by nothing but
// initialisation. The error says what stands against it. Packages of other modules are believed to be as initialisation leaves them, as they
// are in units; those of the program's own module are looked at as its own package is.
func Fresh(fn any) error {
	v := reflect.ValueOf(fn)
	f := runtime.FuncForPC(v.Pointer())
	if f == nil {
		return errors.New("the function's source is not known")
	}
	file, line := begins(v.Pointer())
	if _, err := os.Stat(file); err != nil || !filepath.IsAbs(file) {
		return fmt.Errorf("the source of %s is not here (%s), so that it is not known which variables it uses", f.Name(), file)
	}
	programs.Lock()
	defer programs.Unlock()
	p, err := load(f.Name(), file)
	if err != nil {
		return err
	}
	if err := p.older(); err != nil {
		return err
	}
	root, err := p.node(f.Name(), file, line)
	if err != nil {
		return err
	}
	w := &freshness{p: p, seen: map[ast.Node]bool{}, siblings: map[string]*freshness{}, tests: strings.HasSuffix(file, "_test.go"), root: root}
	w.visit(root)
	return w.err
}

// older refuses source that has been written since the program was built: it may not be the program's any more.
func (p *program) older() error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	built, err := os.Stat(exe)
	if err != nil {
		return err
	}
	for _, f := range p.files {
		name := p.fset.Position(f.Package).Filename
		if st, err := os.Stat(name); err != nil || st.ModTime().After(built.ModTime()) {
			return fmt.Errorf("%s has changed since the program was built: build it again", name)
		}
	}
	return nil
}

// ForeignError says that a function uses a package whose declarations are not known here, so that its source cannot be sent.
type ForeignError struct{ Func, Package string }

func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s uses package %s: functions that are sent to engines as source can use their own package and the standard library", e.Func, e.Package)
}

// foreign finds a package of another module that a function reaches.
func (p *program) foreign(name, file string, line int) error {
	root, err := p.node(name, file, line)
	if err != nil {
		return nil // who looks for the function says so
	}
	var found error
	w := &freshness{p: p, seen: map[ast.Node]bool{}, root: root}
	w.all = func(path string) {
		if _, err := p.lib.Import(path); err != nil && path != "unsafe" && found == nil {
			found = &ForeignError{name, path}
		}
	}
	w.visit(root)
	return found
}

// node finds a function in the source.
func (p *program) node(name, file string, line int) (ast.Node, error) {
	short := name[strings.LastIndexByte(name, '/')+1:]
	short = short[strings.IndexByte(short, '.')+1:]
	if strings.Contains(short, ".func") || inner.MatchString(short) {
		return p.literal(file, line)
	}
	d, err := p.function(short, line)
	if err != nil {
		return nil, err
	}
	return d.Func, nil
}

// freshness is a walk through all that a function reaches in its package.
type freshness struct {
	p    *program
	root ast.Node // the function itself; nil in other packages
	seen map[ast.Node]bool
	err  error
	// siblings are the walks through other packages of the module, altered what these change of the package's variables; nil: nobody has looked.
	siblings map[string]*freshness
	altered  map[string]bool
	tests    bool // the program is a test
	// all, if there is one, is told of the packages that are used, and nothing is refused.
	all func(path string)
}

func (w *freshness) visit(n ast.Node) {
	if n == nil || w.seen[n] {
		return
	}
	w.seen[n] = true
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			w.use(n)
		case *ast.SelectorExpr:
			w.selects(n)
		}
		return w.err == nil
	})
}

func (w *freshness) fail(n ast.Node, format string, args ...any) {
	if w.err == nil && w.all == nil {
		at := w.p.fset.Position(n.Pos())
		w.err = fmt.Errorf("%s:%d: %s", filepath.Base(at.Filename), at.Line, fmt.Sprintf(format, args...))
	}
}

// use follows a name.
func (w *freshness) use(id *ast.Ident) {
	if obj := w.p.info.Uses[id]; obj != nil {
		w.follow(id, obj)
	}
}

func (w *freshness) follow(id *ast.Ident, obj types.Object) {
	switch obj := obj.(type) {
	case *types.PkgName:
		w.imported(id, obj.Imported().Path())
	case *types.Func:
		w.function(obj)
	case *types.TypeName:
		if d := w.p.decls[obj]; d != nil && d.Type != nil {
			w.visit(d.Type)
		}
		w.methods(func(fd *ast.FuncDecl) bool { return receiver(fd) == obj.Name() })
	case *types.Var:
		switch {
		case obj.IsField():
		case obj.Parent() == w.p.pkg.Scope():
			w.variable(id, obj)
		case w.root != nil && obj.Parent() != nil && (obj.Pos() < w.root.Pos() || obj.Pos() >= w.root.End()) && w.within(id):
			w.fail(id, "the function uses %s from around it, whose value cannot be read out of a compiled program: pass it as a further input", obj.Name())
		}
	}
}

// within reports whether a node is in the function itself.
func (w *freshness) within(n ast.Node) bool { return w.root.Pos() <= n.Pos() && n.Pos() < w.root.End() }

// selects follows the name of a method whose receiver's type is not known: it may be any of that name. What another package is known to declare
// is followed there.
func (w *freshness) selects(n *ast.SelectorExpr) {
	if id, ok := n.X.(*ast.Ident); ok && w.all == nil {
		if pkg, ok := w.p.info.Uses[id].(*types.PkgName); ok {
			w.member(n.Sel, pkg.Imported().Path())
		}
	}
	if w.p.info.Uses[n.Sel] == nil && w.p.info.Selections[n] == nil {
		w.methods(func(fd *ast.FuncDecl) bool { return fd.Name.Name == n.Sel.Name })
	}
}

func (w *freshness) function(obj *types.Func) {
	if d := w.p.decls[obj.Origin()]; d != nil && d.Func != nil {
		w.visit(d.Func)
	}
}

// methods visits the package's methods that fit.
func (w *freshness) methods(fits func(*ast.FuncDecl) bool) {
	for _, f := range w.p.files {
		for _, d := range f.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok && fd.Recv != nil && fits(fd) {
				w.visit(fd)
			}
		}
	}
}

// receiver is the name of a method's type.
func receiver(fd *ast.FuncDecl) string {
	e := fd.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// imported looks into packages of the program's own module, whose variables may have been changed.
func (w *freshness) imported(id *ast.Ident, path string) {
	if w.all != nil {
		w.all(path)
		return
	}
	if _, own := moduleOf(w.p.dir); own != "" && (path == own || strings.HasPrefix(path, own+"/")) {
		w.tell(id, path, w.sibling(id, path))
	}
}

// variable refuses package variables that something changes, or may change.
func (w *freshness) variable(id *ast.Ident, obj *types.Var) {
	if w.p.changed()[obj] || w.alteredOutside(obj.Name()) {
		w.fail(id, "the package variable %s is changed somewhere, so that its value at run time is not known: pass it as a further input, or make it a constant", obj.Name())
		return
	}
	for _, f := range w.p.files {
		ast.Inspect(f, func(n ast.Node) bool {
			vs, ok := n.(*ast.ValueSpec)
			if !ok {
				return w.err == nil
			}
			for _, name := range vs.Names {
				if w.p.info.Defs[name] == obj {
					w.initialised(id, vs)
				}
			}
			return w.err == nil
		})
	}
}

// initialised follows what a variable begins with. Flags are changed behind it, and so may be what initialisation hands to others by address.
func (w *freshness) initialised(id *ast.Ident, vs *ast.ValueSpec) {
	for _, v := range vs.Values {
		ast.Inspect(v, func(n ast.Node) bool {
			if x, ok := n.(*ast.Ident); ok {
				if pn, ok := w.p.info.Uses[x].(*types.PkgName); ok && strings.HasSuffix(pn.Imported().Path(), "flag") {
					w.fail(id, "the package variable %s is a flag, whose value at run time is not known: pass it as a further input", id.Name)
				}
			}
			return w.err == nil
		})
		w.visit(v)
	}
}

// changed are the package variables that something assigns, or takes the address of. What init functions do counts, too: they may hand an address
// to others, as to package flag.
func (p *program) changed() map[types.Object]bool {
	if p.changes == nil {
		p.changes = map[types.Object]bool{}
		for _, f := range p.files {
			for _, d := range f.Decls {
				for obj := range assignedWithin(d, p.info) {
					p.changes[obj] = true
				}
			}
		}
	}
	return p.changes
}

// moduleOf is the folder and the path of the module that a directory belongs to, "" if there is none.
func moduleOf(dir string) (root, path string) {
	for {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil {
			for line := range strings.Lines(string(data)) {
				if name, ok := strings.CutPrefix(strings.TrimSpace(line), "module"); ok {
					name = strings.TrimSpace(name)
					if plain, err := strconv.Unquote(name); err == nil {
						return dir, plain
					}
					return dir, name
				}
			}
			return "", ""
		}
		if filepath.Dir(dir) == dir {
			return "", ""
		}
		dir = filepath.Dir(dir)
	}
}

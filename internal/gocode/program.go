package gocode

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/gocluster/gocluster/internal/gocode/emit"
	"github.com/gocluster/gocluster/internal/gocode/lower"
	"github.com/gocluster/gocluster/internal/gocode/stdlib"
	"github.com/gocluster/gocluster/internal/unit"
)

// FromProgram makes the unit of a function of a compiled program: it finds the function's source where the program was built,
// and takes along the declarations of the package that it reaches. Captured variables cannot be read out of a compiled
// function, so a function that captures some is refused.
func FromProgram(fn any) (*unit.Unit, error) {
	v := reflect.ValueOf(fn)
	if v.Kind() != reflect.Func || v.IsNil() {
		return nil, fmt.Errorf("%T is not a function", fn)
	}
	programs.Lock()
	defer programs.Unlock()
	if r, ok := programs.units[v.Pointer()]; ok {
		return r.unit, r.err
	}
	u, err := fromProgram(v.Pointer())
	programs.units[v.Pointer()] = programUnit{u, err}
	return u, err
}

type programUnit struct {
	unit *unit.Unit
	err  error
}

// programs remembers what was found, by code address, and the packages that were read for it, by folder and path.
var programs = struct {
	sync.Mutex
	units    map[uintptr]programUnit
	packages map[string]*program
}{units: map[uintptr]programUnit{}, packages: map[string]*program{}}

// begins returns where the function with an entry begins: the line of its func. The line of its first instruction may be one of
// its body, or of a function that was inlined there. The runtime knows it (for profiles) in a field that it does not export, and the tests tell
// when that is gone.
func begins(entry uintptr) (file string, line int) {
	frames := runtime.CallersFrames([]uintptr{entry + 1})
	for {
		f, more := frames.Next()
		if more {
			continue // inlined there
		}
		line = f.Line
		if start := reflect.ValueOf(f).FieldByName("startLine"); start.CanInt() && start.Int() > 0 {
			line = int(start.Int())
		}
		return f.File, line
	}
}

func fromProgram(pc uintptr) (*unit.Unit, error) {
	f := runtime.FuncForPC(pc)
	if f == nil {
		return nil, errors.New("the function's source is not known: build the program without stripping it")
	}
	file, line := begins(pc)
	name := f.Name()
	if strings.HasSuffix(name, "-fm") {
		return nil, fmt.Errorf("%s is a method value: its receiver cannot be read out of a compiled program; use a function with the receiver as an input", strings.TrimSuffix(name, "-fm"))
	}
	if !filepath.IsAbs(file) {
		if path := name[:strings.LastIndexByte(name, '/')+1]; path == "" {
			return nil, fmt.Errorf("the source of %s is not known: the program was built with -trimpath", name)
		}
	}
	if pkg, fnName, ok := standardFunc(name); ok {
		return compiledUnit(pkg, fnName)
	}
	if _, err := os.Stat(file); err != nil {
		return nil, fmt.Errorf("the source of %s is not here (%s): functions are sent as source, so run the program where it was built, without -trimpath", name, file)
	}
	p, err := load(name, file)
	if err != nil {
		return nil, err
	}
	if err := p.foreign(name, file, line); err != nil {
		return nil, err
	}
	made, err := p.unit(name, file, line)
	if err != nil {
		return nil, err
	}
	if made.Native != "" {
		return nil, errors.New(made.Native)
	}
	if len(made.Captures) > 0 {
		var names []string
		for _, c := range made.Captures {
			names = append(names, c.Name)
		}
		return nil, fmt.Errorf("%s uses %s from around it, whose values cannot be read out of a compiled program: pass them as further inputs, or define the function at package level with constants", made.Name, strings.Join(names, " and "))
	}
	return made, nil
}

// standardFunc recognises a function of the standard library.
func standardFunc(name string) (pkg *types.Package, fn string, ok bool) {
	i := strings.LastIndexByte(name, '/')
	j := strings.IndexByte(name[i+1:], '.')
	if j < 0 {
		return nil, "", false
	}
	path, fn := name[:i+1+j], name[i+1+j+1:]
	if strings.Contains(strings.SplitN(path, "/", 2)[0], ".") || path == "main" {
		return nil, "", false
	}
	pkg, err := stdlib.Shared.Import(path)
	if err != nil || pkg.Scope().Lookup(fn) == nil {
		return nil, "", false
	}
	return pkg, fn, true
}

func compiledUnit(pkg *types.Package, name string) (*unit.Unit, error) {
	s, err := New(Options{})
	if err != nil {
		return nil, err
	}
	plan, err := s.Plan(Cell{Name: pkg.Name() + "." + name, Source: fmt.Sprintf("import p__ %q\nvar f any = p__.%s", pkg.Path(), name)})
	if err != nil {
		return nil, err
	}
	return plan.Units[0], nil
}

// program is a package of the running program, as its source says.
type program struct {
	fset  *token.FileSet
	files []*ast.File
	info  *types.Info
	pkg   *types.Package
	decls map[types.Object]*lower.Decl
	errs  []types.Error
	lows  map[string]string
	texts map[*token.File]sourceText
	lib   *Session // for the generic packages of the standard library
	dir   string
	path  string // by which it is imported
	known []types.Type
	// platform tells constants that depend on it.
	platform func(*types.Const) bool
	// changes are the package variables that something changes after initialisation; nil: nobody has looked.
	changes map[types.Object]bool
}

// packageOf is the path of the package that a symbol is of.
func packageOf(symbol string) string {
	slash := strings.LastIndexByte(symbol, '/') + 1
	short, _, _ := strings.Cut(symbol[slash:], ".")
	if path, err := url.PathUnescape(symbol[:slash] + short); err == nil {
		return path
	}
	return symbol[:slash] + short
}

// load reads the package of a function that is in a file.
func load(function, file string) (*program, error) {
	dir, path := filepath.Dir(file), packageOf(function)
	key := dir + " " + path
	if strings.HasSuffix(file, "_test.go") {
		key += " test"
	}
	if p := programs.packages[key]; p != nil {
		return p, nil
	}
	p := &program{dir: dir, path: path, fset: token.NewFileSet(), decls: map[types.Object]*lower.Decl{}, lows: map[string]string{}, texts: map[*token.File]sourceText{}}
	main, err := parser.ParseFile(p.fset, file, nil, parser.PackageClauseOnly)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		test := strings.HasSuffix(e.Name(), "_test.go")
		if ok, err := build.Default.MatchFile(dir, e.Name()); err != nil || !ok || !strings.HasSuffix(e.Name(), ".go") || test && !strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(p.fset, filepath.Join(dir, e.Name()), text, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("the source of the program has changed since it was built: %w", err)
		}
		if f.Name.Name == main.Name.Name {
			p.files = append(p.files, f)
			file := p.fset.File(f.Package)
			p.texts[file] = sourceText{base: token.Pos(file.Base()), text: string(text)}
		}
	}
	if len(p.files) == 0 {
		return nil, fmt.Errorf("%s is left out by its build constraints", file)
	}
	if p.lib, err = New(Options{}); err != nil {
		return nil, err
	}
	p.check()
	programs.packages[key] = p
	return p, nil
}

// Import lets a program's imports that we know nothing of fail by themselves: only what the function reaches matters.
func (p *program) Import(path string) (*types.Package, error) { return p.lib.Import(path) }

func (p *program) check() {
	p.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Instances: map[*ast.Ident]types.Instance{}, Implicits: map[ast.Node]types.Object{},
	}
	p.pkg = types.NewPackage("main", p.files[0].Name.Name) // whatever its path, in the unit it is main
	conf := types.Config{Importer: p, Sizes: types.SizesFor("gc", runtime.GOARCH), Error: func(err error) { p.errs = append(p.errs, err.(types.Error)) }}
	_ = types.NewChecker(&conf, p.fset, p.pkg, p.info).Files(p.files)
	for _, f := range p.files {
		for _, e := range declared(p.fset, f, func(ast.Node) chunk { return chunk{} }) {
			d := e.decl
			if d == nil {
				continue
			}
			d.Name, d.Info, d.Fset, d.Slot, d.Low = e.name, p.info, p.fset, false, strings.ReplaceAll(e.name, ".", "_")+"__1"
			if d.Func != nil {
				d.Obj = p.info.Defs[d.Func.Name]
			} else {
				d.Obj = p.info.Defs[d.Type.Name]
			}
			p.decls[d.Obj] = d
		}
	}
	p.variables()
}

// variables finds the package variables whose value the source tells: they are initialised and nothing assigns them.
func (p *program) variables() {
	changed := map[types.Object]bool{}
	for _, f := range p.files {
		for obj := range assignedWithin(f, p.info) {
			changed[obj] = true
		}
	}
	for _, f := range p.files {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, sp := range g.Specs {
				vs := sp.(*ast.ValueSpec)
				for i, id := range vs.Names {
					obj := p.info.Defs[id]
					v := &lower.Decl{Name: id.Name, Low: id.Name + "__1", Kind: lower.Var, Info: p.info, Fset: p.fset, Obj: obj, Program: true}
					if len(vs.Values) == len(vs.Names) && !changed[obj] {
						v.Value = vs.Values[i]
					}
					p.decls[obj] = v
				}
			}
		}
	}
}

// assignedWithin finds variables that are assigned, also in part: an element, a field, through a method with a pointer receiver.
func assignedWithin(n ast.Node, info *types.Info) map[types.Object]bool {
	out := assigned(n, info)
	root := func(e ast.Expr) {
		for {
			switch x := ast.Unparen(e).(type) {
			case *ast.IndexExpr:
				e = x.X
				continue
			case *ast.SelectorExpr:
				e = x.X
				continue
			case *ast.StarExpr:
				e = x.X
				continue
			case *ast.Ident:
				if obj := info.Uses[x]; obj != nil {
					out[obj] = true
				}
			}
			return
		}
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				root(l)
			}
		case *ast.IncDecStmt:
			root(n.X)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				root(n.X)
			}
		case *ast.SelectorExpr:
			if sel := info.Selections[n]; sel != nil && sel.Kind() == types.MethodVal {
				if f, ok := sel.Obj().(*types.Func); ok && f.Signature().Recv() != nil {
					if _, ptr := f.Signature().Recv().Type().(*types.Pointer); ptr {
						root(n.X)
					}
				}
			}
		}
		return true
	})
	return out
}

// Decl implements lower.World.
func (p *program) Decl(obj types.Object) *lower.Decl {
	if d := p.decls[obj]; d != nil {
		return d
	}
	return p.lib.sourced(obj)
}

// Instance implements lower.World.
func (p *program) Instance(d *lower.Decl, key string) (string, bool) {
	id := d.Low + "[" + key + "]"
	if key == "" {
		return d.Low, false
	}
	if p.lows[id] == "" {
		p.lows[id] = fmt.Sprintf("%s__i%d", d.Low, len(p.lows)+1)
	}
	return p.lows[id], false
}

// Implementer implements lower.World.
func (p *program) Implementer(i *types.Interface) string {
	for _, name := range p.pkg.Scope().Names() {
		t, ok := p.pkg.Scope().Lookup(name).(*types.TypeName)
		if ok && !types.IsInterface(t.Type()) && !isGeneric(t) && (types.Implements(t.Type(), i) || types.Implements(types.NewPointer(t.Type()), i)) {
			return name
		}
	}
	return ""
}

var inner = regexp.MustCompile(`\.func\d+(\.\d+)*$|\.gowrap\d+$|\.glob\.\.func\d+`)

// unit finds the function in the package and makes its unit.
func (p *program) unit(name, file string, line int) (*unit.Unit, error) {
	short := name[strings.LastIndexByte(name, '/')+1:]
	short = short[strings.IndexByte(short, '.')+1:]
	var made *lower.Unit
	switch {
	case strings.Contains(short, "[...]"):
		return nil, fmt.Errorf("%s is generic: write a function literal that calls it, such as func(x int) int { return f(x) }", strings.TrimSuffix(short, "[...]"))
	case inner.MatchString(short) || strings.Contains(short, ".func"):
		lit, err := p.literal(file, line)
		if err != nil {
			return nil, err
		}
		if _, ok := p.info.TypeOf(lit).(*types.Signature); !ok {
			return nil, fmt.Errorf("the function at %s:%d does not type-check by itself: functions that are sent to engines can use their own package and the standard library", file, line)
		}
		made = lower.LiteralUnit(p, HostPath, p.info, p.fset, lit, fmt.Sprintf("function at %s:%d", filepath.Base(file), line))
	default:
		d, err := p.function(short, line)
		if err != nil {
			return nil, err
		}
		made = lower.DeclUnit(p, HostPath, d)
	}
	if err := p.complete(made); err != nil {
		return made.Unit, err
	}
	texts := func(pos token.Pos) (sourceText, bool) { t, ok := p.texts[p.fset.File(pos)]; return t, ok }
	text, err := programmer{World: p, fset: p.fset, texts: texts, home: emit.Package{Path: p.path, Name: p.pkg.Name(), Symbol: lower.Symbol(p.path)}}.program(made)
	if err != nil {
		made.NoMain = err.Error()
	}
	made.Main = text
	if needsModules(made); made.Foreign { // ours, which the program's module requires
		made.Modules = &unit.Modules{Dir: p.dir, Env: []string{"GOWORK=" + os.Getenv("GOWORK")}}
	}
	return made.Unit, nil
}

func (p *program) function(name string, line int) (*lower.Decl, error) {
	if strings.HasPrefix(name, "(*") || strings.Contains(name, ".") {
		return nil, fmt.Errorf("%s is a method expression: use a function literal that calls the method", name)
	}
	if obj := p.pkg.Scope().Lookup(name); obj != nil {
		if d := p.decls[obj]; d != nil && d.Func != nil && d.Obj != nil {
			return d, nil
		}
	}
	return nil, fmt.Errorf("the source has no function %s: it has changed since the program was built; build it again", name)
}

func (p *program) literal(file string, line int) (*ast.FuncLit, error) {
	var found []*ast.FuncLit
	for _, f := range p.files {
		if at := p.fset.Position(f.Pos()).Filename; filepath.Clean(at) != filepath.Clean(file) {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if l, ok := n.(*ast.FuncLit); ok && p.fset.Position(l.Pos()).Line == line {
				found = append(found, l)
			}
			return true
		})
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("%s:%d has no function literal: the source has changed since the program was built; build it again", file, line)
	case 1:
		return found[0], nil
	}
	return nil, fmt.Errorf("%s:%d has %d function literals, and which one is meant cannot be told: put them on lines of their own", file, line, len(found))
}

// complete refuses a unit that reaches what is not in the unit: packages of other modules, or code that did not type-check.
func (p *program) complete(u *lower.Unit) error {
	for d := range u.Reached {
		var n ast.Node = d.Func
		if d.Func == nil {
			continue
		}
		for _, err := range p.errs {
			if !err.Soft && n.Pos() <= err.Pos && err.Pos < n.End() {
				return fmt.Errorf("%v: %s: functions that are sent to engines can use their own package and the standard library", p.fset.Position(err.Pos), err.Msg)
			}
		}
	}
	f, err := parser.ParseFile(token.NewFileSet(), "unit.go", u.Source, parser.ImportsOnly)
	if err != nil {
		return err
	}
	for _, im := range f.Imports {
		if path := strings.Trim(im.Path.Value, `"`); path != HostPath && path != lower.NamedPath && !slices.Contains(stdlib.Paths(), path) {
			return fmt.Errorf("%s uses package %s: functions that are sent to engines can use their own package and the standard library", u.Name, path)
		}
	}
	return nil
}

package light

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/gocluster/gocluster/internal/gocode/stdlib"
	"github.com/gocluster/gocluster/internal/interp/std/basic"
	"github.com/gocluster/gocluster/internal/interp/std/data"
	"github.com/gocluster/gocluster/internal/interp/std/net"
	"github.com/gocluster/gocluster/internal/interp/symbols"
)

// cell is a piece of source to be evaluated here and by the reference program.
type cell struct {
	text   string
	refuse bool // Compile has to refuse it
	may    bool // Compile may refuse it
	fn     *ast.FuncDecl
	errs   []string
}

// steps are the cell's statements; the last expression is shown.
func (c *cell) steps(info *types.Info) []Step {
	var out []Step
	list := c.fn.Body.List
	for i, s := range list {
		st := Step{Stmt: s}
		if es, ok := s.(*ast.ExprStmt); ok && i == len(list)-1 && !info.Types[es.X].IsVoid() {
			st.Show = "Display"
		}
		out = append(out, st)
	}
	return out
}

// checked are cells that were type-checked together with the fixture.
type checked struct {
	cells   []*cell
	fset    *token.FileSet
	info    *types.Info
	pkg     *types.Package
	imports string
	source  string
	// random is where the cells begin that were made by chance.
	random token.Pos
}

// importable are the packages that cells may use, by name.
var importable = map[string]string{}

var tables = sync.OnceValue(func() map[string]map[string]reflect.Value {
	out := map[string]map[string]reflect.Value{}
	for _, list := range [][]*symbols.Package{basic.Packages, data.Packages, net.Packages} {
		for _, p := range list {
			out[p.Path] = p.Exports()
		}
	}
	return out
})

func init() {
	for _, p := range strings.Fields("fmt strings strconv math errors sort bytes time unicode unicode/utf8 math/big regexp encoding/json encoding/base64 encoding/hex " +
		"encoding/binary reflect path/filepath net/http net/url io os context sync slices maps sync/atomic log runtime unsafe") {
		importable[p[strings.LastIndex(p, "/")+1:]] = p
	}
}

// check type-checks cells, each as a function of its own.
func check(t testing.TB, cells []*cell) *checked {
	t.Helper()
	c := &checked{cells: cells, fset: token.NewFileSet()}
	c.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Instances: map[*ast.Ident]types.Instance{},
		Implicits: map[ast.Node]types.Object{}, Scopes: map[ast.Node]*types.Scope{},
	}
	var text strings.Builder
	for i, cl := range cells {
		fmt.Fprintf(&text, "func cell%d() {\n%s\n}\n", i, cl.text)
	}
	var head strings.Builder
	for name, path := range importable {
		if strings.Contains(text.String(), name+".") {
			fmt.Fprintf(&head, "import %q\n", path)
		}
	}
	c.imports = head.String()
	c.source = "package light\n" + c.imports + text.String()
	files := []*ast.File{c.parse(t, "fixture_test.go", nil), c.parse(t, "cells.go", c.source)}
	for _, d := range files[1].Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			var n int
			fmt.Sscanf(fn.Name.Name, "cell%d", &n)
			cells[n].fn = fn
		}
	}
	conf := types.Config{Importer: stdlib.Shared, GoVersion: "go1.26", Sizes: types.SizesFor("gc", "amd64"), Error: func(err error) { c.blame(t, err.(types.Error)) }}
	c.pkg, _ = conf.Check("light", c.fset, files, c.info)
	return c
}

func (c *checked) parse(t testing.TB, name string, src any) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(c.fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (c *checked) blame(t testing.TB, err types.Error) {
	if err.Soft || strings.Contains(err.Msg, "is not used") || strings.Contains(err.Msg, "declared and not used") || strings.Contains(err.Msg, "imported and not used") {
		return
	}
	for _, cl := range c.cells {
		if cl.fn.Pos() <= err.Pos && err.Pos < cl.fn.End() {
			cl.errs = append(cl.errs, err.Msg)
			return
		}
	}
	t.Fatal(err)
}

// Var, Func, Type and Has make the fixture a session.
func (c *checked) Var(obj *types.Var) (string, bool) {
	if obj.Parent() == c.pkg.Scope() {
		return obj.Name(), true
	}
	for _, cl := range c.cells {
		if cl.fn.Pos() <= obj.Pos() && obj.Pos() < cl.fn.End() {
			return obj.Name(), obj.Parent() == c.info.Scopes[cl.fn.Type]
		}
	}
	return "", false
}

func (c *checked) Func(obj *types.Func) (string, bool) {
	if recv := obj.Signature().Recv(); recv != nil {
		name := types.TypeString(recv.Type(), func(*types.Package) string { return "" }) + "." + obj.Name()
		return name, functions[name] != nil
	}
	return obj.Name(), obj.Parent() == c.pkg.Scope()
}

func (c *checked) Type(obj *types.TypeName) (string, bool) {
	return obj.Name(), obj.Parent() == c.pkg.Scope()
}

func (c *checked) Has(path, name string) bool { return tables()[path][name].IsValid() }

// child is where programs run.
type child struct{ defined map[string]reflect.Value }

func (c *child) Var(low string) (reflect.Value, bool) {
	if p := globals[low]; p != nil {
		return reflect.ValueOf(p).Elem(), true
	}
	if f := functions[low]; f != nil {
		return reflect.ValueOf(f), true
	}
	if low == "Out" {
		return reflect.ValueOf(&Out).Elem(), true
	}
	v, ok := c.defined[low]
	return v, ok
}

func (c *child) Define(low string, t reflect.Type) reflect.Value {
	v, ok := c.defined[low]
	if !ok || v.Type() != t {
		p := reflect.New(t)
		held[low] = p.Interface()
		v = p.Elem()
		c.defined[low] = v
	}
	return v
}

func (c *child) Type(low string) (reflect.Type, bool) {
	if low == "inner" {
		return reflect.TypeFor[inner](), true
	}
	p := typeNames[low]
	if p == nil {
		return nil, false
	}
	return reflect.TypeOf(p).Elem(), true
}

func (c *child) Symbol(path, name string) (reflect.Value, bool) {
	v, ok := tables()[path][name]
	return v, ok
}

func (c *child) Step(int) {}

func (c *child) Show(_, _ string, values []reflect.Value) {
	var vs []any
	for _, v := range values {
		vs = append(vs, v.Interface())
	}
	show(vs...)
}

// evaluate runs a program and says what came of it.
func evaluate(p *Program) (out string) {
	begin()
	defer func() {
		if r := recover(); r != nil {
			out = panicText(r) + " " + state()
		}
	}()
	if err := p.Run(&child{defined: map[string]reflect.Value{}}); err != nil {
		return err.Error()
	}
	return state()
}

// read returns the cells of a file.
func read(t testing.TB, name string) []*cell {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []*cell
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		c := &cell{text: line}
		if rest, ok := strings.CutPrefix(line, "- "); ok {
			c.text, c.refuse = rest, true
		}
		if rest, ok := strings.CutPrefix(line, "? "); ok {
			c.text, c.may = rest, true
		}
		out = append(out, c)
	}
	return out
}

package gocode

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/emit"
	"github.com/gocluster/gocluster/internal/gocode/lower"
	"github.com/gocluster/gocluster/internal/gocode/stdlib"
)

// WorkerPath is the package that a unit is made a program with.
const WorkerPath = "github.com/gocluster/gocluster/internal/unit/worker"

// sourceText is the source of a parsed file, which begins at base.
type sourceText struct {
	base   token.Pos
	text   string
	unused map[token.Pos]bool // names that nothing uses
}

// piece is the source of a node.
func (t sourceText) piece(n ast.Node) string { return t.text[n.Pos()-t.base : n.End()-t.base] }

// programmer makes programs of units.
type programmer struct {
	lower.World
	fset  *token.FileSet
	texts func(token.Pos) (sourceText, bool)
	names map[string]*lower.Decl
	home  emit.Package
}

// program writes a unit as a program, which its engines run when it has been compiled.
func (p programmer) program(u *lower.Unit) (text string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("this is a defect of gocluster: %v", r)
		}
	}()
	of := u.Of
	if of.Generic {
		return "", errors.New("it stands in generic code")
	}
	p.names = map[string]*lower.Decl{}
	unused := map[token.Pos]bool{}
	if of.Node != nil {
		t, ok := p.texts(of.Node.Pos())
		if !ok {
			return "", errors.New("its source is no longer known")
		}
		maps.Copy(unused, t.unused)
	}
	for d := range u.Reached {
		if n := node(d); n != nil {
			if t, ok := p.texts(n.Pos()); ok {
				maps.Copy(unused, t.unused)
			}
		}
	}
	captured := p.captured(u)
	f := emit.NewUnit(p, p.fset, WorkerPath, captured, unused)
	entry, err := p.entry(f, u)
	if err != nil {
		return "", err
	}
	src, err := f.Program(p.home, u.Name, entry, of.Sig, u.Fails, captured, u.Known)
	return src.Text, err
}

func (p programmer) captured(u *lower.Unit) []emit.Captured {
	var out []emit.Captured
	for i, k := range u.Captures {
		c := emit.Captured{Name: k.Name, Obj: u.Free[i]}
		if c.Obj == nil {
			c.Type = u.Of.Held
		} else {
			c.Type = c.Obj.Type()
		}
		out = append(out, c)
	}
	return out
}

// entry has the file declare the unit's function, and returns how it is called.
func (p programmer) entry(f *emit.File, u *lower.Unit) (string, error) {
	of := u.Of
	switch n := of.Node.(type) {
	case nil:
		if of.Held != nil {
			return f.Method(u.Captures[0].Name, of.Name), nil
		}
		th := p.Thing(of.Decl.Obj)
		if th == nil {
			return "", errors.New("its source is no longer known")
		}
		return f.Declared(th, of.Args), nil
	case *ast.FuncLit:
		return f.Literal(p.code(f, of, n), n), nil
	case ast.Expr:
		return p.code(f, of, n).Expr(n), nil
	}
	return "", fmt.Errorf("it is a %T", of.Node)
}

func (p programmer) code(f *emit.File, of lower.Origin, n ast.Node) *emit.Code {
	t, _ := p.texts(n.Pos())
	return f.Code(of.Info, t.text, t.base)
}

// node is the syntax of a declaration.
func node(d *lower.Decl) ast.Node {
	switch {
	case d.Func != nil:
		return d.Func
	case d.Type != nil:
		return d.Type
	case d.Literal != nil:
		return d.Literal
	case d.Value != nil:
		return d.Value
	}
	return nil
}

// Thing implements emit.World.
func (p programmer) Thing(obj types.Object) *emit.Thing {
	if fn, ok := obj.(*types.Func); ok {
		obj = fn.Origin()
	}
	d := p.Decl(obj)
	if d == nil || d.Path != "" || d.Host != "" {
		return nil
	}
	n := node(d)
	if n == nil {
		return nil
	}
	t, ok := p.texts(n.Pos())
	if !ok {
		return nil
	}
	th := &emit.Thing{Kind: emit.Func, Name: d.Name, Low: d.Low, Node: n, Text: t.piece(n), Info: d.Info, Obj: d.Obj}
	switch d.Kind {
	case lower.Method:
		th.Kind, th.Name = emit.Method, d.Func.Name.Name
	case lower.Var:
		if d.Value != nil {
			th.Kind = emit.Var
		}
	case lower.Type:
		th.Kind, th.Low = emit.Type, p.typeName(d)
	}
	return th
}

// typeName is the user's name of a type, unless another one that the unit reaches has it.
func (p programmer) typeName(d *lower.Decl) string {
	name := d.Type.Name.Name
	for i := 2; ; i++ {
		if other := p.names[name]; other == nil || other == d {
			p.names[name] = d
			return name
		}
		name = fmt.Sprintf("%s__%d", d.Type.Name.Name, i)
	}
}

// Var implements emit.World: what is captured apart, a program has no variables of the session.
func (p programmer) Var(*types.Var) (string, bool) { return "", false }

// Host implements emit.World.
func (p programmer) Host(obj types.Object) (string, bool) {
	if d := p.Decl(obj); d != nil && d.Host != "" {
		return d.Host, true
	}
	return "", false
}

// Tie implements emit.World: a program ships nothing.
func (p programmer) Tie(ast.Node) (int, []types.Object, bool) { return 0, nil, false }

// programs makes programs of the units of a plan.
func (pl *planner) programs(units []*lower.Unit) {
	if len(units) == 0 {
		return
	}
	p := programmer{World: pl, fset: pl.s.fset, texts: pl.textAt, home: emit.Package{Path: "main"}}
	for _, u := range units {
		text, err := p.program(u)
		if err != nil {
			u.NoMain = err.Error()
		}
		u.Main = text
		pl.needsProgram(u)
	}
}

// needsProgram notes what a unit's program imports from elsewhere, and what only a program can import.
func (pl *planner) needsProgram(u *lower.Unit) {
	needsModules(u)
	has := pl.s.opts.Has
	if u.Native != "" || has == nil {
		return
	}
	for _, path := range importsOf(u.Source) {
		if !has(path, "") && !hasSource(pl.s.opts, path) && path != HostPath && path != lower.NamedPath {
			u.Native = fmt.Sprintf("%s uses package %s, which only compiled code can use", u.Name, path)
			return
		}
	}
}

// needsModules notes that a unit's program imports packages of modules, ours among them.
func needsModules(u *lower.Unit) {
	for _, path := range importsOf(u.Main) {
		if path == ownModule+"client" || path == ownModule+"views" {
			u.Main, u.NoMain, u.Foreign = "", "it uses package "+path+", and a program has no session to submit jobs from", false
			return
		}
		u.Foreign = u.Foreign || path != WorkerPath && (strings.HasPrefix(path, ownModule) || !slices.Contains(stdlib.Paths(), path))
	}
}

// ownModule begins the import paths of this module.
const ownModule = "github.com/gocluster/gocluster/"

func importsOf(source string) []string {
	f, err := parser.ParseFile(token.NewFileSet(), "", source, parser.ImportsOnly)
	if err != nil {
		return nil // who needs the source says so
	}
	var paths []string
	for _, im := range f.Imports {
		paths = append(paths, strings.Trim(im.Path.Value, "`\""))
	}
	return paths
}

// sourceTexts are the files that the plan has parsed.
func (pl *planner) sourceTexts() map[*token.File]sourceText {
	unused := pl.unused()
	out := map[*token.File]sourceText{}
	add := func(pos token.Pos, text string) {
		f := pl.s.fset.File(pos)
		out[f] = sourceText{token.Pos(f.Base()), text, unused}
	}
	add(pl.p.file.Package, pl.p.text)
	for _, e := range pl.c.again {
		add(e.node().Pos(), e.file())
	}
	return out
}

func (pl *planner) textAt(pos token.Pos) (sourceText, bool) {
	f := pl.s.fset.File(pos)
	if t, ok := pl.n.texts[f]; ok {
		return t, true
	}
	t, ok := pl.s.texts[f]
	return t, ok
}

// keepTexts keeps the source of what may become part of units.
func (s *Session) keepTexts(n *pending) {
	keep := len(n.entities)+len(n.made) > 0
	for _, v := range n.vars {
		keep = keep || v.decl.Literal != nil
	}
	if keep {
		maps.Copy(s.texts, n.texts)
	}
}

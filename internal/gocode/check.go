package gocode

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/stdlib"
)

// checked is what the type checker says of a cell, and of the live declarations that had to be checked again with it.
type checked struct {
	pkg  *types.Package
	info *types.Info
	// fresh are the cell's declarations, again those of earlier cells that depend on what the cell redefines.
	fresh, again []*entity
	// same are redeclared types that have not changed, so that old values fit.
	same   map[string]bool
	errs   []types.Error
	notes  []string
	broken map[*entity]bool
	// moved are variables of earlier cells as they are now typed.
	moved map[string]*types.Var
}

// check type-checks the cell. A declaration of an earlier cell is taken as it is, unless it depends on something that the cell
// redefines: then it is checked again, and dropped with a note if it no longer compiles.
//
// redefined holds, over several attempts, what turned out to have changed its type; more are variables of the cell that its
// statements define and that therefore have to become package variables.
func (s *Session) check(p *parsed, redefined map[string]bool) (c *checked, more []string) {
	fresh := declared(s.fset, p.file, piece(s.fset, p.text))
	attachDocs(p.cell, fresh)
	var again map[*entity]bool
	for _, e := range fresh {
		for _, n := range e.names {
			if old := s.live[n]; old != nil || s.variable(n) != nil {
				if e.kind != KindFunc || old == nil || old.kind != KindFunc || e.decl.Func.Type.TypeParams != nil || !old.decl.Slot {
					redefined[n] = true
				}
			}
		}
		if e.kind == KindMethod && s.live[e.base] != nil {
			redefined[e.base] = true
		}
	}
	broken := map[*entity]bool{}
	var notes []string
	for {
		again = s.dependents(redefined, fresh, broken)
		c = s.checkOnce(p, fresh, again, broken)
		c.notes, c.broken = notes, broken
		if bad := c.blame(s); len(bad) > 0 {
			for e, why := range bad {
				broken[e] = true
				for _, n := range e.names { // what uses it is gone too, unless it finds something else under the name
					redefined[n] = true
				}
				if e.base != "" {
					redefined[e.base] = true
				}
				notes = append(notes, fmt.Sprintf("%s no longer compiles and is gone: %s", e.name, why))
			}
			continue
		}
		grown, more := s.changed(c, p, redefined)
		if !grown || len(more) > 0 {
			return c, more
		}
	}
}

// dependents are the live entities to check again.
func (s *Session) dependents(redefined map[string]bool, fresh []*entity, broken map[*entity]bool) map[*entity]bool {
	if len(redefined) == 0 {
		return nil
	}
	set := s.users(redefined)
	for n := range redefined { // a type whose methods grow, or that keeps methods of earlier cells
		if e := s.live[n]; e != nil && e.kind == KindType {
			set[e] = true
		}
	}
	set = s.closure(set)
	names := map[string]bool{}
	for _, e := range fresh {
		for _, n := range e.names {
			names[n] = true
		}
	}
	for e := range set {
		if broken[e] || slices.ContainsFunc(e.names, func(n string) bool { return names[n] }) && e.kind != KindConst || s.live[e.name] != e && e.kind != KindConst {
			delete(set, e)
		}
	}
	return set
}

// changed adds to redefined the functions and variables that turn out to have another type than before and are used.
func (s *Session) changed(c *checked, p *parsed, redefined map[string]bool) (grown bool, more []string) {
	differs := func(n string, obj types.Object) {
		var old types.Object
		if v := s.variable(n); v != nil {
			old = v.obj
		} else if e := s.live[n]; e != nil {
			old = e.objs[n]
		}
		kind := s.variable(n) == nil && isVar(obj) // a function becomes a variable
		if old == nil || redefined[n] || types.Identical(old.Type(), obj.Type()) && !kind || len(s.users(map[string]bool{n: true})) == 0 {
			return
		}
		redefined[n], grown = true, true
		if e := s.defines(c, p)[n]; e != nil && !p.up[n] {
			more = append(more, n)
		}
	}
	for _, e := range c.fresh {
		if e.kind == KindFunc {
			if obj := c.pkg.Scope().Lookup(e.name); obj != nil {
				differs(e.name, obj)
			}
		}
	}
	for name, obj := range s.defines(c, p) {
		differs(name, obj)
	}
	return grown, more
}

func isVar(obj types.Object) bool { _, ok := obj.(*types.Var); return ok }

// defines returns the variables that the cell's statements define at top level.
func (s *Session) defines(c *checked, p *parsed) map[string]*types.Var {
	out := map[string]*types.Var{}
	put := func(id *ast.Ident) {
		if v, ok := c.info.Defs[id].(*types.Var); ok && id.Name != "_" {
			out[id.Name] = v
		}
	}
	for _, st := range p.stmts {
		for _, sp := range st.specs {
			for _, id := range sp.Names {
				put(id)
			}
		}
		switch x := st.stmt.(type) {
		case *ast.AssignStmt:
			if x.Tok == token.DEFINE {
				for _, l := range x.Lhs {
					if id, ok := l.(*ast.Ident); ok {
						put(id)
					}
				}
			}
		case *ast.DeclStmt:
			for _, sp := range x.Decl.(*ast.GenDecl).Specs {
				if vs, ok := sp.(*ast.ValueSpec); ok {
					for _, id := range vs.Names {
						put(id)
					}
				}
			}
		}
	}
	return out
}

func (s *Session) checkOnce(p *parsed, fresh []*entity, again, broken map[*entity]bool) *checked {
	// One package, so that unexported fields are its own, and one scope, so that the checker knows earlier types for its own.
	*s.pkg.Scope() = *types.NewPackage("main", "main").Scope()
	c := &checked{pkg: s.pkg, fresh: fresh, same: map[string]bool{}, moved: map[string]*types.Var{}}
	c.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Instances: map[*ast.Ident]types.Instance{},
		Implicits: map[ast.Node]types.Object{}, Scopes: map[ast.Node]*types.Scope{},
	}
	files := []*ast.File{p.file}
	hidden := map[string]bool{}
	for _, e := range fresh {
		for _, n := range e.names {
			hidden[n] = true
		}
	}
	for _, st := range p.stmts {
		for _, sp := range st.specs {
			for _, id := range sp.Names {
				hidden[id.Name] = true
			}
		}
	}
	for e := range broken {
		for _, n := range e.names {
			hidden[n] = true
		}
	}
	for _, e := range slices.SortedFunc(maps.Keys(again), func(a, b *entity) int { return strings.Compare(a.name, b.name) }) {
		f, err := parser.ParseFile(s.fset, "again", e.file(), parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		for _, n := range declared(s.fset, f, piece(s.fset, e.file())) {
			n.env, n.chunk, n.pos = e.env, e.chunk, e.pos
			if n.kind == KindConst { // names that others have taken meanwhile
				dropNames(f, hidden)
			}
			c.again = append(c.again, n)
		}
		files = append(files, f)
		for _, n := range e.names {
			hidden[n] = true
		}
	}
	s.sameTypes(c)
	if f := s.populate(c, hidden, s.visible(p, again)); f != nil {
		files = append(files, f)
	}
	conf := types.Config{
		Importer: s, GoVersion: "go1.26", Sizes: types.SizesFor("gc", "amd64"),
		Error: func(err error) { c.errs = append(c.errs, err.(types.Error)) },
	}
	_ = types.NewChecker(&conf, s.fset, c.pkg, c.info).Files(files)
	return c
}

func pointerReceiver(e *entity) bool {
	_, ok := e.decl.Func.Recv.List[0].Type.(*ast.StarExpr)
	return ok
}

// dropNames blanks constants of a group that have been redefined since.
func dropNames(f *ast.File, hidden map[string]bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		if vs, ok := n.(*ast.ValueSpec); ok {
			for _, id := range vs.Names {
				if hidden[id.Name] {
					id.Name = "_"
				}
			}
		}
		return true
	})
}

// sameTypes finds the types that are declared again just as they were, all the way down.
func (s *Session) sameTypes(c *checked) {
	differ := map[string]bool{}
	for _, e := range c.fresh {
		if old := s.live[e.name]; e.kind == KindType && (old == nil || old.chunk.text != e.chunk.text) || e.kind == KindConst {
			for _, n := range e.names {
				differ[n] = true
			}
		}
	}
	for _, e := range c.fresh { // interpreted types have their methods' receivers, and instances of generic ones their methods, in them
		t, old := s.live[e.base], s.live[e.name]
		if t == nil || s.opts.Compiled || e.kind != KindMethod {
			continue
		}
		if t.decl.Type.TypeParams != nil || old != nil && pointerReceiver(old) != pointerReceiver(e) {
			differ[e.base] = true
		}
	}
	candidates := slices.Concat(c.fresh, c.again)
	for grown := true; grown; {
		grown = false
		for _, e := range candidates {
			old := s.live[e.name]
			if e.kind != KindType || differ[e.name] || old == nil {
				continue
			}
			for u := range old.uses {
				if differ[u] {
					differ[e.name], grown = true, true
				}
			}
		}
	}
	for _, e := range candidates {
		if e.kind == KindType && !differ[e.name] && s.live[e.name] != nil {
			c.same[e.name] = true
		}
	}
}

// populate puts the live names into the package that is checked. Variables whose type is declared again just as it was are
// declared again too, with the new type.
func (s *Session) populate(c *checked, hidden map[string]bool, vars map[string]*variable) *ast.File {
	scope := c.pkg.Scope()
	for name, e := range s.live {
		if e.kind == KindMethod || hidden[name] {
			continue
		}
		if obj := e.objs[name]; obj != nil {
			scope.Insert(obj)
		}
	}
	if ctx := s.ambient; ctx != nil && !hidden[ctx.Name()] && s.live[ctx.Name()] == nil && s.vars[ctx.Name()] == nil {
		scope.Insert(ctx)
	}
	r := &retyper{s: s, c: c, scope: scope, aliases: map[string]bool{}}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if hidden[name] {
			continue
		}
		v := vars[name]
		if len(c.same) > 0 && r.mentions(v.obj.Type()) {
			fmt.Fprintf(&text, "var %s %s\n", name, r.typ(v.obj.Type()))
			c.moved[name] = nil
			continue
		}
		scope.Insert(v.obj)
	}
	if text.Len() == 0 {
		return nil
	}
	f, err := parser.ParseFile(s.fset, "vars", "package main\n"+text.String(), parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	return f
}

// blame returns the earlier declarations in which the checker found errors.
func (c *checked) blame(s *Session) map[*entity]string {
	bad := map[*entity]string{}
	extended := map[string]bool{} // types that the cell gives methods: they and the methods are right or wrong together
	for _, e := range c.fresh {
		extended[e.base] = true
	}
	for _, err := range c.errs {
		if isUnused(err.Msg) || strings.HasPrefix(err.Msg, "\t") {
			continue
		}
		for _, e := range c.again {
			n := e.node()
			if extended[e.name] {
				continue
			}
			if n.Pos() <= err.Pos && err.Pos < n.End() && s.live[e.name] != nil {
				if _, ok := bad[s.live[e.name]]; !ok {
					bad[s.live[e.name]] = fmt.Sprintf("%v: %s", position(err.Fset.Position(err.Pos)), plain(err.Msg))
				}
			}
		}
	}
	return bad
}

func (e *entity) node() ast.Node {
	if e.decl == nil {
		return e.group
	}
	if e.decl.Func != nil {
		return e.decl.Func
	}
	return e.decl.Type
}

var ownPackage = regexp.MustCompile(`\bmain\.`)

// plain words a message for the session, whose names have no package.
func plain(msg string) string { return ownPackage.ReplaceAllString(msg, "") }

// Import implements types.Importer: packages come from their embedded declarations, from the sources that the session was given, or
// from whoever knows other modules.
func (s *Session) Import(path string) (*types.Package, error) {
	pkg, err := stdlib.Shared.Import(path)
	switch {
	case err == nil:
		return pkg, nil
	case hasSource(s.opts, path):
		src, serr := s.source(path)
		if serr != nil {
			return nil, serr
		}
		return src.pkg, nil
	case s.opts.Import != nil:
		return s.opts.Import(path)
	}
	return nil, err
}

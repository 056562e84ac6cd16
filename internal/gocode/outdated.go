package gocode

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
)

// outdated says for the value that the cell shows which of its types have been redefined since they were declared: such a value is
// shown as ever, but it is not what code that is written now makes.
func (pl *planner) outdated() []string {
	n := len(pl.p.stmts)
	if n == 0 || pl.pull || pl.p.stmts[n-1].seg.semi {
		return nil
	}
	x, ok := pl.p.stmts[n-1].stmt.(*ast.ExprStmt)
	if !ok || pl.c.info.TypeOf(x.X) == nil {
		return nil
	}
	var notes []string
	for _, obj := range pl.s.oldTypes(pl.c.info.TypeOf(x.X), pl.c.pkg) {
		now := pl.s.live[obj.Name()]
		if i := slices.IndexFunc(pl.c.fresh, func(e *entity) bool { return e.name == obj.Name() }); i >= 0 {
			now = pl.c.fresh[i]
		}
		note := fmt.Sprintf("the value is of the type %s of %v, ", obj.Name(), position(pl.s.fset.Position(obj.Pos())).File)
		if now == nil {
			note += "which is gone since"
		} else {
			note += fmt.Sprintf("which has been redefined in %s since", now.pos.File)
		}
		notes = append(notes, note)
	}
	return notes
}

// oldTypes are the session's types in t that a name no longer stands for.
func (s *Session) oldTypes(t types.Type, now *types.Package) []*types.TypeName {
	var out []*types.TypeName
	seen := map[types.Type]bool{}
	var visit func(t types.Type)
	visit = func(t types.Type) {
		t = types.Unalias(t)
		if seen[t] {
			return
		}
		seen[t] = true
		switch t := t.(type) {
		case *types.Named:
			obj := t.Obj()
			if obj.Pkg() != nil && obj.Pkg().Path() == "main" && s.old(obj, now) && !slices.Contains(out, obj) {
				out = append(out, obj)
			}
			for a := range t.TypeArgs().Types() {
				visit(a)
			}
		case *types.Pointer:
			visit(t.Elem())
		case *types.Slice:
			visit(t.Elem())
		case *types.Array:
			visit(t.Elem())
		case *types.Chan:
			visit(t.Elem())
		case *types.Map:
			visit(t.Key())
			visit(t.Elem())
		case *types.Tuple:
			for v := range t.Variables() {
				visit(v.Type())
			}
		}
	}
	visit(t)
	return out
}

// old reports whether a type is neither the live one of its name nor one that is being declared now.
func (s *Session) old(obj *types.TypeName, now *types.Package) bool {
	if scope := obj.Parent(); scope != nil && scope.Parent() != types.Universe {
		return false // declared in a function
	}
	e := s.live[obj.Name()]
	return (e == nil || e.objs[obj.Name()] != obj) && now.Scope().Lookup(obj.Name()) != obj
}

package gocode

import (
	"go/ast"
	"go/types"

	"github.com/gocluster/gocluster/internal/gocode/emit"
	"github.com/gocluster/gocluster/internal/gocode/lower"
	"github.com/gocluster/gocluster/internal/light"
)

// light makes the cell a program that is evaluated, nil where only compiled code is right.
func (pl *planner) light() *light.Program {
	if pl.onlyVars() && len(pl.p.stmts) > 1 { // their order is that of a package's variables
		return nil
	}
	if len(pl.file.Bound) > 0 { // what is evaluated ties no function to its unit
		return nil
	}
	var steps []light.Step
	for _, st := range pl.p.stmts {
		step := light.Step{Stmt: st.stmt, Specs: st.specs}
		if es, ok := st.stmt.(*ast.ExprStmt); ok && st.last {
			show, discard := pl.shows(es, st.seg.semi)
			if discard {
				return nil
			}
			if step.Show = show; show != "" {
				step.Type = resultType(pl.c.info.TypeOf(es.X))
			}
		}
		steps = append(steps, step)
	}
	p, ok := light.Compile(pl.c.info, pl.s.fset, steps, lightWorld{pl})
	if !ok {
		return nil
	}
	return p
}

// resultType is the type of a cell's value as people write it.
func resultType(t types.Type) string { return lower.UserType(types.Default(t)) }

// lightWorld is what the evaluator asks of the session.
type lightWorld struct{ pl *planner }

// Var implements light.World.
func (w lightWorld) Var(obj *types.Var) (string, bool) { return compiledWorld(w).Var(obj) }

// Func implements light.World. Methods are held like functions, with the receiver as the first parameter.
func (w lightWorld) Func(obj *types.Func) (string, bool) {
	e := w.pl.entity(obj)
	if e == nil || !e.decl.Slot || (e.kind != KindFunc && e.kind != KindMethod) {
		return "", false
	}
	return e.decl.Low, !emit.Recovers(e.decl.Func, e.decl.Info)
}

// Type implements light.World.
func (w lightWorld) Type(obj *types.TypeName) (string, bool) {
	e := w.pl.entity(obj)
	if e == nil || e.kind != KindType {
		return "", false
	}
	name := w.pl.variant(e)
	return name, w.pl.s.known[name]
}

// Has implements light.World.
func (w lightWorld) Has(path, name string) bool {
	has := w.pl.s.opts.Has
	return has != nil && has(path, name)
}

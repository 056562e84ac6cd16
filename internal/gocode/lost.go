package gocode

import (
	"go/ast"
	"go/types"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Lose forgets the session's variables, whose values went with the process that held them, and returns their names. What was declared
// with them stays bound to them: it cannot be used until they are defined again, and then uses the new ones.
func (s *Session) Lose() []string {
	names := slices.Sorted(maps.Keys(s.vars))
	maps.Copy(s.lost, s.vars)
	for name, v := range s.lost {
		gone := *v
		gone.unset = false
		s.lost[name] = &gone
	}
	s.vars = map[string]*variable{}
	return names
}

// variable returns the variable that declarations know by a name, be it live or lost.
func (s *Session) variable(name string) *variable {
	if v := s.vars[name]; v != nil {
		return v
	}
	return s.lost[name]
}

// visible are the variables that a cell is checked with: the live ones, and those lost ones that declarations which are checked again
// refer to.
func (s *Session) visible(p *parsed, again map[*entity]bool) map[string]*variable {
	if len(s.lost) == 0 || len(again) == 0 {
		return s.vars
	}
	out := maps.Clone(s.vars)
	for e := range again {
		for name := range e.uses {
			if v := s.lost[name]; v != nil && !imports(p.file, name) {
				out[name] = v
			}
		}
	}
	return out
}

// absent returns the variables as they are for a child that has nothing.
func absent(vars map[string]*variable) map[string]*variable {
	out := map[string]*variable{}
	for name, v := range vars {
		gone := *v
		gone.absent = true
		out[name] = &gone
	}
	return out
}

// moved is the variable with a type that was declared again just as it was.
func (v *variable) moved(obj *types.Var) *variable {
	to := *v
	to.obj = obj
	return &to
}

// declareKept writes, for a child that has nothing, the variables that declarations refer to.
func (pl *planner) declareKept() {
	if !pl.anew {
		return
	}
	kept := map[string]*variable{}
	for _, e := range pl.n.entities {
		for name := range e.uses {
			if v := pl.s.variable(name); v != nil {
				kept[name] = v
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		if obj, ok := pl.c.pkg.Scope().Lookup(name).(*types.Var); ok {
			kept[name].absent = false
			pl.file.Add("var " + kept[name].decl.Low + " " + pl.file.Type(obj.Type()))
		}
	}
}

// imports reports whether a file names a package so.
func imports(f *ast.File, name string) bool {
	return slices.ContainsFunc(f.Imports, func(sp *ast.ImportSpec) bool {
		if sp.Name != nil {
			return sp.Name.Name == name
		}
		p, _ := strconv.Unquote(sp.Path.Value)
		return path.Base(p) == name
	})
}

// lost refuses a cell that would run code with variables that have no value: it would find zero values in them. Calls count
// wherever they stand, types for all of their methods, since those may be called through interfaces.
func (pl *planner) lost() Diagnostics {
	if len(pl.s.lost) == 0 {
		return nil
	}
	w := &losses{pl: pl, needs: pl.references(), seen: map[string]bool{}}
	for i, st := range pl.p.stmts {
		before, with := pl.restored(i-1), pl.restored(i)
		if st.stmt != nil {
			w.visit(st.stmt, before, with)
		}
		for _, sp := range st.specs {
			w.visit(sp, before, with)
		}
	}
	all := pl.restored(len(pl.p.stmts))
	for _, e := range pl.c.fresh {
		if e.name == "init" || e.name == "main" && pl.p.program {
			w.visit(e.node(), all, all)
		}
	}
	w.undefined(all)
	return w.found
}

// restored are the names that stand for something else than what was lost after a step of the cell.
func (pl *planner) restored(step int) map[string]bool {
	out := map[string]bool{}
	for name, at := range pl.n.when {
		if at <= step {
			out[name] = true
		}
	}
	for _, e := range pl.n.entities {
		for _, n := range e.names {
			out[n] = true
		}
	}
	return out
}

// references says which of the session's names each declaration refers to, by name; types refer to their methods.
func (pl *planner) references() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	put := func(e *entity) {
		info := e.info
		if e.decl != nil {
			info = e.decl.Info
		}
		refs := map[string]bool{}
		ast.Inspect(e.node(), func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				refs[pl.named(info.Uses[id])] = true
			}
			return true
		})
		for _, n := range e.names {
			out[n] = refs
		}
	}
	for _, e := range pl.s.live {
		if !pl.c.broken[e] {
			put(e)
		}
	}
	for _, e := range pl.n.entities {
		put(e)
	}
	return out
}

// named is the name of an object of the session, "T.M" of a method; "" of others.
func (pl *planner) named(obj types.Object) string {
	if obj == nil || obj.Pkg() == nil || obj.Pkg().Path() != "main" {
		return ""
	}
	if f, ok := obj.(*types.Func); ok && f.Signature().Recv() != nil {
		t := f.Signature().Recv().Type()
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem()
		}
		if n, ok := t.(*types.Named); ok {
			return n.Obj().Name() + "." + f.Name()
		}
		return ""
	}
	if obj.Parent() == pl.s.pkg.Scope() || pl.n.decls[obj] != nil || pl.s.decls[obj] != nil {
		return obj.Name()
	}
	return ""
}

// losses finds where a cell would use what is lost.
type losses struct {
	pl    *planner
	needs map[string]map[string]bool
	seen  map[string]bool
	found Diagnostics
}

// visit looks at code that runs when the names in before are restored. What it defines itself (with) may be of a type whose methods
// use it.
func (w *losses) visit(n ast.Node, before, with map[string]bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		name := w.pl.named(w.pl.c.info.Uses[id])
		if w.needs[name] == nil {
			return true
		}
		lost, user := w.reach(name, before, false), name
		if len(lost) == 0 {
			user += " (with the methods of its types)"
		}
		maps.Copy(lost, w.reach(name, with, true))
		for _, v := range slices.Sorted(maps.Keys(lost)) {
			w.report(id, user+" uses "+v+", "+w.pl.s.lost[v].gone(), "define "+strings.Join(slices.Sorted(maps.Keys(lost)), " and ")+" first")
		}
		return true
	})
}

// reach returns the lost variables that a declaration comes to, through the methods of types or only through calls.
func (w *losses) reach(name string, restored map[string]bool, methods bool) map[string]bool {
	lost, seen := map[string]bool{}, map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		if w.needs[name] == nil && w.pl.s.lost[name] != nil && !restored[name] {
			lost[name] = true
		}
		for n := range w.needs[name] {
			visit(n)
		}
		if methods {
			for n := range w.needs {
				if strings.HasPrefix(n, name+".") {
					visit(n)
				}
			}
		}
	}
	visit(name)
	return lost
}

// undefined refuses the names of lost variables in the cell itself.
func (w *losses) undefined(restored map[string]bool) {
	ast.Inspect(w.pl.p.file, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			obj := w.pl.c.info.Uses[id]
			if name := w.pl.named(obj); isVar(obj) && w.pl.s.lost[name] != nil && !restored[name] {
				w.report(id, "undefined: "+name, w.pl.s.lost[name].hint())
			}
		}
		return true
	})
}

// gone says why a variable has no value.
func (v *variable) gone() string {
	if v.unset {
		return "which was not defined: its cell failed before"
	}
	return "whose value was lost when the session's process ended"
}

// hint says it to those who use the variable.
func (v *variable) hint() string {
	if v.unset {
		return "the cell that defines it failed before"
	}
	return "its value was lost when the session's process ended"
}

func (w *losses) report(id *ast.Ident, message, hint string) {
	if w.seen[message] {
		return
	}
	w.seen[message] = true
	at := position(w.pl.s.fset.Position(id.Pos()))
	w.found = append(w.found, Diagnostic{Position: at, EndCol: at.Col + len(id.Name), Message: message, Hint: hint})
}

// undo takes away the declarations that were made anew for variables which a failed cell was to define with another type and has not:
// the variables are what they were, and the declarations are bound to what they would have been. It returns what there is to say.
func (s *Session) undo(n *pending, done int) (notes []string) {
	missed := map[string]bool{}
	for _, v := range n.vars {
		if old := s.vars[v.name]; n.when[v.name] >= done && old != nil && old.decl != v.decl && old.low() != v.low() {
			missed[v.name] = true
		}
	}
	for more := len(missed) > 0; more; {
		more = false
		for name, e := range s.live {
			if missed[name] {
				continue
			}
			for used := range e.uses {
				if missed[used] {
					missed[name], more = true, true
				}
			}
		}
	}
	for name := range missed {
		if s.live[name] != nil {
			delete(s.live, name)
			notes = append(notes, name+" is gone: the cell has failed before it defined anew what "+name+" uses; declare it again")
		}
	}
	if len(missed) > 0 {
		for _, name := range n.gone {
			notes = append(notes, name+" is gone: the cell has failed before it defined anew what "+name+" uses; declare it again")
		}
	}
	slices.Sort(notes)
	return notes
}

// low is the name of the variable's place, if that is known.
func (v *variable) low() string {
	if v.decl == nil {
		return ""
	}
	return v.decl.Low
}

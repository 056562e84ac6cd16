package gocode

import (
	"fmt"
	"go/types"
	"strings"
)

// retyper writes the types of live variables so that they can be declared again over types that are declared again.
type retyper struct {
	s       *Session
	c       *checked
	scope   *types.Scope
	aliases map[string]bool
}

// current tells a session type that is declared again just as it was.
func (r *retyper) current(n *types.Named) bool {
	name := n.Obj().Name()
	if n.Obj().Pkg() == nil || n.Obj().Pkg().Path() != "main" || !r.c.same[name] {
		return false
	}
	e := r.s.live[name]
	return e != nil && e.objs[name] == n.Obj()
}

func (r *retyper) mentions(t types.Type) bool {
	found := false
	walk(t, map[types.Type]bool{}, func(n *types.Named) { found = found || r.current(n) })
	return found
}

// walk visits the named types that a type is written with.
func walk(t types.Type, seen map[types.Type]bool, visit func(*types.Named)) {
	if t == nil || seen[t] {
		return
	}
	seen[t] = true
	tuple := func(ts *types.Tuple) {
		for v := range ts.Variables() {
			walk(v.Type(), seen, visit)
		}
	}
	switch t := t.(type) {
	case *types.Alias:
		walk(types.Unalias(t), seen, visit)
	case *types.Named:
		visit(t)
		for a := range t.TypeArgs().Types() {
			walk(a, seen, visit)
		}
	case *types.Pointer:
		walk(t.Elem(), seen, visit)
	case *types.Slice:
		walk(t.Elem(), seen, visit)
	case *types.Array:
		walk(t.Elem(), seen, visit)
	case *types.Chan:
		walk(t.Elem(), seen, visit)
	case *types.Map:
		walk(t.Key(), seen, visit)
		walk(t.Elem(), seen, visit)
	case *types.Signature:
		tuple(t.Params())
		tuple(t.Results())
	case *types.Struct:
		for f := range t.Fields() {
			walk(f.Type(), seen, visit)
		}
	case *types.Interface:
		for m := range t.Methods() {
			walk(m.Type(), seen, visit)
		}
	}
}

// typ writes a type; whatever is not built from a current session type gets a name of its own.
func (r *retyper) typ(t types.Type) string {
	if !r.mentions(t) {
		return r.alias(t)
	}
	switch t := t.(type) {
	case *types.Alias:
		return r.typ(types.Unalias(t))
	case *types.Named:
		return r.named(t)
	case *types.Pointer:
		return "*" + r.typ(t.Elem())
	case *types.Slice:
		return "[]" + r.typ(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), r.typ(t.Elem()))
	case *types.Chan:
		return [...]string{types.SendRecv: "chan (", types.SendOnly: "chan<- (", types.RecvOnly: "<-chan ("}[t.Dir()] + r.typ(t.Elem()) + ")"
	case *types.Map:
		return "map[" + r.typ(t.Key()) + "]" + r.typ(t.Elem())
	case *types.Signature:
		return "func(" + r.tuple(t.Params(), t.Variadic()) + ") (" + r.tuple(t.Results(), false) + ")"
	case *types.Struct:
		var fs []string
		for i := range t.NumFields() {
			f := t.Field(i)
			if f.Embedded() {
				fs = append(fs, r.typ(f.Type()))
			} else {
				fs = append(fs, fmt.Sprintf("%s %s %q", f.Name(), r.typ(f.Type()), t.Tag(i)))
			}
		}
		return "struct{" + strings.Join(fs, "; ") + "}"
	}
	return r.alias(t)
}

func (r *retyper) tuple(t *types.Tuple, variadic bool) string {
	var ps []string
	for i := range t.Len() {
		s, ok := t.At(i).Type().(*types.Slice)
		if ok && variadic && i == t.Len()-1 {
			ps = append(ps, "..."+r.typ(s.Elem()))
		} else {
			ps = append(ps, r.typ(t.At(i).Type()))
		}
	}
	return strings.Join(ps, ", ")
}

func (r *retyper) named(t *types.Named) string {
	name := t.Obj().Name()
	if t.TypeArgs().Len() > 0 {
		if !r.current(t) {
			return r.alias(t)
		}
		var as []string
		for a := range t.TypeArgs().Types() {
			as = append(as, r.typ(a))
		}
		return name + "[" + strings.Join(as, ", ") + "]"
	}
	return name
}

func (r *retyper) alias(t types.Type) string {
	name := fmt.Sprintf("alias__%d", len(r.aliases))
	r.aliases[name] = true
	obj := types.NewTypeName(0, r.c.pkg, name, nil)
	types.NewAlias(obj, t)
	r.scope.Insert(obj)
	return name
}

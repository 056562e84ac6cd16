package stub

import (
	"fmt"
	"go/types"
	"strings"
)

// typ writes a type, noting the packages and the unexported declarations that it needs.
func (w *writer) typ(t types.Type) string {
	switch t := t.(type) {
	case *types.Alias:
		return w.name(t.Obj(), t.TypeArgs())
	case *types.Named:
		return w.name(t.Obj(), t.TypeArgs())
	case *types.TypeParam:
		return t.Obj().Name()
	case *types.Pointer:
		return "*" + w.typ(t.Elem())
	case *types.Slice:
		return "[]" + w.typ(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), w.typ(t.Elem()))
	case *types.Map:
		return "map[" + w.typ(t.Key()) + "]" + w.typ(t.Elem())
	case *types.Chan:
		return [...]string{types.SendRecv: "chan (", types.SendOnly: "chan<- (", types.RecvOnly: "<-chan ("}[t.Dir()] + w.typ(t.Elem()) + ")"
	case *types.Signature:
		return "func" + w.signature(t)
	case *types.Struct:
		return w.structure(t)
	case *types.Interface:
		return w.iface(t)
	case *types.Union:
		return w.union(t)
	}
	if t == types.Typ[types.UnsafePointer] {
		return w.importName(types.Unsafe) + ".Pointer"
	}
	return t.String()
}

func (w *writer) name(obj *types.TypeName, args *types.TypeList) string {
	s := obj.Name()
	switch {
	case obj.Pkg() == nil:
	case obj.Pkg().Path() == w.pkg.Path():
		w.want(s)
	default:
		s = w.importName(obj.Pkg()) + "." + s
	}
	if args.Len() == 0 {
		return s
	}
	var as []string
	for a := range args.Types() {
		as = append(as, w.typ(a))
	}
	return s + "[" + strings.Join(as, ", ") + "]"
}

func (w *writer) importName(p *types.Package) string {
	if n, ok := w.names[p.Path()]; ok {
		return n
	}
	n := p.Name()
	for w.taken[n] || types.Universe.Lookup(n) != nil {
		n += "_"
	}
	n += "__"
	for w.taken[n] {
		n += "_"
	}
	w.names[p.Path()], w.taken[n] = n, true
	return n
}

// structure keeps exported and embedded fields. What is hidden shrinks to one blank field, which keeps a struct from being
// written without field names and, where something hidden cannot be compared, from being compared.
func (w *writer) structure(t *types.Struct) string {
	var fields []string
	hidden := ""
	for i := range t.NumFields() {
		f := t.Field(i)
		switch {
		case f.Embedded() && (f.Exported() || promotes(f.Type())):
			fields = append(fields, w.typ(f.Type()))
		case f.Exported():
			field := f.Name() + " " + w.typ(f.Type())
			if tag := t.Tag(i); tag != "" {
				field += fmt.Sprintf(" %q", tag)
			}
			fields = append(fields, field)
		case !types.Comparable(f.Type()):
			hidden = "_ []int"
		case hidden == "":
			hidden = "_ int"
		}
	}
	if hidden != "" {
		fields = append(fields, hidden)
	}
	return "struct{" + strings.Join(fields, "; ") + "}"
}

func promotes(t types.Type) bool {
	set := types.NewMethodSet(t)
	if _, ptr := t.(*types.Pointer); !ptr {
		set = types.NewMethodSet(types.NewPointer(t))
	} else {
		t = t.(*types.Pointer).Elem()
	}
	for i := range set.Len() {
		if set.At(i).Obj().Exported() {
			return true
		}
	}
	if s, ok := t.Underlying().(*types.Struct); ok {
		for f := range s.Fields() {
			if f.Exported() {
				return true
			}
		}
	}
	return false
}

func (w *writer) iface(t *types.Interface) string {
	var parts []string
	for m := range t.ExplicitMethods() {
		if m.Exported() {
			parts = append(parts, m.Name()+w.signature(m.Signature()))
		} else {
			parts = append(parts, m.Name()+"()")
		}
	}
	for e := range t.EmbeddedTypes() {
		parts = append(parts, w.typ(e))
	}
	if t.IsImplicit() && len(parts) == 1 {
		return parts[0]
	}
	return "interface{" + strings.Join(parts, "; ") + "}"
}

func (w *writer) union(t *types.Union) string {
	var terms []string
	for term := range t.Terms() {
		s := w.typ(term.Type())
		if term.Tilde() {
			s = "~" + s
		}
		terms = append(terms, s)
	}
	return strings.Join(terms, " | ")
}

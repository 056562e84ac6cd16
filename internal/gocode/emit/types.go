package emit

import (
	"fmt"
	"go/types"
	"strings"
)

// typ writes a type as the file names it.
func (f *File) typ(t types.Type) string {
	switch t := t.(type) {
	case *types.Alias:
		return f.typ(types.Unalias(t))
	case *types.Named:
		return f.named(t)
	case *types.Pointer:
		return "*" + f.typ(t.Elem())
	case *types.Slice:
		return "[]" + f.typ(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), f.typ(t.Elem()))
	case *types.Map:
		return "map[" + f.typ(t.Key()) + "]" + f.typ(t.Elem())
	case *types.Chan:
		return [...]string{types.SendRecv: "chan (", types.SendOnly: "chan<- (", types.RecvOnly: "<-chan ("}[t.Dir()] + f.typ(t.Elem()) + ")"
	case *types.Signature:
		return "func" + f.signature(t)
	case *types.Struct:
		return f.structure(t)
	case *types.Interface:
		return f.iface(t)
	case *types.Union:
		var terms []string
		for term := range t.Terms() {
			tilde := ""
			if term.Tilde() {
				tilde = "~"
			}
			terms = append(terms, tilde+f.typ(term.Type()))
		}
		return strings.Join(terms, " | ")
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			return f.pkg("unsafe", "unsafe") + ".Pointer"
		}
	case *types.TypeParam:
		return t.Obj().Name()
	}
	return types.TypeString(types.Default(t), nil)
}

func (f *File) named(t *types.Named) string {
	obj := t.Obj()
	name := obj.Name()
	switch {
	case obj.Pkg() == nil: // error, comparable
	case f.world.Thing(obj) != nil:
		name = f.typeName(f.world.Thing(obj))
	case obj.Pkg().Path() != "main":
		name = f.pkg(obj.Pkg().Path(), obj.Pkg().Name()) + "." + name
	}
	if t.TypeArgs().Len() == 0 {
		return name
	}
	var args []string
	for a := range t.TypeArgs().Types() {
		args = append(args, f.typ(a))
	}
	return name + "[" + strings.Join(args, ", ") + "]"
}

func (f *File) structure(t *types.Struct) string {
	var fs []string
	for i := range t.NumFields() {
		v := t.Field(i)
		text := v.Name() + " " + f.typ(v.Type())
		if v.Embedded() {
			text = f.embedded(v)
		}
		if tag := t.Tag(i); tag != "" {
			text += fmt.Sprintf(" %q", tag)
		}
		fs = append(fs, text)
	}
	return "struct { " + strings.Join(fs, "; ") + " }"
}

// embedded writes an embedded field, whose name is that of its type.
func (f *File) embedded(v *types.Var) string {
	star, t := "", v.Type()
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		star, t = "*", p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok && n.TypeArgs().Len() == 0 {
		if th := f.world.Thing(n.Obj()); th != nil {
			return star + f.plainName(th)
		}
	}
	return star + f.typ(t)
}

// plainName is the user's name of a type, where it has to be spelled so.
func (f *File) plainName(th *Thing) string {
	low := f.typeName(th)
	if low != th.Name && !f.aliases[th.Name] {
		if f.done["type "+th.Name] {
			f.fail("%s is embedded here, and an older %s is used in the same cell: split the cell", th.Name, th.Name)
		}
		f.aliases[th.Name] = true
		f.done["type "+th.Name] = true
		params, args := f.typeParams(th.Obj.Type())
		f.decls = append(f.decls, "type "+th.Name+params+" = "+low+args)
	}
	return th.Name
}

// typeParams writes the parameters of a generic type, and the same as arguments.
func (f *File) typeParams(t types.Type) (params, args string) {
	n, ok := t.(*types.Named)
	if !ok || n.TypeParams().Len() == 0 {
		return "", ""
	}
	var ps, as []string
	for p := range n.TypeParams().TypeParams() {
		name := p.Obj().Name()
		if name == "_" {
			name = fmt.Sprintf("p%d__", len(ps))
		}
		ps = append(ps, name+" "+f.typ(p.Constraint()))
		as = append(as, name)
	}
	return "[" + strings.Join(ps, ", ") + "]", "[" + strings.Join(as, ", ") + "]"
}

func (f *File) iface(t *types.Interface) string {
	var parts []string
	for m := range t.ExplicitMethods() {
		parts = append(parts, m.Name()+f.signature(m.Signature()))
	}
	for e := range t.EmbeddedTypes() {
		parts = append(parts, f.typ(e))
	}
	if len(parts) == 0 {
		return "interface{}"
	}
	return "interface { " + strings.Join(parts, "; ") + " }"
}

// signature writes parameters and results without names.
func (f *File) signature(s *types.Signature) string {
	return "(" + strings.Join(f.params(s), ", ") + ")" + f.results(s)
}

func (f *File) params(s *types.Signature) []string {
	var ps []string
	for i := range s.Params().Len() {
		ps = append(ps, f.param(s, i))
	}
	return ps
}

func (f *File) param(s *types.Signature, i int) string {
	t := s.Params().At(i).Type()
	if s.Variadic() && i == s.Params().Len()-1 {
		if sl, ok := t.(*types.Slice); ok {
			return "..." + f.typ(sl.Elem())
		}
		return "..." + f.typ(types.Typ[types.Byte]) // append([]byte, string...)
	}
	return f.typ(t)
}

func (f *File) results(s *types.Signature) string {
	var rs []string
	for v := range s.Results().Variables() {
		rs = append(rs, f.typ(v.Type()))
	}
	if len(rs) == 0 {
		return ""
	}
	return " (" + strings.Join(rs, ", ") + ")"
}

// TypeText writes a type as a file would.
func (f *File) TypeText(t types.Type) string { return f.typ(t) }

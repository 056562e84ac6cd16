package lower

import (
	"fmt"
	"go/ast"
	"go/types"
	"strconv"
	"strings"
)

// typ writes a type of lowered code.
func (c *Code) typ(t types.Type) string { return c.f.typ(c.sub.apply(t), c) }

func (f *File) typ(t types.Type, c *Code) string {
	switch t := t.(type) {
	case *types.Alias:
		return f.typ(types.Unalias(t), c)
	case *types.Named:
		return f.named(t, c)
	case *types.Pointer:
		return "*" + f.typ(t.Elem(), c)
	case *types.Slice:
		return "[]" + f.typ(t.Elem(), c)
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), f.typ(t.Elem(), c))
	case *types.Map:
		return "map[" + f.typ(t.Key(), c) + "]" + f.typ(t.Elem(), c)
	case *types.Chan:
		head := [...]string{types.SendRecv: "chan ", types.SendOnly: "chan<- ", types.RecvOnly: "<-chan "}[t.Dir()]
		elem := f.typ(t.Elem(), c)
		if strings.HasPrefix(elem, "<-") {
			elem = "(" + elem + ")"
		}
		return head + elem
	case *types.Signature:
		return "func" + f.signature(t, c)
	case *types.Struct:
		return f.structure(t, c)
	case *types.Interface:
		return f.iface(t, c)
	case *types.Basic:
		switch {
		case t.Kind() == types.UnsafePointer:
			return f.hostName() + ".Pointer"
		case t.Kind() == types.UntypedNil:
			return "any"
		case t.Info()&types.IsUntyped != 0:
			return types.Default(t).String()
		}
		return t.Name()
	}
	return t.String()
}

func (f *File) named(t *types.Named, c *Code) string {
	obj := t.Obj()
	if obj.Pkg() == nil {
		return obj.Name()
	}
	if !f.canonical && f.ownInterface(t) {
		if d := f.world.Decl(obj); d != nil {
			f.Reached[d] = true
		}
		return "interface{}"
	}
	if d := f.world.Decl(obj); d != nil {
		if t.TypeArgs().Len() > 0 {
			return f.typeInstance(d, t, c)
		}
		return f.typeName(d)
	}
	if isMain(obj.Pkg()) { // declared in a function
		return f.localType(t, c)
	}
	if t.TypeArgs().Len() > 0 {
		if t.NumMethods() == 0 && obj.Exported() {
			return f.typ(t.Underlying(), c)
		}
		if c != nil {
			c.f.Refused = append(c.f.Refused, Refusal{Fset: c.fset, Pos: c.pos, What: fmt.Sprintf("the generic type %s.%s", obj.Pkg().Name(), obj.Name()), Remedy: "use a type that is not generic"})
		}
		return "any"
	}
	return f.importName(obj.Pkg().Path(), obj.Pkg().Name()) + "." + obj.Name()
}

func isMain(p *types.Package) bool { return p != nil && p.Path() == "main" }

func (f *File) signature(s *types.Signature, c *Code) string {
	var ps []string
	for i := range s.Params().Len() {
		ps = append(ps, f.param(s, i, c))
	}
	return "(" + strings.Join(ps, ", ") + ")" + f.results(s, c)
}

func (f *File) param(s *types.Signature, i int, c *Code) string {
	t := s.Params().At(i).Type()
	if s.Variadic() && i == s.Params().Len()-1 {
		if sl, ok := t.(*types.Slice); ok {
			return "..." + f.typ(sl.Elem(), c)
		}
	}
	return f.typ(t, c)
}

func (f *File) results(s *types.Signature, c *Code) string {
	var rs []string
	for v := range s.Results().Variables() {
		rs = append(rs, f.typ(v.Type(), c))
	}
	switch len(rs) {
	case 0:
		return ""
	case 1:
		return " " + rs[0]
	}
	return " (" + strings.Join(rs, ", ") + ")"
}

// structure writes embedded fields as plain fields of the same name: whatever is promoted is written out where it is used. A
// field that is not exported gets a tag which keeps it out of JSON and XML, since the interpreter exports it.
func (f *File) structure(t *types.Struct, c *Code) string {
	var fs []string
	blanks := 0
	for i := range t.NumFields() {
		v := t.Field(i)
		if v.Name() == "_" {
			blanks++
		}
		if blanks == 2 && c != nil && !f.canonical {
			f.Refused = append(f.Refused, Refusal{Fset: c.fset, Pos: v.Pos(), End: v.Pos() + 1, What: "a struct with several blank fields", Remedy: "give them names"})
			blanks++
		}
		s := v.Name() + " " + f.typ(v.Type(), c)
		switch tag := t.Tag(i); {
		case tag != "":
			s += " " + strconv.Quote(tag)
		case !v.Exported() && v.Name() != "_":
			s += ` "json:\"-\" xml:\"-\""`
		}
		fs = append(fs, s)
	}
	if len(fs) == 0 {
		return "struct{}"
	}
	return "struct { " + strings.Join(fs, "; ") + " }"
}

func (f *File) iface(t *types.Interface, c *Code) string {
	if !f.canonical || t.NumMethods() == 0 {
		return "interface{}"
	}
	var ms []string
	for m := range t.Methods() {
		ms = append(ms, m.Name()+f.signature(m.Signature(), c))
	}
	return "interface { " + strings.Join(ms, "; ") + " }"
}

// typeName returns the lowered name of a session type, and brings the type into a unit.
func (f *File) typeName(d *Decl) string {
	f.Reached[d] = true
	if !f.unit {
		return d.Low
	}
	if low, ok := f.done[d.Low]; ok {
		return low
	}
	f.done[d.Low] = d.Low
	f.queue = append(f.queue, func() {
		f.TypeDecl(d, d.Low, d.Obj.Type().(*types.Named), nil)
	})
	return d.Low
}

// TypeDecl declares a type under a lowered name, with the methods that compiled code and interfaces call.
func (f *File) TypeDecl(d *Decl, low string, t *types.Named, sub substitution) {
	c := f.Code(d.Info, d.Fset)
	c.sub = sub
	if d.Type != nil && recursive(t.Underlying(), t, map[types.Type]bool{}) {
		c.refuse(d.Type, "the type "+d.Name+", which contains itself without a struct or an interface between", "put it into a struct")
	}
	if types.IsInterface(t) {
		f.register("Declare", strconv.Quote(low), strconv.Quote(f.declaredName(t)), "nil", strconv.Quote(f.text(sub.apply(t.Underlying()), c)))
		return
	}
	f.Add(mark(d.Fset.Position(d.Obj.Pos())) + "type " + low + " " + f.typ(t.Underlying(), c))
	f.register("Declare", strconv.Quote(low), strconv.Quote(f.declaredName(t)), "(*"+low+")(nil)", strconv.Quote(f.text(sub.apply(t.Underlying()), c)))
	if f.unit || t.TypeArgs().Len() > 0 {
		for i := range t.Origin().NumMethods() {
			if m := f.world.Decl(t.Origin().Method(i)); m != nil {
				f.MethodDecl(m, low, t)
			}
		}
	}
	f.Forward(low, t)
}

// Forward declares the methods that a struct gets from its embedded fields, since lowered structs embed nothing.
func (f *File) Forward(low string, t *types.Named) {
	if !embedding(t) {
		return
	}
	set := types.NewMethodSet(types.NewPointer(t))
	for i := range set.Len() {
		sel := set.At(i)
		if len(sel.Index()) > 1 && (ast.IsExported(sel.Obj().Name()) || isMain(sel.Obj().Pkg())) {
			f.forward(low, t, sel, low+"__"+sel.Obj().Name())
		}
	}
}

// ForwardLater declares such a method for a type that lowered code has already, after method has been declared for another.
func (f *File) ForwardLater(low string, t *types.Named, method *Decl) {
	if !embedding(t) {
		return
	}
	sel := types.NewMethodSet(types.NewPointer(t)).Lookup(method.Obj.Pkg(), method.Obj.Name())
	if sel != nil && sel.Obj() == method.Obj && len(sel.Index()) > 1 {
		f.forward(low, t, sel, low+"__"+method.Low)
	}
}

func embedding(t *types.Named) bool {
	st, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for v := range st.Fields() {
		if v.Embedded() {
			return true
		}
	}
	return false
}

// forward declares the promoted method sel of t as a function fn.
func (f *File) forward(low string, t *types.Named, sel *types.Selection, fn string) {
	m := sel.Obj().(*types.Func)
	recv := "*" + low
	if types.NewMethodSet(t).Lookup(m.Pkg(), m.Name()) != nil {
		recv = low
	}
	c := &Code{f: f, names: map[types.Object]string{}}
	sig := sel.Type().(*types.Signature)
	params, args := c.forwardParams(sig)
	call := c.methodCall("r__", types.NewPointer(t), recv == low, sel.Index(), m, args)
	ret := ""
	if sig.Results().Len() > 0 {
		ret = "return "
	}
	if params != "" {
		params = ", " + params
	}
	f.Add(fmt.Sprintf("func %s(r__ %s%s)%s { %s%s%s }", fn, recv, params, f.results(sig, nil), f.through(f.world.Decl(m.Origin())), ret, call))
	f.registerMethod(low, m.Name(), recv != low, sig, fn)
}

// forwardParams returns a parameter list with names of its own and the arguments that pass it on.
func (c *Code) forwardParams(sig *types.Signature) (params, args string) {
	var ps, as []string
	for i := range sig.Params().Len() {
		ps = append(ps, fmt.Sprintf("a%d__ %s", i, c.f.param(sig, i, c)))
		a := fmt.Sprintf("a%d__", i)
		if sig.Variadic() && i == sig.Params().Len()-1 {
			a += "..."
		}
		as = append(as, a)
	}
	return strings.Join(ps, ", "), strings.Join(as, ", ")
}

// recursive tells a type that reaches itself through anything but structs and interfaces.
func recursive(t types.Type, self *types.Named, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t := t.(type) {
	case *types.Named:
		if t == self {
			return true
		}
		return isMain(t.Obj().Pkg()) && recursive(t.Underlying(), self, seen)
	case *types.Pointer:
		return recursive(t.Elem(), self, seen)
	case *types.Slice:
		return recursive(t.Elem(), self, seen)
	case *types.Array:
		return recursive(t.Elem(), self, seen)
	case *types.Chan:
		return recursive(t.Elem(), self, seen)
	case *types.Map:
		return recursive(t.Key(), self, seen) || recursive(t.Elem(), self, seen)
	case *types.Signature:
		for _, tuple := range []*types.Tuple{t.Params(), t.Results()} {
			for v := range tuple.Variables() {
				if recursive(v.Type(), self, seen) {
					return true
				}
			}
		}
	}
	return false
}

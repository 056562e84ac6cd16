// Package stub writes a package's exported declarations as Go source without bodies: small, readable data from which the
// type checker learns the package again, with no compiler and no source at hand.
package stub

import (
	"fmt"
	"go/constant"
	"go/types"
	"slices"
	"strings"
)

// Write returns the stub of pkg and the import paths that it refers to.
func Write(pkg *types.Package) (source string, imports []string) {
	w := &writer{pkg: pkg, names: map[string]string{}, taken: map[string]bool{}, reached: map[string]bool{}, private: privateMethods(pkg)}
	var queue []string
	for _, name := range pkg.Scope().Names() {
		if obj := pkg.Scope().Lookup(name); obj.Exported() {
			queue = append(queue, name)
			w.reached[name] = true
		}
		w.taken[name] = true
	}
	w.want = func(name string) {
		if !w.reached[name] {
			w.reached[name] = true
			queue = append(queue, name)
		}
	}
	for i := 0; i < len(queue); i++ {
		w.object(pkg.Scope().Lookup(queue[i]))
	}
	var out strings.Builder
	fmt.Fprintf(&out, "package %s\n", pkg.Name())
	for path := range w.names {
		imports = append(imports, path)
	}
	slices.Sort(imports)
	for _, path := range imports {
		fmt.Fprintf(&out, "import %s %q\n", w.names[path], path)
	}
	out.WriteString(w.b.String())
	return out.String(), imports
}

// privateMethods are the unexported methods of a package's interfaces: they say which types implement them.
func privateMethods(pkg *types.Package) map[string]bool {
	names := map[string]bool{}
	for _, n := range pkg.Scope().Names() {
		t, ok := pkg.Scope().Lookup(n).Type().Underlying().(*types.Interface)
		if !ok {
			continue
		}
		for m := range t.Methods() {
			if !m.Exported() {
				names[m.Name()] = true
			}
		}
	}
	return names
}

type writer struct {
	pkg     *types.Package
	b       strings.Builder
	names   map[string]string // import path -> local name
	taken   map[string]bool
	reached map[string]bool
	private map[string]bool
	want    func(name string)
}

func (w *writer) object(obj types.Object) {
	switch obj := obj.(type) {
	case *types.Const:
		fmt.Fprintf(&w.b, "const %s", obj.Name())
		if b, ok := obj.Type().(*types.Basic); !ok || b.Info()&types.IsUntyped == 0 {
			fmt.Fprintf(&w.b, " %s", w.typ(obj.Type()))
		}
		fmt.Fprintf(&w.b, " = %s\n", literal(obj))
	case *types.Var:
		fmt.Fprintf(&w.b, "var %s %s\n", obj.Name(), w.typ(obj.Type()))
	case *types.Func:
		w.function("func "+obj.Name(), obj.Signature())
	case *types.TypeName:
		w.typeDecl(obj)
	}
}

func literal(c *types.Const) string {
	v := c.Val()
	b := c.Type().Underlying().(*types.Basic)
	switch {
	case b.Kind() == types.UntypedRune:
		i, _ := constant.Int64Val(v)
		return fmt.Sprintf("%q", rune(i))
	case b.Info()&types.IsFloat != 0 && v.Kind() == constant.Int && b.Info()&types.IsUntyped != 0:
		return v.ExactString() + ".0"
	case v.Kind() == constant.Float:
		return floatText(v)
	}
	return v.ExactString()
}

// floatText writes a rational constant as a quotient of whole numbers, which Go divides exactly where they are floats.
func floatText(v constant.Value) string {
	s := v.ExactString()
	if a, b, ok := strings.Cut(s, "/"); ok {
		return a + ".0/" + b + ".0"
	}
	if !strings.ContainsAny(s, ".pe") {
		s += ".0"
	}
	return s
}

func (w *writer) function(head string, sig *types.Signature) {
	fmt.Fprintf(&w.b, "%s%s%s", head, w.typeParams(sig.TypeParams()), w.signature(sig))
	if sig.TypeParams().Len() > 0 {
		w.b.WriteString("{panic(0)}")
	}
	w.b.WriteByte('\n')
}

func (w *writer) typeDecl(obj *types.TypeName) {
	if obj.IsAlias() {
		params, rhs := "", obj.Type()
		if a, ok := obj.Type().(*types.Alias); ok {
			params, rhs = w.typeParams(a.TypeParams()), a.Rhs()
		}
		fmt.Fprintf(&w.b, "type %s%s = %s\n", obj.Name(), params, w.typ(rhs))
		return
	}
	named := obj.Type().(*types.Named)
	fmt.Fprintf(&w.b, "type %s%s %s\n", obj.Name(), w.typeParams(named.TypeParams()), w.typ(named.Underlying()))
	for m := range named.Methods() {
		w.method(named, m)
	}
}

func (w *writer) method(named *types.Named, m *types.Func) {
	if !m.Exported() && !w.private[m.Name()] {
		return
	}
	recv := named.Obj().Name()
	if n := named.TypeParams().Len(); n > 0 {
		var ps []string
		for p := range m.Signature().RecvTypeParams().TypeParams() {
			ps = append(ps, p.Obj().Name())
		}
		recv += "[" + strings.Join(ps, ",") + "]"
	}
	if _, ptr := m.Signature().Recv().Type().(*types.Pointer); ptr {
		recv = "*" + recv
	}
	sig := w.signature(m.Signature())
	if !m.Exported() {
		sig = "()"
	}
	name := m.Signature().Recv().Name()
	if name == "" {
		name = "_"
	}
	fmt.Fprintf(&w.b, "func (%s %s) %s%s\n", name, recv, m.Name(), sig)
}

func (w *writer) typeParams(list *types.TypeParamList) string {
	if list.Len() == 0 {
		return ""
	}
	var ps []string
	for p := range list.TypeParams() {
		ps = append(ps, p.Obj().Name()+" "+w.typ(p.Constraint()))
	}
	return "[" + strings.Join(ps, ", ") + "]"
}

func (w *writer) signature(sig *types.Signature) string {
	s := "(" + w.tuple(sig.Params(), sig.Variadic()) + ")"
	switch res := sig.Results(); {
	case res.Len() == 1 && (res.At(0).Name() == "" || res.At(0).Name()[0] == '#'):
		s += " " + w.typ(res.At(0).Type())
	case res.Len() > 0:
		s += " (" + w.tuple(res, false) + ")"
	}
	return s
}

func (w *writer) tuple(t *types.Tuple, variadic bool) string {
	var ps []string
	for i := range t.Len() {
		v := t.At(i)
		text := ""
		if v.Name() != "" && !strings.HasPrefix(t.At(0).Name(), "#") {
			text = v.Name() + " "
		}
		if variadic && i == t.Len()-1 {
			if s, ok := v.Type().(*types.Slice); ok {
				text += "..." + w.typ(s.Elem())
			} else {
				text += "...byte"
			}
		} else {
			text += w.typ(v.Type())
		}
		ps = append(ps, text)
	}
	return strings.Join(ps, ", ")
}

package main

import (
	"bytes"
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// writer writes the description of one package.
type writer struct {
	pkg     *types.Package
	into    string // the package that is written
	ident   string
	imports map[string]string // path -> name in the file
	values  []string
	vars    []string
	types   []string
	consts  []string
	wraps   []string
}

func newWriter(p *types.Package, into string) *writer {
	return &writer{pkg: p, into: into, ident: ident(p.Path()), imports: map[string]string{}}
}

// qualify names a package in the file.
func (w *writer) qualify(p *types.Package) string {
	if n, ok := w.imports[p.Path()]; ok {
		return n
	}
	n := p.Name()
	for i := 2; n == "symbols" || n == "token" || slices.Contains(slices.Collect(maps.Values(w.imports)), n); i++ {
		n = fmt.Sprintf("%s%d", p.Name(), i)
	}
	w.imports[p.Path()] = n
	return n
}

// collect gathers the package's symbols and reports whether there are any. Generic functions and types are left out: they have no
// compiled form.
func (w *writer) collect() bool {
	scope := w.pkg.Scope()
	for _, name := range scope.Names() {
		if o := scope.Lookup(name); o.Exported() {
			w.object(o)
		}
	}
	return len(w.values)+len(w.vars)+len(w.types)+len(w.consts) > 0
}

func (w *writer) object(o types.Object) {
	name := o.Name()
	switch o := o.(type) {
	case *types.Const:
		w.constant(o)
	case *types.Func:
		if o.Signature().TypeParams().Len() == 0 {
			w.values = append(w.values, fmt.Sprintf("{Name: %q, Value: %s}", name, w.name(name)))
		}
	case *types.Var:
		w.vars = append(w.vars, fmt.Sprintf("{Name: %q, Value: &%s}", name, w.name(name)))
	case *types.TypeName:
		w.typeName(o)
	}
}

func (w *writer) name(name string) string { return w.qualify(w.pkg) + "." + name }

func (w *writer) constant(o *types.Const) {
	b, ok := o.Type().(*types.Basic)
	if !ok || b.Info()&types.IsUntyped == 0 {
		w.values = append(w.values, fmt.Sprintf("{Name: %q, Value: %s}", o.Name(), w.name(o.Name())))
		return
	}
	tok, text := token.IDENT, o.Val().ExactString()
	switch o.Val().Kind() {
	case constant.String:
		tok = token.STRING
	case constant.Int:
		tok = token.INT
		if b.Kind() == types.UntypedFloat {
			tok, text = token.FLOAT, text+".0"
		}
	case constant.Float:
		tok, text = token.FLOAT, floatText(o.Val())
	}
	w.consts = append(w.consts, fmt.Sprintf("{Name: %q, Tok: token.%s, Value: %q}", o.Name(), tok, text))
}

// floatText is a decimal literal of more digits than any float64 operation can tell apart.
func floatText(v constant.Value) string {
	f := constant.ToFloat(v)
	if num, denom := constant.Num(f), constant.Denom(f); num.Kind() == constant.Int && denom.Kind() == constant.Int {
		return ratText(num.ExactString(), denom.ExactString())
	}
	return f.ExactString()
}

func (w *writer) typeName(o *types.TypeName) {
	t := types.Unalias(o.Type())
	if n, ok := t.(*types.Named); ok && n.TypeParams().Len() > 0 && n.TypeArgs().Len() == 0 {
		return
	}
	iface, isIface := t.Underlying().(*types.Interface)
	if isIface && !iface.IsMethodSet() {
		return // a constraint
	}
	w.types = append(w.types, fmt.Sprintf("{Name: %q, Value: (*%s)(nil)}", o.Name(), w.name(o.Name())))
	if isIface && o.Type() == t {
		w.wrapper(o.Name(), iface)
	}
}

// wrapper writes a struct that implements the interface by functions in its fields. An interface that has methods which are not
// exported cannot be implemented elsewhere; its wrapper has the others.
func (w *writer) wrapper(name string, iface *types.Interface) {
	wrap := "w" + w.ident[1:] + "_" + name
	var fields, methods strings.Builder
	for m := range iface.Methods() {
		if !m.Exported() {
			continue
		}
		params, args, results := w.signature(m.Signature())
		fmt.Fprintf(&fields, "\tW%s func(%s)%s\n", m.Name(), params, results)
		ret := ""
		if results != "" {
			ret = "return "
		}
		guard := ""
		if m.Name() == "String" {
			guard = "if w.WString == nil { return \"\" }; "
		}
		fmt.Fprintf(&methods, "func (w %s) %s(%s)%s { %s%sw.W%s(%s) }\n", wrap, m.Name(), params, results, guard, ret, m.Name(), args)
	}
	w.types = append(w.types, fmt.Sprintf("{Name: \"_%s\", Value: (*%s)(nil)}", name, wrap))
	w.wraps = append(w.wraps, fmt.Sprintf("type %s struct {\n\tIValue any\n%s}\n\n%s", wrap, fields.String(), methods.String()))
}

func (w *writer) signature(s *types.Signature) (params, args, results string) {
	var ps, as, rs []string
	for i := range s.Params().Len() {
		t, a := types.TypeString(s.Params().At(i).Type(), w.qualify), fmt.Sprintf("a%d", i)
		p := a + " " + t
		if s.Variadic() && i == s.Params().Len()-1 {
			p = a + " ..." + strings.TrimPrefix(t, "[]")
			a += "..."
		}
		ps, as = append(ps, p), append(as, a)
	}
	for v := range s.Results().Variables() {
		rs = append(rs, types.TypeString(v.Type(), w.qualify))
	}
	if len(rs) > 0 {
		results = " (" + strings.Join(rs, ", ") + ")"
	}
	return strings.Join(ps, ", "), strings.Join(as, ", "), results
}

// file returns the description's source.
func (w *writer) file() []byte {
	var b bytes.Buffer
	b.WriteString(header + "\npackage " + w.into + "\n\nimport (\n")
	if len(w.consts) > 0 {
		b.WriteString("\t\"go/token\"\n\n")
	}
	for _, path := range slices.Sorted(maps.Keys(w.imports)) {
		fmt.Fprintf(&b, "\t%s %q\n", w.imports[path], path)
	}
	fmt.Fprintf(&b, "\n\t%q\n)\n\nvar %s = symbols.Package{\n\tPath: %q, Name: %q,\n", symbolsPath, w.ident, w.pkg.Path(), w.pkg.Name())
	for _, part := range []struct {
		field, typ string
		entries    []string
	}{{"Values", "Symbol", w.values}, {"Vars", "Symbol", w.vars}, {"Types", "Symbol", w.types}, {"Consts", "Const", w.consts}} {
		if len(part.entries) > 0 {
			fmt.Fprintf(&b, "\t%s: []symbols.%s{\n\t\t%s,\n\t},\n", part.field, part.typ, strings.Join(part.entries, ",\n\t\t"))
		}
	}
	b.WriteString("}\n")
	for _, wrap := range w.wraps {
		b.WriteString("\n" + wrap)
	}
	return b.Bytes()
}

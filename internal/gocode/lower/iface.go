package lower

import (
	"fmt"
	"go/ast"
	"go/types"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Interface values. The interpreter forgets the names of types and finds methods only here and there, so lowered code leaves interface
// values to compiled code: where a value becomes one it is given a real type with a name and methods (named.Box), assertions ask for
// that type (named.Into, named.Must), and methods are looked up in it (named.Bound). In lowered code all interface types are interface{},
// but those of compiled packages.

// NamedPath is the import path of the package that gives values their types.
const NamedPath = "github.com/gocluster/gocluster/internal/interp/named"

func (f *File) namedName() string { return f.importName(NamedPath, "named") }

// ownInterface tells an interface type that compiled code does not declare: interface{} in lowered code.
func (f *File) ownInterface(t types.Type) bool {
	if !types.IsInterface(t) {
		return false
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return true
	}
	return n.Obj().Pkg() != nil && (isMain(n.Obj().Pkg()) || f.world.Decl(n.Obj()) != nil)
}

// boxes tells a type that compiled code would not see as what it is.
func (c *Code) boxes(t types.Type) bool { return c.f.boxes(t, map[types.Type]bool{}) }

func (f *File) boxes(t types.Type, seen map[types.Type]bool) bool {
	if t == nil || seen[t] {
		return false
	}
	seen[t] = true
	any := func(ts ...types.Type) bool {
		for _, t := range ts {
			if f.boxes(t, seen) {
				return true
			}
		}
		return false
	}
	switch t := t.(type) {
	case *types.Alias:
		return any(types.Unalias(t))
	case *types.Named:
		return isMain(t.Obj().Pkg()) || f.world.Decl(t.Obj()) != nil
	case *types.Pointer:
		return any(t.Elem())
	case *types.Slice:
		return any(t.Elem())
	case *types.Array:
		return any(t.Elem())
	case *types.Chan:
		return any(t.Elem())
	case *types.Map:
		return any(t.Key(), t.Elem())
	case *types.Signature:
		return any(t.Params(), t.Results())
	case *types.Tuple:
		for v := range t.Variables() {
			if any(v.Type()) {
				return true
			}
		}
	case *types.Interface:
		return t.NumMethods() > 0
	case *types.Struct:
		for v := range t.Fields() {
			if !v.Exported() || v.Embedded() || any(v.Type()) {
				return true
			}
		}
	}
	return false
}

// asInterface writes the value s, of type from, where one of the interface type to is wanted.
func (c *Code) asInterface(s string, from, to types.Type) string {
	from, to = c.sub.apply(from), c.sub.apply(to)
	own := c.f.ownInterface(to)
	switch {
	case isNil(from):
		return "(" + c.typ(to) + ")(nil)"
	case types.IsInterface(from):
		switch {
		case own && !c.f.ownInterface(from):
			return c.f.namedName() + ".Any(" + s + ")"
		case !own && c.f.ownInterface(from):
			return fmt.Sprintf("func(x__ interface{}) (i__ %s) { if x__ != nil { i__ = x__.(%s) }; return }(%s)", c.typ(to), c.typ(to), s)
		case !own && !types.Identical(from, to):
			return "func(i__ " + c.typ(to) + ") " + c.typ(to) + " { return i__ }(" + s + ")"
		}
		return s
	case c.boxes(from):
		c.checkPromoted(from)
		s = c.f.namedName() + ".Box(" + strconv.Quote(c.f.text(from, c)) + ", " + s + ")"
		if !own {
			s += ".(" + c.typ(to) + ")"
		}
		return s
	}
	typ := c.typ(types.Default(from))
	return "func(x__ " + typ + ") " + c.typ(to) + " { return x__ }(" + s + ")"
}

// checkPromoted refuses to make an interface value of a struct without a name that has methods: package named knows those of declared
// types.
func (c *Code) checkPromoted(t types.Type) {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if st, ok := t.(*types.Struct); ok && types.NewMethodSet(types.NewPointer(st)).Len() > 0 {
		c.f.Refused = append(c.f.Refused, Refusal{Pos: c.pos, End: c.pos + 1, Fset: c.fset, What: "a struct without a name, with methods of embedded fields, as an interface value", Remedy: "declare a type for it"})
	}
}

// sameInterface tells interface types that are one in lowered code.
func (c *Code) sameInterface(a, b types.Type) bool {
	return c.f.ownInterface(a) && c.f.ownInterface(b) || types.Identical(a, b)
}

// boundMethod writes the method of an interface value, bound to the value.
func (c *Code) boundMethod(x string, m *types.Func) string {
	return c.f.namedName() + ".Bound(" + x + ", " + strconv.Quote(m.Name()) + ").(func" + c.f.signature(c.sub.apply(m.Signature()).(*types.Signature), c) + ")"
}

// asserted writes an assertion; both tells that it is asked whether it holds.
func (c *Code) asserted(x string, from, to types.Type, both bool) string {
	to = c.sub.apply(to)
	switch u := types.Unalias(to).(type) {
	case *types.Basic:
		if i, ok := types.Unalias(from).(*types.Interface); ok && i.Empty() && u.Kind() != types.UnsafePointer {
			return x + ".(" + c.typ(to) + ")"
		}
	}
	typ := c.typ(to)
	text := strconv.Quote(c.f.text(to, c))
	in := c.typ(from)
	if both {
		return fmt.Sprintf("func(x__ %s) (v__ %s, ok__ bool) { ok__ = %s.Into(%s, x__, &v__); return }(%s)", in, typ, c.f.namedName(), text, x)
	}
	return fmt.Sprintf("func(x__ %s) (v__ %s) { %s.Must(%s, x__, &v__, %q); return }(%s)", in, typ, c.f.namedName(), text, c.runtimeText(from), x)
}

// runtimeText writes a type as the runtime does.
func (c *Code) runtimeText(t types.Type) string {
	if i, ok := types.Unalias(t).(*types.Interface); ok && i.Empty() {
		return "interface {}"
	}
	return types.TypeString(types.Unalias(t), func(p *types.Package) string { return p.Name() })
}

// equal writes the comparison of two values of which at least one is an interface value.
func (c *Code) equal(x string, tx types.Type, y string, ty types.Type) string {
	if !types.IsInterface(tx) {
		x = c.asInterface(x, tx, ty)
	}
	if !types.IsInterface(ty) {
		y = c.asInterface(y, ty, tx)
	}
	return c.f.namedName() + ".Equal(" + x + ", " + y + ")"
}

// text writes a type as package named wants it.
func (f *File) text(t types.Type, c *Code) string {
	list := func(ts *types.Tuple) string {
		var parts []string
		for v := range ts.Variables() {
			parts = append(parts, f.text(v.Type(), c))
		}
		return "(" + strings.Join(parts, ",") + ")"
	}
	switch t := t.(type) {
	case *types.Alias:
		return f.text(types.Unalias(t), c)
	case *types.Named:
		return f.namedText(t, c)
	case *types.Pointer:
		return "*" + f.text(t.Elem(), c)
	case *types.Slice:
		return "[]" + f.text(t.Elem(), c)
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), f.text(t.Elem(), c))
	case *types.Map:
		return "map[" + f.text(t.Key(), c) + "]" + f.text(t.Elem(), c)
	case *types.Chan:
		return [...]string{types.SendRecv: "chan(", types.SendOnly: "chan<-(", types.RecvOnly: "<-chan("}[t.Dir()] + f.text(t.Elem(), c) + ")"
	case *types.Signature:
		head := "func"
		if t.Variadic() {
			head = "func..."
		}
		return head + list(t.Params()) + list(t.Results())
	case *types.Struct:
		return f.structText(t, c)
	case *types.Interface:
		return f.interfaceText(t, c)
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			return f.compiledText("unsafe.Pointer", f.typ(t, c))
		}
		return types.Typ[types.Default(t).(*types.Basic).Kind()].Name()
	}
	return t.String()
}

func (f *File) structText(t *types.Struct, c *Code) string {
	var b strings.Builder
	b.WriteString("struct{")
	for i := range t.NumFields() {
		v := t.Field(i)
		fmt.Fprintf(&b, "%q %s %q", v.Name(), f.text(v.Type(), c), t.Tag(i))
		if v.Embedded() {
			b.WriteString("e")
		}
		if v.Exported() {
			b.WriteString("x")
		}
		b.WriteString(";")
	}
	return b.String() + "}"
}

func (f *File) interfaceText(t *types.Interface, c *Code) string {
	if t.NumMethods() == 0 {
		return "interface{}"
	}
	var says []string
	var b strings.Builder
	for m := range t.Methods() {
		says = append(says, m.Name()+strings.TrimPrefix(types.TypeString(m.Type(), (*types.Package).Name), "func"))
		fmt.Fprintf(&b, "%q %s;", m.Name(), f.text(m.Type(), c))
	}
	return "interface{" + strconv.Quote("interface { "+strings.Join(says, "; ")+" }") + " " + b.String() + "}"
}

func (f *File) namedText(t *types.Named, c *Code) string {
	obj := t.Obj()
	switch {
	case obj.Pkg() == nil:
		if obj.Name() == "any" || obj.Name() == "comparable" {
			return "interface{}"
		}
		return obj.Name()
	case isMain(obj.Pkg()) || f.world.Decl(obj) != nil:
		return "@" + f.declared(t, c) + ";"
	}
	return f.compiledText(obj.Pkg().Path()+"."+obj.Name(), f.named(t, c))
}

// declared returns the name under which package named has a type.
func (f *File) declared(t *types.Named, c *Code) string {
	if types.IsInterface(t) {
		return f.interfaceName(t, c)
	}
	return f.named(t, c)
}

// interfaceName is declared for an interface type, which lowered code does not declare.
func (f *File) interfaceName(t *types.Named, c *Code) string {
	d := f.world.Decl(t.Obj())
	declare := func(low string) {
		f.register("Declare", strconv.Quote(low), strconv.Quote(f.declaredName(t)), "nil", strconv.Quote(f.text(t.Underlying(), nil)))
	}
	switch {
	case d == nil:
		return f.localType(t, c)
	case t.TypeArgs().Len() > 0:
		return f.instance(d, (substitution)(nil).list(t.TypeArgs()), declare)
	}
	f.Reached[d] = true
	if f.unit && f.done[d.Low] == "" {
		f.done[d.Low] = d.Low
		f.queue = append(f.queue, func() { declare(d.Low) })
	}
	return d.Low
}

// declaredName is a type's name as package named wants it: the path of its package stands before it, unless that is main.
func (f *File) declaredName(t *types.Named) string {
	name := f.runtimeName(t)
	if home := f.world.Home(); home != "main" && isMain(t.Obj().Pkg()) {
		return home + ";" + name
	}
	return name
}

// path is the path that a package's types say they are of.
func (f *File) path(p *types.Package) string {
	if isMain(p) {
		return f.world.Home()
	}
	return p.Path()
}

// Symbol writes a package's path as the names of symbols have it, and with them those of instances: there, dots in the last element would be
// taken for the end of the path.
func Symbol(path string) string {
	slash := strings.LastIndexByte(path, '/') + 1
	var b strings.Builder
	for i := range len(path) {
		if c := path[i]; c == '.' && i >= slash || c <= ' ' || c == '%' || c == '"' || c >= 0x7F {
			fmt.Fprintf(&b, "%%%02x", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// runtimeName is a type's name as package reflect has it.
func (f *File) runtimeName(t *types.Named) string {
	name := t.Obj().Name()
	if t.Obj().Pkg() != nil {
		name = t.Obj().Pkg().Name() + "." + name
	}
	var args []string
	for a := range t.TypeArgs().Types() {
		args = append(args, f.argumentName(a))
	}
	if len(args) > 0 {
		name += "[" + strings.Join(args, ",") + "]"
	}
	return name
}

// argumentName writes a type as it stands in the name of an instance.
func (f *File) argumentName(t types.Type) string {
	list := func(ts *types.Tuple) string {
		var parts []string
		for v := range ts.Variables() {
			parts = append(parts, f.argumentName(v.Type()))
		}
		return strings.Join(parts, ", ")
	}
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		name := f.runtimeName(t)
		if p := t.Obj().Pkg(); p != nil {
			name = Symbol(f.path(p)) + strings.TrimPrefix(name, p.Name())
		}
		return name
	case *types.Pointer:
		return "*" + f.argumentName(t.Elem())
	case *types.Slice:
		return "[]" + f.argumentName(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), f.argumentName(t.Elem()))
	case *types.Map:
		return "map[" + f.argumentName(t.Key()) + "]" + f.argumentName(t.Elem())
	case *types.Chan:
		return [...]string{types.SendRecv: "chan ", types.SendOnly: "chan<- ", types.RecvOnly: "<-chan "}[t.Dir()] + f.argumentName(t.Elem())
	case *types.Signature:
		results := list(t.Results())
		if t.Results().Len() > 1 {
			results = "(" + results + ")"
		}
		return strings.TrimSpace("func(" + list(t.Params()) + ") " + results)
	case *types.Struct:
		var fields []string
		for v := range t.Fields() {
			fields = append(fields, v.Name()+" "+f.argumentName(v.Type()))
		}
		if len(fields) == 0 {
			return "struct {}"
		}
		return "struct { " + strings.Join(fields, "; ") + " }"
	case *types.Interface:
		if t.NumMethods() == 0 {
			return "interface {}"
		}
	case *types.Basic:
		return types.Typ[t.Kind()].Name()
	}
	return types.TypeString(t, (*types.Package).Path)
}

func (f *File) compiledText(key, typ string) string {
	if !f.canonical && f.done["$"+key] == "" {
		f.done["$"+key] = key
		f.register("Compiled", strconv.Quote(key), "(*"+typ+")(nil)")
	}
	return "$" + key + ";"
}

// register writes a call that makes something known to package named before the file's code runs.
func (f *File) register(fn string, args ...string) {
	call := f.namedName() + "." + fn + "(" + strings.Join(args, ", ") + ")"
	if f.unit {
		f.n++
		f.registers = append(f.registers, fmt.Sprintf("var known__%d = %s", f.n, call))
		return
	}
	f.Init(call)
}

// registerMethod makes a method known; fn is the function behind it.
func (f *File) registerMethod(typeLow, name string, pointer bool, sig *types.Signature, fn string) {
	plain := types.NewSignatureType(nil, nil, nil, sig.Params(), sig.Results(), sig.Variadic())
	f.register("Method", strconv.Quote(typeLow), strconv.Quote(name), strconv.FormatBool(pointer), strconv.Quote(f.text(plain, nil)), fn)
}

// localType returns the lowered name of a type that a function declares: package-level, and another one for each instance of a generic
// function.
func (f *File) localType(t *types.Named, c *Code) string {
	var sub substitution
	if c != nil && open(t.Underlying(), map[types.Type]bool{}) {
		sub = c.sub
	}
	h := fnv.New64a()
	fset := f.fset
	if c != nil {
		fset = c.fset
	}
	fmt.Fprint(h, fset.Position(t.Obj().Pos()))
	for _, p := range slices.SortedFunc(maps.Keys(sub), func(a, b *types.TypeParam) int { return a.Index() - b.Index() }) {
		h.Write([]byte(" " + f.key([]types.Type{sub[p]})))
	}
	h.Write([]byte(f.key((substitution)(nil).list(t.TypeArgs()))))
	low := fmt.Sprintf("%s__%x", t.Obj().Name(), h.Sum64())
	if f.canonical || f.done[low] != "" {
		return low
	}
	f.done[low] = low
	f.queue = append(f.queue, func() {
		k := &Code{f: f, fset: fset, sub: sub, names: map[types.Object]string{}}
		under := k.sub.apply(t.Underlying())
		like := "nil"
		if recursive(t.Underlying(), t, map[types.Type]bool{}) {
			f.Refused = append(f.Refused, Refusal{Pos: t.Obj().Pos(), End: t.Obj().Pos() + 1, Fset: fset, What: "the type " + t.Obj().Name() + ", which contains itself without a struct or an interface between", Remedy: "put it into a struct"})
		}
		if !types.IsInterface(t) {
			f.Add("type " + low + " " + f.typ(under, k))
			like = "(*" + low + ")(nil)"
		}
		f.register("Declare", strconv.Quote(low), strconv.Quote(f.declaredName(t)), like, strconv.Quote(f.text(under, k)))
		f.Forward(low, t)
	})
	return low
}

// open tells a type with type parameters in it.
func open(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t := t.(type) {
	case *types.TypeParam:
		return true
	case *types.Alias:
		return open(types.Unalias(t), seen)
	case *types.Named:
		for a := range t.TypeArgs().Types() {
			if open(a, seen) {
				return true
			}
		}
		return t.Obj().Parent() != nil && t.Obj().Pkg() != nil && t.Obj().Parent() != t.Obj().Pkg().Scope() && open(t.Underlying(), seen)
	case *types.Pointer:
		return open(t.Elem(), seen)
	case *types.Slice:
		return open(t.Elem(), seen)
	case *types.Array:
		return open(t.Elem(), seen)
	case *types.Chan:
		return open(t.Elem(), seen)
	case *types.Map:
		return open(t.Key(), seen) || open(t.Elem(), seen)
	case *types.Signature:
		return open(t.Params(), seen) || open(t.Results(), seen)
	case *types.Tuple:
		for v := range t.Variables() {
			if open(v.Type(), seen) {
				return true
			}
		}
	case *types.Struct:
		for v := range t.Fields() {
			if open(v.Type(), seen) {
				return true
			}
		}
	case *types.Interface:
		for m := range t.Methods() {
			if open(m.Type(), seen) {
				return true
			}
		}
	}
	return false
}

// asks writes assertions and comparisons for a type switch: what tells that x is of the case's type, and its value.
func (c *Code) asks(x string, from types.Type, e ast.Expr, pre *strings.Builder, at string) (cond, value string) {
	val, ok := c.f.temp("v"), c.f.temp("ok")
	pre.WriteString(at + val + ", " + ok + " := " + c.asserted(x, from, c.of(e), true) + "\n" + at + "_ = " + val + "\n")
	return ok, val
}

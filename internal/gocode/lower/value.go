package lower

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"strings"
)

// value writes an expression where a value of type to is wanted. A function value gets tied to its unit here, where it is made.
func (c *Code) value(e ast.Expr, to types.Type) string {
	t := c.of(e)
	if types.IsInterface(to) && !types.IsInterface(t) {
		return c.boxed(e, t, to)
	}
	if _, ok := t.Underlying().(*types.Signature); ok && !c.f.unit && !c.library {
		return c.function(e, t)
	}
	return c.expr(e)
}

// boxed writes a value that becomes an interface value.
func (c *Code) boxed(e ast.Expr, t, to types.Type) string {
	if _, ok := t.Underlying().(*types.Signature); ok && !c.f.unit && !c.library {
		return c.function(e, t)
	}
	if b, ok := ast.Unparen(e).(*ast.BinaryExpr); ok && c.info.Types[e].Value == nil { // the interpreter loses what an operator gives
		typ := c.typ(types.Default(t))
		return "func(x__ " + typ + ") " + c.typ(to) + " { return x__ }(" + c.expr(b) + ")"
	}
	return c.copied(e, t, to)
}

// unbound writes a function that nobody will ship.
func (c *Code) unbound(e ast.Expr) string {
	if lit, ok := ast.Unparen(e).(*ast.FuncLit); ok {
		return c.fresh(c.plainLiteral(lit), c.typ(c.of(lit)))
	}
	return c.expr(e)
}

// function writes a function value tied to its unit: a literal, a declared function, or a variable known to hold a literal.
func (c *Code) function(e ast.Expr, t types.Type) string {
	switch x := ast.Unparen(e).(type) {
	case *ast.FuncLit:
		return c.literal(x)
	case *ast.Ident:
		switch obj := c.info.Uses[x].(type) {
		case *types.Func:
			return c.declared(x, obj, t)
		case *types.Var:
			if d := c.f.world.Decl(obj); d != nil && d.Literal != nil {
				return c.known(x, d, t)
			}
		}
	case *ast.IndexExpr:
		if id, ok := ast.Unparen(x.X).(*ast.Ident); ok {
			if obj, ok := c.info.Uses[id].(*types.Func); ok {
				return c.declared(id, obj, t)
			}
		}
	case *ast.IndexListExpr:
		if id, ok := ast.Unparen(x.X).(*ast.Ident); ok {
			if obj, ok := c.info.Uses[id].(*types.Func); ok {
				return c.declared(id, obj, t)
			}
		}
	case *ast.SelectorExpr:
		if obj, ok := c.info.Uses[x.Sel].(*types.Func); ok && c.info.Selections[x] == nil {
			return c.compiled(x, obj, t)
		}
		if sel := c.info.Selections[x]; sel != nil && sel.Kind() == types.MethodExpr {
			return c.shippedMethodExpr(x, sel, t)
		}
	}
	return c.expr(e)
}

func (c *Code) bind(n int, fn, values string, t types.Type) string {
	return fmt.Sprintf("%s.Bind(%d, %s, %s).(%s)", c.f.hostName(), n, fn, values, c.typ(t))
}

func (c *Code) declared(id *ast.Ident, obj *types.Func, t types.Type) string {
	s := c.ident(id)
	d := c.f.world.Decl(obj)
	if d == nil {
		return s
	}
	args := c.typeArgs(id)
	sig := t.Underlying().(*types.Signature)
	n := c.f.addUnit(c.declUnit(d, args, sig), nil)
	c.f.Bound[id] = n
	return c.bind(n, c.slotCaller(s, d, sig), "nil", t)
}

// slotCaller makes a function that looks its slot up when it is called, so that a redefinition reaches it.
func (c *Code) slotCaller(s string, d *Decl, sig *types.Signature) string {
	if !d.Slot {
		return s
	}
	params, args := c.forwardParams(sig)
	ret := ""
	if sig.Results().Len() > 0 {
		ret = "return "
	}
	return c.fresh("func("+params+")"+c.f.results(sig, c)+" { "+c.f.through(d)+ret+s+"("+args+") }", c.typ(sig))
}

// known ties a session variable's function, which is the literal it was defined as.
func (c *Code) known(id *ast.Ident, d *Decl, t types.Type) string {
	s := c.ident(id)
	k := c.f.Code(d.Info, d.Fset)
	n, values := k.literalUnit(d.Literal, d.Name)
	c.f.Bound[id] = n
	return c.bind(n, s, values, t)
}

// compiled ties a function of a compiled package, such as math.Sqrt.
func (c *Code) compiled(x *ast.SelectorExpr, obj *types.Func, t types.Type) string {
	s := c.qualified(x)
	sig := t.Underlying().(*types.Signature)
	make := func(f *File) string {
		k := f.Code(c.info, c.fset)
		k.sub = c.sub
		params, args := k.forwardParams(sig)
		ret := ""
		if sig.Results().Len() > 0 {
			ret = "return "
		}
		f.Add("func Entry__(" + params + ")" + f.results(sig, k) + " { " + ret + k.qualified(x) + "(" + args + ") }")
		return "Entry__"
	}
	n := c.f.addUnit(c.unit(obj.Pkg().Name()+"."+obj.Name(), sig, make), nil)
	c.f.Bound[x] = n
	return c.bind(n, s, "nil", t)
}

// session tells whether a type is, or is made of, types that cells declare.
func (c *Code) session(t types.Type) bool { return c.sessionNamed(t) != nil }

func (c *Code) sessionNamed(t types.Type) *types.Named {
	return find(t, func(n *types.Named) bool {
		return isMain(n.Obj().Pkg()) || c.f.world.Decl(n.Obj()) != nil
	}, map[types.Type]bool{})
}

// find searches a type, through everything it is made of, for a named type.
func find(t types.Type, is func(*types.Named) bool, seen map[types.Type]bool) *types.Named {
	if t == nil || seen[t] {
		return nil
	}
	seen[t] = true
	sub := func(ts ...types.Type) *types.Named {
		for _, t := range ts {
			if n := find(t, is, seen); n != nil {
				return n
			}
		}
		return nil
	}
	switch t := t.(type) {
	case *types.Alias:
		return sub(types.Unalias(t))
	case *types.Named:
		if is(t) {
			return t
		}
		if isMain(t.Obj().Pkg()) {
			return sub(t.Underlying())
		}
		for a := range t.TypeArgs().Types() {
			if n := sub(a); n != nil {
				return n
			}
		}
	case *types.Pointer:
		return sub(t.Elem())
	case *types.Slice:
		return sub(t.Elem())
	case *types.Array:
		return sub(t.Elem())
	case *types.Chan:
		return sub(t.Elem())
	case *types.Map:
		return sub(t.Key(), t.Elem())
	case *types.Struct:
		for f := range t.Fields() {
			if n := sub(f.Type()); n != nil {
				return n
			}
		}
	}
	return nil
}

func (c *Code) user(t types.Type) string { return UserType(t) }

// UserType writes a type as people write it.
func UserType(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if isMain(p) {
			return ""
		}
		return p.Name()
	})
}

// checkCall refuses calls of compiled functions that would look at the interpreter's types.
func (c *Code) checkCall(e *ast.CallExpr, fn *types.Func) {
	path, name := fn.Pkg().Path(), fn.Name()
	if path == "runtime" && (name == "Caller" || name == "Callers" || name == "CallersFrames" || name == "FuncForPC") {
		c.refuse(e, "runtime."+name+", which would see the interpreter", "leave it to compiled code")
	}
	if path == "runtime" && (name == "SetFinalizer" && !isNil(c.of(e.Args[1])) || name == "AddCleanup") {
		c.refuse(e, "runtime."+name+", since it holds values longer than compiled code does", "close what has to be closed explicitly")
	}
	for _, a := range e.Args {
		t := c.of(a)
		if path == "reflect" && name != "DeepEqual" && hiddenFields(t) {
			c.refuse(e, "reflection on a struct with fields that are not exported", "write code for the type itself")
		}
		if !c.session(t) {
			continue
		}
		switch {
		case path == "errors" && name == "As":
			c.refuse(e, "errors.As with the session's type "+c.user(t), "unwrap with errors.Unwrap, or compare with errors.Is")
		case path == "errors" && c.unwraps(t):
			c.refuse(e, "errors."+name+" with the session's type "+c.user(t)+", whose Is or Unwrap method it would not call", "call the method yourself")
		case path == "reflect":
			c.refuse(e, "reflection on the session's type "+c.user(t), "write code for the type itself")
		case (path == "text/template" || path == "html/template") && strings.HasPrefix(name, "Execute") && c.methods(t):
			c.refuse(e, "a template that is given the session's type "+c.user(t)+", which has methods", "give it a map or a struct without methods")
		case path == "encoding/gob" && name == "Register":
			c.refuse(e, "gob.Register of the session's type "+c.user(t), "use encoding/json")
		}
	}
	if path == "fmt" || path == "log" {
		c.checkFormat(e, fn)
	}
}

// hiddenFields tells a struct without a name, or a pointer to one, that has fields which are not exported: the interpreter exports them.
func hiddenFields(t types.Type) bool {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	st, ok := t.(*types.Struct)
	if !ok {
		return false
	}
	for f := range st.Fields() {
		if !f.Exported() {
			return true
		}
	}
	return false
}

// unwraps reports whether a session's type takes part in how package errors walks a chain.
func (c *Code) unwraps(t types.Type) bool {
	for _, name := range []string{"Unwrap", "Is"} {
		if obj, _, _ := types.LookupFieldOrMethod(t, true, nil, name); obj != nil {
			if _, ok := obj.(*types.Func); ok {
				return true
			}
		}
	}
	return false
}

func (c *Code) methods(t types.Type) bool {
	return find(t, func(n *types.Named) bool { return isMain(n.Obj().Pkg()) && n.NumMethods() > 0 }, map[types.Type]bool{}) != nil
}

// checkFormat refuses verbs that show what the interpreter makes of the session's types.
func (c *Code) checkFormat(e *ast.CallExpr, fn *types.Func) {
	if !strings.HasSuffix(fn.Name(), "f") || e.Ellipsis.IsValid() {
		return
	}
	at := 0
	if fn.Name() == "Fprintf" {
		at = 1
	}
	if at >= len(e.Args) {
		return
	}
	tv := c.info.Types[e.Args[at]]
	if tv.Value == nil || tv.Value.Kind() != constant.String {
		return
	}
	args := e.Args[at+1:]
	i := 0
	for _, v := range verbs(constant.StringVal(tv.Value)) {
		i += v.stars
		if i >= len(args) {
			return
		}
		a := args[i]
		i++
		t := c.of(a)
		if !c.session(t) {
			continue
		}
		switch {
		case v.verb == 'T':
			c.refuse(a, "%T of the session's type "+c.user(t), "write the type's name")
		case v.sharp && v.verb == 'v':
			c.refuse(a, "%#v of the session's type "+c.user(t), "use %v")
		case v.plus && v.verb == 'v' && c.hides(t):
			c.refuse(a, "%+v of the session's type "+c.user(t)+", which has unexported fields", "use %v, or export the fields")
		case strings.ContainsRune("dxXobcUeEfFgGtq", v.verb) && c.shows(t):
			c.refuse(a, fmt.Sprintf("%%%c of the session's type %s, which has a String or Error method", v.verb, c.user(t)), "convert it to its underlying type first")
		}
	}
}

func (c *Code) hides(t types.Type) bool {
	hidden := false
	find(t, func(n *types.Named) bool {
		if st, ok := n.Underlying().(*types.Struct); ok && isMain(n.Obj().Pkg()) {
			for f := range st.Fields() {
				hidden = hidden || !f.Exported()
			}
		}
		return false
	}, map[types.Type]bool{})
	return hidden
}

func (c *Code) shows(t types.Type) bool { return c.showing(t) != nil }

// showing finds a session type in t that says itself how it is shown or encoded.
func (c *Code) showing(t types.Type) *types.Named {
	return find(t, func(n *types.Named) bool {
		return isMain(n.Obj().Pkg()) && special(n) != ""
	}, map[types.Type]bool{})
}

func special(n *types.Named) string {
	for _, name := range []string{"String", "Error", "Format", "GoString", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "GobEncode", "GobDecode"} {
		if obj, _, _ := types.LookupFieldOrMethod(types.NewPointer(n), false, n.Obj().Pkg(), name); obj != nil {
			if _, ok := obj.(*types.Func); ok {
				return name
			}
		}
	}
	return ""
}

type verb struct {
	verb        rune
	plus, sharp bool
	stars       int
}

func verbs(format string) []verb {
	var out []verb
	rs := []rune(format)
	for i := 0; i < len(rs); i++ {
		if rs[i] != '%' {
			continue
		}
		v := verb{}
		for i++; i < len(rs); i++ {
			switch r := rs[i]; {
			case r == '+':
				v.plus = true
			case r == '#':
				v.sharp = true
			case r == '*':
				v.stars++
			case strings.ContainsRune(" -0123456789.[]", r):
			default:
				v.verb = r
			}
			if v.verb != 0 {
				break
			}
		}
		if v.verb != '%' && v.verb != 0 {
			out = append(out, v)
		}
	}
	return out
}

// checkShown refuses values that compiled code would show or encode without their own methods, which it cannot see below
// the top of a value.
func (c *Code) checkShown(fn *types.Func, a ast.Expr, t types.Type) {
	if types.IsInterface(t) || fn.Pkg().Path() == "github.com/gocluster/gocluster/views" {
		return
	}
	top, _ := types.Unalias(t).(*types.Named)
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		top, _ = types.Unalias(p.Elem()).(*types.Named)
	}
	inner := find(t, func(n *types.Named) bool { return n != top && isMain(n.Obj().Pkg()) && special(n) != "" }, map[types.Type]bool{})
	if inner != nil {
		c.refuse(a, fmt.Sprintf("the %s method of %s inside %s, which %s.%s would not call", special(inner), c.user(inner), c.user(t), fn.Pkg().Name(), fn.Name()), "pass the elements one by one")
	}
	if fn.Pkg().Path() == "encoding/gob" && c.hides(t) {
		c.refuse(a, "gob encoding of the session's type "+c.user(t)+", whose unexported fields it would encode, too", "export the fields, or use encoding/json")
	}
	if strings.HasPrefix(fn.Pkg().Path(), "encoding/") && c.embeds(t) {
		c.refuse(a, "encoding "+c.user(t)+", which embeds a struct", "name the embedded field")
	}
}

func (c *Code) embeds(t types.Type) bool {
	found := false
	find(t, func(n *types.Named) bool {
		if st, ok := n.Underlying().(*types.Struct); ok && isMain(n.Obj().Pkg()) {
			for f := range st.Fields() {
				found = found || f.Embedded()
			}
		}
		return false
	}, map[types.Type]bool{})
	return found
}

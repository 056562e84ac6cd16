package lower

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

func (c *Code) selector(e *ast.SelectorExpr) string {
	sel, ok := c.info.Selections[e]
	if !ok {
		return c.qualified(e)
	}
	switch sel.Kind() {
	case types.FieldVal:
		recv := c.of(e.X)
		obj, index, _ := types.LookupFieldOrMethod(recv, true, sel.Obj().Pkg(), e.Sel.Name)
		if obj == nil {
			index = sel.Index()
		}
		return c.path(c.operand(e.X), recv, index, e.Sel.Name)
	case types.MethodVal:
		return c.methodValue(e, sel)
	}
	return c.methodExpr(e, sel)
}

// qualified writes a package's member.
func (c *Code) qualified(e *ast.SelectorExpr) string {
	obj := c.info.Uses[e.Sel]
	if obj == nil {
		c.refuse(e, e.Sel.Name+", whose declaration is not known here", "use the program's own package and the standard library")
		return e.Sel.Name
	}
	if d := c.f.world.Decl(obj); d != nil && d.Kind == Func {
		args := c.typeArgs(e.Sel)
		return c.f.funcName(d, args)
	}
	if fn, ok := obj.(*types.Func); ok && fn.Signature().TypeParams().Len() > 0 {
		c.refuse(e, fmt.Sprintf("the generic function %s.%s", obj.Pkg().Name(), obj.Name()), "write it out for the types you use")
	}
	return c.f.importName(obj.Pkg().Path(), obj.Pkg().Name()) + "." + e.Sel.Name
}

// path writes the selection of a field through embedded ones. Inside a compiled struct promotion is left to the compiled type.
func (c *Code) path(x string, t types.Type, index []int, last string) string {
	for i, n := range index {
		if p, ok := types.Unalias(t).(*types.Pointer); ok {
			t = p.Elem()
		} else if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok || (i < len(index)-1 && !c.ours(t)) {
			return x + "." + last
		}
		x += "." + st.Field(n).Name()
		t = st.Field(n).Type()
	}
	return x
}

// ours tells a type whose struct is declared by lowered code.
func (c *Code) ours(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return !ok || isMain(n.Obj().Pkg()) || c.f.world.Decl(n.Obj()) != nil
}

// methodCall writes the call of a method of x, which has type t. addressable tells that &x may be taken.
func (c *Code) methodCall(x string, t types.Type, addressable bool, index []int, m *types.Func, args string) string {
	x, t = c.receiver(x, t, index)
	base := t
	ptr := false
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		base, ptr = p.Elem(), true
	}
	named, _ := types.Unalias(base).(*types.Named)
	d := c.f.world.Decl(m.Origin())
	if c.f.ownInterface(base) && !ptr {
		return c.boundMethod(x, m) + "(" + args + ")"
	}
	if d == nil || named == nil || types.IsInterface(named) {
		return x + "." + m.Name() + "(" + args + ")"
	}
	name := c.methodName(m, d, named)
	_, wantPtr := m.Origin().Signature().Recv().Type().(*types.Pointer)
	switch {
	case wantPtr && !ptr:
		x = "&" + x
	case !wantPtr && ptr:
		x = "*" + x
	}
	if args != "" {
		args = ", " + args
	}
	return name + "(" + x + args + ")"
}

// receiver walks from x to the embedded value that has the method; index ends in the method's own index.
func (c *Code) receiver(x string, t types.Type, index []int) (string, types.Type) {
	for _, n := range index[:max(len(index)-1, 0)] {
		base := t
		if p, ok := types.Unalias(t).(*types.Pointer); ok {
			base = p.Elem()
		}
		st, ok := base.Underlying().(*types.Struct)
		if !ok || !c.ours(base) {
			return x, t
		}
		x += "." + st.Field(n).Name()
		t = st.Field(n).Type()
	}
	return x, t
}

// lookup finds a method where the code is used: with type parameters replaced the receiver may be another type.
func (c *Code) lookup(e *ast.SelectorExpr, sel *types.Selection) (recv types.Type, m *types.Func, index []int) {
	recv = c.of(e.X)
	obj, index, _ := types.LookupFieldOrMethod(recv, true, sel.Obj().Pkg(), e.Sel.Name)
	m, ok := obj.(*types.Func)
	if !ok {
		return recv, sel.Obj().(*types.Func), sel.Index()
	}
	return recv, m, index
}

// methodValue writes x.M that is not called. The receiver is evaluated, and copied, now.
func (c *Code) methodValue(e *ast.SelectorExpr, sel *types.Selection) string {
	recv, m, index := c.lookup(e, sel)
	sig := c.sub.apply(sel.Type()).(*types.Signature)
	x := c.operand(e.X)
	if c.f.ownInterface(recv) {
		return c.boundMethod(x, m)
	}
	if len(index) > 1 && !types.IsInterface(recv) { // the way to the receiver is gone now
		if at, t := c.receiver(x, recv, index); at != x {
			if _, rest, _ := types.LookupFieldOrMethod(t, true, m.Pkg(), m.Name()); len(rest) == 1 {
				x, recv, index = at, t, rest
			}
		}
	}
	_, wantPtr := m.Origin().Signature().Recv().Type().(*types.Pointer)
	_, isPtr := recv.Underlying().(*types.Pointer)
	held := recv
	if wantPtr && !isPtr && len(index) == 1 {
		x, held = "&"+x, types.NewPointer(recv)
	}
	check := ""
	switch p, ok := recv.Underlying().(*types.Pointer); {
	case ok && !wantPtr && len(index) == 1 && !types.IsInterface(p.Elem()): // the value is taken now
		x, held = "func(p__ "+c.typ(recv)+") "+c.typ(p.Elem())+" { if p__ == nil { var n__ *struct{ n int }; n__.n = 0 }; return *p__ }("+x+")", p.Elem()
	case types.IsInterface(recv):
		check = "if r__ == nil { var n__ *struct{ n int }; n__.n = 0 }; "
	}
	params, args := c.forwardParams(sig)
	ret := ""
	if sig.Results().Len() > 0 {
		ret = "return "
	}
	body := func(k *Code, r string) string {
		return "func(" + params + ")" + k.f.results(sig, k) + " { " + k.throughMethod(m, recv) + ret + k.methodCall(r, held, true, index, m, args) + " }"
	}
	ft := c.typ(sig)
	inner := body(c, "r__")
	if !c.f.unit && c.world(held) {
		n := c.f.addUnit(c.methodUnit(e.Sel.Name, sig, held, body), nil)
		c.f.Bound[e] = n
		inner = fmt.Sprintf("%s.Bind(%d, %s, func() []any { return []any{&r__} }).(%s)", c.f.hostName(), n, inner, ft)
	}
	return "func(r__ " + c.typ(held) + ") " + ft + " { " + check + "return " + inner + " }(" + x + ")"
}

// world tells whether a method value of this receiver may be worth shipping: methods of compiled types are not.
func (c *Code) world(t types.Type) bool { return c.session(t) }

func (c *Code) methodExpr(e *ast.SelectorExpr, sel *types.Selection) string {
	recv := c.sub.apply(sel.Recv())
	obj, index, _ := types.LookupFieldOrMethod(recv, true, sel.Obj().Pkg(), e.Sel.Name)
	m := obj.(*types.Func)
	sig := c.sub.apply(sel.Type()).(*types.Signature)
	params, args := c.forwardParams(sig)
	_, args, _ = strings.Cut(args, ", ")
	ret := ""
	if sig.Results().Len() > 0 {
		ret = "return "
	}
	return "func(" + params + ")" + c.f.results(sig, c) + " { " + c.throughMethod(m, recv) + ret + c.methodCall("a0__", recv, true, index, m, args) + " }"
}

// shippedMethodExpr ties T.M to its unit.
func (c *Code) shippedMethodExpr(e *ast.SelectorExpr, sel *types.Selection, t types.Type) string {
	u := c.unit(UserType(sel.Recv())+"."+e.Sel.Name, t.Underlying().(*types.Signature), c.origin(Origin{Node: e}), func(f *File) string {
		k := f.Code(c.info, c.fset)
		k.sub = c.sub
		f.Add("func Entry__" + strings.TrimPrefix(k.methodExpr(e, sel), "func"))
		return "Entry__"
	})
	n := c.f.addUnit(u, nil)
	c.f.Bound[e] = n
	return c.bind(n, c.methodExpr(e, sel), "nil", t)
}

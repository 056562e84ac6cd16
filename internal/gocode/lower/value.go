package lower

import (
	"fmt"
	"go/ast"
	"go/types"
)

// value writes an expression where a value of type to is wanted. A function value gets tied to its unit here, where it is made.
func (c *Code) value(e ast.Expr, to types.Type) string {
	t := c.of(e)
	if types.IsInterface(to) && !types.IsInterface(t) {
		return c.boxed(e, t, to)
	}
	if types.IsInterface(to) && !c.sameInterface(t, to) {
		return c.asInterface(c.expr(e), t, to)
	}
	return c.kept(e, t)
}

// kept writes an expression whose value keeps its type.
func (c *Code) kept(e ast.Expr, t types.Type) string {
	if _, ok := t.Underlying().(*types.Signature); ok && !c.f.unit && !c.library {
		return c.function(e, t)
	}
	return c.expr(e)
}

// boxed writes a value that becomes an interface value.
func (c *Code) boxed(e ast.Expr, t, to types.Type) string {
	_, fn := t.Underlying().(*types.Signature)
	switch {
	case isNil(t):
		return c.expr(e)
	case c.boxes(t):
		return c.asInterface(c.kept(e, t), t, to)
	case fn:
		return c.kept(e, t)
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
	n := c.f.addUnit(c.unit(obj.Pkg().Name()+"."+obj.Name(), sig, c.origin(Origin{Node: x}), make), nil)
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

// checkCall refuses calls of compiled functions that would look at the interpreter.
func (c *Code) checkCall(e *ast.CallExpr, fn *types.Func) {
	path, name := fn.Pkg().Path(), fn.Name()
	if path == "runtime" && (name == "Caller" || name == "Callers" || name == "CallersFrames" || name == "FuncForPC") {
		c.refuse(e, "runtime."+name+", which would see the interpreter", "leave it to compiled code")
	}
}

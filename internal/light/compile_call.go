package light

import (
	"go/ast"
	"go/types"
)

func (c *compiler) call(e *ast.CallExpr) (Node, effect) {
	fun := ast.Unparen(e.Fun)
	tv := c.info.Types[e.Fun]
	if tv.IsBuiltin() {
		return c.builtin(e)
	}
	if sel, ok := fun.(*ast.SelectorExpr); ok {
		if s := c.info.Selections[sel]; s != nil && s.Kind() != types.FieldVal {
			return c.method(e, sel, s)
		}
	}
	var f Node
	var fe effect
	fn := c.callee(fun)
	switch {
	case fn == nil:
		f, fe = c.expr(e.Fun)
	default:
		f = c.function(fun, fn)
	}
	n := c.node(opCall, e, f)
	ae := c.arguments(e, &n)
	return n, c.calling(fn, e, c.together(fe, ae))
}

// nested is a call within an expression.
func (c *compiler) nested(e *ast.CallExpr) (Node, effect) {
	n, eff := c.call(e)
	switch n.Op {
	case opCall, opMethod, opAppend, opCopy:
		return c.apart(n), eff
	case opLen, opCap, opComplexOf, opReal, opImag, opMake, opNew:
		own := effect{calls: eff.calls}
		if eff.panics != 0 {
			own.panics = panicsApart
		}
		return c.apart(n), own
	}
	return n, eff
}

// callee is the function that is called by its name.
func (c *compiler) callee(fun ast.Expr) *types.Func {
	var id *ast.Ident
	switch f := fun.(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
	default:
		return nil
	}
	fn, _ := c.info.Uses[id].(*types.Func)
	return fn
}

func (c *compiler) function(e ast.Expr, fn *types.Func) Node {
	c.must(fn.Signature().TypeParams().Len() == 0)
	if low, ok := c.w.Func(fn); ok {
		n := c.node(opVar, e)
		n.N = c.session(low, false)
		return n
	}
	return c.packageFunc(e, fn)
}

// arguments adds a call's arguments to its node.
func (c *compiler) arguments(e *ast.CallExpr, n *Node) effect {
	if e.Ellipsis.IsValid() {
		n.I |= ellipsis
	}
	if len(e.Args) == 1 {
		if _, ok := c.info.TypeOf(e.Args[0]).(*types.Tuple); ok {
			x, eff := c.results(e.Args[0])
			n.I |= spread
			n.Kids = append(n.Kids, x)
			return eff
		}
	}
	sig, ok := under[*types.Signature](c.typeOf(e.Fun))
	c.must(ok)
	var effects []effect
	for i, a := range e.Args {
		x, eff := c.expr(a)
		if c.boxes(sig, i, a) {
			eff = early(eff)
		}
		n.Kids, effects = append(n.Kids, x), append(effects, eff)
	}
	return c.together(effects...)
}

// boxes reports whether an argument becomes an interface value by way of a copy, which the compiler makes before the rest.
func (c *compiler) boxes(sig *types.Signature, i int, a ast.Expr) bool {
	t := c.typeOf(a)
	if isInterface(t) {
		return false
	}
	var to types.Type
	switch last := sig.Params().Len() - 1; {
	case sig.Variadic() && i >= last:
		to = sig.Params().At(last).Type().(*types.Slice).Elem()
	default:
		to = sig.Params().At(i).Type()
	}
	if !isInterface(to) {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Info()&types.IsComplex != 0
	case *types.Struct, *types.Array:
		return true
	}
	return false
}

func (c *compiler) method(e *ast.CallExpr, fun *ast.SelectorExpr, sel *types.Selection) (Node, effect) {
	fn, ok := sel.Obj().(*types.Func)
	c.must(ok && sel.Kind() == types.MethodVal)
	c.must(fn.Pkg() == nil || !looks[fn.Pkg().Path()])
	path, hops := c.fieldPath(sel)
	n := c.node(opMethod, e)
	n.Names, n.S = path, fn.Name()
	recv := c.receiver(sel)
	if x, ok := ast.Unparen(fun.X).(*ast.CallExpr); ok && isInterface(recv) {
		c.must(!c.info.Types[x.Fun].IsType()) // the compiler calls the method of the type that it sees
	}
	_, pointer := under[*types.Pointer](recv)
	_, wants := under[*types.Pointer](fn.Signature().Recv().Type())
	var x Node
	var eff effect
	if wants && !pointer {
		n.N = takeAddr
		if hops == 0 {
			x, eff = c.place(fun.X)
		} else {
			x, eff = c.expr(fun.X)
		}
	} else {
		x, eff = c.expr(fun.X)
		if pointer && !wants && !isInterface(recv) {
			n.N = follow
			hops++
		}
	}
	if hops > 0 {
		eff = then(eff, effect{late: readsMemory, panics: panicsNil})
	}
	n.Kids = []Node{x}
	if !fn.Exported() {
		n = c.unexported(n, fn, recv)
	}
	ae := c.arguments(e, &n)
	c.must(n.Op == opMethod || n.I&spread == 0)
	if (pointer && !wants || isInterface(recv)) && ae.panics&^panicsApart != 0 {
		c.no() // whether the receiver or the arguments come first
	}
	return n, c.calling(fn, e, c.together(eff, ae))
}

// unexported makes the call of a method that reflection does not reach the call of the session's variable that holds it, whose first
// parameter is the receiver.
func (c *compiler) unexported(n Node, fn *types.Func, recv types.Type) Node {
	low, ok := c.w.Func(fn)
	c.must(ok && !isInterface(recv))
	x := n.Kids[0]
	if len(n.Names) > 0 {
		x = Node{Op: opField, At: n.At, Names: n.Names, Kids: []Node{x}}
	}
	switch n.N {
	case takeAddr:
		x = Node{Op: opAddr, At: n.At, Kids: []Node{x}, T: c.need(types.NewPointer(recv))}
	case follow:
		x = Node{Op: opDeref, At: n.At, Kids: []Node{x}}
	}
	f := Node{Op: opVar, At: n.At, N: c.session(low, false)}
	return Node{Op: opCall, At: n.At, N: n.N, Kids: []Node{f, x}}
}

// receiver is the type at the end of the path to a method's receiver.
func (c *compiler) receiver(sel *types.Selection) types.Type {
	t := sel.Recv()
	for _, i := range sel.Index()[:len(sel.Index())-1] {
		if p, ok := under[*types.Pointer](t); ok {
			t = p.Elem()
		}
		st, ok := under[*types.Struct](t)
		c.must(ok)
		t = st.Field(i).Type()
	}
	return t
}

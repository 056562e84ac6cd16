package light

import (
	"go/ast"
	"go/types"
)

var builtinOps = map[string]Op{
	"len": opLen, "cap": opCap, "append": opAppend, "copy": opCopy, "make": opMake, "new": opNew, "min": opMinMax, "max": opMinMax,
	"complex": opComplexOf, "real": opReal, "imag": opImag, "delete": opDelete, "clear": opClear, "panic": opPanic,
}

func (c *compiler) builtin(e *ast.CallExpr) (Node, effect) {
	id, ok := ast.Unparen(e.Fun).(*ast.Ident)
	c.must(ok)
	op, ok := builtinOps[id.Name]
	c.must(ok)
	n := c.node(op, e)
	switch op {
	case opMake:
		return c.makeCall(e, n)
	case opNew:
		return c.newCall(e, n)
	}
	var effects []effect
	for _, a := range e.Args {
		x, eff := c.expr(a)
		n.Kids, effects = append(n.Kids, x), append(effects, eff)
	}
	return c.done(e, n, id.Name, c.together(effects...))
}

// done is what a builtin does when its operands are evaluated.
func (c *compiler) done(e *ast.CallExpr, n Node, name string, eff effect) (Node, effect) {
	switch n.Op {
	case opCopy:
		return n, effect{calls: max(callsAppend, eff.calls)}
	case opLen, opCap:
		_, pointer := under[*types.Pointer](c.typeOf(e.Args[0]))
		c.must(!pointer && (n.Op == opLen || c.kept(e.Args[0])))
		return n, then(eff, effect{late: readsMemory})
	case opAppend:
		c.must(c.kept(e.Args[0]) || c.heap(e.Args[0]))
		if e.Ellipsis.IsValid() {
			n.I |= ellipsis
		}
		return n, effect{calls: max(callsAppend, eff.calls)}
	case opMinMax:
		if name == "max" {
			n.N = 1
		}
		n.T = c.need(c.typeOf(e))
		return n, early(eff)
	case opComplexOf, opReal, opImag:
		n.T = c.need(c.typeOf(e))
		return n, early(eff)
	}
	return n, effect{calls: callsAny}
}

func (c *compiler) makeCall(e *ast.CallExpr, n Node) (Node, effect) {
	n.T = c.need(c.typeOf(e))
	var eff effect
	for _, a := range e.Args[1:] {
		x, ae := c.expr(a)
		n.Kids = append(n.Kids, x)
		eff = c.together(eff, ae)
		if c.info.Types[a].Value == nil {
			eff = then(eff, effect{panics: panicsEarly})
		}
	}
	return n, early(eff)
}

// newCall is new(T), or new(expression).
func (c *compiler) newCall(e *ast.CallExpr, n Node) (Node, effect) {
	n.T = c.need(c.typeOf(e))
	if c.info.Types[e.Args[0]].IsType() {
		return n, effect{}
	}
	x, eff := c.expr(e.Args[0])
	n.Op, n.Kids = opNewOf, []Node{x}
	return n, early(eff)
}

// kept reports whether e is read from memory that outlives the statement. Other slices the compiler may lay out on the stack, with
// capacities of its own.
func (c *compiler) kept(e ast.Expr) bool {
	switch x := ast.Unparen(e).(type) {
	case *ast.Ident:
		_, local := c.locals[c.info.ObjectOf(x)]
		return !local
	case *ast.SelectorExpr:
		return c.info.Selections[x] == nil || c.kept(x.X)
	case *ast.IndexExpr:
		return c.kept(x.X)
	case *ast.StarExpr:
		return c.kept(x.X)
	case *ast.SliceExpr:
		return c.kept(x.X)
	}
	return false
}

// heap reports whether e makes a slice that has the capacity that it would have on the heap.
func (c *compiler) heap(e ast.Expr) bool {
	switch x := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		return true
	case *ast.CallExpr:
		if tv := c.info.Types[x.Fun]; tv.IsBuiltin() || tv.IsType() {
			id, ok := ast.Unparen(x.Fun).(*ast.Ident)
			return ok && (id.Name == "make" || id.Name == "append" && c.heap(x.Args[0])) || tv.IsType() && len(x.Args) == 1 && c.info.Types[x.Args[0]].IsNil()
		}
		return true
	}
	return false
}

package light

import (
	"go/ast"
	"go/token"
	"go/types"
)

func (c *compiler) stmt(s ast.Stmt) []Node {
	switch s := s.(type) {
	case nil, *ast.EmptyStmt:
		return nil
	case *ast.ExprStmt:
		n, _ := c.results(s.X)
		return c.first(c.node(opExpr, s, n))
	case *ast.AssignStmt:
		return c.first(c.assign(s))
	case *ast.IncDecStmt:
		return c.first(c.incDec(s))
	case *ast.DeclStmt:
		return c.decl(s.Decl.(*ast.GenDecl))
	case *ast.BlockStmt:
		return []Node{c.block(s)}
	case *ast.IfStmt:
		return []Node{c.ifStmt(s)}
	}
	c.no()
	return nil
}

func (c *compiler) decl(d *ast.GenDecl) []Node {
	c.must(d.Tok == token.VAR || d.Tok == token.CONST)
	if d.Tok == token.CONST {
		c.must(c.depth > 0) // the session keeps the others
		return nil
	}
	var out []Node
	for _, sp := range d.Specs {
		out = append(out, c.spec(sp.(*ast.ValueSpec))...)
	}
	return out
}

func (c *compiler) block(b *ast.BlockStmt) Node {
	c.depth++
	defer func() { c.depth-- }()
	out := c.node(opBlock, b)
	for _, s := range b.List {
		out.Kids = append(out.Kids, c.stmt(s)...)
	}
	return out
}

func (c *compiler) ifStmt(s *ast.IfStmt) Node {
	c.depth++
	defer func() { c.depth-- }()
	init := Node{Op: opBlock, Kids: c.stmt(s.Init)}
	cond, _ := c.expr(s.Cond)
	init.Kids = append(init.Kids, c.first()...)
	then, other := c.block(s.Body), Node{Op: opNone}
	if s.Else != nil {
		other = c.stmt(s.Else)[0]
	}
	return c.node(opIf, s, init, cond, then, other)
}

// spec is a variable declaration.
func (c *compiler) spec(sp *ast.ValueSpec) []Node {
	var names []ast.Expr
	for _, id := range sp.Names {
		names = append(names, id)
	}
	if len(sp.Values) > 0 {
		return c.first(c.assignment(sp, names, sp.Values, true))
	}
	var out []Node
	for _, id := range sp.Names {
		obj := c.info.Defs[id]
		if id.Name == "_" || obj == nil {
			continue
		}
		v := c.define(id, obj)
		v.T = c.need(obj.Type())
		out = append(out, c.node(opZero, sp, v))
	}
	return out
}

// define makes the variable obj known.
func (c *compiler) define(id *ast.Ident, obj types.Object) Node {
	v, ok := obj.(*types.Var)
	c.must(ok)
	delete(c.pending, obj)
	n := c.node(opLocal, id)
	if low, ok := c.w.Var(v); ok {
		n.Op, n.N = opVar, c.session(low, true)
		return n
	}
	c.must(c.depth > 0)
	n.N = c.p.Locals
	c.locals[obj] = n.N
	c.p.Locals++
	return n
}

func (c *compiler) assign(s *ast.AssignStmt) Node {
	switch s.Tok {
	case token.ASSIGN, token.DEFINE:
		return c.assignment(s, s.Lhs, s.Rhs, s.Tok == token.DEFINE)
	}
	c.must(len(s.Lhs) == 1 && len(s.Rhs) == 1)
	op := s.Tok - token.ADD_ASSIGN + token.ADD
	c.mayFuse(op, c.typeOf(s.Lhs[0]), s.Rhs[0])
	return c.update(s, s.Lhs[0], op, Node{}, s.Rhs[0])
}

func (c *compiler) incDec(s *ast.IncDecStmt) Node {
	op := token.ADD
	if s.Tok == token.DEC {
		op = token.SUB
	}
	one := Node{Op: opInt, I: 1, T: c.need(c.typeOf(s.X))}
	switch info := basicInfo(c.typeOf(s.X)); {
	case info&types.IsUnsigned != 0:
		one.Op = opUint
	case info&types.IsFloat != 0:
		one.Op, one.F, one.I = opFloat, 1, 0
	case info&types.IsComplex != 0:
		one.Op, one.F, one.I = opComplex, 1, 0
	}
	return c.update(s, s.X, op, one, nil)
}

// update is x op= y, where y is the value of right if there is one. The target's operands are evaluated once.
func (c *compiler) update(s ast.Stmt, x ast.Expr, op token.Token, y Node, right ast.Expr) Node {
	t, te := c.target(x)
	before := c.before
	_, xe := c.expr(x)
	c.before = before
	xe.reads |= te.reads
	var ye effect
	if right != nil {
		y, ye = c.expr(right)
		f := c.fault(op, c.typeOf(x), right)
		c.together(c.together(xe, ye), f)
		// The compiler makes the map's element before it evaluates the operand.
		c.must(t.Op != opMapIndex || op == token.QUO || op == token.REM || (ye.panics|f.panics)&^panicsApart == 0)
	}
	n := c.node(opUpdate, s, t, y)
	n.N = int(op)
	return n
}

// assignment is lhs = rhs, also with := and var.
func (c *compiler) assignment(s ast.Node, lhs, rhs []ast.Expr, define bool) Node {
	n := c.node(opAssign, s)
	var effects []effect
	for _, l := range lhs {
		t, e, how := c.left(l, define)
		n.Kids, n.Path, effects = append(n.Kids, t), append(n.Path, how), append(effects, e)
	}
	values, right, made := c.right(lhs, rhs)
	c.together(append(effects, right...)...)
	if len(rhs) > 1 {
		c.eager(n.Kids, right)
	}
	for i, l := range lhs {
		if n.Path[i] == toDefine {
			n.Kids[i] = c.begin(l, made[i])
		}
	}
	n.N = len(lhs)
	n.Kids = append(n.Kids, values...)
	return n
}

// right are the values of an assignment, with their effects, and the types of what is assigned.
func (c *compiler) right(lhs, rhs []ast.Expr) (values []Node, effects []effect, made []types.Type) {
	if len(rhs) == len(lhs) {
		for _, r := range rhs {
			eval := c.expr
			if len(rhs) == 1 {
				eval = c.results
			}
			v, e := eval(r)
			values, effects, made = append(values, v), append(effects, e), append(made, c.typeOf(r))
		}
		return values, effects, made
	}
	c.must(len(rhs) == 1)
	v, e := c.several(rhs[0], len(lhs))
	tuple, ok := c.info.TypeOf(rhs[0]).(*types.Tuple)
	c.must(ok && tuple.Len() == len(lhs))
	for t := range tuple.Variables() {
		made = append(made, types.Default(t.Type()))
	}
	return []Node{v}, []effect{e}, made
}

// lateKey reports whether the compiler passes a map's keys as values, without copying them first.
func lateKey(m *types.Map) bool {
	sizes := types.SizesFor("gc", "amd64")
	if trimmed(m.Elem()) || sizes.Sizeof(m.Elem()) > 128 {
		return false
	}
	b, ok := types.Unalias(m.Key()).(*types.Basic)
	return ok && (b.Kind() == types.String || b.Info()&types.IsInteger != 0 && sizes.Sizeof(b) >= 4)
}

// eager refuses assignments of several values that the compiler may begin before it has evaluated all of them, as far as that shows:
// when it comes to a value that panics.
func (c *compiler) eager(targets []Node, values []effect) {
	for i, v := range values {
		if v.panics&^panicsApart == 0 {
			continue
		}
		c.must(i == 0)
		for _, t := range targets {
			c.must(t.Op == opVar || t.Op == opLocal || t.Op == opNone)
		}
	}
}

// left is a target of an assignment, and what happens to it.
func (c *compiler) left(l ast.Expr, define bool) (Node, effect, int) {
	id, ok := ast.Unparen(l).(*ast.Ident)
	switch {
	case ok && id.Name == "_":
		return Node{Op: opNone}, effect{}, toBlank
	case ok && define && c.info.Defs[id] != nil:
		return Node{Op: opVar}, effect{}, toDefine
	}
	n, e := c.target(l)
	if e.panics&^panicsApart != 0 { // beside those of values, before or after which they come
		e.panics = panicsEarly
	}
	return n, e, toStore
}

// begin makes the variable that is defined with a value of type vt.
func (c *compiler) begin(l ast.Expr, vt types.Type) Node {
	id := ast.Unparen(l).(*ast.Ident)
	obj := c.info.Defs[id]
	n := c.define(id, obj)
	if !types.Identical(obj.Type(), vt) {
		n.T = c.need(obj.Type())
	}
	return n
}

// several is an expression with n values: a call, or one with a comma-ok form.
func (c *compiler) several(e ast.Expr, n int) (Node, effect) {
	switch x := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		return c.results(x)
	case *ast.IndexExpr, *ast.TypeAssertExpr:
		c.must(n == 2)
		v, eff := c.commaOK(x)
		return v, eff
	}
	c.no()
	return Node{}, effect{}
}

// target is an assignable expression. The effect is that of its operands; whether the place exists is seen when it is stored to.
func (c *compiler) target(l ast.Expr) (Node, effect) {
	switch x := ast.Unparen(l).(type) {
	case *ast.Ident:
		n, _ := c.expr(x)
		c.must(n.Op == opVar || n.Op == opLocal || n.Op == opSymbol)
		return n, effect{}
	case *ast.IndexExpr:
		if _, ok := under[*types.Array](c.typeOf(x.X)); ok { // part of another place
			base, be := c.target(x.X)
			i, ie := c.expr(x.Index)
			n := c.node(opIndex, x, base, i)
			n.I = withinPlace
			return n, c.together(be, ie)
		}
		base, be := c.expr(x.X)
		i, ie := c.expr(x.Index)
		op := opIndex
		if m, ok := under[*types.Map](c.typeOf(x.X)); ok {
			op = opMapIndex
			if !lateKey(m) {
				ie = early(ie)
			}
		}
		return c.node(op, x, base, i), c.together(be, ie)
	case *ast.SelectorExpr:
		return c.targetField(x)
	case *ast.StarExpr:
		base, be := c.expr(x.X)
		return c.node(opDeref, x, base), be
	}
	c.no()
	return Node{}, effect{}
}

func (c *compiler) targetField(x *ast.SelectorExpr) (Node, effect) {
	sel := c.info.Selections[x]
	if sel == nil { // a package's variable
		n, _ := c.expr(x)
		c.must(n.Op == opSymbol || n.Op == opVar)
		return n, effect{}
	}
	c.must(sel.Kind() == types.FieldVal)
	path, hops := c.fieldPath(sel)
	n := c.node(opField, x)
	n.Names = path
	if _, ok := under[*types.Pointer](c.typeOf(x.X)); ok {
		c.must(hops == 1)
		base, e := c.expr(x.X)
		n.Kids = []Node{base}
		return n, e
	}
	c.must(hops == 0)
	base, e := c.target(x.X)
	n.Kids, n.I = []Node{base}, withinPlace
	return n, e
}

package light

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"math"
)

// results is an expression that may have any number of values.
func (c *compiler) results(e ast.Expr) (Node, effect) {
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok && c.info.Types[e].Value == nil && !c.info.Types[call.Fun].IsType() {
		return c.call(call)
	}
	return c.expr(e)
}

// expr is an expression with one value.
func (c *compiler) expr(e ast.Expr) (Node, effect) {
	tv, ok := c.info.Types[e]
	if ok && tv.Value != nil {
		return c.constant(e, tv), effect{}
	}
	if ok && tv.IsNil() {
		return c.node(opNil, e), effect{}
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return c.expr(e.X)
	case *ast.Ident:
		return c.object(e, e)
	case *ast.SelectorExpr:
		return c.selector(e)
	case *ast.IndexExpr:
		return c.index(e)
	case *ast.SliceExpr:
		return c.slice(e)
	case *ast.StarExpr:
		x, eff := c.expr(e.X)
		return c.node(opDeref, e, x), then(eff, effect{late: readsMemory, panics: panicsNil})
	case *ast.UnaryExpr:
		return c.unary(e)
	case *ast.BinaryExpr:
		return c.binary(e)
	case *ast.CallExpr:
		if c.info.Types[e.Fun].IsType() {
			return c.conversion(e)
		}
		_, several := c.info.TypeOf(e).(*types.Tuple)
		c.must(!several)
		return c.nested(e)
	case *ast.TypeAssertExpr:
		c.must(canAssert)
		return c.assertion(e)
	case *ast.CompositeLit:
		return c.literal(e, c.typeOf(e), false)
	}
	c.no()
	return Node{}, effect{}
}

func (c *compiler) constant(e ast.Expr, tv types.TypeAndValue) Node {
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok { // sizes of structs that are not known whole
			b, ok := c.info.Uses[id].(*types.Builtin)
			c.must(!ok || b.Pkg() == nil)
		}
		return true
	})
	t := types.Default(tv.Type)
	n := Node{T: c.need(t), At: c.at(e)}
	v := tv.Value
	ok := true
	switch info := basicInfo(t); {
	case info&types.IsBoolean != 0:
		n.Op = opBool
		if constant.BoolVal(v) {
			n.I = 1
		}
	case info&types.IsString != 0:
		n.Op, n.S = opString, constant.StringVal(v)
	case info&types.IsUnsigned != 0:
		n.Op = opUint
		var u uint64
		u, ok = constant.Uint64Val(constant.ToInt(v))
		n.I = int64(u)
	case info&types.IsInteger != 0:
		n.Op = opInt
		n.I, ok = constant.Int64Val(constant.ToInt(v))
		ok = ok && (t != types.Universe.Lookup("rune").Type() || n.I == int64(rune(n.I)))
	case info&types.IsFloat != 0:
		n.Op = opFloat
		n.F = floatConst(constant.ToFloat(v), t)
	case info&types.IsComplex != 0:
		n.Op = opComplex
		z := constant.ToComplex(v)
		n.F, n.G = floatConst(constant.Real(z), t), floatConst(constant.Imag(z), t)
	default:
		ok = false
	}
	c.must(ok && basicInfo(t)&types.IsUntyped == 0 && !math.IsInf(n.F, 0) && !math.IsInf(n.G, 0))
	return n
}

// floatConst rounds once, to the type's precision.
func floatConst(v constant.Value, t types.Type) float64 {
	if k := t.Underlying().(*types.Basic).Kind(); k == types.Float32 || k == types.Complex64 {
		f, _ := constant.Float32Val(v)
		return float64(f)
	}
	f, _ := constant.Float64Val(v)
	return f
}

// object is a variable or a function, named alone or in its package.
func (c *compiler) object(e ast.Expr, id *ast.Ident) (Node, effect) {
	switch obj := c.info.ObjectOf(id).(type) {
	case *types.Var:
		return c.variable(e, obj)
	case *types.Func:
		return c.packageFunc(e, obj), effect{}
	case *types.Nil:
		return c.node(opNil, e), effect{}
	}
	c.no()
	return Node{}, effect{}
}

func (c *compiler) variable(e ast.Expr, obj *types.Var) (Node, effect) {
	n := c.node(opLocal, e)
	c.must(!c.pending[obj])
	if i, ok := c.locals[obj]; ok {
		n.N = i
	} else if low, ok := c.w.Var(obj); ok {
		n.Op, n.N = opVar, c.session(low, false)
	} else {
		n.Op, n.N = opSymbol, c.fromPackage(obj)
	}
	switch obj.Type().Underlying().(type) {
	case *types.Struct, *types.Array:
		return n, effect{late: readsMemory}
	}
	return n, effect{late: readsVars}
}

func (c *compiler) fromPackage(obj types.Object) int {
	c.must(obj.Pkg() != nil && obj.Exported() && obj.Parent() == obj.Pkg().Scope() && !looks[obj.Pkg().Path()] && c.w.Has(obj.Pkg().Path(), obj.Name()))
	return c.symbol(obj.Pkg().Path(), obj.Name())
}

// packageFunc is a compiled package's function as a value. Those of the session have their source attached to them where they
// become values.
func (c *compiler) packageFunc(e ast.Expr, obj *types.Func) Node {
	_, session := c.w.Func(obj)
	c.must(!session && obj.Signature().Recv() == nil && obj.Signature().TypeParams().Len() == 0)
	n := c.node(opSymbol, e)
	n.N = c.fromPackage(obj)
	return n
}

func (c *compiler) selector(e *ast.SelectorExpr) (Node, effect) {
	sel := c.info.Selections[e]
	if sel == nil {
		return c.object(e, e.Sel)
	}
	c.must(sel.Kind() == types.FieldVal)
	x, eff := c.expr(e.X)
	n := c.node(opField, e, x)
	path, hops := c.fieldPath(sel)
	n.Names = path
	if hops > 0 {
		eff = then(eff, effect{late: readsMemory, panics: panicsNil})
	}
	return n, eff
}

// fieldPath is the way to a field, or to the receiver of a method, and the number of pointers on it. Fields go by their names: the front
// end knows other packages' structs without what they hide, so that places differ.
func (c *compiler) fieldPath(sel *types.Selection) (names []string, hops int) {
	path := sel.Index()
	if sel.Kind() != types.FieldVal {
		path = path[:len(path)-1]
	}
	t := sel.Recv()
	for _, i := range path {
		if p, ok := under[*types.Pointer](t); ok {
			t = p.Elem()
			hops++
		}
		st, ok := under[*types.Struct](t)
		c.must(ok)
		if n, ok := types.Unalias(t).(*types.Named); ok && !st.Field(i).Exported() {
			_, ours := c.w.Type(n.Obj())
			c.must(ours)
		}
		names = append(names, st.Field(i).Name())
		t = st.Field(i).Type()
	}
	return names, hops
}

// trimmed reports whether a value of type t holds structs that are not known whole.
func trimmed(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Array:
		return trimmed(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if f.Name() == "_" || trimmed(f.Type()) {
				return true
			}
		}
	}
	return false
}

func (c *compiler) index(e *ast.IndexExpr) (Node, effect) {
	t := c.typeOf(e.X)
	c.must(c.info.Types[e.X].IsValue())
	if _, ok := under[*types.Map](t); ok {
		return c.mapIndex(e)
	}
	x, xe := c.expr(e.X)
	i, ie := c.expr(e.Index)
	eff := c.together(xe, ie)
	own := effect{late: readsMemory, panics: panicsInline}
	switch u := t.Underlying().(type) {
	case *types.Array:
		own.late = 0
		if c.info.Types[e.Index].Value != nil {
			own.panics = 0
		}
	case *types.Pointer:
		_, ok := under[*types.Array](u.Elem())
		c.must(ok)
		own.panics |= panicsNil
	case *types.Slice, *types.Basic:
	default:
		c.no()
	}
	return c.node(opIndex, e, x, i), then(eff, own)
}

func (c *compiler) mapIndex(e *ast.IndexExpr) (Node, effect) {
	m, _ := under[*types.Map](c.typeOf(e.X))
	x, xe := c.expr(e.X)
	i, ie := c.expr(e.Index)
	eff := early(c.together(xe, early(ie)))
	return c.node(opMapIndex, e, x, i), then(eff, effect{reads: readsMemory, panics: comparing(m.Key())})
}

// commaOK is v, ok := e.
func (c *compiler) commaOK(e ast.Expr) (Node, effect) {
	// The expression's recorded type is a tuple here.
	switch x := e.(type) {
	case *ast.IndexExpr:
		if _, ok := under[*types.Map](c.typeOf(x.X)); ok {
			n, eff := c.mapIndex(x)
			n.N = 1
			return n, eff
		}
	case *ast.TypeAssertExpr:
		n, eff := c.assertion(x)
		n.N = 1
		return n, eff
	}
	c.no()
	return Node{}, effect{}
}

func (c *compiler) assertion(e *ast.TypeAssertExpr) (Node, effect) {
	c.must(e.Type != nil)
	x, eff := c.expr(e.X)
	n := c.node(opAssert, e, x)
	t := c.info.TypeOf(e.Type)
	n.T = c.need(t)
	if it, ok := under[*types.Interface](t); ok {
		for m := range it.Methods() {
			c.must(m.Exported()) // the name of an unexported one that is missing
		}
	}
	return n, then(early(eff), effect{reads: readsMemory, panics: panicsEarly})
}

func (c *compiler) slice(e *ast.SliceExpr) (Node, effect) {
	var x Node
	var eff effect
	t := c.typeOf(e.X)
	if p, ok := under[*types.Pointer](t); ok {
		t = p.Elem()
		x, eff = c.expr(e.X)
		c.must(!e.Slice3)
	} else if _, ok := under[*types.Array](t); ok {
		x, eff = c.place(e.X)
		c.must(!e.Slice3)
	} else {
		x, eff = c.expr(e.X)
	}
	n := c.node(opSlice, e, x)
	for _, i := range []ast.Expr{e.Low, e.High, e.Max} {
		k, ke := Node{Op: opNone}, effect{}
		if i != nil {
			k, ke = c.expr(i)
		}
		n.Kids = append(n.Kids, k)
		eff = c.together(eff, early(ke))
	}
	return n, then(early(eff), effect{reads: readsMemory, panics: panicsEarly})
}

// place is an expression that has an address.
func (c *compiler) place(e ast.Expr) (Node, effect) {
	c.must(c.info.Types[e].Addressable())
	n, eff := c.expr(e)
	if n.Op == opVar || n.Op == opLocal || n.Op == opSymbol {
		eff.late = 0
	}
	return n, eff
}

func (c *compiler) unary(e *ast.UnaryExpr) (Node, effect) {
	switch e.Op {
	case token.AND:
		return c.address(e)
	case token.ADD, token.SUB, token.XOR, token.NOT:
		x, eff := c.expr(e.X)
		n := c.node(opUnary, e, x)
		n.N = int(e.Op)
		return n, eff
	}
	c.no()
	return Node{}, effect{}
}

func (c *compiler) address(e *ast.UnaryExpr) (Node, effect) {
	if lit, ok := ast.Unparen(e.X).(*ast.CompositeLit); ok {
		x, eff := c.literal(lit, c.typeOf(lit), false)
		n := c.node(opNewLit, e, x)
		n.T = c.need(types.NewPointer(c.typeOf(lit)))
		return n, early(eff)
	}
	x, eff := c.place(e.X)
	n := c.node(opAddr, e, x)
	n.T = c.need(types.NewPointer(c.typeOf(e.X)))
	return n, eff
}

func (c *compiler) binary(e *ast.BinaryExpr) (Node, effect) {
	if e.Op == token.LAND || e.Op == token.LOR {
		return c.logic(e)
	}
	x, xe := c.expr(e.X)
	y, ye := c.expr(e.Y)
	n := c.node(opBinary, e, x, y)
	n.N = int(e.Op)
	n.At = c.position(e.OpPos)
	t := c.typeOf(e.X)
	switch e.Op {
	case token.SHL, token.SHR:
		n.Op = opShift
		return n, then(c.together(xe, ye), c.fault(e.Op, t, e.Y))
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		return c.compare(e, n, xe, ye)
	}
	c.mayFuse(e.Op, t, e.X, e.Y)
	eff := c.together(xe, ye)
	if basicInfo(t)&(types.IsString|types.IsComplex) != 0 {
		eff = early(eff)
	}
	return n, then(eff, c.fault(e.Op, t, e.Y))
}

// logic is && and ||. The second operand, with what belongs before it, is evaluated when the first one says so.
func (c *compiler) logic(e *ast.BinaryExpr) (Node, effect) {
	x, xe := c.expr(e.X)
	outer := c.before
	c.before = nil
	y, ye := c.expr(e.Y)
	seq := Node{Op: opBlock, Kids: c.first(y)}
	c.before = outer
	n := c.node(opLogic, e, x, seq)
	n.N, n.T = int(e.Op), c.need(c.typeOf(e))
	eff := effect{calls: max(xe.calls, ye.calls)}
	if xe.panics|ye.panics != 0 {
		eff.panics = panicsApart
	}
	return c.apart(n), eff
}

func (c *compiler) compare(e *ast.BinaryExpr, n Node, xe, ye effect) (Node, effect) {
	n.Op = opCompare
	if t := c.typeOf(e); !types.Identical(t, types.Typ[types.Bool]) {
		n.T = c.need(t)
	}
	eff := c.together(xe, ye)
	for i := range n.Kids {
		if n.Kids[i].Op == opNil && n.Kids[i].T == 0 {
			return n, eff
		}
	}
	for _, o := range []ast.Expr{e.X, e.Y} {
		t := c.typeOf(o)
		eff = then(eff, effect{panics: comparing(t)})
		if _, basic := under[*types.Basic](t); !basic || basicInfo(t)&types.IsString != 0 {
			eff = early(eff)
		}
	}
	return n, eff
}

func (c *compiler) conversion(e *ast.CallExpr) (Node, effect) {
	c.must(len(e.Args) == 1)
	to := c.typeOf(e)
	x, eff := c.expr(e.Args[0])
	if x.Op == opNil && x.T == 0 {
		x.T = c.need(to)
		return x, effect{}
	}
	from := c.typeOf(e.Args[0])
	c.must(converts(from, to))
	n := c.node(opConvert, e, x)
	n.T = c.need(to)
	if basicInfo(from)&types.IsNumeric == 0 || basicInfo(to)&types.IsNumeric == 0 {
		eff = early(eff)
	}
	if _, ok := under[*types.Slice](from); ok {
		eff.reads |= readsMemory
	}
	return n, eff
}

// converts leaves out conversions to arrays, whose panics cannot be made by hand, those with unsafe pointers, and those between
// strings and slices of named bytes, which package reflect has not.
func converts(from, to types.Type) bool {
	for _, t := range []types.Type{from, to} {
		if s, ok := under[*types.Slice](t); ok && basicInfo(from)|basicInfo(to) != 0 {
			if _, plain := types.Unalias(s.Elem()).(*types.Basic); !plain {
				return false
			}
		}
		if b, ok := t.Underlying().(*types.Basic); ok && (b.Kind() == types.UnsafePointer || b.Kind() == types.Invalid) {
			return false
		}
	}
	if _, ok := under[*types.Slice](from); ok {
		if _, array := under[*types.Array](to); array {
			return false
		}
		if _, pointer := under[*types.Pointer](to); pointer {
			return false
		}
	}
	return true
}

// literal is a composite literal of type t. elided says that its type follows from where it stands.
func (c *compiler) literal(e *ast.CompositeLit, t types.Type, elided bool) (Node, effect) {
	if p, ok := under[*types.Pointer](t); ok { // &T, left out
		c.must(elided)
		x, eff := c.literal(e, p.Elem(), true)
		return c.node(opNewLit, e, x), eff
	}
	n := c.node(opInvalid, e)
	if !elided {
		n.T = c.need(t)
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		n.Op = opStructLit
		return c.structLiteral(e, n, u)
	case *types.Array:
		n.Op, n.N = opArrayLit, int(u.Len())
		return c.listLiteral(e, n, u.Elem())
	case *types.Slice:
		n.Op = opArrayLit
		return c.listLiteral(e, n, u.Elem())
	case *types.Map:
		n.Op = opMapLit
		return c.mapLiteral(e, n, u)
	}
	c.no()
	return n, effect{}
}

func (c *compiler) structLiteral(e *ast.CompositeLit, n Node, st *types.Struct) (Node, effect) {
	var effects []effect
	for i, el := range e.Elts {
		name := st.Field(i).Name()
		if kv, ok := el.(*ast.KeyValueExpr); ok {
			name, el = kv.Key.(*ast.Ident).Name, kv.Value
		}
		v, eff := c.expr(el)
		n.Kids, n.Names, effects = append(n.Kids, v), append(n.Names, name), append(effects, eff)
	}
	return n, early(c.together(effects...))
}

// element is an element of a literal, whose own type may be left out.
func (c *compiler) element(e ast.Expr, t types.Type) (Node, effect) {
	if lit, ok := e.(*ast.CompositeLit); ok && lit.Type == nil {
		return c.literal(lit, t, true)
	}
	return c.expr(e)
}

func (c *compiler) listLiteral(e *ast.CompositeLit, n Node, elem types.Type) (Node, effect) {
	var effects []effect
	next := 0
	for _, el := range e.Elts {
		if kv, ok := el.(*ast.KeyValueExpr); ok {
			i, exact := constant.Int64Val(constant.ToInt(c.info.Types[kv.Key].Value))
			c.must(exact)
			next, el = int(i), kv.Value
		}
		v, eff := c.element(el, elem)
		n.Kids, n.Path, effects = append(n.Kids, v), append(n.Path, next), append(effects, eff)
		next++
		n.N = max(n.N, next)
	}
	return n, early(c.together(effects...))
}

func (c *compiler) mapLiteral(e *ast.CompositeLit, n Node, m *types.Map) (Node, effect) {
	var effects []effect
	for _, el := range e.Elts {
		kv := el.(*ast.KeyValueExpr)
		k, ke := c.element(kv.Key, m.Key())
		v, ve := c.element(kv.Value, m.Elem())
		// The compiler evaluates one entry after the other, each with its own calls.
		n.Kids, effects = append(n.Kids, k, v), append(effects, early(ke), early(ve))
		if c.info.Types[kv.Key].Value == nil { // the compiler sets constant ones first if there are many
			c.must(comparing(m.Key()) == 0 && len(e.Elts) <= 25)
		}
	}
	return n, early(c.together(effects...))
}

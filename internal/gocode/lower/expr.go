package lower

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strconv"
	"strings"
)

// expr writes an expression.
func (c *Code) expr(e ast.Expr) string {
	tv, ok := c.info.Types[e]
	if ok && tv.IsType() {
		return c.typ(tv.Type)
	}
	if ok && tv.Value != nil {
		if t := c.sub.apply(tv.Type); !c.ofPlatform(e) {
			return c.constant(tv.Value, t)
		} else if _, basic := types.Unalias(t).(*types.Basic); !basic && !types.IsInterface(t) {
			return c.typ(t) + "(" + c.form(e) + ")"
		}
	}
	return c.form(e)
}

// ofPlatform reports whether a constant tells where code runs: engines may be on other platforms than the client.
func (c *Code) ofPlatform(e ast.Expr) (found bool) {
	if _, literal := e.(*ast.BasicLit); literal {
		return false
	}
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && (id.Name == "GOOS" || id.Name == "GOARCH") {
			k, ok := c.info.Uses[id].(*types.Const)
			found = found || ok && k.Pkg() != nil && k.Pkg().Path() == "runtime"
		} else if k, isConst := c.info.Uses[id].(*types.Const); ok && isConst && c.f.unit && isMain(k.Pkg()) && c.f.world.OfPlatform(k) {
			c.refuse(id, "the constant "+k.Name()+", which is made of the platform (runtime.GOOS, runtime.GOARCH) and so may have another value on an engine", "use runtime.GOOS or runtime.GOARCH themselves where the value is needed")
		}
		return !found
	})
	return found
}

// form writes an expression by its form.
func (c *Code) form(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return c.ident(e)
	case *ast.ParenExpr:
		return "(" + c.expr(e.X) + ")"
	case *ast.FuncLit:
		return c.literal(e)
	case *ast.CompositeLit:
		return c.composite(e)
	case *ast.SelectorExpr:
		return c.selector(e)
	case *ast.IndexExpr:
		if inst := c.instantiated(e.X); inst != "" {
			return inst
		}
		return c.operand(e.X) + "[" + c.index(e) + "]"
	case *ast.IndexListExpr:
		return c.instantiated(e.X)
	case *ast.SliceExpr:
		return c.slice(e)
	case *ast.TypeAssertExpr:
		return c.assertion(e)
	case *ast.CallExpr:
		return c.call(e)
	case *ast.StarExpr:
		return "*" + c.operand(e.X)
	case *ast.UnaryExpr:
		return c.unary(e)
	case *ast.BinaryExpr:
		return c.binary(e)
	case *ast.KeyValueExpr:
		return c.expr(e.Key) + ": " + c.expr(e.Value)
	}
	c.refuse(e, "this expression", "write it differently")
	return "nil"
}

// operand writes an expression that something is applied to. A constant may have taken the place of anything, and what is
// lowered may begin with an operator.
func (c *Code) operand(e ast.Expr) string {
	s := c.expr(e)
	if tv := c.info.Types[e]; tv.Value != nil {
		return s
	}
	if strings.HasPrefix(s, "&") || strings.HasPrefix(s, "*") || strings.HasPrefix(s, "<-") || strings.HasPrefix(s, "func") && !strings.HasSuffix(s, ")") {
		return "(" + s + ")"
	}
	return s
}

func (c *Code) binary(e *ast.BinaryExpr) string {
	x, y := c.expr(e.X), c.expr(e.Y)
	if e.Op == token.EQL || e.Op == token.NEQ {
		if tx, ty := c.of(e.X), c.of(e.Y); (types.IsInterface(tx) || types.IsInterface(ty)) && !isNil(tx) && !isNil(ty) {
			not := map[token.Token]string{token.NEQ: "!"}[e.Op]
			return not + c.equal(x, tx, y, ty)
		}
	}
	if e.Op == token.SHL || e.Op == token.SHR {
		y = c.count(e.Y, y)
	}
	return x + " " + e.Op.String() + " " + y
}

// count writes the count of a shift: the interpreter takes a negative one for a large one.
func (c *Code) count(e ast.Expr, y string) string {
	b, ok := c.of(e).Underlying().(*types.Basic)
	if !ok || c.info.Types[e].Value != nil || b.Info()&types.IsUnsigned != 0 || b.Info()&types.IsUntyped != 0 || c.counts(e) {
		return y
	}
	t := c.typ(c.of(e))
	return "func(s__ " + t + ") uint { if s__ < 0 { " + c.f.hostName() + ".Shifted() }; return uint(s__) }(" + y + ")"
}

// counts tells an expression that is never negative: the variable of a loop that counts up or over something.
func (c *Code) counts(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return c.counters[c.info.Uses[e]]
	case *ast.BinaryExpr:
		v := c.info.Types[e.Y].Value
		return e.Op == token.AND && v != nil && constant.Sign(v) >= 0 || (e.Op == token.ADD || e.Op == token.REM || e.Op == token.QUO || e.Op == token.MUL) && c.positive(e.X) && c.positive(e.Y)
	}
	return false
}

func (c *Code) positive(e ast.Expr) bool {
	if v := c.info.Types[e].Value; v != nil {
		return constant.Sign(v) >= 0
	}
	return c.counts(e)
}

func (c *Code) unary(e *ast.UnaryExpr) string {
	x := c.expr(e.X)
	if strings.HasPrefix(x, "-") || strings.HasPrefix(x, "+") || strings.HasPrefix(x, "&") {
		x = "(" + x + ")"
	}
	return e.Op.String() + x
}

func isNil(t types.Type) bool {
	b, ok := t.(*types.Basic)
	return ok && b.Kind() == types.UntypedNil
}

func (c *Code) ident(e *ast.Ident) string {
	obj := c.info.Uses[e]
	if obj == nil {
		obj = c.info.Defs[e]
	}
	switch obj := obj.(type) {
	case nil:
		return e.Name
	case *types.Nil:
		return "nil"
	case *types.Var:
		return c.variable(e, obj)
	case *types.Func:
		if d := c.f.world.Decl(obj); d != nil {
			return c.f.funcName(d, c.typeArgs(e))
		}
	}
	if obj.Pkg() != nil && !isMain(obj.Pkg()) && obj.Parent() == obj.Pkg().Scope() {
		return c.f.importName(obj.Pkg().Path(), obj.Pkg().Name()) + "." + e.Name
	}
	return c.local(obj, e.Name)
}

// typeArgs are the types that a generic name is used with.
func (c *Code) typeArgs(e *ast.Ident) []types.Type {
	inst, ok := c.info.Instances[e]
	if !ok {
		return nil
	}
	c.f.pos, c.f.fset = e.Pos(), c.fset
	return c.sub.list(inst.TypeArgs)
}

func (c *Code) variable(e ast.Node, obj *types.Var) string {
	d := c.f.world.Decl(obj)
	if d != nil && d.Host != "" {
		return c.f.hostName() + "." + d.Host + "()"
	}
	if c.f.unit {
		outside := c.root != nil && obj.Pkg() != nil && !obj.IsField() && (obj.Pos() < c.root.Pos() || obj.Pos() >= c.root.End()) && obj.Parent() != obj.Pkg().Scope()
		if d != nil && d.Literal != nil && d.Path == "" {
			return c.f.literalVar(d)
		}
		if d != nil && d.Program {
			return c.programVar(e, d)
		}
		if d != nil || outside {
			return c.capture(obj, d)
		}
	}
	if d != nil {
		c.f.Reached[d] = true
		return d.Low
	}
	if obj.Pkg() != nil && !isMain(obj.Pkg()) && obj.Parent() == obj.Pkg().Scope() { // by a dot import, or in its own source
		return c.f.importName(obj.Pkg().Path(), obj.Pkg().Name()) + "." + obj.Name()
	}
	return c.local(obj, obj.Name())
}

// instantiated writes the name of an instance of a generic function; "" if x is none.
func (c *Code) instantiated(x ast.Expr) string {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		if _, ok := c.info.Instances[x]; ok {
			return c.ident(x)
		}
	case *ast.SelectorExpr:
		if _, ok := c.info.Instances[x.Sel]; ok {
			return c.selector(x)
		}
	}
	return ""
}

func (c *Code) index(e *ast.IndexExpr) string {
	if m, ok := c.of(e.X).Underlying().(*types.Map); ok {
		return c.mapKey(e.Index, m)
	}
	return c.expr(e.Index)
}

// mapKey writes a key where the map wants it.
func (c *Code) mapKey(k ast.Expr, m *types.Map) string {
	t := c.of(k)
	switch {
	case types.IsInterface(m.Key()) && isNil(t):
		return "(" + c.typ(m.Key()) + ")(nil)"
	}
	return c.value(k, m.Key())
}

func (c *Code) slice(e *ast.SliceExpr) string {
	part := func(x ast.Expr) string {
		if x == nil {
			return ""
		}
		return c.expr(x)
	}
	s := c.operand(e.X) + "[" + part(e.Low) + ":" + part(e.High)
	if e.Slice3 {
		s += ":" + part(e.Max)
	}
	return s + "]"
}

func (c *Code) composite(e *ast.CompositeLit) string {
	t := c.of(e)
	head := ""
	if p, ok := t.Underlying().(*types.Pointer); ok {
		head, t = "&", p.Elem()
	}
	head += c.typ(t)
	var parts []string
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for i, el := range e.Elts {
			if kv, ok := el.(*ast.KeyValueExpr); ok {
				name := kv.Key.(*ast.Ident).Name
				parts = append(parts, name+": "+c.value(kv.Value, fieldType(u, name)))
			} else if name := u.Field(i).Name(); name != "_" {
				parts = append(parts, name+": "+c.value(el, u.Field(i).Type()))
			} else if c.calling(el) { // Go forgets what a blank field is given
				c.refuse(el, "a call that gives a blank field its value", "make the call before")
			}
		}
	case *types.Map:
		for _, el := range e.Elts {
			kv := el.(*ast.KeyValueExpr)
			parts = append(parts, c.mapKey(kv.Key, u)+": "+c.value(kv.Value, u.Elem()))
		}
	case *types.Slice:
		parts = c.elements(e.Elts, u.Elem())
	case *types.Array:
		parts = c.elements(e.Elts, u.Elem())
	}
	return head + "{" + strings.Join(parts, ", ") + "}"
}

func (c *Code) elements(elts []ast.Expr, t types.Type) []string {
	var parts []string
	for _, el := range elts {
		if kv, ok := el.(*ast.KeyValueExpr); ok {
			parts = append(parts, c.expr(kv.Key)+": "+c.value(kv.Value, t))
		} else {
			parts = append(parts, c.value(el, t))
		}
	}
	return parts
}

func fieldType(s *types.Struct, name string) types.Type {
	for f := range s.Fields() {
		if f.Name() == name {
			return f.Type()
		}
	}
	return types.Typ[types.Invalid]
}

// constant writes a folded constant of a type.
func (c *Code) constant(v constant.Value, t types.Type) string {
	b, ok := t.Underlying().(*types.Basic)
	if !ok {
		if types.IsInterface(t) {
			b = constBasic(v)
			t = b
		} else {
			return v.ExactString()
		}
	}
	text := constText(v, b)
	if named, ok := types.Unalias(t).(*types.Basic); ok {
		switch named.Kind() {
		case types.Int, types.String, types.Bool, types.UntypedBool, types.UntypedInt, types.UntypedString, types.UntypedFloat, types.Float64, types.UntypedRune, types.UntypedComplex, types.Complex128:
			if named.Kind() == types.UntypedRune {
				return "rune(" + text + ")"
			}
			return text
		}
	}
	return c.typ(t) + "(" + text + ")"
}

func constBasic(v constant.Value) *types.Basic {
	switch v.Kind() {
	case constant.Bool:
		return types.Typ[types.Bool]
	case constant.String:
		return types.Typ[types.String]
	case constant.Int:
		return types.Typ[types.Int]
	case constant.Float:
		return types.Typ[types.Float64]
	}
	return types.Typ[types.Complex128]
}

func constText(v constant.Value, b *types.Basic) string {
	switch info := b.Info(); {
	case v.Kind() == constant.Bool:
		return v.String()
	case v.Kind() == constant.String:
		return strconv.Quote(constant.StringVal(v))
	case info&types.IsComplex != 0:
		v = constant.ToComplex(v)
		return "complex128(complex(" + floatText(constant.Real(v)) + ", " + floatText(constant.Imag(v)) + "))"
	case info&types.IsFloat != 0:
		return floatText(v)
	default:
		v = constant.ToInt(v)
		if s := v.ExactString(); s[0] == '-' {
			return "(" + s + ")"
		} else {
			return s
		}
	}
}

func floatText(v constant.Value) string {
	x, _ := constant.Float64Val(v)
	s := strconv.FormatFloat(x, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	if x < 0 {
		s = "(" + s + ")"
	}
	return s
}

package emit

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// call edits a call. Its function is called, not passed on: it need not be tied to a unit.
func (c *Code) call(n *ast.CallExpr) bool {
	if id, ok := n.Fun.(*ast.Ident); ok && c.f.unit == nil && c.info.Types[n.Fun].IsBuiltin() && (id.Name == "print" || id.Name == "println") && c.basic(n.Args) {
		c.printed(n, id.Name == "println")
	} else {
		c.untied(n.Fun)
	}
	sig, _ := c.info.TypeOf(n.Fun).(*types.Signature)
	for i, a := range n.Args {
		if sig == nil || !c.stream(a, sig, i) {
			c.visit(a)
		}
	}
	return false
}

// basic tells values of which the builtins show more than an address.
func (c *Code) basic(args []ast.Expr) bool {
	for _, a := range args {
		t := c.info.TypeOf(a)
		if _, ok := t.(*types.TypeParam); ok {
			return false
		}
		if b, ok := t.Underlying().(*types.Basic); !ok || b.Kind() == types.UntypedNil || b.Kind() == types.UnsafePointer {
			_, several := t.(*types.Tuple)
			return several
		}
	}
	return true
}

// printed sends what the builtins print the way of all output.
func (c *Code) printed(n *ast.CallExpr, line bool) {
	if c.spreads(n) {
		c.replace(n.Pos(), n.Lparen+1, fmt.Sprintf("func(a__ ...any) { %s.Builtin(%t, a__...) }(", c.f.Host(), line))
		return
	}
	head := fmt.Sprintf("%s.Builtin(%t", c.f.Host(), line)
	if len(n.Args) > 0 {
		head += ", "
	}
	c.replace(n.Pos(), n.Lparen+1, head)
}

// streams are the process's files in whose place cells have ordered ones.
var streams = map[string]string{"Stdin": "Stdin()", "Stdout": "Stdout()", "Stderr": "Stderr()"}

// stream replaces os.Stdout and its like where it is given as an interface.
func (c *Code) stream(a ast.Expr, sig *types.Signature, i int) bool {
	last := sig.Params().Len() - 1
	if last < 0 {
		return false
	}
	t := sig.Params().At(min(i, last)).Type()
	if sl, ok := t.(*types.Slice); ok && sig.Variadic() && i >= last {
		t = sl.Elem()
	}
	return types.IsInterface(t) && c.file(a)
}

// file replaces one of the process's files.
func (c *Code) file(e ast.Expr) bool {
	sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok || c.f.unit != nil {
		return false
	}
	v, ok := c.info.Uses[sel.Sel].(*types.Var)
	if !ok || v.Pkg() == nil || v.Pkg().Path() != "os" || c.info.Selections[sel] != nil || streams[v.Name()] == "" {
		return false
	}
	c.replace(e.Pos(), e.End(), c.f.Host()+"."+streams[v.Name()])
	return true
}

// untied edits a function expression that is called here.
func (c *Code) untied(e ast.Expr) {
	switch x := e.(type) {
	case *ast.ParenExpr:
		c.untied(x.X)
	case *ast.FuncLit:
		c.seen[x] = true
		c.entry(x.Body)
		c.visit(x.Type)
		c.visit(x.Body)
	case *ast.Ident:
		if obj := c.info.Uses[x]; obj != nil && !c.named[x] {
			c.named[x] = true
			if name, ok := c.name(x, obj); ok {
				c.replace(x.Pos(), c.nameEnd(x), name)
			}
		}
	case *ast.SelectorExpr:
		switch {
		case c.redirected(x):
		case x.Sel.Name == "Write" || x.Sel.Name == "WriteString" || x.Sel.Name == "Read":
			if !c.file(x.X) {
				c.visit(x.X)
			}
		default:
			c.visit(x.X)
		}
	case *ast.IndexExpr:
		c.untied(x.X)
		c.visit(x.Index)
	case *ast.IndexListExpr:
		c.untied(x.X)
		for _, i := range x.Indices {
			c.visit(i)
		}
	default:
		c.visit(e)
	}
}

func (c *Code) redirected(n *ast.SelectorExpr) bool {
	obj := c.info.Uses[n.Sel]
	if obj == nil || obj.Pkg() == nil || c.info.Selections[n] != nil {
		return false
	}
	to, ok := c.f.redirect[obj.Pkg().Path()+"."+obj.Name()]
	if ok {
		c.replace(n.Pos(), n.End(), c.f.Host()+"."+to)
	}
	return ok
}

// literal edits a function literal.
func (c *Code) literal(n *ast.FuncLit) {
	c.entry(n.Body)
	if u, free, ok := c.f.world.Tie(n); ok && !c.generic {
		c.tie(n, n.Pos(), n.End(), u, free, nil)
	}
}

// tieAround ties an instance of a generic function, which is known by the function's name in it.
func (c *Code) tieAround(n, x ast.Expr) {
	c.indexed[x] = true
	id, ok := x.(*ast.Ident)
	if !ok {
		return
	}
	if _, ok := c.info.Uses[id].(*types.Func); !ok {
		return
	}
	if args := c.inferred(id); args != "" { // some may have been left out
		c.replace(id.End(), n.End(), args)
	}
	if u, free, ok := c.f.world.Tie(id); ok && !c.generic {
		c.tie(n, n.Pos(), n.End(), u, free, nil)
	}
	c.untied(id)
}

// inferred are the type arguments of a generic function that is used as a value: the place where it stands does not always say them.
func (c *Code) inferred(id *ast.Ident) string {
	inst, ok := c.info.Instances[id]
	if _, isFunc := c.info.Uses[id].(*types.Func); !ok || !isFunc {
		return ""
	}
	var args []string
	for t := range inst.TypeArgs.Types() {
		args = append(args, c.f.typ(t))
	}
	return "[" + strings.Join(args, ", ") + "]"
}

// wrapped says what to tie for a session function: one that looks the slot up when it is called, so that a redefinition reaches it.
func (c *Code) wrapped(id *ast.Ident, obj types.Object) *Thing {
	if th := c.f.world.Thing(obj); th != nil && th.Kind == Func && th.Slot {
		return th
	}
	return nil
}

// tie ties the function value between pos and end to a unit, with the variables that it captures.
func (c *Code) tie(n ast.Expr, pos, end token.Pos, u int, free []types.Object, th *Thing) {
	h := c.f.Host()
	sig := c.info.TypeOf(n)
	values, static, recv := "nil", true, false
	if len(free) > 0 {
		var at []string
		for _, obj := range free {
			v, ok := obj.(*types.Var)
			low := ""
			if ok {
				low, ok = c.f.world.Var(v)
			}
			switch {
			case obj == nil:
				recv, static = true, false
				at = append(at, "&r__")
			case ok:
				at = append(at, c.f.pointer(low, v.Type()))
			default:
				static = false
				at = append(at, "&"+obj.Name())
			}
		}
		values = "func() []any { return []any{" + strings.Join(at, ", ") + "} }"
	}
	typ := c.f.typ(sig)
	tail := fmt.Sprintf(", %s, %t).(%s)", values, static, typ)
	switch {
	case recv:
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return
		}
		amp := c.held(sel)
		c.insert(pos, fmt.Sprintf("func() %s { r__ := %s", typ, amp))
		c.replace(sel.X.End(), end, fmt.Sprintf("; return %s.Tie(%d, r__.%s%s }()", h, u, sel.Sel.Name, tail))
	case th != nil:
		s := th.Obj.Type().(*types.Signature)
		c.insert(pos, fmt.Sprintf("%s.Tie(%d, %s { %s", h, u, c.forward(s), returns(s)))
		c.after(end, forwarded(s)+" }"+tail)
	default:
		c.insert(pos, fmt.Sprintf("%s.Tie(%d, %s(", h, u, paren(typ)))
		c.after(end, ")"+tail)
	}
}

// held says how the receiver of a method value is kept: its address for a method of the pointer.
func (c *Code) held(sel *ast.SelectorExpr) string {
	fn, ok := c.info.Uses[sel.Sel].(*types.Func)
	if !ok || len(c.info.Selections[sel].Index()) > 1 {
		return ""
	}
	_, wantPtr := fn.Signature().Recv().Type().(*types.Pointer)
	_, isPtr := c.info.TypeOf(sel.X).Underlying().(*types.Pointer)
	switch {
	case wantPtr && !isPtr:
		return "&"
	}
	return ""
}

// forward is the head of a function that passes its parameters on.
func (c *Code) forward(s *types.Signature) string {
	var ps []string
	for i := range s.Params().Len() {
		ps = append(ps, fmt.Sprintf("a%d__ %s", i, c.f.param(s, i)))
	}
	return "func(" + strings.Join(ps, ", ") + ")" + c.f.results(s)
}

func returns(s *types.Signature) string {
	if s.Results().Len() > 0 {
		return "return "
	}
	return ""
}

func forwarded(s *types.Signature) string {
	var as []string
	for i := range s.Params().Len() {
		a := fmt.Sprintf("a%d__", i)
		if s.Variadic() && i == s.Params().Len()-1 {
			a += "..."
		}
		as = append(as, a)
	}
	return "(" + strings.Join(as, ", ") + ")"
}

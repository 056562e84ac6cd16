package lower

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// callsClosure finds a call of a local function literal by a deferred one: the interpreter, which still holds the frame that both belong
// to, would wait for itself.
func (c *Code) callsClosure(lit *ast.FuncLit) (found *ast.Ident) {
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return found == nil
		}
		id, ok := ast.Unparen(call.Fun).(*ast.Ident)
		if !ok {
			return found == nil
		}
		v, ok := c.info.Uses[id].(*types.Var)
		if ok && v.Pkg() != nil && v.Parent() != v.Pkg().Scope() && (v.Pos() < lit.Pos() || v.Pos() >= lit.End()) && c.closures[v] {
			found = id
		}
		return found == nil
	})
	return found
}

// madeHere notes the local variables that a body defines or assigns function literals.
func (c *Code) madeHere(body *ast.BlockStmt) {
	note := func(name, value ast.Expr) {
		id, ok := name.(*ast.Ident)
		if _, lit := ast.Unparen(value).(*ast.FuncLit); !ok || !lit {
			return
		}
		if c.closures == nil {
			c.closures = map[types.Object]bool{}
		}
		for _, obj := range []types.Object{c.info.Defs[id], c.info.Uses[id]} {
			if obj != nil {
				c.closures[obj] = true
			}
		}
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i := range n.Rhs {
				if len(n.Lhs) == len(n.Rhs) {
					note(n.Lhs[i], n.Rhs[i])
				}
			}
		case *ast.ValueSpec:
			for i := range n.Values {
				if len(n.Names) == len(n.Values) {
					note(n.Names[i], n.Values[i])
				}
			}
		}
		return true
	})
}

// deferral is a defer statement and whether it may be executed several times by one call of its function.
type deferral struct {
	stmt   *ast.DeferStmt
	looped bool
}

// deferrals are the defer statements of a function's body.
func (c *Code) deferrals(b *ast.BlockStmt) []deferral {
	var out []deferral
	jumps := c.jumpsBack(b)
	var visit func(n ast.Node, looped bool)
	visit = func(n ast.Node, looped bool) {
		ast.Inspect(n, func(x ast.Node) bool {
			switch x := x.(type) {
			case *ast.FuncLit:
				return false
			case *ast.ForStmt:
				if x != n {
					visit(x.Body, true)
					return false
				}
			case *ast.RangeStmt:
				if x != n {
					visit(x.Body, true)
					return false
				}
			case *ast.DeferStmt:
				out = append(out, deferral{x, looped})
			}
			return true
		})
	}
	visit(b, jumps)
	return out
}

// jumpsBack tells a body with a goto, which may make any part of it a loop.
func (c *Code) jumpsBack(b *ast.BlockStmt) (found bool) {
	ast.Inspect(b, func(n ast.Node) bool {
		if _, ok := n.(*ast.FuncLit); ok {
			return false
		}
		s, ok := n.(*ast.BranchStmt)
		found = found || ok && s.Tok == token.GOTO
		return !found
	})
	return found
}

// keepsDeferred tells a function whose deferred calls the host has to keep: the interpreter's own are enough only for functions that
// defer compiled functions and literals, each at most once, and of which no two panic.
func (c *Code) keepsDeferred(b *ast.BlockStmt) bool {
	ds := c.deferrals(b)
	for _, d := range ds {
		call := d.stmt.Call
		fun := ast.Unparen(call.Fun)
		if d.looped || len(ds) > 1 && c.panics(call) || isNil(c.of(ast.Unparen(stripConversions(c, fun)))) {
			return true
		}
		if c.info.Types[fun].IsBuiltin() {
			if id, ok := fun.(*ast.Ident); ok && id.Name == "recover" {
				return true
			}
			continue
		}
		if lit, ok := fun.(*ast.FuncLit); ok {
			if c.callsClosure(lit) != nil || c.recoversInside(lit.Body) || c.defersRecover(lit.Body) {
				return true
			}
			continue
		}
		if !c.compiledCallee(fun) && !c.harmless(fun) {
			return true
		}
	}
	return false
}

// defersRecover tells a body that defers the builtin itself.
func (c *Code) defersRecover(b *ast.BlockStmt) bool {
	return slices.ContainsFunc(c.deferrals(b), func(d deferral) bool {
		id, ok := ast.Unparen(d.stmt.Call.Fun).(*ast.Ident)
		return ok && id.Name == "recover" && c.info.Types[id].IsBuiltin()
	})
}

// recoversInside tells a body that recovers in the body of a range over a function, which is a function of its own.
func (c *Code) recoversInside(b *ast.BlockStmt) (found bool) {
	ast.Inspect(b, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.RangeStmt:
			_, fn := c.of(n.X).Underlying().(*types.Signature)
			found = found || fn && c.recovering(n.Body, c.info)
		}
		return !found
	})
	return found
}

// harmless tells a declared function that does not recover.
func (c *Code) harmless(fun ast.Expr) bool {
	fn, ok := c.callee(fun).(*types.Func)
	if !ok {
		return false
	}
	d := c.f.world.Decl(fn.Origin())
	return d != nil && d.Func != nil && d.Func.Body != nil && !c.recovering(d.Func.Body, d.Info)
}

// recovering tells a body that calls recover itself.
func (c *Code) recovering(b ast.Node, info *types.Info) (found bool) {
	ast.Inspect(b, func(n ast.Node) bool {
		if _, ok := n.(*ast.FuncLit); ok {
			return false
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return !found
		}
		if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok && id.Name == "recover" {
			_, builtin := info.Uses[id].(*types.Builtin)
			found = found || builtin
		}
		return !found
	})
	return found
}

// mayRecover tells a declared function that recovers.
func (f *File) mayRecover(d *Decl) bool {
	return d != nil && d.Func != nil && d.Func.Body != nil && (&Code{f: f}).recovering(d.Func.Body, d.Info)
}

// through is what a function that stands for another begins with, where that may recover.
func (f *File) through(d *Decl) string {
	if !f.mayRecover(d) {
		return ""
	}
	return f.hostName() + ".Through(); "
}

// throughMethod is through for a method of a value of type recv.
func (c *Code) throughMethod(m *types.Func, recv types.Type) string {
	if types.IsInterface(recv) {
		return c.f.hostName() + ".Through(); "
	}
	return c.f.through(c.f.world.Decl(m.Origin()))
}

// prologue writes what a function begins with whose deferred calls the host keeps, or that recovers without being a literal that the
// interpreter defers.
func (c *Code) prologue(b *ast.BlockStmt) string {
	text := ""
	c.fn.defers = len(c.deferrals(b)) > 0
	if c.keepsDeferred(b) { // on one line, by which traces know it
		c.fn.deferred = c.f.temp("deferred")
		host := c.f.hostName()
		text += c.mark(b) + c.fn.deferred + " := " + host + ".NewDeferred(); defer " + host + ".RunRest(" + c.fn.deferred + "); defer func() { " + host + ".RunDeferred(" + c.fn.deferred + ", recover()) }()\n"
	}
	if !c.recovers && c.recovering(b, c.info) {
		c.fn.record = c.f.temp("record")
		text += c.mark(b) + c.fn.record + " := " + c.f.hostName() + ".Entered()\n"
	}
	return text
}

// fresh writes the making of a function in a call of its own, where the same literal may be evaluated again in the same call: the
// interpreter keeps what it made of a literal in the frame, and puts the one before there when a call of it ends, in whatever goroutine.
func (c *Code) fresh(text, typ string) string {
	if c.fn == nil || c.fn.deferred == "" && !c.fn.jumps && !slices.ContainsFunc(c.frames, func(f *frame) bool { return f.kind == loop }) {
		return text
	}
	return "func() " + typ + " { return " + text + " }()"
}

// goStmt starts a goroutine through the host. Function and arguments are evaluated now, as Go demands.
func (c *Code) goStmt(s *ast.GoStmt) string {
	hs, call := c.frozen(s.Call)
	return "func() {\n" + declared(hs) + c.f.hostName() + ".Go(func() { " + call + " })\n}()"
}

// holding is a part of a call that is evaluated before the call is made.
type holding struct{ name, typ, value string }

// frozen takes a call apart into what is evaluated now and what is called later.
func (c *Code) frozen(e *ast.CallExpr) (hs []holding, call string) {
	fun := ast.Unparen(e.Fun)
	if lit, ok := fun.(*ast.FuncLit); ok && len(e.Args) == 0 {
		return nil, c.plainLiteral(lit) + "()"
	}
	sig, ok := c.of(fun).Underlying().(*types.Signature)
	if !ok || c.info.Types[fun].IsBuiltin() || c.info.Types[fun].IsType() {
		return nil, c.call(e)
	}
	callee, _ := c.callee(fun).(*types.Func)
	f := ""
	if sel, ok := fun.(*ast.SelectorExpr); ok {
		if sl, ok := c.info.Selections[sel]; ok && sl.Kind() == types.MethodVal {
			recv, m, index := c.lookup(sel, sl)
			h := holding{name: c.f.temp("r"), value: c.operand(sel.X)}
			_, wantPtr := m.Origin().Signature().Recv().Type().(*types.Pointer)
			if _, isPtr := recv.Underlying().(*types.Pointer); !isPtr && (wantPtr || len(index) > 1) && !types.IsInterface(recv) {
				h.value, recv = "&"+h.value, types.NewPointer(recv)
			}
			h.typ = c.typ(recv)
			args := c.held(e, sig, &hs, callee)
			return append([]holding{h}, hs...), c.methodCall(h.name, recv, true, index, m, args)
		}
	}
	if lit, ok := fun.(*ast.FuncLit); ok {
		f = c.plainLiteral(lit)
	} else if callee == nil {
		h := holding{c.f.temp("f"), c.typ(sig), c.callFun(fun)}
		hs, f = append(hs, h), h.name
	} else {
		f = c.callFun(fun)
	}
	args := c.held(e, sig, &hs, callee)
	return hs, f + "(" + args + ")"
}

// held evaluates a call's arguments now; it returns them as the later call has them.
func (c *Code) held(e *ast.CallExpr, sig *types.Signature, hs *[]holding, callee *types.Func) string {
	var args []string
	for i, a := range e.Args {
		t := paramAt(sig, i, e.Ellipsis.IsValid())
		if t == nil {
			t = c.of(a)
		}
		h := holding{name: c.f.temp("a"), typ: c.typ(t)}
		if callee == nil {
			h.value = c.unboundValue(a, t)
		} else {
			h.value = c.value(a, t)
		}
		*hs = append(*hs, h)
		args = append(args, h.name)
	}
	if e.Ellipsis.IsValid() {
		args[len(args)-1] += "..."
	}
	return strings.Join(args, ", ")
}

func (c *Code) unboundValue(a ast.Expr, t types.Type) string {
	if _, ok := t.Underlying().(*types.Signature); ok {
		return c.unbound(a)
	}
	return c.value(a, t)
}

// deferStmt writes a deferred call. The interpreter reads its arguments when the call is made, so they get variables of their own.
func (c *Code) deferStmt(s *ast.DeferStmt) string {
	fun := ast.Unparen(s.Call.Fun)
	if c.fn.deferred != "" {
		return c.keptDefer(s)
	}
	if tv := c.info.Types[fun]; tv.IsBuiltin() && len(s.Call.Args) > 0 {
		ps, call, args := c.deferredBuiltin(s)
		return "defer func(" + ps + ") { " + call + " }(" + args + ")"
	}
	if _, tuple := c.tupleArg(s.Call); tuple {
		return "defer " + c.call(s.Call)
	}
	var hs []holding
	call := ""
	if lit, ok := fun.(*ast.FuncLit); ok {
		args := c.held(s.Call, c.of(lit).(*types.Signature), &hs, nil)
		c.deferred = lit.Body
		call = c.plainLiteral(lit) + "(" + args + ")"
	} else {
		hs, call = c.frozen(s.Call)
	}
	text := declared(hs) + c.checkReceiver(fun, hs)
	if _, literal := fun.(*ast.FuncLit); !literal && !c.compiledCallee(fun) { // a panic that passes a function value deferred as such never ends
		call = "func() { " + call + " }()"
	}
	return text + "defer " + call
}

// keptDefer gives a deferred call to the host.
func (c *Code) keptDefer(s *ast.DeferStmt) string {
	fun := ast.Unparen(s.Call.Fun)
	keep := c.f.hostName() + ".Defer(" + c.fn.deferred + ", func() { %s })"
	if c.info.Types[fun].IsBuiltin() {
		if id, ok := fun.(*ast.Ident); ok && id.Name == "recover" {
			return c.f.hostName() + ".DeferRecover(" + c.fn.deferred + ", " + c.fn.record + ")"
		}
		ps, call, args := c.deferredBuiltin(s)
		return "func(" + ps + ") { " + fmt.Sprintf(keep, call) + " }(" + args + ")"
	}
	if t, ok := c.tupleArg(s.Call); ok {
		return c.keptSpread(s, t, keep)
	}
	var hs []holding
	call := ""
	if lit, ok := fun.(*ast.FuncLit); ok {
		args := c.held(s.Call, c.of(lit).(*types.Signature), &hs, nil)
		call = c.plainLiteral(lit) + "(" + args + ")"
	} else {
		hs, call = c.frozen(s.Call)
	}
	text := declared(hs) + c.checkReceiver(fun, hs) + strings.Replace(keep, "%s", call, 1)
	if c.compiledCallee(fun) {
		text += c.evenInterrupted(call, hs, s.Call.Ellipsis.IsValid())
	}
	return "func() {\n" + text + "\n}()"
}

// evenInterrupted tells the host the function and the arguments of a kept call of compiled code, such as a mutex's Unlock: it can make
// that call when interpreted code does not run any more.
func (c *Code) evenInterrupted(call string, hs []holding, spread bool) string {
	if slices.ContainsFunc(hs, func(h holding) bool { return strings.HasPrefix(h.typ, "func(") }) {
		return "" // which calls back
	}
	e, err := parser.ParseExpr(call)
	x, ok := e.(*ast.CallExpr)
	if err != nil || !ok {
		return ""
	}
	args := []string{c.fn.deferred, strconv.FormatBool(spread), call[:x.Lparen-1]}
	for _, a := range x.Args {
		args = append(args, call[a.Pos()-1:a.End()-1])
	}
	return "\n" + c.f.hostName() + ".EvenInterrupted(" + strings.Join(args, ", ") + ")"
}

// keptSpread is keptDefer for a call whose arguments are the results of another.
func (c *Code) keptSpread(s *ast.DeferStmt, t *types.Tuple, keep string) string {
	fun := ast.Unparen(s.Call.Fun)
	sig := c.of(fun).Underlying().(*types.Signature)
	var ps, as []string
	for i := range t.Len() {
		p := paramAt(sig, i, false)
		if p == nil {
			p = c.sub.apply(t.At(i).Type())
		}
		as = append(as, fmt.Sprintf("a%d__", i))
		ps = append(ps, as[i]+" "+c.typ(p))
	}
	if c.callee(fun) == nil || c.info.Selections[selectorOf(fun)] != nil {
		c.refuse(s, "a deferred call of a function value or a method with the results of another call", "assign the results to variables first")
		return ""
	}
	return "func(" + strings.Join(ps, ", ") + ") { " + strings.Replace(keep, "%s", c.callFun(fun)+"("+strings.Join(as, ", ")+")", 1) + " }(" + c.expr(s.Call.Args[0]) + ")"
}

func selectorOf(e ast.Expr) *ast.SelectorExpr {
	sel, _ := e.(*ast.SelectorExpr)
	return sel
}

func declared(hs []holding) string {
	text := ""
	for _, h := range hs {
		text += "var " + h.name + " " + h.typ + " = " + h.value + "\n"
	}
	return text
}

// checkReceiver writes the panic over a method of a nil interface value, which comes when the call is deferred.
func (c *Code) checkReceiver(fun ast.Expr, hs []holding) string {
	sel := selectorOf(fun)
	if sel == nil || len(hs) == 0 {
		return ""
	}
	if sl := c.info.Selections[sel]; sl != nil && sl.Kind() == types.MethodVal && types.IsInterface(c.of(sel.X)) {
		return "if " + hs[0].name + " == nil { var n__ *struct{ n int }; n__.n = 0 }\n"
	}
	return ""
}

// compiledCallee tells a function or method of compiled code.
func (c *Code) compiledCallee(fun ast.Expr) bool {
	fn, ok := c.callee(fun).(*types.Func)
	return ok && fn.Pkg() != nil && !isMain(fn.Pkg()) && c.f.world.Decl(fn.Origin()) == nil
}

// panics tells a call of panic, or of a literal that calls it itself.
func (c *Code) panics(call *ast.CallExpr) (found bool) {
	if lit, ok := call.Fun.(*ast.FuncLit); ok && slices.ContainsFunc(lit.Body.List, func(s ast.Stmt) bool { _, ok := s.(*ast.DeferStmt); return ok }) {
		return false // it recovers itself
	}
	ast.Inspect(call.Fun, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok && lit != call.Fun {
			return false
		}
		if id, ok := n.(*ast.Ident); ok && id.Name == "panic" {
			_, builtin := c.info.Uses[id].(*types.Builtin)
			found = found || builtin
		}
		return !found
	})
	return found
}

func stripConversions(c *Code, e ast.Expr) ast.Expr {
	for {
		call, ok := ast.Unparen(e).(*ast.CallExpr)
		if !ok || len(call.Args) != 1 || !c.info.Types[call.Fun].IsType() {
			return e
		}
		e = call.Args[0]
	}
}

// tupleArg tells a call whose arguments are the results of another.
func (c *Code) tupleArg(e *ast.CallExpr) (t *types.Tuple, ok bool) {
	if len(e.Args) != 1 {
		return nil, false
	}
	t, ok = c.of(e.Args[0]).(*types.Tuple)
	return t, ok
}

// deferredBuiltin writes a deferred call of a builtin as the parameters, the body and the arguments of a function.
func (c *Code) deferredBuiltin(s *ast.DeferStmt) (params, call, args string) {
	name := "panic"
	if id, ok := ast.Unparen(s.Call.Fun).(*ast.Ident); ok {
		name = id.Name
	}
	var ps, as, names []string
	for i, a := range s.Call.Args {
		n := fmt.Sprintf("a%d__", i)
		t := types.Default(c.of(a))
		if name == "panic" {
			t = types.Universe.Lookup("any").Type()
		}
		ps, as = append(ps, n+" "+c.typ(t)), append(as, c.value(a, t))
		if name == "print" || name == "println" {
			n = c.printable(a, n, name)
		}
		names = append(names, n)
	}
	if name == "print" || name == "println" {
		names = append([]string{strconv.FormatBool(name == "println")}, names...)
		name = c.f.hostName() + ".Builtin"
	}
	return strings.Join(ps, ", "), name + "(" + strings.Join(names, ", ") + ")", strings.Join(as, ", ")
}

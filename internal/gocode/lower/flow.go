package lower

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// within is the innermost range-over-function body around, and its place among the frames; nil if there is none.
func (c *Code) within() (int, *frame) {
	for i := len(c.frames) - 1; i >= 0; i-- {
		if c.frames[i].kind == iterator {
			return i, c.frames[i]
		}
	}
	return -1, nil
}

func (c *Code) returnStmt(s *ast.ReturnStmt) string {
	sig := c.fn.sig
	var vs []string
	pre := ""
	for i, r := range s.Results {
		var t types.Type
		if len(s.Results) == sig.Results().Len() {
			t = c.sub.apply(sig.Results().At(i).Type())
		}
		switch {
		case t == nil:
			vs = append(vs, c.expr(r))
		case c.returnsAside(r, len(s.Results)):
			v := c.f.temp("v")
			pre += "var " + v + " " + c.typ(t) + " = " + c.converted(r, t) + "\n"
			vs = append(vs, v)
		default:
			vs = append(vs, c.value(r, t))
		}
	}
	_, it := c.within()
	if it == nil {
		return pre + strings.TrimSpace("return "+strings.Join(vs, ", "))
	}
	text := pre
	if len(s.Results) > 1 && len(s.Results) == sig.Results().Len() {
		for i, r := range s.Results {
			if vs[i] = strings.TrimSpace(vs[i]); ast.Unparen(r) != nil && !strings.HasPrefix(vs[i], "v__t") {
				vs[i] = c.converted(r, c.sub.apply(sig.Results().At(i).Type()))
			}
		}
	}
	if len(vs) > 0 {
		text += strings.Join(c.carriers(), ", ") + " = " + strings.Join(vs, ", ") + "\n"
	}
	return text + c.leave(it, returnCode)
}

// returnsAside tells a result that has to be in a variable before it is returned: what is received gets lost otherwise, what a builtin
// gives lands in the first result, and named results are assigned one after the other.
func (c *Code) returnsAside(r ast.Expr, n int) bool {
	if u, ok := ast.Unparen(r).(*ast.UnaryExpr); ok && u.Op == token.ARROW {
		return true
	}
	if n < 2 || c.info.Types[r].Value != nil {
		return false
	}
	if b, ok := ast.Unparen(r).(*ast.BinaryExpr); ok && (isNil(c.of(b.X)) || isNil(c.of(b.Y))) {
		return true
	}
	return c.fn.named || !c.plain(r)
}

// carriers are the variables that take results out of iteration bodies: the named results, or variables made for it.
func (c *Code) carriers() []string {
	if c.fn.named {
		return c.fn.results
	}
	if len(c.fn.saved) == 0 {
		for range c.fn.sig.Results().Len() {
			c.fn.saved = append(c.fn.saved, c.f.temp("ret"))
		}
	}
	return c.fn.saved
}

// Codes of how an iteration's body was left; labelled exits count from 2.
const (
	breakCode  = -1
	returnCode = 1
)

func (c *Code) leave(it *frame, code int) string {
	if code == returnCode {
		it.returns = true
	}
	return fmt.Sprintf("%s = %d\nreturn false", it.state, code)
}

func (c *Code) branch(s *ast.BranchStmt) string {
	plain := s.Tok.String()
	if s.Label != nil {
		plain += " " + s.Label.Name
	}
	at, it := c.within()
	target := -1
	if s.Tok != token.FALLTHROUGH && s.Tok != token.GOTO {
		target = c.branchTarget(s)
	}
	if s.Tok == token.CONTINUE && target >= 0 && target > at {
		plain = c.frames[target].again + plain
	}
	if it == nil || s.Tok == token.FALLTHROUGH {
		return plain
	}
	switch {
	case s.Tok == token.GOTO:
		c.refuse(s, "goto inside the body of a range over a function", "use a flag")
		return ""
	case target > at:
		return plain
	case target == at && s.Tok == token.CONTINUE:
		return "return true"
	case target == at:
		return c.leave(it, breakCode)
	}
	i := slices.IndexFunc(it.exits, func(e *ast.BranchStmt) bool { return e.Tok == s.Tok && e.Label.Name == s.Label.Name })
	if i < 0 {
		i = len(it.exits)
		it.exits = append(it.exits, s)
	}
	return c.leave(it, i+2)
}

func (c *Code) branchTarget(s *ast.BranchStmt) int {
	for i := len(c.frames) - 1; i >= 0; i-- {
		f := c.frames[i]
		if s.Label != nil && f.label == s.Label.Name {
			return i
		}
		if s.Label == nil && (s.Tok == token.BREAK || f.kind != branching) {
			return i
		}
	}
	return -1
}

func (c *Code) rangeStmt(s *ast.RangeStmt, label, head string) string {
	t := c.of(s.X)
	switch t.Underlying().(type) {
	case *types.Slice, *types.Array, *types.Basic, *types.Pointer:
		if !c.assigned(s.Body, s.Key) {
			c.counter(s.Key)
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Signature:
		return c.rangeFunc(s, u, label, c.mark(s))
	case *types.Basic:
		if u.Info()&types.IsInteger != 0 {
			return c.rangeInt(s, t, label, head)
		}
		return c.rangeString(s, label, head)
	}
	if n, ok := c.countOnly(s, t); ok {
		return c.rangeCount(s, types.Typ[types.Int], n, label, head)
	}
	c.push(label, loop)
	defer c.pop()
	pre := ""
	if s.Tok == token.ASSIGN && s.Key != nil && s.Value != nil && !isBlank(s.Key) && !isBlank(s.Value) { // both places are known before either is assigned
		var places strings.Builder
		k, v := c.f.temp("v"), c.f.temp("v")
		kp, vp := c.place(s.Key, &places), c.place(s.Value, &places)
		pre = places.String() + kp + " = " + k + "\n" + vp + " = " + v + "\n"
		return head + "for " + k + ", " + v + " := range " + c.header(s.X) + " {\n" + pre + c.loopBody(s.Body) + "}\n"
	}
	key, val := c.loopVar(s, s.Key, &pre), c.loopVar(s, s.Value, &pre)
	text := head + "for "
	switch {
	case val != "":
		text += orBlank(key) + ", " + val + " := "
	case key != "":
		text += key + " := "
	}
	return text + "range " + c.header(s.X) + " {\n" + pre + c.loopBody(s.Body) + "}\n"
}

// counter notes that the variable of a loop over something is never negative: such variables are seldom assigned.
func (c *Code) counter(key ast.Expr) {
	id, ok := key.(*ast.Ident)
	if !ok || c.info.Defs[id] == nil {
		return
	}
	if c.counters == nil {
		c.counters = map[types.Object]bool{}
	}
	c.counters[c.info.Defs[id]] = true
}

func isBlank(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "_"
}

// countOnly tells a range over the indexes of an array, or of one behind a pointer, of which only the length counts: the pointer may
// be nil. It returns the count.
func (c *Code) countOnly(s *ast.RangeStmt, t types.Type) (n string, ok bool) {
	if s.Value != nil && !isBlank(s.Value) {
		return "", false
	}
	u := t.Underlying()
	if p, ok := u.(*types.Pointer); ok {
		u = p.Elem().Underlying()
	} else if _, star := ast.Unparen(s.X).(*ast.StarExpr); !star {
		return "", false
	}
	a, ok := u.(*types.Array)
	if !ok {
		return "", false
	}
	if !c.calling(s.X) {
		return strconv.FormatInt(a.Len(), 10), true
	}
	return fmt.Sprintf("func(_ %s) int { return %d }(%s)", c.typ(t), a.Len(), c.expr(s.X)), true
}

// calling tells an expression that calls or receives, so that it cannot be left out.
func (c *Code) calling(e ast.Node) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			tv := c.info.Types[n.Fun]
			found = found || !tv.IsType() && c.info.Types[n].Value == nil
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		}
		return !found
	})
	return found
}

func orBlank(s string) string {
	if s == "" {
		return "_"
	}
	return s
}

// rangeVar returns the loop variable; where an existing one is assigned, pre gets the assignment.
func (c *Code) rangeVar(e ast.Expr, tok token.Token, pre *string) string {
	if e == nil {
		return ""
	}
	if id, ok := e.(*ast.Ident); ok && id.Name == "_" {
		return ""
	}
	if tok == token.DEFINE {
		return c.target(e)
	}
	v := c.f.temp("v")
	*pre += c.expr(e) + " = " + v + "\n"
	return v
}

// loopVar is like rangeVar for a loop that stays one. A variable that functions in the body capture is copied first: the
// interpreter has one for all iterations.
func (c *Code) loopVar(s *ast.RangeStmt, e ast.Expr, pre *string) string {
	id, ok := e.(*ast.Ident)
	if !ok || s.Tok != token.DEFINE || id.Name == "_" || !c.captured(s.Body, c.info.Defs[id]) {
		return c.rangeVar(e, s.Tok, pre)
	}
	v := c.f.temp("v")
	*pre += c.target(e) + " := " + v + "\n"
	return v
}

// captured tells whether a function literal in a body, or a pointer, may hold on to a variable.
func (c *Code) captured(b ast.Node, obj types.Object) bool {
	found := false
	ast.Inspect(b, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			ast.Inspect(n, func(n ast.Node) bool {
				id, ok := n.(*ast.Ident)
				found = found || ok && c.info.Uses[id] == obj
				return !found
			})
		case *ast.UnaryExpr:
			if id, ok := ast.Unparen(n.X).(*ast.Ident); ok && n.Op == token.AND {
				found = found || c.info.Uses[id] == obj
			}
		}
		return !found
	})
	return found
}

// rangeString writes iteration over a string as decoding of it: the interpreter loses count at bytes that are not UTF-8.
func (c *Code) rangeString(s *ast.RangeStmt, label, head string) string {
	c.push(label, loop)
	defer c.pop()
	str, i, r, w := c.f.temp("s"), c.f.temp("i"), c.f.temp("r"), c.f.temp("w")
	pre := fmt.Sprintf("%s, %s := %s.DecodeRuneInString(%s[%s:])\n", r, w, c.f.importName("unicode/utf8", "utf8"), str, i)
	vars := []ast.Expr{s.Key, s.Value}
	sets := ""
	for k, from := range []string{i, r} {
		if e := vars[k]; e != nil {
			if id, ok := e.(*ast.Ident); ok && id.Name == "_" {
				continue
			}
			op := " = "
			if s.Tok == token.DEFINE {
				op = " := "
			}
			if s.Tok == token.ASSIGN {
				var places strings.Builder
				into := c.place(e, &places)
				pre += places.String()
				sets += into + op + from + "\n"
				continue
			}
			pre += c.target(e) + op + from + "\n"
		}
	}
	pre += sets + i + " += " + w + "\n_ = " + r + "\n"
	return fmt.Sprintf("%sfor %s, %s := 0, string(%s); %s < len(%s); {\n%s%s}\n", head, i, str, c.expr(s.X), i, str, pre, c.block(s.Body.List))
}

func (c *Code) rangeInt(s *ast.RangeStmt, t types.Type, label, head string) string {
	if b, ok := t.(*types.Basic); ok && b.Info()&types.IsUntyped != 0 {
		t = types.Typ[types.Int]
		if s.Key != nil {
			if k := c.of(s.Key); k != nil && k != types.Typ[types.Invalid] {
				t = k
			}
		}
		if id, ok := s.Key.(*ast.Ident); ok && c.info.Defs[id] != nil {
			t = c.sub.apply(c.info.Defs[id].Type())
		}
	}
	return c.rangeCount(s, t, c.expr(s.X), label, head)
}

// rangeCount writes iteration over the numbers of type t below count.
func (c *Code) rangeCount(s *ast.RangeStmt, t types.Type, count, label, head string) string {
	c.push(label, loop)
	defer c.pop()
	typ := c.typ(t)
	i, n := c.f.temp("i"), c.f.temp("n")
	pre := ""
	if s.Key != nil {
		if id, ok := s.Key.(*ast.Ident); !ok || id.Name != "_" {
			op := " = "
			if s.Tok == token.DEFINE {
				op = " := "
			}
			pre += c.target(s.Key) + op + i + "\n"
		}
	}
	return fmt.Sprintf("%sfor %s, %s := %s(0), %s(%s); %s < %s; %s++ {\n%s%s}\n", head, i, n, typ, typ, count, i, n, i, pre, c.loopBody(s.Body))
}

// rangeFunc writes iteration over a function as a call of it. The body becomes a function; what leaves it early is noted in a
// state variable and done after the call.
func (c *Code) rangeFunc(s *ast.RangeStmt, sig *types.Signature, label, at string) string {
	it := &frame{label: label, kind: iterator, state: c.f.temp("state")}
	c.checkDefer(s.Body)
	c.frames = append(c.frames, it)
	yield := c.sub.apply(sig.Params().At(0).Type()).Underlying().(*types.Signature)
	var ps []string
	pre := ""
	vars := []ast.Expr{s.Key, s.Value}
	for i := range yield.Params().Len() {
		name := orBlank(c.rangeVar(vars[i], s.Tok, &pre))
		ps = append(ps, name+" "+c.typ(yield.Params().At(i).Type()))
	}
	body := c.block(s.Body.List)
	c.pop()
	guard := fmt.Sprintf("if %s != 0 { panic(\"range function continued iteration after function for loop body returned false\") }\n", it.state)
	text := fmt.Sprintf("%s{\n%s := 0\n%s(func(%s) bool {\n%s%s%sreturn true\n})\n", at, it.state, c.operand(s.X), strings.Join(ps, ", "), guard, pre, body)
	if it.returns {
		text += fmt.Sprintf("if %s == %d {\n%s\n}\n", it.state, returnCode, c.returnAgain())
	}
	for i, e := range it.exits {
		text += fmt.Sprintf("if %s == %d {\n%s\n}\n", it.state, i+2, c.branch(e))
	}
	return text + "}\n"
}

// returnAgain returns what an iteration's body has left in the carriers.
func (c *Code) returnAgain() string {
	if _, it := c.within(); it != nil {
		return c.leave(it, returnCode)
	}
	if c.fn.named || c.fn.sig.Results().Len() == 0 {
		return "return"
	}
	return "return " + strings.Join(c.carriers(), ", ")
}

// checkDefer refuses a defer in an iteration's body: it belongs to the function around, which the body's function is not.
func (c *Code) checkDefer(b *ast.BlockStmt) {
	ast.Inspect(b, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.DeferStmt:
			c.refuse(n, "defer inside the body of a range over a function", "put the body into a function, or collect the values first")
		}
		return true
	})
}

// typeSwitch writes a type switch as assertions, of which the first that holds is taken.
func (c *Code) typeSwitch(s *ast.TypeSwitchStmt, label, at string) string {
	c.push(label, branching)
	defer c.pop()
	name, x := "", ast.Expr(nil)
	switch a := s.Assign.(type) {
	case *ast.AssignStmt:
		name, x = a.Lhs[0].(*ast.Ident).Name, a.Rhs[0].(*ast.TypeAssertExpr).X
	case *ast.ExprStmt:
		x = a.X.(*ast.TypeAssertExpr).X
	}
	c.checkForgotten(x)
	v := c.f.temp("x")
	text := at + "{\n"
	if s.Init != nil {
		text += at + c.simple(s.Init) + "\n"
	}
	text += at + "var " + v + " " + c.typ(c.of(x)) + " = " + c.expr(x) + "\n"
	var clauses string
	for _, cl := range s.Body.List {
		cc := cl.(*ast.CaseClause)
		var conds []string
		bound := v
		for _, e := range cc.List {
			if isNil(c.of(e)) {
				conds = append(conds, v+" == nil")
				continue
			}
			if i, ok := c.of(e).Underlying().(*types.Interface); ok && i.NumMethods() == 0 { // any value will do
				conds = append(conds, v+" != nil")
				continue
			}
			c.checkAssertion(e, c.of(x), c.of(e))
			val, ok := c.f.temp("v"), c.f.temp("ok")
			text += at + "var " + val + " " + c.typ(c.of(e)) + "\nvar " + ok + " bool\nif " + v + " != nil {\n" + val + ", " + ok + " = " + v + ".(" + c.typ(c.of(e)) + ")\n}\n"
			conds = append(conds, ok)
			if len(cc.List) == 1 {
				bound = val
			}
		}
		if len(conds) == 0 {
			clauses += c.mark(cc) + "default:\n"
		} else {
			clauses += c.mark(cc) + "case " + strings.Join(conds, " || ") + ":\n"
		}
		if obj := c.info.Implicits[cc]; obj != nil && name != "_" {
			n := c.local(obj, name)
			clauses += n + " := " + bound + "\n_ = " + n + "\n"
		}
		clauses += c.block(cc.Body)
	}
	if label != "" {
		text += label + ":\n"
	}
	return text + at + "switch {\n" + clauses + "}\n}\n"
}

func (c *Code) assertion(e *ast.TypeAssertExpr) string {
	t := c.of(e)
	if tuple, ok := t.(*types.Tuple); ok {
		t = tuple.At(0).Type()
	}
	if e.Type != nil {
		c.checkForgotten(e.X)
		c.checkAssertion(e, c.of(e.X), c.of(e.Type))
		t = c.of(e.Type)
	}
	return c.operand(e.X) + ".(" + c.typ(t) + ")"
}

// checkForgotten refuses to ask for the type of what is known to be of a session's type that is no struct: the interpreter forgets
// which one as soon as it is an interface value.
func (c *Code) checkForgotten(x ast.Expr) {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok || len(call.Args) != 1 || !c.info.Types[call.Fun].IsType() {
		return
	}
	if n, ok := types.Unalias(c.of(call.Args[0])).(*types.Named); ok && c.session(n) && !types.IsInterface(n) {
		c.refuse(x, "asking for the type of a value of the session's type "+c.user(n), "the type is known here: use it")
	}
}

// checkAssertion refuses assertions that the interpreter answers wrongly: it does not keep the identity of the session's
// types in interface values.
func (c *Code) checkAssertion(n ast.Node, from, to types.Type) {
	if named := c.sessionNamed(to); named != nil && !types.IsInterface(to) {
		c.refuse(n, "asserting an interface value to the session's type "+c.user(to), "keep a field that tells the kinds apart, or call a method of the interface")
		return
	}
	if i, ok := to.Underlying().(*types.Interface); ok && i.NumMethods() > 0 {
		for m := range i.Methods() {
			if !m.Exported() && isMain(m.Pkg()) {
				c.refuse(n, "asserting an interface value to "+c.user(to)+", which only types of the session implement", "give the value the interface type from the start")
				return
			}
		}
		if _, only := n.(*ast.TypeAssertExpr); only && isMain(namedPkg(to)) && c.single(n) {
			c.refuse(n, "asserting an interface value to "+c.user(to)+" without asking whether it holds", "write v, ok := x.("+c.user(to)+")")
			return
		}
		if name := c.f.world.Implementer(i); name != "" {
			c.refuse(n, "asserting an interface value to "+c.user(to)+", which the session's type "+name+" implements", "give the value the interface type from the start")
		}
	}
}

// single tells an assertion that panics if it does not hold.
func (c *Code) single(n ast.Node) bool {
	e, ok := n.(ast.Expr)
	if !ok {
		return false
	}
	_, tuple := c.of(e).(*types.Tuple)
	return !tuple
}

func namedPkg(t types.Type) *types.Package {
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Obj().Pkg()
	}
	return nil
}

// goStmt starts a goroutine through the host. Function and arguments are evaluated now, as Go demands.
func (c *Code) goStmt(s *ast.GoStmt) string {
	hs, call := c.frozen(s.Call)
	run := c.f.hostName() + ".Go(func() { " + call + " })"
	if len(hs) == 0 {
		return run
	}
	head := "{\n"
	for _, h := range hs {
		head += "var " + h.name + " " + h.typ + " = " + h.value + "\n"
	}
	return head + run + "\n}"
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

// deferStmt writes a deferred call. The interpreter reads its arguments when the call is made, so they get variables of their own;
// in a loop those would be the last iteration's.
func (c *Code) deferStmt(s *ast.DeferStmt) string {
	for _, f := range c.frames {
		if f.kind == loop {
			c.refuse(s, "defer in a loop", "put the body of the loop into a function")
			return ""
		}
	}
	fun := ast.Unparen(s.Call.Fun)
	c.defers++
	if c.defers > 1 && c.panics(s.Call) {
		c.refuse(s, "a deferred panic, after which other deferred calls have to be made", "make one deferred function of them")
	}
	if tv := c.info.Types[fun]; tv.IsBuiltin() && len(s.Call.Args) > 0 {
		return c.deferBuiltin(s)
	}
	if isNil(c.of(ast.Unparen(stripConversions(c, fun)))) {
		c.refuse(s, "a deferred call of nil", "leave it out")
	}
	if _, tuple := c.tupleArg(s.Call); tuple {
		return "defer " + c.call(s.Call)
	}
	var hs []holding
	call := ""
	if lit, ok := fun.(*ast.FuncLit); ok {
		if f := c.callsClosure(lit); f != nil {
			c.refuse(f, "calling "+f.Name+", a function made in the same function, in a deferred one", "declare it at top level")
		}
		args := c.held(s.Call, c.of(lit).(*types.Signature), &hs, nil)
		c.deferred = lit.Body
		call = c.plainLiteral(lit) + "(" + args + ")"
	} else {
		if id, ok := fun.(*ast.Ident); ok && c.closures[c.info.Uses[id]] {
			c.refuse(s, "a deferred call of "+id.Name+", a function made in the same function", "defer the function literal itself, or declare it at top level")
		}
		hs, call = c.frozen(s.Call)
	}
	text := ""
	for _, h := range hs {
		text += "var " + h.name + " " + h.typ + " = " + h.value + "\n"
	}
	if sel, ok := fun.(*ast.SelectorExpr); ok && len(hs) > 0 {
		if sl := c.info.Selections[sel]; sl != nil && sl.Kind() == types.MethodVal && types.IsInterface(c.of(sel.X)) {
			text += "if " + hs[0].name + " == nil { var n__ *struct{ n int }; n__.n = 0 }\n"
		}
	}
	if _, literal := fun.(*ast.FuncLit); !literal && !c.compiledCallee(fun) { // a panic that passes a function value deferred as such never ends
		call = "func() { " + call + " }()"
	}
	return text + "defer " + call
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

func (c *Code) deferBuiltin(s *ast.DeferStmt) string {
	name := ast.Unparen(s.Call.Fun).(*ast.Ident).Name
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
		name = c.f.hostName() + ".Builtin"
		names = append([]string{strconv.FormatBool(s.Call.Fun.(*ast.Ident).Name == "println")}, names...)
	}
	return "defer func(" + strings.Join(ps, ", ") + ") { " + name + "(" + strings.Join(names, ", ") + ") }(" + strings.Join(as, ", ") + ")"
}

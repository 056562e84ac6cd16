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
	return c.fn.named || c.fn.defers || !c.plain(r)
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
	key, elem := iterates(t)
	if s.Tok == token.ASSIGN && s.Key != nil && s.Value != nil && !isBlank(s.Key) && !isBlank(s.Value) { // both places are known before either is assigned
		var places strings.Builder
		k, v := c.f.temp("v"), c.f.temp("v")
		kp, vp := c.place(s.Key, &places), c.place(s.Value, &places)
		pre = places.String() + kp + " = " + c.ranged(s.Key, k, key) + "\n" + vp + " = " + c.ranged(s.Value, v, elem) + "\n"
		return head + "for " + k + ", " + v + " := range " + c.header(s.X) + " {\n" + pre + c.loopBody(s.Body) + "}\n"
	}
	k, v := c.loopVar(s, s.Key, key, &pre), c.loopVar(s, s.Value, elem, &pre)
	text := head + "for "
	switch {
	case v != "":
		text += orBlank(k) + ", " + v + " := "
	case k != "":
		text += k + " := "
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
func (c *Code) rangeVar(e ast.Expr, tok token.Token, from types.Type, pre *string) string {
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
	*pre += c.expr(e) + " = " + c.ranged(e, v, from) + "\n"
	return v
}

// ranged writes the value v, of type from, that a loop assigns to e.
func (c *Code) ranged(e ast.Expr, v string, from types.Type) string {
	if to := c.of(e); from != nil && types.IsInterface(to) && (!types.IsInterface(from) || !c.sameInterface(from, to)) {
		return c.asInterface(v, from, to)
	}
	return v
}

// iterates returns the types of what a loop over a value of type t gives, nil where there is none.
func iterates(t types.Type) (key, elem types.Type) {
	u := t.Underlying()
	if p, ok := u.(*types.Pointer); ok {
		u = p.Elem().Underlying()
	}
	switch u := u.(type) {
	case *types.Slice:
		return types.Typ[types.Int], u.Elem()
	case *types.Array:
		return types.Typ[types.Int], u.Elem()
	case *types.Map:
		return u.Key(), u.Elem()
	case *types.Chan:
		return u.Elem(), nil
	}
	return types.Typ[types.Int], types.Typ[types.Rune]
}

// loopVar is like rangeVar for a loop that stays one. A variable that functions in the body capture is copied first: the
// interpreter has one for all iterations.
func (c *Code) loopVar(s *ast.RangeStmt, e ast.Expr, from types.Type, pre *string) string {
	id, ok := e.(*ast.Ident)
	if !ok || s.Tok != token.DEFINE || id.Name == "_" || !c.captured(s.Body, c.info.Defs[id]) {
		return c.rangeVar(e, s.Tok, from, pre)
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
				sets += into + op + c.ranged(e, from, []types.Type{types.Typ[types.Int], types.Typ[types.Rune]}[k]) + "\n"
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
			if k := c.of(s.Key); k != nil && k != types.Typ[types.Invalid] && !types.IsInterface(k) {
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
			pre += c.target(s.Key) + op + c.ranged(s.Key, i, t) + "\n"
		}
	}
	return fmt.Sprintf("%sfor %s, %s := %s(0), %s(%s); %s < %s; %s++ {\n%s%s}\n", head, i, n, typ, typ, count, i, n, i, pre, c.loopBody(s.Body))
}

// rangeFunc writes iteration over a function as a call of it. The body becomes a function; what leaves it early is noted in a
// state variable and done after the call.
func (c *Code) rangeFunc(s *ast.RangeStmt, sig *types.Signature, label, at string) string {
	it := &frame{label: label, kind: iterator, state: c.f.temp("state")}
	c.frames = append(c.frames, it)
	yield := c.sub.apply(sig.Params().At(0).Type()).Underlying().(*types.Signature)
	var ps []string
	pre := ""
	vars := []ast.Expr{s.Key, s.Value}
	for i := range yield.Params().Len() {
		name := orBlank(c.rangeVar(vars[i], s.Tok, yield.Params().At(i).Type(), &pre))
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
	v := c.f.temp("x")
	var pre strings.Builder
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
			ok, val := c.asks(v, c.of(x), e, &pre, at)
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
		clauses += c.clause(cc.Body)
	}
	text += pre.String()
	if label != "" {
		text += label + ":\n"
	}
	return text + at + "switch {\n" + clauses + "}\n}\n"
}

func (c *Code) assertion(e *ast.TypeAssertExpr) string {
	_, both := c.of(e).(*types.Tuple)
	return c.asserted(c.operand(e.X), c.of(e.X), c.of(e.Type), both)
}

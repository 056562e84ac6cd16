package lower

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// involved tells an assignment of several values that the interpreter does one after the other, where it gets only plain operands
// right, and others that it needs help with.
func (c *Code) involved(s *ast.AssignStmt) bool {
	if len(s.Lhs) == 1 && s.Tok == token.ASSIGN {
		return c.boxesInto(s.Lhs[0], s.Rhs[0])
	}
	if len(s.Lhs) == 1 && s.Tok != token.DEFINE {
		_, ident := ast.Unparen(s.Lhs[0]).(*ast.Ident)
		return !ident && (c.calling(s.Rhs[0]) || c.derefs(s.Rhs[0]))
	}
	if len(s.Lhs) < 2 || len(s.Lhs) != len(s.Rhs) {
		return false
	}
	for i, r := range s.Rhs {
		if !c.plain(r) || c.derefs(r) || c.mayFail(s.Lhs[i]) || i > 0 && c.newFault(s, i) {
			return true
		}
	}
	return c.moves(s)
}

// derefs tells an expression that follows a pointer.
func (c *Code) derefs(e ast.Expr) bool {
	_, ok := ast.Unparen(e).(*ast.StarExpr)
	return ok
}

// mayFail tells a place of which the interpreter finds out too early or too late that there is none.
func (c *Code) mayFail(l ast.Expr) bool {
	switch l := ast.Unparen(l).(type) {
	case *ast.StarExpr:
		return true
	case *ast.IndexExpr:
		_, ok := c.of(l.X).Underlying().(*types.Map)
		return ok
	}
	return false
}

// newFault tells an assignment's i-th place that may turn out not to be there when others have been assigned, which is what Go does: the
// interpreter looks at all of them first. What is read on the right is known to be there.
func (c *Code) newFault(s *ast.AssignStmt, i int) bool {
	base := func(e ast.Expr) string {
		switch e := ast.Unparen(e).(type) {
		case *ast.IndexExpr:
			if _, array := c.of(e.X).Underlying().(*types.Array); !array || c.info.Types[e.Index].Value == nil {
				return types.ExprString(e)
			}
		case *ast.SelectorExpr:
			if _, ptr := c.of(e.X).Underlying().(*types.Pointer); ptr && c.info.Selections[e] != nil {
				return types.ExprString(e.X)
			}
		}
		return ""
	}
	place := base(s.Lhs[i])
	if place == "" {
		return false
	}
	for _, e := range s.Rhs {
		if strings.Contains(types.ExprString(e), place) {
			return false
		}
	}
	for _, e := range s.Lhs[:i] {
		if base(e) == place {
			return false
		}
	}
	return true
}

// moves tells an assignment to an element of which the place depends on what is assigned with it.
func (c *Code) moves(s *ast.AssignStmt) (found bool) {
	assigned := map[types.Object]bool{}
	for _, l := range s.Lhs {
		if id, ok := ast.Unparen(l).(*ast.Ident); ok {
			assigned[c.info.Uses[id]] = c.info.Uses[id] != nil
			continue
		}
		ast.Inspect(l, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			found = found || ok && assigned[c.info.Uses[id]]
			return !found
		})
	}
	return found
}

// before writes the statement in the head of another where that is involved, to come before it.
func (c *Code) before(s ast.Stmt) (text string, ok bool) {
	a, ok := s.(*ast.AssignStmt)
	if !ok || !c.involved(a) {
		return "", false
	}
	return c.parallel(a) + "\n", true
}

// boxesInto tells an assignment of one value that the interpreter loses: what becomes an interface value or is received, and goes not
// into a variable; what only has to be looked at.
func (c *Code) boxesInto(l, r ast.Expr) bool {
	u, unary := ast.Unparen(r).(*ast.UnaryExpr)
	switch id, ok := ast.Unparen(l).(*ast.Ident); {
	case ok && id.Name == "_":
		return c.derefs(r)
	case ok || c.info.Types[r].Value != nil || isNil(c.of(r)):
		return false
	case unary && u.Op == token.ARROW, c.derefs(r) && c.mayFail(l):
		return true
	}
	t := c.of(r)
	if _, fn := t.Underlying().(*types.Signature); fn {
		return false
	}
	return types.IsInterface(c.of(l)) && !types.IsInterface(t)
}

// plain tells an expression of variables, elements, fields and operators.
func (c *Code) plain(e ast.Expr) bool {
	if tv := c.info.Types[e]; tv.Value != nil {
		return true
	}
	switch e := e.(type) {
	case *ast.Ident:
		return true
	case *ast.ParenExpr:
		return c.plain(e.X)
	case *ast.SelectorExpr:
		return c.plain(e.X)
	case *ast.IndexExpr:
		return c.plain(e.X) && c.plain(e.Index)
	case *ast.StarExpr:
		return c.plain(e.X)
	case *ast.UnaryExpr:
		return e.Op != token.ARROW && e.Op != token.AND && c.plain(e.X)
	case *ast.BinaryExpr:
		return c.plain(e.X) && c.plain(e.Y)
	}
	return false
}

// parallel writes such an assignment as Go has it: first all operands and values, then the assignments.
func (c *Code) parallel(s *ast.AssignStmt) string {
	var text strings.Builder
	var targets []string
	if s.Tok != token.ASSIGN && s.Tok != token.DEFINE { // x op= y, with x found first
		place, v := "", c.f.temp("v")
		if c.calling(s.Lhs[0]) {
			place = c.place(s.Lhs[0], &text)
		}
		text.WriteString("var " + v + " " + c.typ(types.Default(c.of(s.Rhs[0]))) + " = " + c.expr(s.Rhs[0]) + "\n")
		if place == "" { // the compiler reads variables after calls
			place = c.place(s.Lhs[0], &text)
		}
		return "{\n" + text.String() + place + " " + s.Tok.String() + " " + v + "\n}"
	}
	for _, l := range s.Lhs {
		targets = append(targets, c.place(l, &text))
	}
	var values []string
	for i, r := range s.Rhs {
		t := types.Default(c.targetType(s.Lhs[i], r))
		v, name := "", c.f.temp("v")
		if c.neverShipped(s.Lhs[i]) {
			v = c.unbound(r)
		} else {
			v = c.converted(r, t)
		}
		text.WriteString("var " + name + " " + c.typ(t) + " = " + v + "\n")
		values = append(values, name)
	}
	if s.Tok == token.DEFINE && !c.promoted(s.Lhs) {
		text.WriteString(c.declareNew(s))
	}
	for i, l := range targets {
		if l == "_" {
			text.WriteString("_ = " + values[i] + "\n")
			continue
		}
		text.WriteString(l + " = " + values[i] + "\n")
	}
	out := strings.TrimSuffix(text.String(), "\n")
	if s.Tok == token.DEFINE {
		return out
	}
	return "{\n" + out + "\n}"
}

// place writes what is assigned to, with its operands evaluated before.
func (c *Code) place(l ast.Expr, text *strings.Builder) string {
	hold := func(e ast.Expr) string {
		if id, ok := ast.Unparen(e).(*ast.Ident); ok && c.info.Types[e].Value == nil {
			if _, basic := c.of(e).Underlying().(*types.Array); basic || c.isStruct(e) {
				return c.expr(id)
			}
		}
		name := c.f.temp("o")
		text.WriteString("var " + name + " " + c.typ(types.Default(c.of(e))) + " = " + c.expr(e) + "\n")
		return name
	}
	switch l := ast.Unparen(l).(type) {
	case *ast.IndexExpr:
		x := ""
		if _, array := c.of(l.X).Underlying().(*types.Array); array {
			x = c.place(l.X, text)
		} else {
			x = hold(l.X)
		}
		return x + "[" + hold(l.Index) + "]"
	case *ast.StarExpr:
		return "*" + hold(l.X)
	case *ast.SelectorExpr:
		if sel := c.info.Selections[l]; sel != nil {
			if _, ptr := c.of(l.X).Underlying().(*types.Pointer); ptr {
				obj, index, _ := types.LookupFieldOrMethod(c.of(l.X), true, sel.Obj().Pkg(), l.Sel.Name)
				if obj == nil {
					index = sel.Index()
				}
				return c.path(hold(l.X), c.of(l.X), index, l.Sel.Name)
			}
			switch ast.Unparen(l.X).(type) {
			case *ast.SelectorExpr, *ast.IndexExpr, *ast.StarExpr: // a field of a struct that is found by a pointer or an index
				if sel.Kind() == types.FieldVal {
					return c.path(c.place(l.X, text), c.of(l.X), sel.Index(), l.Sel.Name)
				}
			}
		}
	}
	return c.target(l)
}

func (c *Code) isStruct(e ast.Expr) bool {
	_, ok := c.of(e).Underlying().(*types.Struct)
	return ok
}

// switchByValues writes a switch whose cases are not all constants as one over conditions: the interpreter evaluates only the
// first value of such a case.
func (c *Code) switchByValues(s *ast.SwitchStmt, label, at string) string {
	text := at + "{\n"
	if s.Init != nil {
		text += c.stmt(s.Init)
	}
	tag := types.Default(c.of(s.Tag))
	x := c.f.temp("x")
	text += at + "var " + x + " " + c.typ(tag) + " = " + c.value(s.Tag, tag) + "\n"
	if label != "" {
		text += label + ":\n"
	}
	text += at + "switch {\n"
	for _, cl := range s.Body.List {
		cc := cl.(*ast.CaseClause)
		var conds []string
		for _, v := range cc.List {
			conds = append(conds, c.compared(x, v, tag))
		}
		head := "default:\n"
		if len(conds) > 0 {
			head = "case " + strings.Join(conds, " || ") + ":\n"
		}
		text += c.mark(cc) + head + c.clause(cc.Body)
	}
	return text + "}\n}\n"
}

// compared writes the comparison of the tag with a case's value.
func (c *Code) compared(x string, v ast.Expr, tag types.Type) string {
	switch {
	case isNil(c.of(v)):
		return x + " == nil"
	case !types.IsInterface(tag) && !types.IsInterface(c.of(v)):
		return x + " == " + c.operand(v)
	}
	return c.equal(x, tag, c.expr(v), c.of(v))
}

// valued tells a switch with a tag whose cases are not all constants.
func (c *Code) valued(s *ast.SwitchStmt) bool {
	if s.Tag == nil {
		return false
	}
	if types.IsInterface(c.of(s.Tag)) {
		return true
	}
	for _, cl := range s.Body.List {
		for _, v := range cl.(*ast.CaseClause).List {
			if c.info.Types[v].Value == nil {
				return true
			}
		}
	}
	return false
}

// copied writes a struct or an array that becomes an interface value: the interpreter would share the variable's memory.
func (c *Code) copied(e ast.Expr, t, to types.Type) string {
	s := c.expr(e)
	switch t.Underlying().(type) {
	case *types.Struct, *types.Array:
	default:
		return s
	}
	switch ast.Unparen(e).(type) {
	case *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr, *ast.StarExpr:
		return "func(x__ " + c.typ(t) + ") " + c.typ(to) + " { return x__ }(" + s + ")"
	}
	return s
}

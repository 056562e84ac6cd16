package lower

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// selectStmt writes a select statement as a call of the host's, after its operands in their order, and a switch over what was chosen.
func (c *Code) selectStmt(s *ast.SelectStmt, label, head string) string {
	at := c.mark(s)
	if len(s.Body.List) == 0 {
		return head + "select {\n}\n"
	}
	c.push(label, branching)
	defer c.pop()
	var operands, clauses strings.Builder
	var comms []string
	defaults := "false"
	for _, cl := range s.Body.List {
		cc := cl.(*ast.CommClause)
		if cc.Comm == nil {
			defaults = "true"
			clauses.WriteString(c.mark(cc) + "default:\n" + c.clause(cc.Body))
			continue
		}
		comm, sets := c.comm(cc, at, &operands)
		head := fmt.Sprintf("case %d", len(comms))
		if n := len(s.Body.List); defaults == "false" && len(comms) == n-1 { // so that it ends a function where the statement does
			head = "default"
		}
		fmt.Fprintf(&clauses, "%s%s:\n%s%s", c.mark(cc), head, sets, c.clause(cc.Body))
		comms = append(comms, ", "+comm)
	}
	if label != "" {
		label += ":\n" + at
	}
	return at + "{\n" + operands.String() + at + label + "switch " + c.f.hostName() + ".Select(" + defaults + strings.Join(comms, "") + ") {\n" + clauses.String() + "}\n}\n"
}

// comm writes a communication, with its operands in variables, and what is done first when it was made.
func (c *Code) comm(cc *ast.CommClause, at string, operands *strings.Builder) (comm, sets string) {
	host := c.f.hostName()
	x, v := operandsOf(cc)
	ch := c.f.temp("c")
	fmt.Fprintf(operands, "%svar %s %s = %s\n", at, ch, c.typ(c.of(x).Underlying()), c.expr(x))
	elem := c.of(x).Underlying().(*types.Chan).Elem()
	val := c.f.temp("v")
	if v != nil {
		fmt.Fprintf(operands, "%svar %s %s = %s\n", at, val, c.typ(elem), c.converted(v, elem))
		return host + ".Sending(" + ch + ", &" + val + ")", ""
	}
	a, ok := cc.Comm.(*ast.AssignStmt)
	if !ok {
		return host + ".Dropping(" + ch + ")", ""
	}
	open := c.f.temp("ok")
	fmt.Fprintf(operands, "%svar %s %s\n%svar %s bool\n", at, val, c.typ(elem), at, open)
	for i, l := range a.Lhs {
		from, t := val, elem
		if i == 1 {
			from, t = open, types.Typ[types.Bool]
		}
		to := c.of(l)
		id, ident := ast.Unparen(l).(*ast.Ident)
		switch {
		case ident && id.Name == "_":
		case a.Tok == token.DEFINE && c.keeps(a, cc): // new each time
			to = c.sub.apply(c.info.Defs[id].Type())
			sets += c.target(l) + " := func(x__ " + c.typ(to) + ") " + c.typ(to) + " { return x__ }(" + from + ")\n_ = " + c.target(l) + "\n"
		case a.Tok == token.DEFINE:
			sets += c.target(l) + " := " + from + "\n_ = " + c.target(l) + "\n"
		case types.IsInterface(to):
			sets += c.target(l) + " = " + c.asInterface(from, t, to) + "\n"
		case i == 1 && !types.Identical(to, t):
			sets += c.target(l) + " = " + c.typ(to) + "(" + from + ")\n"
		default:
			sets += c.target(l) + " = " + from + "\n"
		}
	}
	return host + ".Receiving(" + ch + ", &" + val + ", &" + open + ")", sets
}

// operandsOf returns the channel of a communication and the value that is sent.
func operandsOf(cc *ast.CommClause) (ch, value ast.Expr) {
	var x ast.Expr
	switch comm := cc.Comm.(type) {
	case *ast.SendStmt:
		return comm.Chan, comm.Value
	case *ast.ExprStmt:
		x = comm.X
	case *ast.AssignStmt:
		x = comm.Rhs[0]
	}
	if x == nil {
		return nil, nil
	}
	if u, ok := ast.Unparen(x).(*ast.UnaryExpr); ok {
		return u.X, nil
	}
	return nil, nil
}

// assigned tells whether a body may assign a loop's variable.
func (c *Code) assigned(b ast.Node, v ast.Expr) (found bool) {
	id, ok := v.(*ast.Ident)
	if !ok || c.info.Defs[id] == nil {
		return true
	}
	is := func(e ast.Expr) {
		x, ok := ast.Unparen(e).(*ast.Ident)
		found = found || ok && c.info.Uses[x] == c.info.Defs[id]
	}
	ast.Inspect(b, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				is(l)
			}
		case *ast.IncDecStmt:
			is(n.X)
		case *ast.RangeStmt:
			is(n.Key)
			is(n.Value)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				is(n.X)
			}
		}
		return !found
	})
	return found
}

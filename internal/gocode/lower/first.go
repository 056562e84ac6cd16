package lower

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// operandsFirst evaluates the channels and values of a select statement's communications in their order, before it: the interpreter
// evaluates each where it needs it. The text is empty if none of them can tell the difference.
func (c *Code) operandsFirst(s *ast.SelectStmt) (string, *ast.SelectStmt) {
	var text strings.Builder
	calls := false
	for _, cl := range s.Body.List {
		ch, v := operands(cl.(*ast.CommClause))
		calls = calls || ch != nil && c.calling(ch) || v != nil && c.calling(v)
	}
	if !calls || len(s.Body.List) < 2 {
		return "", nil
	}
	early := *s
	early.Body = &ast.BlockStmt{Lbrace: s.Body.Lbrace, Rbrace: s.Body.Rbrace}
	for _, cl := range s.Body.List {
		cc := *cl.(*ast.CommClause)
		ch, v := operands(&cc)
		hold := func(e ast.Expr, t types.Type) ast.Expr {
			name := c.f.temp("o")
			text.WriteString("var " + name + " " + c.typ(t) + " = " + c.value(e, t) + "\n")
			obj := types.NewVar(e.Pos(), nil, name, t)
			id := &ast.Ident{NamePos: e.Pos(), Name: name}
			c.info.Uses[id] = obj
			c.info.Types[id] = types.TypeAndValue{Type: t}
			return id
		}
		if ch != nil {
			held := hold(ch, c.of(ch))
			switch comm := cc.Comm.(type) {
			case *ast.SendStmt:
				cc.Comm = &ast.SendStmt{Chan: held, Arrow: comm.Arrow, Value: hold(v, c.of(ch).Underlying().(*types.Chan).Elem())}
			case *ast.ExprStmt:
				cc.Comm = &ast.ExprStmt{X: c.received(comm.X, held)}
			case *ast.AssignStmt:
				cc.Comm = &ast.AssignStmt{Lhs: comm.Lhs, TokPos: comm.TokPos, Tok: comm.Tok, Rhs: []ast.Expr{c.received(comm.Rhs[0], held)}}
			}
		}
		early.Body.List = append(early.Body.List, &cc)
	}
	return text.String(), &early
}

// received is the receive operation x with another operand.
func (c *Code) received(x, from ast.Expr) ast.Expr {
	u := &ast.UnaryExpr{OpPos: x.Pos(), Op: token.ARROW, X: from}
	c.info.Types[u] = c.info.Types[x]
	return u
}

// operands returns the channel of a communication and the value that is sent.
func operands(cc *ast.CommClause) (ch, value ast.Expr) {
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

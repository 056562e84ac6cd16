package gocode

import (
	"go/ast"
	"go/token"
	"go/types"
)

// assignsAmbient refuses to assign ctx, or to take its address: it is not a variable, but the context of whatever cell runs.
func (s *Session) assignsAmbient(p *parsed, c *checked) Diagnostics {
	if s.ambient == nil || !assigned(p.file, c.info)[s.ambient] {
		return nil
	}
	d := Diagnostic{Message: "cannot assign to ctx: it is the context of the cell", Hint: "define your own: ctx := ..."}
	ast.Inspect(p.file, func(n ast.Node) bool {
		if at := assignment(n, c.info, s.ambient); at.IsValid() {
			d.Position = position(s.fset.Position(at))
			d.EndCol = d.Position.Col + len(s.ambient.Name())
		}
		return d.Position.Line == 0
	})
	return Diagnostics{d}
}

// assignment is where a statement or expression assigns a variable, or takes its address.
func assignment(n ast.Node, info *types.Info, v *types.Var) token.Pos {
	var targets []ast.Expr
	switch n := n.(type) {
	case *ast.AssignStmt:
		targets = n.Lhs
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			targets = []ast.Expr{n.X}
		}
	case *ast.RangeStmt:
		targets = []ast.Expr{n.Key, n.Value}
	}
	for _, t := range targets {
		if id, ok := t.(*ast.Ident); ok && info.Uses[id] == v {
			return id.Pos()
		}
	}
	return token.NoPos
}

package emit

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// fewTurns is how many turns a tight loop may take without anybody looking for an interrupt: they are over in a millisecond.
const fewTurns = "65536"

// counted writes a tight loop whose number of turns is known at its beginning twice: plainly, for few turns, and with a look for an
// interrupt at each. Even that look, which never calls anything, costs the shortest loops a tenth or more.
func (c *Code) counted(s ast.Stmt) {
	if c.f.unit != nil || c.plainLoops || c.inHead[s] || c.labelled[s] {
		return
	}
	turns := c.turns(s)
	if turns == "" {
		return
	}
	k := c.f.Code(c.info, c.text, c.base)
	k.plainLoops, k.generic, k.self, k.selfName, k.outer = true, c.generic, c.self, c.selfName, c.outer
	plain := k.between(s, s.Pos(), s.End())
	at := c.f.directive(s.Pos())
	c.insert(s.Pos(), "if "+turns+" <= "+fewTurns+" { "+at+plain+" } else { "+at)
	c.after(s.End(), " }")
}

// turns is an expression for a bound of a tight loop's number of turns, "" if there is none that is sure.
func (c *Code) turns(s ast.Stmt) string {
	switch s := s.(type) {
	case *ast.ForStmt:
		if c.tight(s.Body) && !declaresTypes(s.Body) {
			return c.forTurns(s)
		}
	case *ast.RangeStmt:
		if c.tight(s.Body) && !declaresTypes(s.Body) {
			return c.rangeTurns(s)
		}
	}
	return ""
}

// forTurns understands for i := a; i < n; i++, where the body changes neither i nor n.
func (c *Code) forTurns(s *ast.ForStmt) string {
	init, ok1 := s.Init.(*ast.AssignStmt)
	cond, ok2 := s.Cond.(*ast.BinaryExpr)
	post, ok3 := s.Post.(*ast.IncDecStmt)
	if !ok1 || !ok2 || !ok3 || init.Tok != token.DEFINE || len(init.Lhs) != 1 || post.Tok != token.INC || cond.Op != token.LSS && cond.Op != token.LEQ {
		return ""
	}
	i, ok := init.Lhs[0].(*ast.Ident)
	if !ok || !c.is(cond.X, i) || !c.is(post.X, i) || !wide(c.info.TypeOf(i)) || assigns(s.Body, c.info, c.info.Defs[i]) {
		return ""
	}
	from, to := c.steady(init.Rhs[0], s.Body), c.steady(cond.Y, s.Body)
	if from == "" || to == "" {
		return ""
	}
	return "(" + to + ")-(" + from + ")"
}

// rangeTurns understands a range over what is in memory, or over an integer.
func (c *Code) rangeTurns(s *ast.RangeStmt) string {
	x := c.steady(s.X, s.Body)
	if x == "" {
		return ""
	}
	t := types.Unalias(c.info.TypeOf(s.X)).Underlying()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem().Underlying()
	}
	switch t := t.(type) {
	case *types.Slice, *types.Array, *types.Map:
		return "len(" + x + ")"
	case *types.Basic:
		if t.Info()&types.IsString != 0 {
			return "len(" + x + ")"
		}
		if c.info.Types[s.X].Value == nil && wide(t) {
			return x
		}
	}
	return ""
}

// steady is the text of an expression that can be evaluated twice and that a loop does not change: a constant, a variable of the
// function, or the length of one.
func (c *Code) steady(e ast.Expr, body *ast.BlockStmt) string {
	switch x := ast.Unparen(e).(type) {
	case *ast.BasicLit:
		return x.Value
	case *ast.Ident:
		v, ok := c.info.Uses[x].(*types.Var)
		if !ok || v.Pkg() == nil || v.Parent() == nil || v.Parent() == v.Pkg().Scope() || assigns(body, c.info, v) {
			return ""
		}
		if _, session := c.f.world.Var(v); session {
			return ""
		}
		if _, host := c.f.world.Host(v); host {
			return ""
		}
		return x.Name
	case *ast.CallExpr:
		id, ok := x.Fun.(*ast.Ident)
		if ok && id.Name == "len" && c.info.Types[x.Fun].IsBuiltin() && c.info.Types[e].Value == nil {
			if arg := c.steady(x.Args[0], body); arg != "" {
				return "len(" + arg + ")"
			}
		}
	}
	return ""
}

// is tells an expression that is the variable defined at id.
func (c *Code) is(e ast.Expr, id *ast.Ident) bool {
	x, ok := e.(*ast.Ident)
	return ok && c.info.Uses[x] != nil && c.info.Uses[x] == c.info.Defs[id]
}

// wide tells integers in which the bound of turns can be written.
func wide(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsInteger != 0 && !strings.HasSuffix(b.Name(), "8") && !strings.HasSuffix(b.Name(), "16") && b.Name() != "byte"
}

// assigns tells code that changes a variable, or takes its address.
func assigns(n ast.Node, info *types.Info, v types.Object) bool {
	found := false
	note := func(e ast.Expr) {
		if id, ok := e.(*ast.Ident); ok && info.Uses[id] == v {
			found = true
		}
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				note(l)
			}
		case *ast.IncDecStmt:
			note(n.X)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				note(n.X)
			}
		case *ast.RangeStmt:
			note(n.Key)
			note(n.Value)
		}
		return !found
	})
	return found
}

// declaresTypes tells code that declares types, which must not be there twice.
func declaresTypes(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		d, ok := n.(*ast.GenDecl)
		found = found || ok && d.Tok == token.TYPE
		return !found
	})
	return found
}

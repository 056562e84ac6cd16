package emit

import (
	"go/ast"
	"go/token"
	"go/types"
)

// A goroutine that waits in a channel operation when its cell is interrupted must end there: later it would take a value, or give one,
// that is not meant for it. So operations on channels go through the host, which also waits for the interrupt.

// receive edits <-ch.
func (c *Code) receive(n *ast.UnaryExpr) {
	if c.f.unit != nil || n.Op != token.ARROW || c.plain[n] || !c.knownChan(n.X) {
		return
	}
	name := "Recv"
	if c.pairs[n] {
		name = "Recv2"
	}
	c.replace(n.OpPos, n.X.Pos(), c.f.Host()+"."+name+"(")
	c.after(n.End(), ")")
}

// knownChan tells a channel whose type is no type parameter, for which the host's functions could not be inferred.
func (c *Code) knownChan(e ast.Expr) bool {
	t := types.Unalias(c.info.TypeOf(e))
	if _, ok := t.(*types.TypeParam); ok {
		return false
	}
	_, ok := t.Underlying().(*types.Chan)
	return ok
}

// commaOK marks the receive operations that give two values.
func (c *Code) commaOK(s ast.Stmt) {
	if a, ok := s.(*ast.AssignStmt); ok && len(a.Lhs) == 2 && len(a.Rhs) == 1 {
		c.pair(a.Rhs[0])
	}
}

func (c *Code) pair(e ast.Expr) {
	if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok {
		c.pairs[u] = true
	}
}

func (c *Code) send(s *ast.SendStmt) {
	if c.f.unit != nil || c.inHead[s] || !c.knownChan(s.Chan) {
		return
	}
	ch := types.Unalias(c.info.TypeOf(s.Chan)).Underlying().(*types.Chan)
	c.insert(s.Pos(), c.f.Host()+".Send["+c.f.typ(ch.Elem())+"](")
	c.replace(s.Arrow, s.Arrow+2, ",")
	c.after(s.End(), ")")
}

// rangeChan writes a loop over a channel as one that receives.
func (c *Code) rangeChan(s *ast.RangeStmt) {
	if c.f.unit != nil || !c.knownChan(s.X) {
		return
	}
	h := c.f.Host()
	c.replace(s.For+3, s.X.Pos(), " ch__r := ")
	c.after(s.X.End(), "; ; ")
	text := "_, ok__r := " + h + ".Recv2(ch__r); if !ok__r { break }; "
	switch id, isName := s.Key.(*ast.Ident); {
	case s.Key == nil:
	case s.Tok == token.DEFINE && isName && id.Name != "_":
		text = id.Name + text[1:]
	case s.Tok == token.ASSIGN:
		k := c.f.Code(c.info, c.text, c.base)
		text = "v__r" + text[1:] + k.Expr(s.Key) + " = v__r; "
	}
	c.insert(s.Body.Lbrace+1, " "+text)
}

// selectStmt lets a select without a default also wait for the interrupt.
func (c *Code) selectStmt(s *ast.SelectStmt) bool {
	if c.f.unit != nil {
		return true
	}
	h := c.f.Host()
	if len(s.Body.List) == 0 {
		c.replace(s.Pos(), s.End(), "{ "+h+".Forever(); select {} }")
		return false
	}
	final := true
	c.plainComms(s)
	for _, cl := range s.Body.List {
		if cl.(*ast.CommClause).Comm == nil {
			return true
		}
		final = final && ends(cl.(*ast.CommClause).Body)
	}
	text := " case <-" + h + ".Done(): " + h + ".Stop(); "
	if final { // the compiler may count on the select to end its function
		text += "panic(" + h + ".Interrupted); "
	}
	c.insert(s.Body.Lbrace+1, text)
	return true
}

// ends tells statements after which code does not go on.
func ends(list []ast.Stmt) bool {
	if len(list) == 0 {
		return false
	}
	switch s := list[len(list)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.BranchStmt:
		return s.Tok == token.GOTO || s.Tok == token.CONTINUE
	case *ast.BlockStmt:
		return ends(s.List)
	case *ast.ForStmt:
		return s.Cond == nil
	case *ast.SelectStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.IfStmt, *ast.LabeledStmt:
		return true // perhaps; it does no harm
	case *ast.ExprStmt:
		call, ok := s.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		id, ok := call.Fun.(*ast.Ident)
		return ok && id.Name == "panic"
	}
	return false
}

// plainComms leaves the operations that a select chooses from as they are.
func (c *Code) plainComms(s *ast.SelectStmt) {
	for _, cl := range s.Body.List {
		switch comm := cl.(*ast.CommClause).Comm.(type) {
		case *ast.SendStmt:
			c.inHead[comm] = true
		case *ast.ExprStmt:
			c.plainRecv(comm.X)
		case *ast.AssignStmt:
			c.plainRecv(comm.Rhs[0])
		}
	}
}

func (c *Code) plainRecv(e ast.Expr) {
	if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok {
		c.plain[u] = true
	}
}

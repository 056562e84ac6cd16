package emit

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
	"unicode"
)

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// check looks whether the code that runs has been interrupted.
func (c *Code) check() string {
	h := c.f.Host()
	return "if " + h + ".Stopping.Load() != 0 { " + h + ".Stop() }; "
}

// turn looks for an interrupt at every turn of a loop.
func (c *Code) turn(body *ast.BlockStmt) {
	if c.f.unit != nil {
		return
	}
	h := c.f.Host()
	if c.tight(body) {
		if c.plainLoops {
			return
		}
		c.insert(body.Lbrace+1, "if e__.Load() != 0 { "+h+".End(); panic(0) }; ")
		return
	}
	c.insert(body.Lbrace+1, c.check())
}

// tight tells the body of a loop that calls nothing. There, a call from which the code may come back costs registers.
func (c *Code) tight(body *ast.BlockStmt) bool {
	tight := true
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt, *ast.RangeStmt, *ast.FuncLit, *ast.SelectStmt, *ast.SendStmt, *ast.GoStmt, *ast.DeferStmt, *ast.LabeledStmt:
			tight = false
		case *ast.UnaryExpr:
			tight = tight && n.Op != token.ARROW
		case *ast.CallExpr:
			tight = tight && c.inlined(n)
		}
		return tight
	})
	return tight
}

// inlined tells calls that are none in compiled code.
func (c *Code) inlined(call *ast.CallExpr) bool {
	if tv := c.info.Types[call.Fun]; tv.IsType() || tv.IsBuiltin() {
		return true
	}
	fn := callee(c.info, call)
	if fn == nil || fn.Pkg() == nil {
		return false
	}
	path := fn.Pkg().Path()
	return path == "math" || path == "math/bits"
}

// woke looks, after something that may have waited, whether the cell that waited has been given up.
func (c *Code) woke() string {
	h := c.f.Host()
	return "; if " + h + ".Zombies.Load() != 0 { " + h + ".Woke() }"
}

// entry has a function look for an interrupt when it is called, if it can be part of an endless recursion. One that calls nothing
// but itself is like a loop that calls nothing.
func (c *Code) entry(body *ast.BlockStmt) {
	if body == nil || c.f.unit != nil {
		return
	}
	others, itself := c.calls(body)
	switch h := c.f.Host(); {
	case others:
		c.insert(body.Lbrace+1, c.check())
	case itself:
		c.insert(body.Lbrace+1, "if "+h+".Ending.Load() != 0 { "+h+".End(); panic(0) }; ")
	}
	if c.hasTight(body) {
		c.insert(body.Lbrace+1, c.f.ending())
	}
}

// ending keeps the address of the flag that tight loops read.
func (f *File) ending() string { return "e__ := " + f.Host() + ".AtEnding; _ = e__; " }

// hasTight tells whether there is a tight loop in code, function literals aside.
func (c *Code) hasTight(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ForStmt:
			found = found || c.tight(n.Body)
		case *ast.RangeStmt:
			found = found || c.tight(n.Body)
		}
		return !found
	})
	return found
}

// calls tells whether code calls functions of the session, or ones that are not known, and whether it calls the function that it is
// the body of.
func (c *Code) calls(body *ast.BlockStmt) (others, itself bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		if _, ok := n.(*ast.FuncLit); ok {
			return false
		}
		call, ok := n.(*ast.CallExpr)
		if !ok || c.info.Types[call.Fun].IsType() || c.info.Types[call.Fun].IsBuiltin() {
			return !others
		}
		switch fn := callee(c.info, call); {
		case fn != nil && c.self != nil && types.Object(fn) == c.self:
			itself = true
		case fn == nil || fn.Pkg() == nil || fn.Pkg().Path() == "main":
			others = true
		}
		return !others
	})
	return others, itself
}

// callee returns the declared function that is called, nil if it is not known.
func callee(info *types.Info, call *ast.CallExpr) *types.Func {
	fun := ast.Unparen(call.Fun)
	switch x := fun.(type) {
	case *ast.IndexExpr:
		fun = x.X
	case *ast.IndexListExpr:
		fun = x.X
	}
	switch x := fun.(type) {
	case *ast.Ident:
		fn, _ := info.Uses[x].(*types.Func)
		return fn
	case *ast.SelectorExpr:
		fn, _ := info.Uses[x.Sel].(*types.Func)
		return fn
	}
	return nil
}

// stmt edits a statement, and reports whether what is in it is still to be visited.
func (c *Code) stmt(s ast.Stmt) bool {
	c.begins(s)
	switch s := s.(type) {
	case *ast.ForStmt:
		c.counted(s)
		c.turn(s.Body)
		c.unusedIn(s.Init, s.Body.Lbrace+1)
		c.inHead[s.Post] = true
	case *ast.RangeStmt:
		c.counted(s)
		c.turn(s.Body)
		if _, ok := types.Unalias(c.info.TypeOf(s.X)).Underlying().(*types.Chan); ok {
			c.rangeChan(s)
		}
		c.unusedNames(s.Body.Lbrace+1, s.Key, s.Value)
	case *ast.IfStmt:
		c.unusedIn(s.Init, s.Body.Lbrace+1)
	case *ast.SwitchStmt:
		c.unusedSwitch(s.Init, s.Body)
	case *ast.TypeSwitchStmt:
		c.typeSwitch(s)
	case *ast.SelectStmt:
		return c.selectStmt(s)
	case *ast.CommClause:
		c.unusedIn(s.Comm, s.Colon+1)
	case *ast.LabeledStmt:
		if c.f.unused[s.Label.Pos()] {
			c.replace(s.Pos(), s.Colon+1, "")
		} else if c.f.unit == nil && c.backwards(s) {
			c.insert(s.Colon+1, " "+c.check())
		}
		c.labelled[s.Stmt] = true
		c.visit(s.Stmt)
		return false
	case *ast.BranchStmt:
		return false
	case *ast.GoStmt:
		return c.goStmt(s)
	case *ast.SendStmt:
		c.send(s)
	case *ast.AssignStmt, *ast.ExprStmt:
		c.commaOK(s)
		if c.f.unit == nil && c.waits(s) && !c.inHead[s] {
			c.after(s.End(), c.woke())
		}
		if a, ok := s.(*ast.AssignStmt); ok && a.Tok == token.DEFINE && !c.inHead[s] {
			c.unusedAfter(s.End(), a.Lhs...)
		}
	}
	return true
}

// backwards tells a label that goto jumps back to, outside of a loop.
func (c *Code) backwards(s *ast.LabeledStmt) bool {
	switch s.Stmt.(type) {
	case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.SelectStmt, *ast.TypeSwitchStmt:
		return false
	}
	return true
}

// waits tells a statement that may wait in compiled code.
func (c *Code) waits(s ast.Stmt) bool {
	found := false
	ast.Inspect(s, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			if fn := callee(c.info, n); fn != nil && fn.Pkg() != nil && fn.Pkg().Path() != "main" {
				found = found || waiting[fn.Name()]
			}
		}
		return !found
	})
	return found
}

// waiting are functions and methods after which a goroutine looks whether it has been given up. Not after Lock: the mutex would stay
// locked.
var waiting = map[string]bool{"Sleep": true, "Wait": true, "Unlock": true, "RUnlock": true, "Acquire": true, "Do": true, "Read": true}

// unusedIn uses the names that a statement in the head of another one defines for nothing, at the beginning of a body.
func (c *Code) unusedIn(init ast.Stmt, at token.Pos) {
	if init == nil {
		return
	}
	c.inHead[init] = true
	if a, ok := init.(*ast.AssignStmt); ok && a.Tok == token.DEFINE {
		c.unusedNames(at, a.Lhs...)
	}
}

func (c *Code) unusedSwitch(init ast.Stmt, body *ast.BlockStmt) {
	if init == nil {
		return
	}
	c.inHead[init] = true
	a, ok := init.(*ast.AssignStmt)
	if !ok || a.Tok != token.DEFINE {
		return
	}
	if len(body.List) > 0 {
		c.unusedNames(body.List[0].(*ast.CaseClause).Colon+1, a.Lhs...)
		return
	}
	c.insert(body.Lbrace+1, "default: ")
	c.unusedNames(body.Lbrace+1, a.Lhs...)
}

func (c *Code) typeSwitch(s *ast.TypeSwitchStmt) {
	c.unusedSwitch(s.Init, s.Body)
	c.inHead[s.Assign] = true
	if a, ok := s.Assign.(*ast.AssignStmt); ok && c.f.unused[a.Lhs[0].Pos()] {
		c.replace(a.Pos(), a.Rhs[0].Pos(), "")
	}
}

func (c *Code) unusedNames(at token.Pos, names ...ast.Expr) {
	for _, e := range names {
		if id, ok := e.(*ast.Ident); ok && c.f.unused[id.Pos()] {
			c.insert(at, " _ = "+id.Name+"; ")
		}
	}
}

func (c *Code) unusedAfter(at token.Pos, names ...ast.Expr) {
	for _, e := range names {
		if id, ok := e.(*ast.Ident); ok && c.f.unused[id.Pos()] && !c.session(id) {
			c.after(at, "; _ = "+id.Name)
		}
	}
}

// session tells a name that is a session variable here.
func (c *Code) session(id *ast.Ident) bool {
	v, ok := c.info.Defs[id].(*types.Var)
	if !ok {
		return false
	}
	_, ok = c.f.world.Var(v)
	return ok
}

// localVars uses variables that a function declares for nothing.
func (c *Code) localVars(d *ast.GenDecl) {
	if d.Tok != token.VAR {
		return
	}
	for _, sp := range d.Specs {
		for _, id := range sp.(*ast.ValueSpec).Names {
			c.unusedAfter(d.End(), id)
		}
	}
}

// goStmt has the process start the goroutine. Function and arguments are evaluated now.
func (c *Code) goStmt(s *ast.GoStmt) bool {
	call, f := s.Call, c.f
	if fn := callee(c.info, call); fn != nil && f.direct[fn] != "" {
		return true // what its arguments point to would not be kept alive on a detour
	}
	if tv := c.info.Types[call.Fun]; tv.IsBuiltin() || tv.IsType() || c.spreads(call) {
		c.replace(s.Pos(), call.Pos(), f.Host()+".Go(func() { ")
		c.after(s.End(), " })")
		return true
	}
	if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok && len(call.Args) == 0 && lit.Type.Results.NumFields() == 0 {
		c.replace(s.Pos(), call.Fun.Pos(), f.Host()+".Go(")
		c.replace(call.Fun.End(), call.End(), ")")
		c.untied(call.Fun)
		return false
	}
	sig := c.info.TypeOf(call.Fun).Underlying().(*types.Signature)
	c.replace(s.Pos(), call.Fun.Pos(), "{ var f__g "+f.typ(sig)+" = ")
	c.untied(call.Fun)
	at := call.Fun.End()
	var names []string
	for i, a := range call.Args {
		name := fmt.Sprintf("a%d__g", i)
		c.replace(at, a.Pos(), fmt.Sprintf("; var %s %s = ", name, c.argType(sig, i, call.Ellipsis.IsValid())))
		c.visit(a)
		at = a.End()
		names = append(names, name)
	}
	args := strings.Join(names, ", ")
	if call.Ellipsis.IsValid() {
		args += "..."
	}
	c.replace(at, call.End(), "; "+f.Host()+".Go(func() { f__g("+args+") }) }")
	return false
}

// spreads tells f(g()) with several results of g.
func (c *Code) spreads(call *ast.CallExpr) bool {
	if len(call.Args) != 1 {
		return false
	}
	_, ok := c.info.TypeOf(call.Args[0]).(*types.Tuple)
	return ok
}

func (c *Code) argType(sig *types.Signature, i int, spread bool) string {
	last := sig.Params().Len() - 1
	if sig.Variadic() && i >= last && !spread {
		return c.f.typ(sig.Params().At(last).Type().(*types.Slice).Elem())
	}
	return c.f.typ(sig.Params().At(i).Type())
}

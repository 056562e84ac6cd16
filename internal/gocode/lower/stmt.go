package lower

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"strings"
)

// frame is a statement around that break or continue may leave.
type frame struct {
	label string
	kind  frameKind
	pos   token.Pos
	// again is done before the next iteration.
	again string
	// state is the variable that tells, after the function that iterates has returned, how its body was left.
	state string
	exits []*ast.BranchStmt
	// returns tells that the body returns from the function around.
	returns bool
}

type frameKind int

const (
	loop frameKind = iota
	branching
	iterator // the body of a range over a function, which is a function of its own
)

// body writes a function's body.
func (c *Code) body(b *ast.BlockStmt, sig *types.Signature, ft *ast.FuncType) string {
	fn, frames, calls, recovers := c.fn, c.frames, c.calls, c.recovers
	defer func() { c.fn, c.frames, c.calls, c.recovers = fn, frames, calls, recovers }()
	c.recovers = c.deferred == b
	c.fn, c.frames = &function{sig: sig, named: ft.Results != nil && len(ft.Results.List) > 0 && len(ft.Results.List[0].Names) > 0, results: c.resultNames(ft)}, nil
	if fn == nil || calls == nil {
		c.calls = c.onlyCalled(b)
	}
	c.madeHere(b)
	c.fn.jumps = c.jumpsBack(b)
	prologue := c.prologue(b)
	text := c.block(b.List)
	head := "{\n" + prologue
	if c.fn.named { // what a call is assigned to is where its results are, with the value from before
		for i, r := range c.fn.results {
			if r != "_" {
				head += "{ var z__ " + c.typ(sig.Results().At(i).Type()) + "; " + r + " = z__ }\n"
			}
		}
	}
	for i, s := range c.fn.saved {
		head += "var " + s + " " + c.typ(sig.Results().At(i).Type()) + "\n"
	}
	return head + text + "}"
}

func (c *Code) resultNames(ft *ast.FuncType) []string {
	var names []string
	if ft.Results != nil {
		for _, f := range ft.Results.List {
			for _, n := range f.Names {
				names = append(names, c.names_(c.info.Defs[n], n.Name))
			}
		}
	}
	return names
}

func (c *Code) names_(obj types.Object, name string) string {
	if n, ok := c.names[obj]; ok {
		return n
	}
	return name
}

// onlyCalled finds the function variables declared in a body that are called and nothing else: nobody can ship them.
func (c *Code) onlyCalled(b ast.Node) map[types.Object]bool {
	only := map[types.Object]bool{}
	callee := map[*ast.Ident]bool{}
	ast.Inspect(b, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if id, ok := ast.Unparen(n.Fun).(*ast.Ident); ok {
				callee[id] = true
			}
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				if id, ok := l.(*ast.Ident); ok {
					callee[id] = true
				}
			}
		}
		return true
	})
	ast.Inspect(b, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		if v, ok := c.info.Defs[id].(*types.Var); ok {
			if _, ok := v.Type().Underlying().(*types.Signature); ok {
				if _, seen := only[v]; !seen {
					only[v] = true
				}
			}
		}
		if v, ok := c.info.Uses[id].(*types.Var); ok && !callee[id] {
			only[v] = false
		}
		return true
	})
	return only
}

func (c *Code) block(list []ast.Stmt) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(c.stmt(s))
	}
	return b.String()
}

// clause writes the statements of a switch's or select's clause. The interpreter finds labels of blocks only, so a labelled loop gets one; a label
// that a goto leads to stays where it is.
func (c *Code) clause(list []ast.Stmt) string {
	var b strings.Builder
	for _, s := range list {
		if _, labelled := s.(*ast.LabeledStmt); labelled && (c.fn == nil || !c.fn.jumps) {
			b.WriteString(c.mark(s) + "{\n" + c.stmt(s) + "}\n")
			continue
		}
		b.WriteString(c.stmt(s))
	}
	return b.String()
}

// Stmt writes one statement of a cell.
func (c *Code) Stmt(s ast.Stmt) string { return c.stmt(s) }

// stmt writes a statement, ending in a newline.
func (c *Code) stmt(s ast.Stmt) string { return c.labeled(s, "") }

func (c *Code) labeled(s ast.Stmt, label string) string {
	c.f.pos, c.f.fset, c.pos = s.Pos(), c.fset, s.Pos()
	at := c.mark(s)
	head := at
	if label != "" {
		head = at + label + ":\n" + at
	}
	switch s := s.(type) {
	case *ast.LabeledStmt:
		return c.labeled(s.Stmt, s.Label.Name)
	case *ast.ForStmt:
		return c.forStmt(s, label, head)
	case *ast.RangeStmt:
		return c.rangeStmt(s, label, head)
	case *ast.SwitchStmt:
		return c.switchStmt(s, label, head)
	case *ast.TypeSwitchStmt:
		return c.typeSwitch(s, label, at)
	case *ast.SelectStmt:
		return c.selectStmt(s, label, head)
	case *ast.BlockStmt:
		return head + "{\n" + c.block(s.List) + "}\n"
	case *ast.AssignStmt:
		if c.involved(s) {
			return head + c.parallel(s) + "\n"
		}
	}
	return head + c.simple(s) + "\n"
}

// simple writes a statement that holds no label and ends no line.
func (c *Code) simple(s ast.Stmt) string {
	switch s := s.(type) {
	case nil, *ast.EmptyStmt:
		return ""
	case *ast.ExprStmt:
		return c.exprStmt(s.X)
	case *ast.AssignStmt:
		return c.assign(s)
	case *ast.IncDecStmt:
		return c.expr(s.X) + s.Tok.String()
	case *ast.SendStmt:
		return c.expr(s.Chan) + " <- " + c.value(s.Value, c.of(s.Chan).Underlying().(*types.Chan).Elem())
	case *ast.DeclStmt:
		return c.declStmt(s.Decl.(*ast.GenDecl))
	case *ast.IfStmt:
		return c.ifStmt(s)
	case *ast.ReturnStmt:
		return c.returnStmt(s)
	case *ast.BranchStmt:
		return c.branch(s)
	case *ast.GoStmt:
		return c.goStmt(s)
	case *ast.DeferStmt:
		return c.deferStmt(s)
	}
	c.refuse(s, "this statement", "write it differently")
	return ""
}

func (c *Code) exprStmt(x ast.Expr) string {
	s := c.expr(x)
	if strings.HasPrefix(s, "func") && !strings.HasPrefix(s, "func(") {
		return "(" + s + ")"
	}
	return s
}

func (c *Code) assign(s *ast.AssignStmt) string {
	var lhs, rhs []string
	for _, l := range s.Lhs {
		lhs = append(lhs, c.target(l))
	}
	for i, r := range s.Rhs {
		var t types.Type
		if len(s.Lhs) == len(s.Rhs) {
			t = c.targetType(s.Lhs[i], r)
		}
		switch {
		case s.Tok != token.ASSIGN && s.Tok != token.DEFINE, t == nil:
			rhs = append(rhs, c.expr(r))
		case c.neverShipped(s.Lhs[i]):
			rhs = append(rhs, c.unbound(r))
		case len(s.Lhs) > 1:
			rhs = append(rhs, c.converted(r, t))
		default:
			rhs = append(rhs, c.value(r, t))
		}
	}
	tok, pre := s.Tok, ""
	if tok == token.DEFINE && c.promoted(s.Lhs) {
		tok = token.ASSIGN
	} else if tok == token.DEFINE && c.redeclares(s) {
		tok, pre = token.ASSIGN, c.declareNew(s)
	}
	if tok == token.ASSIGN {
		if text, ok := c.spreadInto(s, lhs, rhs); ok {
			return pre + text
		}
	}
	if len(lhs) == 1 && lhs[0] == "_" && c.discards(s.Rhs[0]) { // the interpreter would put it where something else was
		return rhs[0]
	}
	pre += c.unblank(s, tok, lhs)
	return pre + strings.Join(lhs, ", ") + " " + tok.String() + " " + strings.Join(rhs, ", ")
}

// discards tells a call of a function of which nobody wants the result.
func (c *Code) discards(e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return false
	}
	tv := c.info.Types[ast.Unparen(call.Fun)]
	return !tv.IsType() && !tv.IsBuiltin() && c.info.Types[call].Value == nil && c.callee(ast.Unparen(call.Fun)) != nil
}

// redeclares tells a definition that also assigns variables which are there: the interpreter would make new ones.
func (c *Code) redeclares(s *ast.AssignStmt) bool {
	for _, l := range s.Lhs {
		if id, ok := l.(*ast.Ident); ok && id.Name != "_" && c.info.Defs[id] == nil {
			return true
		}
	}
	return false
}

func (c *Code) declareNew(s *ast.AssignStmt) string {
	out := ""
	for _, l := range s.Lhs {
		if id, ok := l.(*ast.Ident); ok && id.Name != "_" {
			if obj := c.info.Defs[id]; obj != nil {
				out += "var " + c.local(obj, id.Name) + " " + c.typ(obj.Type()) + "\n"
			}
		}
	}
	return out
}

// converted writes a value of an assignment of several, in which the interpreter does not convert: nil and values that become
// interface values get their type written.
func (c *Code) converted(e ast.Expr, t types.Type) string {
	switch from := c.of(e); {
	case isNil(from):
		return "(" + c.typ(t) + ")(nil)"
	case types.IsInterface(t) && (types.IsInterface(from) || c.boxes(from)):
		return c.value(e, t)
	case types.IsInterface(t) && !types.Identical(from, t):
		return "func(i__ " + c.typ(t) + ") " + c.typ(t) + " { return i__ }(" + c.value(e, t) + ")"
	}
	return c.value(e, t)
}

// promoted tells that a definition's variables are package variables in lowered code.
func (c *Code) promoted(lhs []ast.Expr) bool {
	for _, l := range lhs {
		if id, ok := l.(*ast.Ident); ok {
			obj := c.info.Defs[id]
			if obj == nil {
				obj = c.info.Uses[id]
			}
			if obj != nil && c.f.world.Decl(obj) != nil {
				return true
			}
		}
	}
	return false
}

func (c *Code) neverShipped(l ast.Expr) bool {
	id, ok := l.(*ast.Ident)
	if !ok {
		return false
	}
	obj := c.info.Defs[id]
	if obj == nil {
		obj = c.info.Uses[id]
	}
	if obj == nil {
		return id.Name == "_"
	}
	if d := c.f.world.Decl(obj); d != nil {
		return d.Literal != nil
	}
	return c.calls[obj]
}

// spreadInto writes the assignment of several results of one expression of which some become interface values: the interpreter would
// leave those out.
func (c *Code) spreadInto(s *ast.AssignStmt, lhs, rhs []string) (string, bool) {
	if len(s.Rhs) != 1 || len(lhs) < 2 {
		return "", false
	}
	tuple, ok := c.of(s.Rhs[0]).(*types.Tuple)
	if !ok {
		return "", false
	}
	var to []types.Type
	var places strings.Builder
	direct := true
	for i, l := range s.Lhs {
		_, ident := ast.Unparen(l).(*ast.Ident)
		direct = direct && ident
		if !ident && (c.calling(l) || c.moves(s)) {
			lhs[i] = c.place(l, &places)
		}
		to = append(to, c.targetType(l, s.Rhs[0]))
		if lhs[i] == "_" {
			to[i] = nil
		}
	}
	text, ok := c.convertingSpread(tuple, to, lhs, rhs[0], !direct)
	if ok && places.Len() > 0 {
		return "{\n" + places.String() + text + "\n}", true
	}
	return text, ok
}

// convertingSpread is spreadInto for targets of the types to; it is needed where they convert, or are places that the interpreter forgets.
func (c *Code) convertingSpread(tuple *types.Tuple, to []types.Type, lhs []string, rhs string, needed bool) (string, bool) {
	var vars, sets []string
	for i := range lhs {
		v := c.f.temp("v")
		vars = append(vars, v)
		from := c.sub.apply(tuple.At(i).Type())
		switch {
		case to[i] == nil:
			sets = append(sets, "_ = "+v)
		case types.IsInterface(to[i]) && (!types.IsInterface(from) || !c.sameInterface(from, to[i])):
			needed = true
			sets = append(sets, lhs[i]+" = "+c.asInterface(v, from, to[i]))
		default:
			sets = append(sets, lhs[i]+" = "+v)
		}
	}
	if !needed {
		return "", false
	}
	var decls string
	for i, v := range vars {
		decls += "var " + v + " " + c.typ(types.Default(tuple.At(i).Type())) + "\n"
	}
	return "{\n" + decls + strings.Join(vars, ", ") + " = " + rhs + "\n" + strings.Join(sets, "\n") + "\n}", true
}

// unblank gives the first of two targets a variable: the interpreter puts what nobody wants anywhere.
func (c *Code) unblank(s *ast.AssignStmt, tok token.Token, lhs []string) (pre string) {
	if tok != token.ASSIGN || len(lhs) != 2 || len(s.Rhs) != 1 {
		return ""
	}
	tuple, ok := c.of(s.Rhs[0]).(*types.Tuple)
	if !ok || tuple.Len() != 2 {
		return ""
	}
	for i := range lhs {
		if lhs[i] == "_" {
			lhs[i] = c.f.temp("v")
			pre += "var " + lhs[i] + " " + c.typ(tuple.At(i).Type()) + "\n"
		}
	}
	return pre
}

func (c *Code) target(l ast.Expr) string {
	if id, ok := l.(*ast.Ident); ok {
		if id.Name == "_" {
			return "_"
		}
		if obj := c.info.Defs[id]; obj != nil {
			if d := c.f.world.Decl(obj); d != nil {
				return d.Low
			}
			return c.local(obj, id.Name)
		}
	}
	return c.expr(l)
}

func (c *Code) targetType(l, r ast.Expr) types.Type {
	if id, ok := l.(*ast.Ident); ok {
		if id.Name == "_" {
			return c.of(r)
		}
		if obj := c.info.Defs[id]; obj != nil {
			return c.sub.apply(obj.Type())
		}
	}
	return c.of(l)
}

func (c *Code) declStmt(g *ast.GenDecl) string {
	var out []string
	for _, s := range g.Specs {
		if s, ok := s.(*ast.ValueSpec); ok && g.Tok == token.VAR {
			out = append(out, c.varSpec(s))
		}
	}
	return strings.Join(out, "\n")
}

func (c *Code) varSpec(s *ast.ValueSpec) string {
	if len(s.Names) == len(s.Values) || len(s.Values) == 0 {
		var lines []string
		for i, n := range s.Names {
			obj := c.info.Defs[n]
			if obj == nil {
				continue
			}
			t := c.sub.apply(obj.Type())
			if d := c.f.world.Decl(obj); d != nil {
				if len(s.Values) > 0 {
					lines = append(lines, d.Low+" = "+c.converted(s.Values[i], t))
				} else {
					lines = append(lines, "{ var z__ "+c.typ(t)+"; "+d.Low+" = z__ }")
				}
				continue
			}
			line := "var " + c.local(obj, n.Name) + " " + c.typ(t)
			if len(s.Values) > 0 {
				if c.calls[obj] {
					line += " = " + c.unbound(s.Values[i])
				} else {
					line += " = " + c.converted(s.Values[i], t)
				}
			}
			lines = append(lines, line)
		}
		return strings.Join(lines, "\n")
	}
	var names []string
	var pre string
	for _, n := range s.Names {
		names = append(names, c.target(n))
		if obj := c.info.Defs[n]; obj != nil && n.Name != "_" && c.f.world.Decl(obj) == nil {
			pre += "var " + c.local(obj, n.Name) + " " + c.typ(obj.Type()) + "\n"
		}
	}
	value := c.expr(s.Values[0])
	if tuple, ok := c.of(s.Values[0]).(*types.Tuple); ok {
		var to []types.Type
		for _, n := range s.Names {
			if obj := c.info.Defs[n]; obj != nil && n.Name != "_" {
				to = append(to, c.sub.apply(obj.Type()))
			} else {
				to = append(to, nil)
			}
		}
		if text, ok := c.convertingSpread(tuple, to, names, value, false); ok {
			return pre + text
		}
	}
	return pre + strings.Join(names, ", ") + " = " + value
}

func (c *Code) ifStmt(s *ast.IfStmt) string {
	if init, ok := c.before(s.Init); ok {
		rest := *s
		rest.Init = nil
		return "{\n" + init + c.ifStmt(&rest) + "\n}"
	}
	head := "if "
	if s.Init != nil {
		head += c.simple(s.Init) + "; "
	}
	text := head + c.header(s.Cond) + " {\n" + c.block(s.Body.List) + "}"
	switch e := s.Else.(type) {
	case *ast.BlockStmt:
		text += " else {\n" + c.block(e.List) + "}"
	case *ast.IfStmt:
		text += " else {\n" + c.mark(e) + c.ifStmt(e) + "\n}"
	}
	return text
}

// header writes an expression before a block: in parentheses, if it could be taken for the block's beginning.
func (c *Code) header(e ast.Expr) string {
	s := c.expr(e)
	if strings.Contains(s, "{") && !strings.HasPrefix(s, "(") {
		return "(" + s + ")"
	}
	return s
}

// forStmt writes a loop. The interpreter's own loop variables lose what the body assigns, so they are declared before the loop;
// those that functions capture are copied in and out of each iteration, as Go has it.
func (c *Code) forStmt(s *ast.ForStmt, label, head string) string {
	c.push(label, loop)
	defer c.pop()
	def, ok := s.Init.(*ast.AssignStmt)
	if inc, up := s.Post.(*ast.IncDecStmt); ok && up && inc.Tok == token.INC && len(def.Lhs) == 1 && c.positive(def.Rhs[0]) && !c.assigned(s.Body, def.Lhs[0]) {
		c.counter(def.Lhs[0])
	}
	if init, involved := c.before(s.Init); involved && def.Tok != token.DEFINE {
		return "{\n" + c.mark(s) + init + head + c.forHead(s, "") + c.loopBody(s.Body) + "}\n}\n"
	}
	if !ok || def.Tok != token.DEFINE {
		return head + c.forHead(s, c.simple(s.Init)) + c.loopBody(s.Body) + "}\n"
	}
	var held, outer []string
	restore := map[types.Object]string{}
	for _, l := range def.Lhs {
		id, ok := l.(*ast.Ident)
		if !ok || id.Name == "_" || !c.captured(s.Body, c.info.Defs[id]) {
			continue
		}
		obj := c.info.Defs[id]
		inner := c.f.temp(id.Name) // a name of its own: the body may have another variable of the same
		held = append(held, inner)
		restore[obj] = inner
		c.names[obj] = c.f.temp(id.Name)
		outer = append(outer, c.names[obj])
	}
	init, involved := c.before(def)
	if !involved {
		init = c.simple(s.Init) + "\n"
	}
	text := "{\n" + c.mark(s) + init + head + c.forHead(s, "")
	maps.Copy(c.names, restore)
	if len(held) == 0 {
		return text + c.loopBody(s.Body) + "}\n}\n"
	}
	in, out := strings.Join(held, ", "), strings.Join(outer, ", ")
	c.frames[len(c.frames)-1].again = out + " = " + in + "\n"
	return text + in + " := " + out + "\n" + c.loopBody(s.Body) + out + " = " + in + "\n}\n}\n"
}

func (c *Code) forHead(s *ast.ForStmt, init string) string {
	cond := ""
	if s.Cond != nil {
		cond = c.header(s.Cond)
	}
	if init == "" && s.Post == nil {
		return "for " + cond + " {\n"
	}
	post := ""
	if a, ok := s.Post.(*ast.AssignStmt); ok && c.involved(a) {
		post = "func() " + c.parallel(a) + "()"
	} else {
		post = c.simple(s.Post)
	}
	return "for " + init + "; " + cond + "; " + post + " {\n"
}

// loopBody writes the body of a loop. The interpreter leaves a loop after its first round if there is nothing to do in it.
func (c *Code) loopBody(b *ast.BlockStmt) string {
	text := c.block(b.List)
	for _, s := range b.List {
		switch s.(type) {
		case *ast.EmptyStmt, *ast.DeclStmt, *ast.BlockStmt:
		default:
			return text
		}
	}
	return text + "_ = 0\n"
}

func (c *Code) push(label string, kind frameKind) {
	c.frames = append(c.frames, &frame{label: label, kind: kind, pos: c.pos})
}

func (c *Code) pop() { c.frames = c.frames[:len(c.frames)-1] }

func (c *Code) switchStmt(s *ast.SwitchStmt, label, head string) string {
	c.push(label, branching)
	defer c.pop()
	if _, involved := c.before(s.Init); s.Tag != nil && (involved || c.valued(s)) {
		return c.switchByValues(s, label, c.mark(s))
	}
	text := head + "switch "
	if s.Init != nil {
		text += c.simple(s.Init) + "; "
	}
	var tag types.Type
	if s.Tag != nil {
		tag = c.of(s.Tag)
		text += c.header(s.Tag)
	}
	text += " {\n"
	for _, cl := range s.Body.List {
		cc := cl.(*ast.CaseClause)
		var vs []string
		for _, v := range cc.List {
			if tag != nil {
				vs = append(vs, c.value(v, tag))
			} else {
				vs = append(vs, c.expr(v))
			}
		}
		if tag == nil && len(vs) > 1 { // the interpreter looks at the first condition only
			vs = []string{"(" + strings.Join(vs, ") || (") + ")"}
		}
		text += c.mark(cc) + caseHead(vs) + c.clause(cc.Body)
	}
	return text + "}\n"
}

func caseHead(vs []string) string {
	if len(vs) == 0 {
		return "default:\n"
	}
	return "case " + strings.Join(vs, ", ") + ":\n"
}

// keeps tells a clause that may hold on to the variables which it defines.
func (c *Code) keeps(a *ast.AssignStmt, cc *ast.CommClause) bool {
	for _, l := range a.Lhs {
		if id, ok := l.(*ast.Ident); ok && id.Name != "_" && c.captured(&ast.BlockStmt{List: cc.Body}, c.info.Defs[id]) {
			return true
		}
	}
	return false
}

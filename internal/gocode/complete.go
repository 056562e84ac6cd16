package gocode

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"sort"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/lower"
	"github.com/gocluster/gocluster/internal/gocode/stdlib"
)

// Completion is what may stand at the cursor: each item replaces the source from Start to End.
type Completion struct {
	Start, End int
	Items      []Item
}

// Item is one completion.
type Item struct {
	Text      string
	Kind      Kind
	Signature string
}

// Complete lists what may stand at a cursor, given as a byte offset.
func (s *Session) Complete(src string, cursor int) Completion {
	cursor = max(0, min(cursor, len(src)))
	start := cursor
	for start > 0 && isName(src[start-1]) {
		start--
	}
	c := Completion{Start: start, End: cursor}
	prefix := src[start:cursor]
	switch expr, member := operandBefore(src, start); {
	case inText(src, cursor):
		if strings.Contains(lineBefore(src, cursor), "import") || importBlock(src, cursor) {
			return s.completeImport(src, cursor)
		}
		return c
	case member:
		c.Items = s.members(src, start, expr)
	default:
		c.Items = s.names(src, start)
	}
	c.Items = matching(c.Items, prefix)
	return c
}

func isName(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}

func lineBefore(src string, at int) string {
	return src[strings.LastIndexByte(src[:at], '\n')+1 : at]
}

func importBlock(src string, at int) bool {
	i := strings.LastIndex(src[:at], "import (")
	return i >= 0 && !strings.Contains(src[i:at], ")")
}

// inText tells that the cursor is inside a string or a comment.
func inText(src string, at int) bool {
	quote := byte(0)
	for i := 0; i < at; i++ {
		switch b := src[i]; {
		case quote == 0 && (b == '"' || b == '`' || b == '\''):
			quote = b
		case quote == 0 && strings.HasPrefix(src[i:], "//"):
			n := strings.IndexByte(src[i:], '\n')
			if n < 0 || i+n >= at {
				return true
			}
			i += n
		case quote != 0 && quote != '`' && b == '\\':
			i++
		case quote != 0 && (b == quote || quote != '`' && b == '\n'):
			quote = 0
		}
	}
	return quote != 0
}

// operandBefore returns what a dot before start is applied to.
func operandBefore(src string, start int) (expr string, member bool) {
	i := start
	for i > 0 && (src[i-1] == ' ' || src[i-1] == '\t') {
		i--
	}
	if i == 0 || src[i-1] != '.' || (i > 1 && src[i-2] == '.') {
		return "", false
	}
	end := i - 1
	for i = end; i > 0; {
		switch b := src[i-1]; {
		case isName(b) || b == '.':
			i--
		case b == ')' || b == ']' || b == '}':
			open := matchBack(src, i-1)
			if open < 0 {
				return src[i:end], true
			}
			i = open
		default:
			return strings.TrimLeft(src[i:end], "."), true
		}
	}
	return src[i:end], true
}

func matchBack(src string, at int) int {
	depth := 0
	for i := at; i >= 0; i-- {
		switch src[i] {
		case ')', ']', '}':
			depth++
		case '(', '[', '{':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func matching(items []Item, prefix string) []Item {
	var out []Item
	seen := map[string]bool{}
	for _, it := range items {
		if !seen[it.Text] && len(it.Text) >= len(prefix) && strings.EqualFold(it.Text[:len(prefix)], prefix) && !strings.Contains(it.Text, "__") {
			seen[it.Text] = true
			out = append(out, it)
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := strings.HasPrefix(out[i].Text, prefix), strings.HasPrefix(out[j].Text, prefix)
		return a && !b || a == b && out[i].Text < out[j].Text
	})
	return out
}

func item(obj types.Object) Item {
	it := Item{Text: obj.Name(), Signature: lower.UserType(obj.Type())}
	switch obj := obj.(type) {
	case *types.Func:
		it.Kind = KindFunc
		if obj.Signature().Recv() != nil {
			it.Kind = KindMethod
		}
	case *types.TypeName:
		it.Kind = KindType
		it.Signature = "type " + lower.UserType(obj.Type().Underlying())
	case *types.Const:
		it.Kind = KindConst
		it.Signature += " = " + obj.Val().String()
	case *types.Var:
		it.Kind = KindVar
		if obj.IsField() {
			it.Kind = KindField
		}
	case *types.PkgName:
		it.Kind, it.Signature = KindPackage, "package "+obj.Imported().Path()
	case *types.Builtin:
		it.Kind, it.Signature = KindFunc, "builtin"
	case *types.Nil:
		it.Kind, it.Signature = KindConst, "nil"
	}
	return it
}

// around is a cell, cut where the cursor is, as far as it can be understood.
type around struct {
	info  *types.Info
	pkg   *types.Package
	scope *types.Scope
	imps  map[string]string
	expr  types.TypeAndValue
	found bool
}

const probe = "probe__"

// understand type-checks the cell with expr, or nothing, at the cursor: what is there may be half written, so what follows is
// cut off and open blocks are closed.
func (s *Session) understand(src string, at int, expr string) *around {
	head := src[:at]
	text := probe + "(" + expr + ")"
	if expr == "" {
		text = probe + "()"
	}
	cut := statementStart(head)
	for _, candidate := range []string{head[:cut] + text + closers(head[:cut]), text} {
		if a := s.tryUnderstand(candidate); a != nil {
			return a
		}
	}
	return nil
}

func (s *Session) tryUnderstand(src string) *around {
	p, ds := s.parse(Cell{Name: "cell", Source: src}, nil, func(p *parsed) string {
		text, _ := s.imports(p)
		return text
	})
	if len(ds) > 0 {
		return nil
	}
	c, _ := s.check(p, map[string]bool{})
	a := &around{info: c.info, pkg: c.pkg, imps: map[string]string{}}
	ast.Inspect(p.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if id, ok := call.Fun.(*ast.Ident); ok && id.Name == probe {
			a.scope = c.pkg.Scope().Innermost(call.Pos())
			if len(call.Args) == 1 {
				a.expr, a.found = c.info.Types[call.Args[0]]
				a.found = a.found && a.expr.Type != nil && a.expr.Type != types.Typ[types.Invalid]
			}
		}
		return true
	})
	for id, obj := range c.info.Defs {
		if pn, ok := obj.(*types.PkgName); ok {
			a.imps[id.Name] = pn.Imported().Path()
		}
	}
	return a
}

// statementStart is where the statement begins that a text ends in the middle of.
func statementStart(head string) int {
	toks := scan(head)
	start := 0
	for _, t := range toks {
		switch {
		case t.tok == token.EOF, t.off >= len(head):
		case t.tok == token.SEMICOLON, t.tok == token.LBRACE, t.tok == token.RBRACE:
			start = min(t.off+1, len(head))
		}
	}
	return start
}

// closers closes the blocks that a text leaves open.
func closers(head string) string {
	var stack []byte
	for _, t := range scan(head) {
		switch t.tok {
		case token.LBRACE:
			stack = append(stack, '}')
		case token.LPAREN:
			stack = append(stack, ')')
		case token.LBRACK:
			stack = append(stack, ']')
		case token.RBRACE, token.RPAREN, token.RBRACK:
			if len(stack) > 0 {
				stack = stack[:len(stack)-1]
			}
		}
	}
	out := "\n"
	for i := len(stack) - 1; i >= 0; i-- {
		out += string(stack[i])
		if stack[i] == '}' {
			out += "\n"
		}
	}
	return out
}

// members lists what can be selected from an expression.
func (s *Session) members(src string, at int, expr string) []Item {
	if token.IsIdentifier(expr) && s.vars[expr] == nil && s.live[expr] == nil {
		a := s.understand(src, at, "")
		shadowed := a != nil && a.scope != nil && lookup(a.scope, expr)
		if !shadowed {
			imps := map[string]string{}
			if a != nil {
				imps = a.imps
			}
			if pkg := s.packageOf(expr, imps); pkg != nil {
				return packageMembers(pkg)
			}
		}
	}
	if _, err := parser.ParseExpr(expr); err != nil {
		return nil
	}
	a := s.understand(src, at, expr)
	if a == nil || !a.found {
		return nil
	}
	return typeMembers(a.expr.Type, a.pkg)
}

func lookup(scope *types.Scope, name string) bool {
	_, obj := scope.LookupParent(name, token.NoPos)
	_, isPkg := obj.(*types.PkgName)
	return obj != nil && !isPkg
}

func packageMembers(pkg *types.Package) []Item {
	var out []Item
	for _, n := range pkg.Scope().Names() {
		if obj := pkg.Scope().Lookup(n); obj.Exported() {
			out = append(out, item(obj))
		}
	}
	return out
}

// typeMembers lists a type's fields and methods, those of embedded fields included.
func typeMembers(t types.Type, from *types.Package) []Item {
	var out []Item
	visible := func(obj types.Object) bool {
		return obj.Exported() || obj.Pkg() != nil && obj.Pkg().Path() == from.Path()
	}
	set := types.NewMethodSet(t)
	if _, ptr := t.Underlying().(*types.Pointer); !ptr && !types.IsInterface(t) {
		set = types.NewMethodSet(types.NewPointer(t))
	}
	for m := range set.Methods() {
		if visible(m.Obj()) {
			out = append(out, Item{Text: m.Obj().Name(), Kind: KindMethod, Signature: lower.UserType(m.Type())})
		}
	}
	seen := map[types.Type]bool{}
	var fields func(t types.Type)
	fields = func(t types.Type) {
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok || seen[t] {
			return
		}
		seen[t] = true
		for f := range st.Fields() {
			if visible(f) && f.Name() != "_" {
				out = append(out, item(f))
			}
		}
		for f := range st.Fields() {
			if f.Embedded() {
				fields(f.Type())
			}
		}
	}
	fields(t)
	return out
}

// names lists what a plain name may be at the cursor.
func (s *Session) names(src string, at int) []Item {
	var out []Item
	if a := s.understand(src, at, ""); a != nil {
		for scope := a.scope; scope != nil; scope = scope.Parent() {
			for _, n := range scope.Names() {
				out = append(out, item(scope.Lookup(n)))
			}
		}
	}
	for _, d := range s.Vars() {
		if d.Kind != KindMethod {
			out = append(out, Item{Text: d.Name, Kind: d.Kind, Signature: d.Type})
		}
	}
	for n, p := range s.opts.Auto {
		out = append(out, Item{Text: n, Kind: KindPackage, Signature: "package " + p})
	}
	for n, p := range s.env.names {
		out = append(out, Item{Text: n, Kind: KindPackage, Signature: "package " + p})
	}
	for _, p := range stdlib.Paths() {
		if n := p[strings.LastIndexByte(p, '/')+1:]; len(stdlib.Named(n)) == 1 && std(n) == p {
			out = append(out, Item{Text: n, Kind: KindPackage, Signature: "package " + p})
		}
	}
	for t := token.BREAK; t <= token.VAR; t++ {
		out = append(out, Item{Text: t.String(), Kind: KindKeyword})
	}
	for _, n := range types.Universe.Names() {
		out = append(out, item(types.Universe.Lookup(n)))
	}
	return out
}

func (s *Session) completeImport(src string, cursor int) Completion {
	start := strings.LastIndexByte(src[:cursor], '"') + 1
	c := Completion{Start: start, End: cursor}
	var items []Item
	for _, p := range stdlib.Paths() {
		items = append(items, Item{Text: p, Kind: KindPackage, Signature: stdlib.Doc(p, "")})
	}
	c.Items = matching(items, src[start:cursor])
	for i := range c.Items {
		c.Items[i].Signature = "package"
	}
	return c
}

package gocode

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"
)

// around is a cell, cut where the cursor is, as far as it can be understood.
type around struct {
	pkg *types.Package
	// names are what a name stands for at the cursor, the innermost; order is from the inside out.
	names map[string]types.Object
	order []types.Object
	imps  map[string]string
	expr  types.TypeAndValue
	found bool
}

// see notes the names of a scope and those around it, but Go's own.
func (a *around) see(scope *types.Scope) {
	a.names = map[string]types.Object{}
	for ; scope != nil && scope != types.Universe; scope = scope.Parent() {
		for _, n := range scope.Names() {
			if a.names[n] == nil {
				obj := scope.Lookup(n)
				a.names[n] = obj
				a.order = append(a.order, obj)
			}
		}
	}
}

// probe is a function that does not exist: a call of it marks the cursor, and its argument is what the type is asked of.
const probe = "probe__"

// maxCuts bounds the attempts to understand a cell, each of which parses it and mostly fails there.
const maxCuts = 12

// understand type-checks the cell with expr, or nothing, at the cursor. What is there may be half written: the statement at the
// cursor is replaced by the probe, open blocks are closed, and of what follows only declarations are kept. Where that statement
// begins is not clear from the tokens, a brace may open a block or a literal; so the likely places are tried, the nearest first.
func (s *Session) understand(src string, at int, expr string) *around {
	shared, opts := s.fset, s.opts
	s.fset = token.NewFileSet() // what is tried leaves nothing behind
	if s.opts.Import != nil {
		get := opts.Import
		s.opts.Import = func(path string) (*types.Package, error) { return s.importOnly(get, path) }
	}
	scope := *s.pkg.Scope() // which a check fills anew
	defer func() {
		s.fset, s.opts = shared, opts
		*s.pkg.Scope() = scope
	}()
	head, rest := src[:at], following(src, at)
	var second *around
	for _, h := range []string{head, repaired(head)} {
		toks := scan(h)
		for _, cut := range cuts(toks, len(h)) {
			a := s.tryUnderstand(h[:cut] + call(expr) + headEnd(toks, cut) + closers(h[:cut]) + "\n" + rest)
			if a != nil && (a.found || expr == "") {
				return a
			}
			if second == nil {
				second = a
			}
		}
	}
	if a := s.tryUnderstand(call(expr) + "\n" + rest); a != nil && (a.found || second == nil) {
		return a
	}
	return second
}

func call(expr string) string { return probe + "(" + expr + ")" }

// cuts are the places where the statement at the end of a text may begin, the last first; the beginning, where that is always possible,
// is not among them.
func cuts(toks []tok, end int) []int {
	var out []int
	for _, t := range toks {
		switch t.tok {
		case token.SEMICOLON, token.LBRACE, token.RBRACE, token.COLON:
			if at := min(t.off+1, end); t.off < end && (len(out) == 0 || at != out[len(out)-1]) {
				out = append(out, at)
			}
		}
	}
	slices.Reverse(out)
	return out[:min(len(out), maxCuts)]
}

// headEnd is what ends the head of an if, for or switch that is open at the cut.
func headEnd(toks []tok, cut int) string {
	semis := 0
	for i := len(toks) - 1; i >= 0; i-- {
		if toks[i].off >= cut {
			continue
		}
		switch toks[i].tok {
		case token.LBRACE, token.RBRACE:
			return ""
		case token.SEMICOLON:
			if toks[i].lit == "\n" {
				return ""
			}
			semis++
		case token.IF, token.SWITCH:
			return " {}"
		case token.FOR:
			if semis == 1 {
				return "; {}"
			}
			return " {}"
		}
	}
	return ""
}

// closers closes the brackets that a text leaves open.
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
	slices.Reverse(stack)
	return string(stack)
}

var declaration = regexp.MustCompile(`(?m)^(func|type|const|var|import)\b`)

// following are the declarations after the cursor, as far as they can be parsed.
func following(src string, at int) string {
	line := strings.IndexByte(src[at:], '\n')
	if line < 0 {
		return ""
	}
	tail := src[at+line:]
	from := declaration.FindStringIndex(tail)
	if from == nil {
		return ""
	}
	tail = tail[from[0]:]
	segs, _ := split(tail)
	var b strings.Builder
	for _, g := range segs {
		if text := tail[g.start:g.end]; (g.kind == segDecl || g.kind == segImport || g.kind == segVar) && parses(g, text) {
			b.WriteString(text + "\n")
		}
	}
	return b.String()
}

func parses(g segment, text string) bool {
	if g.kind == segDefine || g.kind == segStmt {
		text = "func _() {\n" + text + "\n}"
	}
	_, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+text, parser.SkipObjectResolution)
	return err == nil
}

// repaired is a text without those of its complete parts that cannot be parsed.
func repaired(head string) string {
	segs, _ := split(head)
	out := []byte(head)
	for i, g := range segs {
		if i == len(segs)-1 || parses(g, head[g.start:g.end]) || g.kind == segPackage {
			continue
		}
		for at := g.start; at < g.end; at++ {
			if out[at] != '\n' {
				out[at] = ' '
			}
		}
	}
	return string(out)
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
	a := &around{pkg: c.pkg, imps: map[string]string{}}
	seen := false
	ast.Inspect(p.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if id, ok := call.Fun.(*ast.Ident); ok && id.Name == probe {
			seen = true
			a.see(c.pkg.Scope().Innermost(call.Pos()))
			if len(call.Args) == 1 {
				a.expr, a.found = c.info.Types[call.Args[0]]
				a.found = a.found && a.expr.Type != nil && a.expr.Type != types.Typ[types.Invalid]
			}
		}
		return true
	})
	if !seen {
		return nil
	}
	for id, obj := range c.info.Defs {
		if pn, ok := obj.(*types.PkgName); ok {
			a.imps[id.Name] = pn.Imported().Path()
		}
	}
	return a
}

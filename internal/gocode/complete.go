package gocode

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
)

// Completion is what may stand at the cursor: each item replaces the source from Start to End.
type Completion struct {
	Start, End int
	Items      []Item
	// Text is set where the cursor is in a string: what is written of it so far, which may be a file's name. Start is its
	// beginning then.
	Text *string
}

// Item is one completion.
type Item struct {
	Text      string
	Kind      Kind
	Signature string

	rank int // of two that fit alike, the one with the lower rank comes first
}

// The kinds of completions that no declaration has.
const (
	// KindLabel is the kind of labels.
	KindLabel Kind = "label"
	// KindImport is the kind of import paths.
	KindImport Kind = "import"
)

// Complete lists what may stand at a cursor, given as a byte offset. What is around the cursor may be half written.
func (s *Session) Complete(src string, cursor int) Completion {
	cursor = max(0, min(cursor, len(src)))
	if from, kind := openText(src, cursor); kind == '"' || kind == '`' {
		return s.inString(src, from+1, cursor)
	} else if kind != 0 {
		return Completion{Start: cursor, End: cursor}
	}
	start := cursor
	for start > 0 && isName(src[start-1]) {
		start--
	}
	c := Completion{Start: start, End: cursor}
	prefix := src[start:cursor]
	if prefix != "" && prefix[0] >= '0' && prefix[0] <= '9' {
		return c
	}
	toks := code(src[:start])
	if n := len(toks); n > 0 && toks[n-1].tok == token.FLOAT && toks[n-1].end == cursor { // a dot in a number
		return c
	}
	switch expr, member := operand(src, toks); {
	case member:
		c.Items = s.members(src, start, expr)
	case jumps(toks):
		c.Items = labels(src)
	default:
		c.Items = s.fieldNames(src, start, toks)
		if len(c.Items) == 0 || prefix != "" {
			c.Items = append(c.Items, s.names(src, start)...)
		}
	}
	c.Items = matching(c.Items, prefix)
	return c
}

func (s *Session) inString(src string, start, cursor int) Completion {
	if importing(code(src[:start-1])) {
		return Completion{Start: start, End: cursor, Items: s.importPaths(src[start:cursor])}
	}
	text := src[start:cursor]
	return Completion{Start: start, End: cursor, Text: &text}
}

func isName(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}

// openText tells whether the cursor is inside a string or a comment: where it begins, and its first byte; 0 if it is in neither.
func openText(src string, at int) (from int, quote byte) {
	for i := 0; i < at; i++ {
		switch b := src[i]; {
		case quote == 0 && (b == '"' || b == '`' || b == '\''):
			from, quote = i, b
		case quote == 0 && strings.HasPrefix(src[i:], "//"):
			n := strings.IndexByte(src[i:], '\n')
			if n < 0 || i+n >= at {
				return i, '/'
			}
			i += n
		case quote == 0 && strings.HasPrefix(src[i:], "/*"):
			n := strings.Index(src[i+2:], "*/")
			if n < 0 || i+n+4 > at {
				return i, '/'
			}
			i += n + 3
		case quote != 0 && quote != '`' && b == '\\':
			i++
		case quote != 0 && (b == quote || quote != '`' && b == '\n'):
			quote = 0
		}
	}
	return from, quote
}

// code is the tokens of a text without the end, and without the semicolon that the scanner finds there.
func code(text string) []tok {
	toks := scan(text)
	toks = toks[:len(toks)-1]
	if n := len(toks); n > 0 && toks[n-1].tok == token.SEMICOLON && toks[n-1].lit == "\n" && !strings.HasSuffix(strings.TrimRight(text, " \t"), "\n") {
		toks = toks[:n-1]
	}
	return toks
}

// importing reports whether the next token is an import path.
func importing(toks []tok) bool {
	for i := len(toks) - 1; i >= 0; i-- {
		switch toks[i].tok {
		case token.IMPORT:
			return true
		case token.IDENT, token.PERIOD:
			if i != len(toks)-1 && toks[i+1].tok != token.STRING {
				return false
			}
		case token.STRING, token.SEMICOLON:
			if !grouped(toks[:i]) {
				return false
			}
		case token.LPAREN:
			return i > 0 && toks[i-1].tok == token.IMPORT
		default:
			return false
		}
	}
	return false
}

// grouped reports whether tokens end inside import (...).
func grouped(toks []tok) bool {
	for i := len(toks) - 1; i > 0; i-- {
		switch toks[i].tok {
		case token.RPAREN:
			return false
		case token.LPAREN:
			return toks[i-1].tok == token.IMPORT
		}
	}
	return false
}

// jumps reports whether the next token is a label.
func jumps(toks []tok) bool {
	if len(toks) == 0 {
		return false
	}
	switch toks[len(toks)-1].tok {
	case token.BREAK, token.CONTINUE, token.GOTO:
		return true
	}
	return false
}

func labels(src string) []Item {
	toks := scan(src)
	var out []Item
	for i := 0; i+1 < len(toks); i++ {
		begins := i == 0 || toks[i-1].tok == token.SEMICOLON || toks[i-1].tok == token.LBRACE || toks[i-1].tok == token.RBRACE
		if begins && toks[i].tok == token.IDENT && toks[i+1].tok == token.COLON {
			out = append(out, Item{Text: toks[i].lit, Kind: KindLabel, Signature: "label"})
		}
	}
	return out
}

// operand returns what the dot at the end of the tokens is applied to.
func operand(src string, toks []tok) (expr string, member bool) {
	n := len(toks)
	if n == 0 || toks[n-1].tok != token.PERIOD {
		return "", false
	}
	first := operandStart(toks[:n-1])
	if first == n-1 {
		return "", true
	}
	return src[toks[first].off:toks[n-1].off], true
}

// operandStart returns the first of the tokens that the primary expression at their end consists of.
func operandStart(toks []tok) int {
	i := len(toks)
	for i > 0 {
		switch t := toks[i-1].tok; {
		case t == token.IDENT || t.IsLiteral():
			i--
		case t == token.RPAREN || t == token.RBRACK || t == token.RBRACE:
			open := opener(toks, i-1)
			if open < 0 {
				return i
			}
			i = open
			if i > 0 && joins(toks[i-1].tok) {
				continue
			}
			return typeStart(toks, i)
		default:
			return i
		}
		// A name or literal: it goes on before a dot.
		if i > 1 && toks[i-1].tok == token.PERIOD {
			i--
			continue
		}
		return typeStart(toks, i)
	}
	return i
}

// joins reports whether a token may stand before the bracket of a call, an index or a literal.
func joins(t token.Token) bool {
	return t == token.IDENT || t == token.RPAREN || t == token.RBRACK || t == token.RBRACE || t == token.STRING
}

// typeStart goes on from a name to the beginning of the type that it is the end of: []T, map[K]T, func() T.
func typeStart(toks []tok, i int) int {
	for i > 0 {
		switch t := toks[i-1].tok; {
		case t == token.RBRACK && i < len(toks) && toks[i].tok == token.IDENT:
			open := opener(toks, i-1)
			if open < 0 {
				return i
			}
			i = open
			if i > 0 && toks[i-1].tok == token.MAP {
				i--
			}
		case t == token.MAP || t == token.STRUCT || t == token.INTERFACE:
			i--
		default:
			return i
		}
	}
	return i
}

// opener returns the bracket that the closing one at i belongs to, or -1.
func opener(toks []tok, i int) int {
	depth := 0
	for ; i >= 0; i-- {
		switch toks[i].tok {
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth++
		case token.LPAREN, token.LBRACK, token.LBRACE:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// members lists what can be selected from an expression.
func (s *Session) members(src string, at int, expr string) []Item {
	if token.IsIdentifier(expr) && s.vars[expr] == nil && s.live[expr] == nil {
		a := s.understand(src, at, "")
		if a == nil || !a.shadows(expr) {
			imps := map[string]string{}
			if a != nil {
				imps = a.imps
			}
			if pkg := s.packageOf(expr, imps); pkg != nil {
				return packageMembers(pkg)
			}
			if items := namesakes(expr); len(items) > 0 {
				return items
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
	if a.expr.IsType() {
		return methodExprs(a.expr.Type, a.pkg)
	}
	return typeMembers(a.expr.Type, a.pkg)
}

// shadows reports whether a name is something else than a package.
func (a *around) shadows(name string) bool {
	obj := a.names[name]
	_, isPkg := obj.(*types.PkgName)
	return obj != nil && !isPkg
}

// fieldNames lists the fields that can be set where the cursor is in a composite literal of a struct.
func (s *Session) fieldNames(src string, at int, toks []tok) []Item {
	n := len(toks)
	if n == 0 || toks[n-1].tok != token.LBRACE && toks[n-1].tok != token.COMMA {
		return nil
	}
	open := enclosing(toks)
	elided := 0
	for open > 0 && elides(toks[open-1].tok) { // {{...}: the type is the outer literal's
		elided++
		open = enclosing(toks[:open])
	}
	if open <= 0 || toks[open].tok != token.LBRACE {
		return nil
	}
	first := operandStart(toks[:open])
	if first == open {
		return nil
	}
	typ := src[toks[first].off:toks[open].off]
	if _, err := parser.ParseExpr(typ); err != nil {
		return nil
	}
	a := s.understand(src, at, "*new("+typ+")")
	if a == nil || !a.found {
		return nil
	}
	return fieldsOf(elements(a.expr.Type, elided), a.pkg, src[toks[open].off:])
}

// elides reports whether a literal that follows has no type.
func elides(t token.Token) bool { return t == token.LBRACE || t == token.COMMA || t == token.COLON }

// enclosing returns the bracket that is open at the end of the tokens, or -1.
func enclosing(toks []tok) int {
	depth := 0
	for i := len(toks) - 1; i >= 0; i-- {
		switch toks[i].tok {
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth++
		case token.LPAREN, token.LBRACK, token.LBRACE:
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return -1
}

// elements is the type of a list's or map's elements, n times.
func elements(t types.Type, n int) types.Type {
	for range n {
		switch u := t.Underlying().(type) {
		case *types.Slice:
			t = u.Elem()
		case *types.Array:
			t = u.Elem()
		case *types.Map:
			t = u.Elem()
		default:
			return t
		}
	}
	if p, ok := t.Underlying().(*types.Pointer); ok && n > 0 {
		t = p.Elem()
	}
	return t
}

// fieldsOf lists a struct's fields but those that are set already.
func fieldsOf(t types.Type, from *types.Package, literal string) []Item {
	st, ok := t.Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	set := map[string]bool{}
	toks := scan(literal)
	for i := 1; i < len(toks); i++ {
		if toks[i].tok == token.COLON {
			set[toks[i-1].lit] = true
		}
	}
	var out []Item
	for f := range st.Fields() {
		if visible(f, from) && f.Name() != "_" && !set[f.Name()] {
			it := item(f)
			it.Text += ": "
			it.rank = -1
			out = append(out, it)
		}
	}
	return out
}

func visible(obj types.Object, from *types.Package) bool {
	return ast.IsExported(obj.Name()) || obj.Pkg() != nil && obj.Pkg().Path() == from.Path()
}

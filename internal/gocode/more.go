package gocode

import (
	"fmt"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
)

// Declare plans a variable of a type that is given as text, "[]float64" for example. It has the zero value.
// compile asks for the compiler, as Cell.Compile does.
func (s *Session) Declare(name, typeText string, compile bool) (*Plan, error) {
	if !token.IsIdentifier(name) || name == "_" {
		return nil, &Diagnostics{{Message: fmt.Sprintf("%q cannot name a variable", name), Hint: "use a Go identifier"}}
	}
	if _, err := parser.ParseExpr(typeText); err != nil {
		return nil, &Diagnostics{{Message: fmt.Sprintf("%q is not a type: %v", typeText, err)}}
	}
	return s.Plan(Cell{N: 0, Name: "push " + name, Source: "var " + name + " " + typeText, Compile: compile})
}

// Expr plans an expression whose value goes to the host's Pull.
func (s *Session) Expr(src string) (*Plan, error) {
	if _, err := parser.ParseExpr(src); err != nil {
		return nil, &Diagnostics{{Message: fmt.Sprintf("%q is not an expression: %v", src, err), Syntax: true}}
	}
	return s.plan(Cell{N: 0, Name: "pull " + strings.TrimSpace(src), Source: src}, true)
}

// IsComplete tells whether a cell can be run as it is: "complete"; "incomplete", with the indentation of the line that is
// to follow; or "invalid".
func (s *Session) IsComplete(src string) (status, indent string) {
	if strings.TrimSpace(src) == "" {
		return "complete", ""
	}
	depth, broken := 0, false
	toks := scan(src)
	var last tok
	for _, t := range toks {
		switch t.tok {
		case token.LPAREN, token.LBRACE, token.LBRACK:
			depth++
		case token.RPAREN, token.RBRACE, token.RBRACK:
			depth--
		case token.STRING, token.CHAR:
			broken = broken || unterminated(t)
		}
		if t.tok != token.EOF && !(t.tok == token.SEMICOLON && t.lit == "\n") {
			last = t
		}
		if depth < 0 {
			return "invalid", ""
		}
	}
	if openComment(src) || (broken && last.tok == token.STRING && strings.HasPrefix(last.lit, "`")) {
		return "incomplete", ""
	}
	if depth > 0 || continues(last.tok) {
		return "incomplete", strings.Repeat("\t", min(depth, 20))
	}
	if _, ds := s.parse(Cell{Name: "cell", Source: src}, nil, func(*parsed) string { return "" }); len(ds) > 0 {
		return "invalid", ""
	}
	return "complete", ""
}

func unterminated(t tok) bool {
	if len(t.lit) < 2 {
		return true
	}
	return t.lit[0] != t.lit[len(t.lit)-1]
}

func openComment(src string) bool {
	i := strings.LastIndex(src, "/*")
	return i >= 0 && !strings.Contains(src[i:], "*/")
}

// continues tells tokens after which Go wants more.
func continues(t token.Token) bool {
	switch t {
	case token.COMMA, token.PERIOD, token.ASSIGN, token.DEFINE, token.NOT, token.ARROW, token.COLON:
		return t != token.COLON
	case token.RETURN, token.BREAK, token.CONTINUE, token.FALLTHROUGH, token.INC, token.DEC:
		return false
	}
	return t.IsOperator() && t.Precedence() > token.LowestPrec
}

// packageOf returns the package that a name stands for in the session.
func (s *Session) packageOf(name string, imports map[string]string) *types.Package {
	path, ok := imports[name]
	if !ok {
		path, ok = s.env.names[name]
	}
	if !ok {
		path, ok = s.opts.Auto[name]
	}
	if !ok {
		if path = std(name); path == "" {
			return nil
		}
	}
	pkg, err := s.load(path)
	if err != nil {
		return nil
	}
	return pkg
}

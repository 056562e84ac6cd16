package gocode

import (
	"go/scanner"
	"go/token"
	"slices"
)

// segment is one top-level piece of a cell.
type segment struct {
	kind       segmentKind
	start, end int // byte offsets in the cell; end is after the last token, before the semicolon
	// names are what the segment defines: the left side of :=, or a var's names.
	names []string
	// define is the offset of := in a definition.
	define int
	idents []string // every identifier that does not follow a dot
	method bool     // a func declaration with a receiver
	semi   bool     // a written semicolon follows
}

type segmentKind int

const (
	segPackage segmentKind = iota
	segImport
	segDecl   // type, const, func
	segVar    // var
	segDefine // a, b := ...
	segStmt
)

type tok struct {
	off, end int
	tok      token.Token
	lit      string
}

// split cuts a cell into its top-level pieces. It only looks at tokens, so that what is not Go is still cut somewhere and the
// parser can say what is wrong with it. open tells that brackets are still open at the end.
func split(src string) (segs []segment, open bool) {
	toks := scan(src)
	depth, first := 0, 0
	var h header
	for i, t := range toks {
		if depth == 0 {
			h.see(t, i == first)
		}
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
		if (t.tok == token.SEMICOLON && depth <= 0 && !(h.open && t.lit == ";")) || t.tok == token.EOF {
			if i > first {
				segs = append(segs, classify(toks[first:i], t.lit == ";"))
			} else if t.tok == token.SEMICOLON && t.lit == ";" && len(segs) > 0 {
				segs[len(segs)-1].semi = true
			}
			first, depth = i+1, 0
			h = header{}
			if t.tok == token.EOF {
				break
			}
		}
		open = depth > 0
	}
	return segs, open
}

func scan(src string) []tok {
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(src))
	var s scanner.Scanner
	s.Init(file, []byte(src), func(token.Position, string) {}, 0)
	var toks []tok
	for {
		pos, t, lit := s.Scan()
		off := file.Offset(pos)
		end := off + len(lit)
		if !t.IsLiteral() && !t.IsKeyword() && t != token.SEMICOLON && t != token.ILLEGAL {
			end = off + len(t.String())
		}
		if t == token.EOF {
			end = len(src)
		}
		toks = append(toks, tok{off, min(end, len(src)), t, lit})
		if t == token.EOF {
			return toks
		}
	}
}

func classify(ts []tok, semi bool) segment {
	s := segment{kind: segStmt, start: ts[0].off, end: ts[len(ts)-1].end, semi: semi}
	for i, t := range ts {
		if t.tok == token.IDENT && (i == 0 || ts[i-1].tok != token.PERIOD) {
			s.idents = append(s.idents, t.lit)
		}
	}
	switch ts[0].tok {
	case token.PACKAGE:
		s.kind = segPackage
	case token.IMPORT:
		s.kind = segImport
	case token.TYPE, token.CONST:
		s.kind = segDecl
	case token.VAR:
		s.kind = segVar
		s.names = varNames(ts)
	case token.FUNC:
		if isFunc, method := funcDecl(ts); isFunc {
			s.kind, s.method = segDecl, method
		}
	case token.IDENT:
		if at := defineAt(ts); at > 0 {
			s.kind, s.define = segDefine, ts[at].off
			for _, t := range ts[:at] {
				if t.tok == token.IDENT {
					s.names = append(s.names, t.lit)
				}
			}
		}
	}
	return s
}

// funcDecl tells a declaration from a function literal that is called.
func funcDecl(ts []tok) (is, method bool) {
	if len(ts) < 2 {
		return true, false
	}
	if ts[1].tok == token.IDENT {
		return true, false
	}
	depth := 0
	for i, t := range ts[1:] {
		switch t.tok {
		case token.LPAREN:
			depth++
		case token.RPAREN:
			depth--
		}
		if depth == 0 {
			is := i+2 < len(ts) && ts[i+2].tok == token.IDENT && i+3 < len(ts) && ts[i+3].tok == token.LPAREN
			return is, is
		}
	}
	return false, false
}

// defineAt finds := after a list of plain names; 0 if it is no definition.
func defineAt(ts []tok) int {
	for i, t := range ts {
		switch t.tok {
		case token.IDENT, token.COMMA:
		case token.DEFINE:
			return i
		default:
			return 0
		}
	}
	return 0
}

// varNames returns the names that a var declaration declares, grouped or not.
func varNames(ts []tok) []string {
	var names []string
	if len(ts) > 1 && ts[1].tok != token.LPAREN {
		return leading(ts[1:])
	}
	depth, first := 0, 2
	for i := 2; i < len(ts); i++ {
		switch ts[i].tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
		if depth < 0 || (depth == 0 && ts[i].tok == token.SEMICOLON) {
			names = append(names, leading(ts[first:i])...)
			first = i + 1
		}
	}
	return names
}

// leading returns the names of "a, b, c int = ...".
func leading(ts []tok) []string {
	var names []string
	for i := 0; i < len(ts); i += 2 {
		if ts[i].tok != token.IDENT {
			break
		}
		names = append(names, ts[i].lit)
		if i+1 >= len(ts) || ts[i+1].tok != token.COMMA {
			break
		}
	}
	return names
}

// hoisted says which of a cell's variables have to be package variables when it is checked: those that a declaration of the
// same cell uses, and what they are made from. All others are checked in the order of the statements, as locals of one
// function are, so that "x := x + 1" sees the old x.
func hoisted(segs []segment, force map[string]bool) map[string]bool {
	defined := map[string]bool{}
	statements := false
	for _, s := range segs {
		for _, n := range s.names {
			defined[n] = true
		}
		statements = statements || s.kind == segDefine || s.kind == segStmt
	}
	if !statements {
		return defined
	}
	up := map[string]bool{}
	for n := range force {
		up[n] = true
	}
	grown := true
	reach := func(s segment) {
		for _, id := range s.idents {
			if defined[id] && !up[id] {
				up[id], grown = true, true
			}
		}
	}
	for grown {
		grown = false
		for _, s := range segs {
			if s.kind == segDecl || slices.ContainsFunc(s.names, func(n string) bool { return up[n] }) {
				reach(s)
			}
		}
	}
	return up
}

// header follows the head of an if, for or switch, in which a semicolon ends no statement.
type header struct {
	open  bool
	brace bool // the next brace belongs to a type or a function literal in the head
	label bool
}

func (h *header) see(t tok, first bool) {
	switch t.tok {
	case token.FOR, token.SWITCH:
		h.open = h.open || first || h.label
	case token.IF:
		h.open = h.open || first || h.label
	case token.ELSE:
		h.label = true // what follows begins anew
		return
	case token.COLON:
		h.label = true
		return
	case token.FUNC, token.STRUCT, token.INTERFACE:
		h.brace = h.open
	case token.LBRACE:
		if h.brace {
			h.brace = false
		} else {
			h.open = false
		}
	}
	h.label = false
}

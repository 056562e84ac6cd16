package ink

import (
	"go/scanner"
	"go/token"
	"sort"
	"strings"
)

// Style is how a terminal shows a piece of text: the escape sequence that turns it on.
type Style string

// The styles of source text.
const (
	Plain   Style = ""
	Keyword Style = "\x1b[0;34m"
	Text    Style = "\x1b[0;32m"
	Number  Style = "\x1b[0;36m"
	Comment Style = "\x1b[0;90m"
	Builtin Style = "\x1b[0;36m"
	Magic   Style = "\x1b[0;35m"

	Reset = "\x1b[0m"
)

// Paint is text in a style.
func (s Style) Paint(text string) string {
	if s == Plain || text == "" {
		return text
	}
	return string(s) + text + Reset
}

// Span is a piece of source text in one style, given by byte offsets.
type Span struct {
	From, To int
	Style    Style
}

// At is the style of the byte at an offset. The spans are in order.
func At(spans []Span, off int) Style {
	i := sort.Search(len(spans), func(i int) bool { return spans[i].To > off })
	if i < len(spans) && spans[i].From <= off {
		return spans[i].Style
	}
	return Plain
}

// Highlight returns the coloured pieces of a cell, in order: Go, and the lines that are not Go.
func Highlight(src string) []Span {
	var out []Span
	for from := 0; from < len(src); {
		var spans []Span
		spans, from = highlightFrom(src, from)
		out = append(out, spans...)
	}
	return out
}

// foreign are the cell magics whose cells are not Go.
var foreign = map[string]bool{"bash": true, "sh": true, "writefile": true, "mod": true, "html": true, "markdown": true, "javascript": true, "latex": true, "svg": true}

// highlightFrom goes on to the end of the next line that is a magic, as what stands in it is not for Go's scanner, or to the end.
func highlightFrom(src string, from int) (out []Span, next int) {
	rest := src[from:]
	file := token.NewFileSet().AddFile("", -1, len(rest))
	var s scanner.Scanner
	s.Init(file, []byte(rest), func(token.Position, string) {}, scanner.ScanComments)
	for {
		pos, tok, lit := s.Scan()
		at := file.Offset(pos)
		switch {
		case tok == token.EOF:
			return out, len(src)
		case (tok == token.REM || tok == token.NOT) && strings.TrimSpace(rest[strings.LastIndexByte(rest[:at], '\n')+1:at]) == "":
			end := at + len(rest[at:])
			if i := strings.IndexByte(rest[at:], '\n'); i >= 0 {
				end = at + i
			}
			out = append(out, Span{from + at, from + end, Magic})
			name, isCell := strings.CutPrefix(rest[at:end], "%%")
			name, _, _ = strings.Cut(name, " ")
			if isCell && foreign[name] {
				return out, len(src)
			}
			return out, from + end
		}
		if style := styleOf(tok, lit); style != Plain {
			out = append(out, Span{from + at, min(from+at+len(lit), len(src)), style})
		}
	}
}

var builtins = map[string]bool{
	"append": true, "cap": true, "clear": true, "close": true, "complex": true, "copy": true, "delete": true, "imag": true, "len": true,
	"make": true, "max": true, "min": true, "new": true, "panic": true, "print": true, "println": true, "real": true, "recover": true,
	"any": true, "bool": true, "byte": true, "comparable": true, "complex64": true, "complex128": true, "error": true, "float32": true,
	"float64": true, "int": true, "int8": true, "int16": true, "int32": true, "int64": true, "rune": true, "string": true, "uint": true,
	"uint8": true, "uint16": true, "uint32": true, "uint64": true, "uintptr": true, "true": true, "false": true, "nil": true, "iota": true,
}

func styleOf(tok token.Token, lit string) Style {
	switch {
	case tok == token.COMMENT:
		return Comment
	case tok == token.STRING || tok == token.CHAR:
		return Text
	case tok == token.INT || tok == token.FLOAT || tok == token.IMAG:
		return Number
	case tok.IsKeyword():
		return Keyword
	case tok == token.IDENT && builtins[lit]:
		return Builtin
	}
	return Plain
}

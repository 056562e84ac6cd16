package magic

import (
	"go/scanner"
	"go/token"
	"regexp"
	"strings"
	"unicode"

	"github.com/gocluster/gocluster/internal/gocode"
)

// piece is a part of a cell: a magic, or Go.
type piece struct {
	call *call
	code gocode.Cell
}

// call is a magic in a cell.
type call struct {
	// name is without its signs; "!" for a command line.
	name string
	cell bool // %%name
	late bool // it is not the first in its cell
	// args is what follows the name. It begins at byte col of line (counted from 0) of the cell.
	args      string
	line, col int
	// body are the lines below a cell magic.
	body string
	src  gocode.Cell
}

func (c call) sign() string {
	switch {
	case c.name == shellName:
		return "!"
	case c.cell:
		return "%%" + c.name
	}
	return "%" + c.name
}

// code is Go that the magic stands before, at its place in the cell: the arguments from some byte on, or the body.
func (c call) code(from int) gocode.Cell {
	at := c.src
	if c.cell {
		at.Source = strings.Repeat("\n", c.line+1) + c.body
	} else {
		at.Source = strings.Repeat("\n", c.line) + strings.Repeat(" ", c.col+from) + c.args[from:]
	}
	return at
}

// cut cuts a cell at its magics.
func cut(cell gocode.Cell) []piece {
	lines := strings.SplitAfter(cell.Source, "\n")
	var pieces []piece
	from := 0 // the first line of the Go that has not been cut off
	rest := func(to int) {
		text := strings.Join(lines[from:to], "")
		if strings.TrimSpace(text) == "" && (len(pieces) > 0 || to < len(lines)) {
			return
		}
		code := cell
		code.Source = strings.Repeat("\n", from) + text
		pieces = append(pieces, piece{code: code})
	}
	for i, line := range lines {
		if !looksMagic(line) || inside(strings.Join(lines[from:i], "")) {
			continue
		}
		c := parse(line)
		c.line, c.src = i, cell
		c.late = strings.TrimSpace(strings.Join(lines[:i], "")) != ""
		if c.cell {
			c.body = strings.Join(lines[i+1:], "")
		}
		rest(i)
		from = i + 1
		pieces = append(pieces, piece{call: &c})
		if c.cell {
			return pieces
		}
	}
	rest(len(lines))
	return pieces
}

// looksMagic reports whether a line begins as magics do.
func looksMagic(line string) bool {
	text := strings.TrimLeftFunc(line, unicode.IsSpace)
	return strings.HasPrefix(text, "%") || strings.HasPrefix(text, "!") && !strings.HasPrefix(text, "!=")
}

// inside reports whether what follows src is inside something: a text, a comment, brackets, or an expression that goes on.
func inside(src string) bool {
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(src))
	open := false
	var s scanner.Scanner
	s.Init(file, []byte(src), func(_ token.Position, msg string) {
		open = open || strings.HasPrefix(msg, "comment not") || strings.HasPrefix(msg, "raw string")
	}, 0)
	depth := 0
	last := token.SEMICOLON
	for {
		_, t, _ := s.Scan()
		switch t {
		case token.EOF:
			return open || depth > 0 || last != token.SEMICOLON
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
		last = t
	}
}

// parse reads a line that is a magic.
func parse(line string) call {
	text := strings.TrimRight(line, " \t\r\n")
	start := len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace))
	sign := start
	for sign < len(text) && text[sign] == '%' {
		sign++
	}
	var c call
	end := sign
	if sign == start { // !
		end = sign + 1
		c.name = shellName
	} else {
		for end < len(text) && text[end] != ' ' && text[end] != '\t' {
			end++
		}
		c.name, c.cell = text[sign:end], sign-start > 1
	}
	c.args = strings.TrimLeft(text[end:], " \t")
	c.col = len(text) - len(c.args)
	return c
}

var questions = regexp.MustCompile(`^(?:(\?{1,2})\s*([%\w.]+)|([%\w.]+)\s*(\?{1,2}))$`)

// question recognises a cell that is a question about a name; level is 1 for two question marks.
func question(cell string) (name string, level int, ok bool) {
	m := questions.FindStringSubmatch(strings.TrimSpace(cell))
	if m == nil {
		return "", 0, false
	}
	return m[2] + m[3], len(m[1]+m[4]) - 1, true
}

// IsQuestion reports whether a cell asks about a name.
func IsQuestion(cell string) bool {
	_, _, ok := question(cell)
	return ok
}

// Go returns the Go at the end of a cell that has magics: that is what may be incomplete. open tells that a cell magic takes what
// follows, up to an empty line.
func Go(cell string) (code string, open bool) {
	pieces := cut(gocode.Cell{Source: cell})
	if IsQuestion(cell) || len(pieces) == 0 {
		return "", false
	}
	last := pieces[len(pieces)-1]
	if last.call == nil {
		return last.code.Source, false
	}
	lastLine := cell[strings.LastIndexByte(cell, '\n')+1:]
	return "", last.call.cell && strings.TrimSpace(lastLine) != ""
}

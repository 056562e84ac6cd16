package gocode

import (
	"go/scanner"
	"go/token"
	"regexp"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/gosyntax"
	"github.com/gocluster/gocluster/internal/unit"
)

// syntax says why a cell cannot be parsed, in the words of the Go compiler. err is what go/parser says of the file that was made of the
// cell: it counts only where the compiler's parser would take the cell, or leaves the complaint to the type checker.
func (s *Session) syntax(err error, p *parsed) Diagnostics {
	var ds Diagnostics
	for _, f := range p.faults() {
		d := Diagnostic{Message: f.Message, Syntax: true}
		d.Position = p.endOfText(unit.Position{File: p.cell.Name, Line: f.Line, Col: f.Col})
		d.EndCol = p.tokenEnd(d.Position)
		d.Hint = p.syntaxHint(d)
		d.Position.Line += p.chunk.line - 1
		ds = append(ds, d)
	}
	if len(ds) == 0 {
		return parserErrors(err, p)
	}
	return ds
}

// parserErrors are those of go/parser, each line's first.
func parserErrors(err error, p *parsed) Diagnostics {
	list, ok := err.(scanner.ErrorList)
	if !ok {
		return Diagnostics{{Message: err.Error(), Syntax: true}}
	}
	var ds Diagnostics
	seen := map[int]bool{}
	for _, e := range list {
		if e.Pos.Filename != p.cell.Name || seen[e.Pos.Line] {
			continue
		}
		seen[e.Pos.Line] = true
		ds = append(ds, uncalled(p, Diagnostic{Message: wording(e.Msg), Syntax: true, Position: position(e.Pos)}))
	}
	if len(ds) == 0 {
		at := unit.Position{File: p.cell.Name, Line: p.chunk.line, Col: 1}
		ds = Diagnostics{{Message: "syntax error: " + list[0].Msg, Syntax: true, Position: at}}
	}
	return ds
}

// uncalled puts the complaint about a go or defer of something that is no call where the compiler puts it.
func uncalled(p *parsed, d Diagnostic) Diagnostic {
	lines := strings.Split(p.cell.Source, "\n")
	m := regexp.MustCompile(`^expression in (go|defer) must be`).FindStringSubmatch(d.Message)
	if n := d.Position.Line - p.chunk.line; m != nil && n >= 0 && n < len(lines) {
		if i := strings.Index(lines[n], m[1]+" "); i >= 0 && i < d.Position.Col {
			d.EndCol, d.Position.Col = d.Position.Col, i+len(m[1])+2
		}
		d.Hint = "call it: " + m[1] + " f()"
	}
	return d
}

// endOfText moves a place after the cell's last word, where the parser has found nothing, back to the end of that word.
func (p *parsed) endOfText(at unit.Position) unit.Position {
	text := strings.TrimRight(p.cell.Source, " \t\r\n")
	lines := strings.Split(text, "\n")
	if last := len(lines); at.Line > last || at.Line == last && at.Col > len(lines[last-1]) {
		at.Line, at.Col = last, len(strings.TrimRight(lines[last-1], "\r"))+1
	}
	return at
}

// tokenEnd is the column after the token at a place of the cell; 0 if there is none.
func (p *parsed) tokenEnd(at unit.Position) int {
	lines := strings.Split(p.cell.Source, "\n")
	line := lines[at.Line-1]
	if at.Col > len(line) {
		return 0
	}
	toks := scan(line[at.Col-1:])
	if toks[0].off != 0 || toks[0].tok == token.EOF || toks[0].tok == token.SEMICOLON {
		return 0
	}
	return at.Col + toks[0].end
}

// faults are what the compiler's parser has against the cell; their lines count from 1.
func (p *parsed) faults() []gosyntax.Fault {
	starts := map[[2]int]bool{}
	for _, g := range p.segs {
		if at := p.chunk.at(g.start); g.kind == segDecl {
			starts[[2]int{at.line - p.chunk.line + 1, at.col}] = true
		}
	}
	return gosyntax.Cell(p.cell.Source, func(line, col int) bool { return starts[[2]int{line, col}] })
}

// habits are syntax errors that have a reason: another language, or a rule of Go's that is easily forgotten. line is the text of the
// line in error up to the error, next what follows.
var habits = []struct{ message, line, next, hint string }{
	{`unexpected newline, expected \{`, ``, ``, "the { belongs at the end of the line"},
	{`unexpected semicolon or newline before \{`, ``, ``, "the { belongs on the line before"},
	{`unexpected keyword else`, `^\s*$`, ``, "else belongs on the line of the } before it"},
	{`unexpected keyword else`, ``, ``, "an else needs its if, in the same cell"},
	{`unexpected newline in (composite literal|argument list); possibly missing comma`, ``, ``, "a list over several lines has a comma at the end of each"},
	{`unexpected \{ at end of statement`, `^\s*(for|if|switch)\b`, ``, "a literal of a type is in parentheses there: (T{})"},
	{`at end of statement`, ``, `^=>`, "a function literal is written func(x int) int { return x }"},
	{`at end of statement`, `^\s*while\s+$`, ``, "Go's only loop is for: for condition { }"},
	{`at end of statement`, `^\s*(def|fn|function|fun)\s+$`, ``, "functions are declared with func"},
	{`at end of statement`, `^\s*(let|val|auto|mut)\s+$`, ``, "a new variable is defined with :="},
	{`at end of statement`, `^\s*(class|struct)\s+$`, ``, "types are declared with type: type T struct { }"},
	{`at end of statement`, `^\s*(print|println|printf|echo|puts)\s+$`, ``, "a function's arguments are in parentheses: fmt.Println(x)"},
	{`at end of statement`, `^\s*(try|throw|raise|except|catch)\b`, ``, "Go has no exceptions: functions return errors; see also defer and recover"},
	{`at end of statement`, `^\s*(int|string|float64|bool|float|double|char)\s+$`, ``, "the type comes after the name: var x int"},
	{`at end of statement`, ``, `^(\+\+|--)`, "x++ is a statement, not an expression"},
	{`at end of statement`, `(\+\+|--)\s*$`, ``, "x++ is a statement, not an expression"},
	{`unexpected (\+\+|--)`, ``, ``, "x++ is a statement, not an expression"},
	{`unexpected name in, `, ``, ``, "write for i, x := range xs { }"},
	{`unexpected name range`, ``, ``, "write for i, x := range xs { }"},
	{`cannot use (assignment )?.* as value`, `(if|for|switch)`, ``, "to compare, write =="},
	{`cannot use .* := .* as value`, ``, ``, "to compare, write =="},
	{`invalid character U\+003F`, ``, ``, "Go has no ?: operator; use if"},
	{`invalid character U\+(201C|201D|2018|2019|00AB|00BB)`, ``, ``, "strings are in plain quotes: \""},
	{`invalid character U\+0023`, ``, ``, "comments begin with //"},
	{`more than one character in rune literal`, ``, ``, "strings are in double quotes"},
	{`string (literal )?not terminated|newline in string`, ``, ``, "a string ends on its line; one over several lines is in backquotes"},
	{`invalid digit '[89]' in octal literal`, ``, ``, "a number that begins with 0 is octal"},
	{`unknown escape`, ``, ``, "in backquotes a backslash is a letter"},
	{`unexpected :=, expected =`, `const`, ``, "constants are defined with ="},
	{`non-name .* on left side of :=`, ``, ``, "fields and elements are assigned with ="},
	{`in struct type`, ``, `^,`, "fields are separated by semicolons or new lines"},
	{`expected type`, `\[\]?\w+\[$`, ``, "the elements of a literal are in braces: []int{1, 2}"},
	{`, expected \)$`, ``, ``, "a ( is not closed"},
	{`, expected \]$`, ``, ``, "a [ is not closed"},
	{`missing import path`, ``, ``, "an import path is in quotes: import \"fmt\""},
	{`unexpected EOF, expected expression`, ``, ``, "the cell ends in the middle of an expression"},
	{`unexpected EOF`, ``, ``, "a bracket is not closed"},
	{`unexpected (\)|\]|\}), expected statement`, ``, ``, "no bracket is open here"},
}

// syntaxHint says what may have led to a syntax error. The position is in lines of the cell.
func (p *parsed) syntaxHint(d Diagnostic) string {
	lines := strings.Split(p.cell.Source, "\n")
	line := lines[d.Position.Line-1]
	at := min(d.Position.Col-1, len(line))
	for _, h := range habits {
		if matches(h.message, d.Message) && matches(h.line, line[:at]) && matches(h.next, line[at:]) {
			return h.hint
		}
	}
	return ""
}

func matches(pattern, text string) bool {
	return pattern == "" || regexp.MustCompile(pattern).MatchString(text)
}

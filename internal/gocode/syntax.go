package gocode

import (
	"errors"
	"fmt"
	"go/parser"
	"go/scanner"
	"go/token"
	"regexp"
	"strings"

	"github.com/gocluster/gocluster/internal/unit"
)

// syntax says why a cell cannot be parsed, in the words of the Go compiler. err is what the parser says of the file that was made of the
// cell; the cell's pieces are parsed again, each alone, so that one error does not lead to others.
func (s *Session) syntax(err error, p *parsed) Diagnostics {
	var ds Diagnostics
	for i, g := range p.segs {
		if e := p.parseAlone(g); e != nil {
			c := complaint{p: p, seg: g, last: i == len(p.segs)-1, toks: scan(p.cell.Source)}
			ds = append(ds, c.diagnostic(e))
		}
	}
	if len(ds) > 0 {
		return ds
	}
	var list scanner.ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		return Diagnostics{{Message: err.Error(), Syntax: true}}
	}
	at := unit.Position{File: p.cell.Name, Line: p.chunk.line, Col: 1}
	if list[0].Pos.Filename == p.cell.Name {
		at = position(list[0].Pos)
	}
	return Diagnostics{{Message: "syntax error: " + list[0].Msg, Syntax: true, Position: at}}
}

// parseAlone returns the first error of a piece of the cell, with its place in the cell. Of several at one place it is the one that is not
// a consequence of the others: the scanner's, or that of an expression.
func (p *parsed) parseAlone(g segment) *scanner.Error {
	at := p.chunk.sub(g.start, g.end)
	at.line -= p.chunk.line - 1 // lines of the cell
	text := "package main\n"
	if g.kind == segStmt || g.kind == segDefine {
		text += "func _() {\n" + at.directive() + at.text + "\n}\n"
	} else {
		text += at.directive() + at.text + "\n"
	}
	_, err := parser.ParseFile(token.NewFileSet(), "piece", text, parser.SkipObjectResolution|parser.AllErrors)
	var list scanner.ErrorList
	if g.kind == segPackage || !errors.As(err, &list) || len(list) == 0 {
		return nil
	}
	for _, e := range list {
		consequence := strings.Contains(e.Msg, "'ILLEGAL'") || strings.HasPrefix(e.Msg, "expected ';'")
		if e.Pos.Line == list[0].Pos.Line && e.Pos.Column == list[0].Pos.Column && !consequence {
			return e
		}
	}
	return list[0]
}

// Last is where the cell's last statement begins.
func (c Cell) Last() (at unit.Position, found bool) {
	segs, _ := split(c.Source)
	if len(segs) == 0 {
		return at, false
	}
	p := chunk{file: c.Name, line: max(c.Line, 1), col: 1, text: c.Source}.at(segs[len(segs)-1].start)
	return unit.Position{File: p.file, Line: p.line, Col: p.col}, true
}

// complaint is an error of the parser being put into the compiler's words.
type complaint struct {
	p    *parsed
	seg  segment
	last bool // it is the cell's last piece
	toks []tok
	off  int // where the error is
}

func (c *complaint) diagnostic(e *scanner.Error) Diagnostic {
	d := Diagnostic{Syntax: true}
	c.off = min(c.p.offset(e.Pos.Line, e.Pos.Column), c.seg.end)
	d.Message = c.words(e.Msg)
	at := c.p.chunk.at(c.off)
	d.Position = unit.Position{File: c.p.cell.Name, Line: at.line, Col: at.col}
	if t, ok := c.token(); ok && t.tok != token.SEMICOLON && !strings.Contains(c.p.cell.Source[t.off:t.end], "\n") {
		d.EndCol = d.Position.Col + t.end - t.off
	}
	d.Hint = c.p.syntaxHint(d)
	return d
}

// offset is where a line and column of the cell are in its text.
func (p *parsed) offset(line, col int) int {
	off := 0
	for l := range strings.Lines(p.cell.Source) {
		if line--; line == 0 {
			return off + min(col-1, len(l))
		}
		off += len(l)
	}
	return len(p.cell.Source)
}

// token is the token at the error; there is none at the end of the cell.
func (c *complaint) token() (tok, bool) {
	for i, t := range c.toks {
		if t.off < c.off {
			continue
		}
		atEnd := t.tok == token.EOF || t.tok == token.SEMICOLON && t.lit != ";" && c.toks[i+1].tok == token.EOF
		return t, !atEnd && t.off == c.off
	}
	return tok{}, false
}

// found names the token at the error as the compiler does.
func (c *complaint) found() string {
	t, ok := c.token()
	switch {
	case !ok:
		return "EOF"
	case t.tok == token.SEMICOLON && t.lit != ";":
		return "newline"
	case t.tok == token.SEMICOLON:
		return "semicolon"
	case t.tok == token.COMMA:
		return "comma"
	case t.tok == token.IDENT:
		return "name " + t.lit
	case t.tok.IsKeyword():
		return "keyword " + t.lit
	case t.tok.IsLiteral():
		return "literal " + t.lit
	}
	return t.tok.String()
}

// rewordings turn what go/parser says into what the compiler says; $found is the token at the error. Those that begin with a word of the
// language's scanner are no syntax errors to the compiler, but errors.
var rewordings = []struct {
	pattern *regexp.Regexp
	says    string
}{
	{regexp.MustCompile(`^missing ',' (?:before newline )?in (composite literal)$`), "syntax error: unexpected $found in $1; possibly missing comma or }"},
	{regexp.MustCompile(`^missing ',' (?:before newline )?in (type \w+ list)$`), "syntax error: unexpected $found in $1; possibly missing comma or ]"},
	{regexp.MustCompile(`^missing ',' (?:before newline )?in (.*)$`), "syntax error: unexpected $found in $1; possibly missing comma or )"},
	{regexp.MustCompile(`^expected '==', found.*`), "syntax error: unexpected $found at end of statement"},
	{regexp.MustCompile(`^expected (?:operand|expression).*`), "syntax error: unexpected $found, expected expression"},
	{regexp.MustCompile(`^expected (?:'IDENT'|identifier).*`), "syntax error: unexpected $found, expected name"},
	{regexp.MustCompile(`^expected '(.+)', found.*`), "syntax error: unexpected $found, expected $1"},
	{regexp.MustCompile(`^expected (type|statement|declaration), found.*`), "syntax error: unexpected $found, expected $1"},
	{regexp.MustCompile(`^expected at most 2 expressions$`), "range clause permits at most two iteration variables"},
	{regexp.MustCompile(`^string literal not terminated$`), "newline in string"},
	{regexp.MustCompile(`^raw string literal not terminated$`), "string not terminated"},
	{regexp.MustCompile(`^illegal rune literal$`), "more than one character in rune literal"},
	{regexp.MustCompile(`^illegal character (U\+.*)$`), "invalid character $1"},
	{regexp.MustCompile(`^curly quotation mark '(.)'.*`), "invalid character $code '$1' in identifier"},
	{regexp.MustCompile(`^unknown escape sequence$`), "unknown escape"},
	{regexp.MustCompile(`^(invalid digit|comment not|rune literal|escape|.* literal has no|exponent|'_' must|expression in (?:go|defer)|can only use)(.*)$`), "$1$2"},
	{regexp.MustCompile(`^(.*)$`), "syntax error: $1"},
}

// words puts an error into the compiler's words, and its place where the compiler has it.
func (c *complaint) words(msg string) string {
	switch {
	case strings.HasPrefix(msg, "expected declaration"):
		c.off = c.unopened()
		return "syntax error: unexpected " + c.found() + ", expected statement"
	case strings.HasPrefix(msg, "expected ';', found"):
		return c.unfinished()
	case strings.HasPrefix(msg, "expected '{', found newline"):
		return "syntax error: unexpected newline, expected { after " + c.keyword() + " clause"
	case strings.HasPrefix(msg, "expected boolean expression, found "), strings.HasPrefix(msg, "cannot use "):
		return c.assignment(msg)
	case msg == "string literal not terminated":
		line, _, _ := strings.Cut(c.p.cell.Source[c.off:], "\n")
		c.off += len(line)
	case strings.HasPrefix(msg, "expression in go "), strings.HasPrefix(msg, "expression in defer "):
		word := strings.Fields(msg)[2]
		c.off = max(strings.LastIndex(c.p.cell.Source[:c.off], word)+len(word)+1, 0)
	}
	for _, r := range rewordings {
		if !r.pattern.MatchString(msg) {
			continue
		}
		says := r.pattern.ReplaceAllString(msg, strings.NewReplacer("$found", "\x00", "$code", "\x01").Replace(r.says))
		first := []rune(c.p.cell.Source[c.off:] + " ")[0]
		return strings.NewReplacer("\x00", c.found(), "\x01", fmt.Sprintf("%U", first)).Replace(says)
	}
	return "syntax error: " + msg
}

// unopened is where the piece closes a bracket that is not open.
func (c *complaint) unopened() int {
	depth := 0
	for _, t := range c.toks {
		if t.off < c.seg.start || t.off >= c.seg.end {
			continue
		}
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if depth--; depth < 0 {
				return t.off
			}
		}
	}
	return c.off
}

// unfinished says that something goes on that should have ended. What it is depends on the bracket that it is in.
func (c *complaint) unfinished() string {
	found := c.found()
	if found == "EOF" {
		return "syntax error: unexpected EOF, expected }"
	}
	word, depth := c.bracket()
	switch {
	case word == token.STRUCT:
		return "syntax error: unexpected " + found + " in struct type; possibly missing semicolon or newline or }"
	case word == token.INTERFACE:
		return "syntax error: unexpected " + found + " in interface type; possibly missing semicolon or newline or }"
	case depth == 0 && (c.seg.kind == segDecl || c.seg.kind == segImport):
		return "syntax error: unexpected " + found + " after top level declaration"
	}
	return "syntax error: unexpected " + found + " at end of statement"
}

// bracket finds the brace that the error is in: the word before it, and how deep it is.
func (c *complaint) bracket() (word token.Token, depth int) {
	var open []token.Token
	before := token.ILLEGAL
	for _, t := range c.toks {
		if t.off < c.seg.start || t.off >= c.off {
			continue
		}
		switch t.tok {
		case token.LBRACE:
			open = append(open, before)
		case token.RBRACE:
			open = open[:max(len(open)-1, 0)]
		}
		before = t.tok
	}
	if len(open) == 0 {
		return token.ILLEGAL, 0
	}
	return open[len(open)-1], len(open)
}

// keyword is the word of the statement that the error's line begins with.
func (c *complaint) keyword() string {
	head := c.p.cell.Source[:c.off]
	words := strings.Fields(head[strings.LastIndexByte(head, '\n')+1:])
	for _, w := range words {
		if token.Lookup(w).IsKeyword() && w != "else" {
			return w
		}
	}
	return "statement"
}

// assignment says that an assignment is where a condition should be.
func (c *complaint) assignment(msg string) string {
	rest, _, _ := strings.Cut(c.p.cell.Source[c.off:], "{")
	text := strings.TrimSpace(rest[strings.LastIndexByte(rest, ';')+1:])
	i := strings.Index(c.p.cell.Source[c.off:], "=")
	if i < 0 || text == "" {
		return "syntax error: " + msg
	}
	if c.off += i; strings.Contains(text, ":=") {
		c.off--
		return "syntax error: cannot use " + text + " as value"
	}
	return "syntax error: cannot use assignment " + text + " as value"
}

// habits are syntax errors that have a reason: another language, or a rule of Go's that is easily forgotten. line is the text of the
// line in error up to the error, next what follows.
var habits = []struct{ message, line, next, hint string }{
	{`expected 1 expression`, ``, ``, "a line has one value: put each on a line of its own, or print them, fmt.Println(a, b)"},
	{`unexpected newline, expected \{`, ``, ``, "the { belongs at the end of the line"},
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
	{`unexpected name in\b`, ``, ``, "write for i, x := range xs { }"},
	{`cannot use (assignment )?.* as value`, ``, ``, "to compare, write =="},
	{`invalid character U\+003F`, ``, ``, "Go has no ?: operator; use if"},
	{`invalid character U\+(201C|201D|2018|2019|00AB|00BB)`, ``, ``, "strings are in plain quotes: \""},
	{`invalid character U\+0023`, ``, ``, "comments begin with //"},
	{`more than one character in rune literal`, ``, ``, "strings are in double quotes"},
	{`newline in string`, ``, ``, "a string ends on its line; one over several lines is in backquotes"},
	{`invalid digit '[89]' in octal literal`, ``, ``, "a number that begins with 0 is octal"},
	{`unknown escape`, ``, ``, "in backquotes a backslash is a letter"},
	{`unexpected :=`, `const`, ``, "constants are defined with ="},
	{`in struct type`, ``, `^,`, "fields are separated by semicolons or new lines"},
	{`expected type`, `\[\]?\w+\[$`, ``, "the elements of a literal are in braces: []int{1, 2}"},
	{`expression in go must`, ``, ``, "call it: go f()"},
	{`expression in defer must`, ``, ``, "call it: defer f()"},
	{`missing import path`, ``, ``, "an import path is in quotes: import \"fmt\""},
	{`unexpected EOF, expected expression`, ``, ``, "the cell ends in the middle of an expression"},
	{`unexpected EOF`, ``, ``, "a bracket is not closed"},
	{`, expected \)$`, ``, ``, "a ( is not closed"},
	{`, expected \]$`, ``, ``, "a [ is not closed"},
	{`unexpected (\)|\]|\}), expected statement`, ``, ``, "no bracket is open here"},
}

// syntaxHint says what may have led to a syntax error.
func (p *parsed) syntaxHint(d Diagnostic) string {
	lines := strings.Split(p.cell.Source, "\n")
	line := lines[min(max(d.Position.Line-p.chunk.line, 0), len(lines)-1)]
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

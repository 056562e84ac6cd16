package gocode

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/unit"
)

// diagnose turns what the checker says of the cell into diagnostics, in the order of their places. A notebook tolerates what it must:
// unused variables and imports, and an expression as the last line.
func (s *Session) diagnose(p *parsed, c *checked) Diagnostics {
	ds := s.bodiless(p, c)
	last := -1 // the error that a continuation belongs to
	for _, err := range c.errs {
		if strings.HasPrefix(err.Msg, "\t") {
			if last >= 0 {
				ds[last].Message += "\n\t" + err.Fset.Position(err.Pos).String() + ": " + plain(strings.TrimPrefix(err.Msg, "\t"))
			}
			continue
		}
		if last = -1; tolerated(p, err) {
			continue
		}
		last = len(ds)
		ds = append(ds, s.diagnostic(p, c, err))
	}
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		if a.Position.File != b.Position.File {
			return 0
		}
		return cmp.Or(cmp.Compare(a.Position.Line, b.Position.Line), cmp.Compare(a.Position.Col, b.Position.Col))
	})
	return ds
}

// diagnostic words one error of the checker as the compiler does.
func (s *Session) diagnostic(p *parsed, c *checked, err types.Error) Diagnostic {
	at := err.Fset.Position(err.Pos)
	d := Diagnostic{Position: position(at), Message: wording(plain(err.Msg))}
	start, end := span(err)
	if call := argumentless(p.file, err); call != nil { // the compiler marks the last argument, the checker the bracket
		at = err.Fset.Position(call.Pos())
		d.Position, end, start = position(at), call.End(), call.Pos()
		err.Pos = start
	}
	if to := err.Fset.Position(end); end > err.Pos && to.Filename == at.Filename {
		d.EndCol = to.Column
		if to.Line != at.Line {
			d.EndCol = at.Column + p.restOfLine(s.fset, err.Pos)
		}
	}
	if m := strangeLabel.FindStringSubmatch(d.Message); m != nil && !labelled(p.file, m[2]) {
		d.Message = m[1] + " label not defined: " + m[2]
	}
	if d.EndCol <= d.Position.Col {
		d.EndCol = p.tokenEndAt(s.fset, err.Pos, d.Position.Col)
	}
	a := advisor{s: s, p: p, c: c, d: d, pos: err.Pos, path: nodesAround(p.file, start, max(end, err.Pos))}
	d.Hint = a.hint()
	return d
}

// argumentless is the part of a call that lacks arguments: the last of those that it has, or the call.
func argumentless(f *ast.File, err types.Error) ast.Node {
	if !strings.HasPrefix(err.Msg, "not enough arguments in call") {
		return nil
	}
	for _, n := range slices.Backward(nodesAround(f, err.Pos, err.Pos)) {
		if call, ok := n.(*ast.CallExpr); ok {
			if len(call.Args) > 0 {
				return call.Args[len(call.Args)-1]
			}
			return call
		}
	}
	return nil
}

// strangeLabel matches what the checker says of a label that is not that of a loop around, be it anywhere or nowhere.
var strangeLabel = regexp.MustCompile(`^invalid (break|continue) label (\w+)$`)

func labelled(f *ast.File, label string) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		l, ok := n.(*ast.LabeledStmt)
		found = found || ok && l.Label.Name == label
		return !found
	})
	return found
}

// span is the text that an error of the checker is about. The checker keeps it for tools of the Go project; where it no longer does, the
// error's place is all we know.
func span(err types.Error) (start, end token.Pos) {
	v := reflect.ValueOf(err)
	field := func(name string) token.Pos {
		if f := v.FieldByName(name); f.IsValid() && f.CanInt() {
			return token.Pos(f.Int())
		}
		return err.Pos
	}
	return field("go116start"), field("go116end")
}

// nodesAround lists the nodes around a piece of a file, the innermost last.
func nodesAround(f *ast.File, start, end token.Pos) []ast.Node {
	var nodes []ast.Node
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil || n.Pos() > start || n.End() < end {
			return false
		}
		nodes = append(nodes, n)
		return true
	})
	return nodes
}

// phrases are what the type checker says where the compiler says something else.
var phrases = []struct {
	pattern *regexp.Regexp
	says    string
}{
	{regexp.MustCompile(`^label (\w+) declared and not used$`), "label $1 defined and not used"},
	{regexp.MustCompile(`^label (\w+) not declared$`), "label $1 not defined"},
	{regexp.MustCompile(`^break not in for, switch, or select statement$`), "break is not in a loop, switch, or select"},
	{regexp.MustCompile(`^continue not in for statement$`), "continue is not in a loop"},
}

// notImported matches what the checker says of a package that the importer could not give it, notInStd what the go command says of one.
var (
	notImported = regexp.MustCompile(`^could not import (\S+) \(((?s:.*))\)$`)
	notInStd    = regexp.MustCompile(`^(package \S+ is not in std) \(.*\)$`)
)

func wording(msg string) string {
	if m := notImported.FindStringSubmatch(msg); m != nil {
		// A path that does not begin with a domain may be a module's of one's own, but hardly where there are none.
		if first, _, _ := strings.Cut(m[1], "/"); !strings.Contains(first, ".") && strings.Contains(m[2], "from elsewhere") {
			return "package " + m[1] + " is not in std"
		}
		return notInStd.ReplaceAllString(m[2], "$1")
	}
	for _, p := range phrases {
		if p.pattern.MatchString(msg) {
			return p.pattern.ReplaceAllString(msg, p.says)
		}
	}
	return msg
}

// bodiless finds functions without a body: the brace is on the next line, where Go takes it for a block.
func (s *Session) bodiless(p *parsed, c *checked) Diagnostics {
	var ds Diagnostics
	for _, e := range c.fresh {
		if e.decl == nil || e.decl.Func == nil || e.decl.Func.Body != nil {
			continue
		}
		name := e.decl.Func.Name
		d := Diagnostic{Position: position(s.fset.Position(name.Pos())), Message: "missing function body"}
		d.EndCol = d.Position.Col + len(name.Name)
		if strings.Contains(p.cell.Source, "\n{") {
			d.Hint = "the { belongs on the line of the func"
		}
		ds = append(ds, d)
	}
	return ds
}

func tolerated(p *parsed, err types.Error) bool {
	switch msg := err.Msg; {
	case isUnused(msg):
		return true
	case strings.HasPrefix(msg, "initialization cycle"):
		return !p.program
	case strings.HasSuffix(msg, "is not used"), strings.HasSuffix(msg, "(no value) used as value"):
		if n := len(p.stmts); n > 0 && p.stmts[n-1].stmt != nil {
			return strings.HasSuffix(msg, "is not used") && innermost(p.stmts[n-1].stmt, err.Pos)
		}
	}
	return false
}

// innermost tells whether a statement is an expression, and the last around pos.
func innermost(s ast.Stmt, pos token.Pos) bool {
	if _, ok := s.(*ast.ExprStmt); !ok || pos < s.Pos() || pos >= s.End() {
		return false
	}
	found := false
	ast.Inspect(s, func(n ast.Node) bool {
		if in, ok := n.(ast.Stmt); ok && in != s && in.Pos() <= pos && pos < in.End() {
			found = true
		}
		return !found
	})
	return !found
}

// isUnused tells what is said of names that nothing uses.
func isUnused(msg string) bool {
	return strings.HasPrefix(msg, "declared and not used") || strings.HasSuffix(msg, "imported and not used") ||
		strings.Contains(msg, "imported as ") && strings.HasSuffix(msg, "and not used")
}

// after is the cell's text from a place on; nothing if the place is not in the cell.
func (p *parsed) after(fset *token.FileSet, pos token.Pos) string {
	if p.file == nil || pos < p.file.FileStart || pos >= p.file.FileEnd {
		return ""
	}
	return p.text[fset.File(pos).Offset(pos):]
}

// restOfLine is how many bytes of the line follow.
func (p *parsed) restOfLine(fset *token.FileSet, pos token.Pos) int {
	line, _, _ := strings.Cut(p.after(fset, pos), "\n")
	return len(strings.TrimRight(line, " \t\r"))
}

// tokenEndAt is the column after the token at a place, whose own column is given; 0 if there is none.
func (p *parsed) tokenEndAt(fset *token.FileSet, pos token.Pos, col int) int {
	toks := scan(p.after(fset, pos))
	if toks[0].tok == token.EOF || toks[0].off != 0 {
		return 0
	}
	return col + toks[0].end
}

// where names the place of a declaration for people: the cell that it is in, or its line in this one.
func (p *parsed) where(at unit.Position) string {
	switch {
	case at.File == p.cell.Name:
		return "line " + itoa(at.Line)
	case strings.HasPrefix(at.File, "In["):
		return "Cell " + at.File
	}
	return at.File + ", line " + itoa(at.Line)
}

package gocode

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// chunk is a piece of a cell's text with its place.
type chunk struct {
	file      string
	line, col int
	text      string
}

// directive makes what follows it be at a position of a cell.
func (c chunk) directive() string { return fmt.Sprintf("/*line %s:%d:%d*/", c.file, c.line, c.col) }

func (c chunk) at(off int) chunk {
	head := c.text[:off]
	out := chunk{file: c.file, line: c.line + strings.Count(head, "\n"), text: c.text[off:]}
	if i := strings.LastIndexByte(head, '\n'); i >= 0 {
		out.col = off - i
	} else {
		out.col = c.col + off
	}
	return out
}

func (c chunk) sub(start, end int) chunk {
	out := c.at(start)
	out.text = c.text[start:end]
	return out
}

// environment is the imports that a cell's code sees: local names to paths. Dot and blank imports are kept by path.
type environment struct {
	names map[string]string
	dots  []string
	blank []string
}

func (e environment) text() string {
	var b strings.Builder
	for n, p := range e.names {
		fmt.Fprintf(&b, "import %s %q\n", n, p)
	}
	for _, p := range e.dots {
		fmt.Fprintf(&b, "import . %q\n", p)
	}
	return b.String()
}

// parsed is a cell in its syntactic parts.
type parsed struct {
	cell    Cell
	chunk   chunk
	segs    []segment
	file    *ast.File
	entry   *ast.FuncDecl // holds the statements
	text    string
	imports []*ast.ImportSpec
	// stmts are the cell's steps in order; each is a statement of entry or a hoisted definition.
	stmts   []step
	up      map[string]bool
	program bool // a package clause was written, or main is declared and nothing else runs
	hoists  int
}

// step is one statement of a cell.
type step struct {
	seg   segment
	stmt  ast.Stmt         // in order, or
	specs []*ast.ValueSpec // a hoisted definition
	last  bool
}

const entryName = "cell__"

// parse makes a cell's text into a file that can be type-checked: declarations as they are, statements in one function. The
// variables in force are made package variables in any case.
func (s *Session) parse(c Cell, force map[string]bool, imports func(p *parsed) string) (*parsed, Diagnostics) {
	line := max(c.Line, 1)
	p := &parsed{cell: c, chunk: chunk{file: c.Name, line: line, col: 1, text: c.Source}}
	p.segs, _ = split(c.Source)
	p.up = hoisted(p.segs, force)
	var head, decls, body strings.Builder
	seen := map[string]bool{}
	for _, g := range p.segs {
		at := p.chunk.sub(g.start, g.end)
		switch {
		case g.kind == segPackage:
			p.program = true
		case g.kind == segImport:
			head.WriteString(at.directive() + at.text + "\n")
		case g.kind == segDecl:
			decls.WriteString(at.directive() + at.text + "\n")
		case len(g.names) > 0 && slices.ContainsFunc(g.names, func(n string) bool { return p.up[n] }):
			p.hoist(g, at, seen, &decls, &body)
		default:
			body.WriteString(at.directive() + at.text + "\n")
		}
	}
	p.imports, _ = importSpecs(head.String())
	extra := imports(p)
	text := "package main\n" + head.String() + extra + decls.String() + "func " + entryName + "() {\n" + body.String() + "}\n"
	f, err := parser.ParseFile(s.fset, "cell", text, parser.SkipObjectResolution|parser.AllErrors|parser.ParseComments)
	if err != nil {
		return nil, s.syntax(err, p)
	}
	p.file, p.text = f, text
	p.steps()
	return p, nil
}

// hoist writes a definition as package variables; a name that the cell has already defined is assigned instead, as := does.
func (p *parsed) hoist(g segment, at chunk, seen map[string]bool, decls, body *strings.Builder) {
	if g.kind == segVar {
		decls.WriteString(at.directive() + at.text + "\n")
		return
	}
	var names []string
	for _, n := range g.names {
		if seen[n] {
			p.hoists++
			dup := fmt.Sprintf("%s__dup%d", n, p.hoists)
			fmt.Fprintf(body, "%s%s = %s\n", at.directive(), n, dup)
			n = dup
		}
		seen[n] = true
		names = append(names, n)
	}
	rhs := p.chunk.sub(g.define+2, g.end)
	fmt.Fprintf(decls, "var %s%s = %s%s\n", at.directive(), strings.Join(names, ", "), rhs.directive(), rhs.text)
}

func importSpecs(text string) ([]*ast.ImportSpec, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "imports", "package main\n"+text, parser.ImportsOnly|parser.SkipObjectResolution)
	if f == nil {
		return nil, err
	}
	return f.Imports, err
}

// steps finds the cell's statements in the file, in the order in which they were written.
func (p *parsed) steps() {
	var vars []*ast.GenDecl
	for _, d := range p.file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == entryName {
				p.entry = d
			}
		case *ast.GenDecl:
			if d.Tok == token.VAR {
				vars = append(vars, d)
			}
		}
	}
	var stmts []ast.Stmt
	for _, s := range p.entry.Body.List {
		if a, ok := s.(*ast.AssignStmt); ok && len(a.Rhs) == 1 {
			if id, ok := a.Rhs[0].(*ast.Ident); ok && strings.Contains(id.Name, "__dup") {
				continue
			}
		}
		stmts = append(stmts, s)
	}
	for _, g := range p.segs {
		switch g.kind {
		case segPackage, segImport, segDecl:
			continue
		}
		st := step{seg: g}
		if slices.ContainsFunc(g.names, func(n string) bool { return p.up[n] }) {
			if len(vars) == 0 {
				continue
			}
			for _, sp := range vars[0].Specs {
				st.specs = append(st.specs, sp.(*ast.ValueSpec))
			}
			vars = vars[1:]
		} else {
			if len(stmts) == 0 {
				continue
			}
			st.stmt = stmts[0]
			stmts = stmts[1:]
		}
		p.stmts = append(p.stmts, st)
	}
	if n := len(p.stmts); n > 0 {
		p.stmts[n-1].last = true
	}
}

// piece returns the text of a node of a parsed file with its place.
func piece(fset *token.FileSet, text string) func(ast.Node) chunk {
	return func(n ast.Node) chunk {
		f := fset.File(n.Pos())
		at := fset.Position(n.Pos())
		return chunk{file: at.Filename, line: at.Line, col: at.Column, text: text[f.Offset(n.Pos()):f.Offset(n.End())]}
	}
}

// file is the source of an entity by itself, as it is checked again.
func (e *entity) file() string {
	head := ""
	if e.kind == KindType {
		head = "type "
	}
	return "package main\n" + e.env.text() + head + e.chunk.directive() + e.chunk.text + "\n"
}

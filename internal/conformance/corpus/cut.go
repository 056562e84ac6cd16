package corpus

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// cut makes cells of a program: its imports, its declarations in an order in which each only uses those before it, and the statements of
// main. why says why a program cannot be cut without becoming another one.
func cut(src string) (cells []string, why string, err error) {
	c := &cutter{src: src, fset: token.NewFileSet()}
	if c.file, err = parser.ParseFile(c.fset, "", src, parser.ParseComments); err != nil {
		return nil, "", err
	}
	c.collect()
	if why := c.hides(); why != "" {
		return nil, why, nil
	}
	if len(c.imports) > 0 {
		cells = append(cells, strings.Join(c.imports, "\n"))
	}
	for _, set := range c.order() {
		slices.SortFunc(set, func(a, b *node) int { return a.n - b.n })
		var texts []string
		for _, n := range set {
			texts = append(texts, n.text)
		}
		cells = append(cells, strings.Join(texts, "\n\n"))
	}
	return append(cells, c.statements()...), "", nil
}

// cutter cuts one program.
type cutter struct {
	src     string
	fset    *token.FileSet
	file    *ast.File
	imports []string
	nodes   []*node
	names   map[string]*node   // of functions, types, variables and constants
	methods map[string]*node   // the node with all methods of a type
	called  map[string][]*node // methods by their own name
	main    *ast.FuncDecl
}

// node is what is kept together: a declaration, or all methods of a type.
type node struct {
	n     int
	text  string
	decls []ast.Node
	recv  string
	uses  []*node
	index int // of Tarjan's algorithm, as are low and open
	low   int
	open  bool
}

func (c *cutter) text(from, to token.Pos) string {
	return c.src[c.fset.Position(from).Offset:c.fset.Position(to).Offset]
}

func (c *cutter) add(n ast.Node, doc *ast.CommentGroup) *node {
	from := n.Pos()
	if doc != nil {
		from = doc.Pos()
	}
	made := &node{n: len(c.nodes), text: c.text(from, n.End()), decls: []ast.Node{n}}
	c.nodes = append(c.nodes, made)
	return made
}

func (c *cutter) collect() {
	c.names, c.methods, c.called = map[string]*node{}, map[string]*node{}, map[string][]*node{}
	for _, d := range c.file.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			c.group(d)
		case *ast.FuncDecl:
			c.function(d)
		}
	}
	for _, n := range c.nodes {
		c.link(n)
	}
}

func (c *cutter) group(d *ast.GenDecl) {
	if d.Tok == token.IMPORT {
		c.imports = append(c.imports, c.text(d.Pos(), d.End()))
		return
	}
	if d.Tok == token.TYPE && !d.Lparen.IsValid() || d.Tok != token.TYPE {
		n := c.add(d, d.Doc)
		for _, name := range declares(d) {
			c.names[name] = n
		}
		return
	}
	for _, s := range d.Specs { // a group of types: each by itself
		n := c.add(s, nil)
		n.text = "type " + n.text
		c.names[s.(*ast.TypeSpec).Name.Name] = n
	}
}

func declares(d *ast.GenDecl) (names []string) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			names = append(names, s.Name.Name)
		case *ast.ValueSpec:
			for _, id := range s.Names {
				names = append(names, id.Name)
			}
		}
	}
	return names
}

func (c *cutter) function(d *ast.FuncDecl) {
	switch {
	case d.Recv != nil:
		recv := receiver(d.Recv.List[0].Type)
		n := c.methods[recv]
		if n == nil {
			n = c.add(d, d.Doc)
			n.recv, c.methods[recv] = recv, n
		} else {
			n.text += "\n\n" + c.text(d.Pos(), d.End())
			n.decls = append(n.decls, d)
		}
		c.called[d.Name.Name] = append(c.called[d.Name.Name], n)
	case d.Name.Name == "main":
		c.main = d
	case d.Name.Name == "init": // runs when the variables have their values
		n := c.add(d, nil)
		n.text = "func()" + c.text(d.Body.Pos(), d.Body.End()) + "()"
	default:
		c.names[d.Name.Name] = c.add(d, d.Doc)
	}
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.ParenExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// link finds what a node may use: whatever has the name of an identifier in it. That is too much where locals hide names, which
// only keeps more together.
func (c *cutter) link(n *node) {
	use := func(other *node) {
		if other != nil && other != n && !slices.Contains(n.uses, other) {
			n.uses = append(n.uses, other)
		}
	}
	for _, d := range n.decls {
		ast.Inspect(d, func(x ast.Node) bool {
			switch x := x.(type) {
			case *ast.Ident:
				use(c.names[x.Name])
				if g, ok := d.(*ast.GenDecl); n.recv != x.Name && !(ok && g.Tok == token.TYPE) {
					if _, spec := d.(*ast.TypeSpec); !spec {
						use(c.methods[x.Name])
					}
				}
			case *ast.SelectorExpr:
				for _, m := range c.called[x.Sel.Name] {
					use(m)
				}
			}
			return true
		})
	}
}

// order returns the strongly connected sets of nodes, used ones first (Tarjan).
func (c *cutter) order() (sets [][]*node) {
	var stack []*node
	count := 0
	var visit func(*node)
	visit = func(v *node) {
		count++
		v.index, v.low, v.open = count, count, true
		stack = append(stack, v)
		for _, w := range v.uses {
			if w.index == 0 {
				visit(w)
				v.low = min(v.low, w.low)
			} else if w.open {
				v.low = min(v.low, w.index)
			}
		}
		if v.low == v.index {
			at := slices.Index(stack, v)
			set := slices.Clone(stack[at:])
			stack = stack[:at]
			for _, w := range set {
				w.open = false
			}
			sets = append(sets, set)
		}
	}
	last := func(n *node) bool {
		return strings.HasPrefix(n.text, "func(){") || strings.HasPrefix(n.text, "func() {") && n.recv == "" && isInit(n)
	}
	for _, initial := range []bool{false, true} {
		for _, v := range c.nodes {
			if v.index == 0 && last(v) == initial {
				visit(v)
			}
		}
	}
	return sets
}

func isInit(n *node) bool {
	d, ok := n.decls[0].(*ast.FuncDecl)
	return ok && d.Name.Name == "init" && d.Recv == nil
}

// hides reports a local of main that would redefine something which the rest of the program uses.
func (c *cutter) hides() string {
	if c.main == nil {
		return "it has no main"
	}
	taken := map[string]bool{}
	for name := range c.names {
		taken[name] = true
	}
	for _, im := range c.file.Imports {
		path := strings.Trim(im.Path.Value, `"`)
		name := path[strings.LastIndexByte(path, '/')+1:]
		if im.Name != nil {
			name = im.Name.Name
		}
		taken[name] = true
	}
	seen := map[string]bool{}
	for _, s := range c.main.Body.List {
		for _, name := range locals(s) {
			if taken[name] {
				return fmt.Sprintf("main's %s would redefine the program's", name)
			}
			seen[name] = true
		}
		if l, ok := s.(*ast.LabeledStmt); ok && jumpsTo(c.main, l.Label.Name) {
			return "main has a goto"
		}
	}
	return ""
}

// locals are what a statement of main declares for the statements after it.
func locals(s ast.Stmt) (names []string) {
	switch s := s.(type) {
	case *ast.DeclStmt:
		return declares(s.Decl.(*ast.GenDecl))
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			for _, l := range s.Lhs {
				if id, ok := l.(*ast.Ident); ok && id.Name != "_" {
					names = append(names, id.Name)
				}
			}
		}
	}
	return names
}

func jumpsTo(n ast.Node, label string) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if b, ok := n.(*ast.BranchStmt); ok && b.Tok == token.GOTO && b.Label.Name == label {
			found = true
		}
		return !found
	})
	return found
}

// most is how many cells the statements of main become at most.
const most = 8

// statements are main's statements as cells. From the first that defers or returns on, they stay together, since a cell ends like a
// function.
func (c *cutter) statements() (cells []string) {
	list := c.main.Body.List
	per := (len(list) + most - 1) / most
	var cell []string
	for i, s := range list {
		if ends(s) {
			cell = append(cell, c.text(s.Pos(), list[len(list)-1].End()))
			break
		}
		if cell = append(cell, c.text(s.Pos(), s.End())); (i+1)%per == 0 {
			cells = append(cells, strings.Join(cell, "\n")+";")
			cell = nil
		}
	}
	if len(cell) > 0 {
		cells = append(cells, strings.Join(cell, "\n")+";")
	}
	return cells
}

// ends reports whether a statement has a defer or return that belongs to the function around it.
func ends(s ast.Stmt) (found bool) {
	ast.Inspect(s, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt, *ast.DeferStmt:
			found = true
		}
		return !found
	})
	return found
}

package light

import (
	"go/ast"
	"go/token"
	"go/types"
)

// Step is one of a cell's top-level statements, or variable declarations.
type Step struct {
	Stmt  ast.Stmt
	Specs []*ast.ValueSpec
	// Show says what is done with the values of the statement's expression, "" for nothing; Type is their type as text.
	Show, Type string
}

// Compile writes the steps as a program; false says that they have to be compiled.
func Compile(info *types.Info, fset *token.FileSet, steps []Step, w World) (p *Program, ok bool) {
	c := &compiler{
		info: info, fset: fset, w: w, p: &Program{}, types: map[types.Type]int{}, vars: map[string]int{},
		symbols: map[Symbol]int{}, locals: map[types.Object]int{}, pending: map[types.Object]bool{}, files: map[string]int{},
	}
	defer func() {
		if r := recover(); r != nil {
			if _, no := r.(notLight); !no {
				panic(r)
			}
			p, ok = nil, false
		}
	}()
	for _, s := range steps {
		c.announce(s)
	}
	for i, s := range steps {
		c.p.Steps = append(c.p.Steps, c.step(i, s))
	}
	return c.p, true
}

// notLight is what the compiler panics with when it refuses.
type notLight struct{}

type compiler struct {
	info    *types.Info
	fset    *token.FileSet
	w       World
	p       *Program
	types   map[types.Type]int
	vars    map[string]int
	symbols map[Symbol]int
	locals  map[types.Object]int
	files   map[string]int
	// pending are variables that the cell defines and has not come to.
	pending map[types.Object]bool
	// before are the expressions that were taken out of the statement.
	before []Node
	// depth counts the blocks around.
	depth int
}

func (c *compiler) no() { panic(notLight{}) }

func (c *compiler) must(ok bool) {
	if !ok {
		c.no()
	}
}

// announce notes the variables that a step defines.
func (c *compiler) announce(s Step) {
	note := func(id *ast.Ident) {
		if obj := c.info.Defs[id]; obj != nil {
			c.pending[obj] = true
		}
	}
	for _, sp := range s.Specs {
		for _, id := range sp.Names {
			note(id)
		}
	}
	if s.Stmt == nil {
		return
	}
	ast.Inspect(s.Stmt, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			note(id)
		}
		return true
	})
}

func (c *compiler) step(i int, s Step) Stage {
	out := Stage{N: i, Show: s.Show, Type: s.Type}
	for _, sp := range s.Specs {
		out.Body = append(out.Body, c.spec(sp)...)
	}
	switch {
	case s.Stmt == nil:
	case s.Show != "":
		es, ok := s.Stmt.(*ast.ExprStmt)
		c.must(ok)
		n, _ := c.results(es.X)
		c.must(n.Op != opNil || n.T != 0)
		out.Body = append(out.Body, c.first(n)...)
	default:
		out.Body = append(out.Body, c.stmt(s.Stmt)...)
	}
	return out
}

// at is where n begins.
func (c *compiler) at(n ast.Node) Pos { return c.position(n.Pos()) }

func (c *compiler) position(pos token.Pos) Pos {
	p := c.fset.Position(pos)
	f, ok := c.files[p.Filename]
	if !ok {
		f = len(c.p.Files)
		c.p.Files = append(c.p.Files, p.Filename)
		c.files[p.Filename] = f
	}
	return Pos{File: f, Line: p.Line, Col: p.Column}
}

// node makes a node of e's place.
func (c *compiler) node(op Op, e ast.Node, kids ...Node) Node {
	return Node{Op: op, At: c.at(e), Kids: kids}
}

// need returns the index of a type that has to be named.
func (c *compiler) need(t types.Type) int {
	i, ok := c.typ(t)
	c.must(ok)
	return i
}

// typeOf is an expression's type; untyped ones have their default type.
func (c *compiler) typeOf(e ast.Expr) types.Type {
	t := c.info.TypeOf(e)
	c.must(t != nil)
	return types.Default(t)
}

func under[T types.Type](t types.Type) (T, bool) {
	u, ok := t.Underlying().(T)
	if _, param := types.Unalias(t).(*types.TypeParam); param {
		return u, false
	}
	return u, ok
}

func basicInfo(t types.Type) types.BasicInfo {
	if b, ok := t.Underlying().(*types.Basic); ok {
		return b.Info()
	}
	return 0
}

func isInterface(t types.Type) bool {
	_, ok := under[*types.Interface](t)
	return ok
}

// session returns the index of a session variable.
func (c *compiler) session(low string, made bool) int {
	i, ok := c.vars[low]
	if !ok {
		i = len(c.p.Vars)
		c.p.Vars = append(c.p.Vars, Var{Low: low, Made: made})
		c.vars[low] = i
	}
	return i
}

func (c *compiler) symbol(path, name string) int {
	s := Symbol{path, name}
	i, ok := c.symbols[s]
	if !ok {
		i = len(c.p.Symbols)
		c.p.Symbols = append(c.p.Symbols, s)
		c.symbols[s] = i
	}
	return i
}

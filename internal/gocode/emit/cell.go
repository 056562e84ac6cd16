package emit

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"
)

// Step notes that the cell's n-th statement begins.
func (f *File) Step(n int) { f.run = append(f.run, fmt.Sprintf("%s.Step(%d)", f.Host(), n)) }

// Stmt adds a statement of the cell.
func (c *Code) Stmt(s ast.Stmt) {
	if d, ok := s.(*ast.DeclStmt); ok {
		for _, sp := range d.Decl.(*ast.GenDecl).Specs {
			if vs, ok := sp.(*ast.ValueSpec); ok {
				c.Spec(vs)
			}
		}
		return
	}
	if a, ok := s.(*ast.AssignStmt); ok && a.Tok == token.DEFINE {
		c.replace(a.TokPos, a.TokPos+2, "=")
	}
	if c.hasTight(s) {
		c.f.tight = true
	}
	c.add(s.Pos(), c.between(s, s.Pos(), s.End()))
}

// add adds code that the user wrote at pos.
func (c *Code) add(pos token.Pos, text string) { c.f.run = append(c.f.run, c.f.directive(pos)+text) }

// Spec adds a definition of variables.
func (c *Code) Spec(s *ast.ValueSpec) {
	var names []string
	for _, id := range s.Names {
		names = append(names, c.target(id))
	}
	if len(s.Values) == 0 {
		for i, id := range s.Names {
			if v := c.info.Defs[id]; v != nil && names[i] != "_" {
				c.add(id.Pos(), names[i]+" = *new("+c.f.typ(v.Type())+")")
			}
		}
		return
	}
	var values []string
	for i, v := range s.Values {
		values = append(values, c.typed(v, s, i))
	}
	c.add(s.Pos(), strings.Join(names, ", ")+" = "+strings.Join(values, ", "))
}

// typed is a value of a definition. What is assigned to the blank name must have the type it was declared with.
func (c *Code) typed(v ast.Expr, s *ast.ValueSpec, i int) string {
	text := c.Expr(v)
	if s.Type != nil && len(s.Values) == len(s.Names) && s.Names[i].Name == "_" {
		return "(" + c.f.typ(c.info.TypeOf(s.Type)) + ")(" + text + ")"
	}
	return text
}

func (c *Code) target(id *ast.Ident) string {
	if v, ok := c.info.Defs[id].(*types.Var); ok {
		return c.Var(v)
	}
	return "_"
}

// Var is a session variable as code names it.
func (c *Code) Var(v *types.Var) string {
	if low, ok := c.f.world.Var(v); ok {
		return "(*" + c.f.pointer(low, v.Type()) + ")"
	}
	return "_"
}

// Expr is an expression's edited source.
func (c *Code) Expr(e ast.Expr) string { return c.between(e, e.Pos(), e.End()) }

// Init assigns package variables what they are initialised with.
func (c *Code) Init(lhs []*types.Var, rhs ast.Expr) {
	var names []string
	for _, v := range lhs {
		names = append(names, c.Var(v))
	}
	c.add(rhs.Pos(), strings.Join(names, ", ")+" = "+c.Expr(rhs))
}

// Zero gives a variable its zero value.
func (c *Code) Zero(v *types.Var) {
	c.f.run = append(c.f.run, c.Var(v)+" = *new("+c.f.typ(v.Type())+")")
}

// Discard evaluates an expression and drops its value.
func (c *Code) Discard(e ast.Expr) {
	if b, ok := c.info.TypeOf(e).(*types.Basic); ok && b.Kind() == types.UntypedNil {
		return
	}
	c.add(e.Pos(), "_ = "+c.Expr(e))
}

// Show hands the values of a cell's last expression to a function of the host, with their types as people write them.
func (c *Code) Show(e ast.Expr, fn string, user func(types.Type) string) {
	h := c.f.Host()
	t := types.Default(c.info.TypeOf(e))
	if tuple, ok := t.(*types.Tuple); ok {
		var vs, ts []string
		for v := range tuple.Variables() {
			vs = append(vs, fmt.Sprintf("v%d__", len(vs)))
			ts = append(ts, user(v.Type()))
		}
		names := strings.Join(vs, ", ")
		c.add(e.Pos(), names+" := "+c.Expr(e)+"; "+h+"."+fn+"("+strconv.Quote("("+strings.Join(ts, ", ")+")")+", "+names+")")
		return
	}
	text := c.Expr(e)
	if tv := c.info.Types[e]; tv.Value != nil {
		text = c.f.typ(t) + "(" + text + ")"
	}
	c.add(e.Pos(), h+"."+fn+"("+strconv.Quote(user(t))+", "+text+")")
}

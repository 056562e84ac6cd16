package lower

import (
	"fmt"
	"go/ast"
	"go/types"
	"strconv"
	"strings"
)

// Snapshot is kept of a file's declarations before its statements are written.
type Snapshot struct{ decls, inits int }

// Snapshot returns how far the file has come.
func (f *File) Snapshot() Snapshot { return Snapshot{len(f.decls), len(f.inits)} }

// HasInits tells whether there are slots to fill.
func (f *File) HasInits() bool { return len(f.inits) > 0 }

// Host returns the name of the host's package in the file.
func (f *File) Host() string { return f.hostName() }

// Type writes a type.
func (f *File) Type(t types.Type) string { return f.typ(t, nil) }

// Begin enters the function that holds a cell's statements, and writes what it begins with.
func (c *Code) Begin(fn *ast.FuncDecl) string {
	c.fn = &function{sig: types.NewSignatureType(nil, nil, nil, nil, nil, false), jumps: c.jumpsBack(fn.Body)}
	c.calls = c.onlyCalled(fn.Body)
	c.madeHere(fn.Body)
	return strings.TrimSuffix(c.prologue(fn.Body), "\n")
}

// Spec writes a hoisted definition as an assignment.
func (c *Code) Spec(s *ast.ValueSpec) string {
	return c.mark(s) + c.varSpec(s)
}

// Init_ writes the initialisation of package variables.
func (c *Code) Init_(lhs []*types.Var, rhs ast.Expr) string {
	var names []string
	for _, v := range lhs {
		if d := c.f.world.Decl(v); d != nil {
			names = append(names, d.Low)
		} else {
			names = append(names, "_")
		}
	}
	value := ""
	if len(lhs) == 1 {
		if d := c.f.world.Decl(lhs[0]); d != nil && d.Literal != nil {
			value = c.unbound(rhs)
		} else {
			value = c.value(rhs, lhs[0].Type())
		}
	} else {
		value = c.expr(rhs)
		if tuple, ok := c.of(rhs).(*types.Tuple); ok {
			var to []types.Type
			for i, v := range lhs {
				if to = append(to, v.Type()); names[i] == "_" {
					to[i] = nil
				}
			}
			if text, ok := c.convertingSpread(tuple, to, names, value, false); ok {
				return c.mark(rhs) + text
			}
		}
	}
	return c.mark(rhs) + strings.Join(names, ", ") + " = " + value
}

// Zero gives a variable its zero value.
func (c *Code) Zero(obj types.Object) string {
	return "{ var z__ " + c.typ(obj.Type()) + "; " + c.f.world.Decl(obj).Low + " = z__ }"
}

// Discard evaluates an expression and drops its value.
func (c *Code) Discard(s *ast.ExprStmt) string {
	if isNil(c.of(s.X)) {
		return ""
	}
	return c.mark(s) + "_ = " + c.expr(s.X)
}

// Show hands the values of a cell's last expression, with their types as people write them, to a function of the host.
func (c *Code) Show(s *ast.ExprStmt, fn string) string {
	t := types.Default(c.of(s.X))
	var ts []string
	if tuple, ok := t.(*types.Tuple); ok {
		var vs []string
		pre := ""
		for i, v := range variables(tuple) {
			ts = append(ts, c.user(v.Type()))
			n := fmt.Sprintf("v%d__", i)
			vs = append(vs, n)
		}
		pre = strings.Join(vs, ", ") + " := " + c.expr(s.X) + "\n"
		for i, v := range variables(tuple) {
			if fn == "Display" {
				vs[i] = c.asInterface(vs[i], v.Type(), types.NewInterfaceType(nil, nil))
			}
		}
		return c.mark(s) + "{\n" + c.mark(s) + pre + c.mark(s) + c.f.hostName() + "." + fn + "(" + strconv.Quote("("+strings.Join(ts, ", ")+")") + ", " + strings.Join(vs, ", ") + ")\n}"
	}
	v := ""
	if fn == "Display" {
		v = c.value(s.X, types.NewInterfaceType(nil, nil))
	} else {
		v = c.raw(s.X, t)
	}
	return c.mark(s) + c.f.hostName() + "." + fn + "(" + strconv.Quote(c.user(t)) + ", " + v + ")"
}

func variables(t *types.Tuple) []*types.Var {
	var vs []*types.Var
	for v := range t.Variables() {
		vs = append(vs, v)
	}
	return vs
}

// displayPath is the package whose functions show values as the last expression of a cell is shown.
const displayPath = "github.com/gocluster/gocluster/display"

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
			vs[i] = c.outward(vs[i], v.Type())
		}
		return c.mark(s) + "{\n" + c.mark(s) + pre + c.mark(s) + c.f.hostName() + "." + fn + "(" + strconv.Quote("("+strings.Join(ts, ", ")+")") + ", " + strings.Join(vs, ", ") + ")\n}"
	}
	c.checkDisplayed(s.X, t)
	v := ""
	if fn == "Display" {
		v = c.displayed(s.X, t)
	} else {
		v = c.outward(c.value(s.X, types.NewInterfaceType(nil, nil)), t)
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

// outward brings an interface value out of the interpreter so that its Error or String method is seen.
func (c *Code) outward(s string, t types.Type) string {
	switch {
	case !types.IsInterface(t) && !c.session(t):
		return s
	case types.Implements(t, errorType):
		return c.f.hostName() + ".Err(" + s + ")"
	case types.Implements(t, stringerType):
		return c.f.hostName() + ".Str(" + s + ")"
	}
	return s
}

// displayPath is the package whose functions show values as the last expression of a cell is shown.
const displayPath = "github.com/gocluster/gocluster/display"

// displayed brings a value out of the interpreter with all by which it shows itself.
func (c *Code) displayed(e ast.Expr, t types.Type) string {
	if v := c.rich(e, t); v != "" {
		return v
	}
	v := c.outward(c.value(e, types.NewInterfaceType(nil, nil)), t)
	if types.IsInterface(t) && !isNil(t) && !types.Implements(t, errorType) && !types.Implements(t, stringerType) {
		v = c.finds(v)
	}
	return v
}

// finds brings the value in an interface out of the interpreter by the methods that it turns out to have.
func (c *Code) finds(v string) string {
	host, printer := c.f.hostName(), c.f.importName("fmt", "fmt")
	return "func(r__ any) any { if r__ == nil { return nil }; if e__, ok := r__.(error); ok { return " + host + ".Err(e__) }; if s__, ok := r__.(" + printer + ".Stringer); ok { return " + host + ".Str(s__) }; return r__ }(" + v + ")"
}

// showing are the methods by which a type of the session's shows itself in a notebook, with their types.
var showing = []struct{ name, results string }{
	{"MIMEBundle", "map[string]any"}, {"HTML", "string"}, {"Markdown", "string"}, {"LaTeX", "string"}, {"SVG", "string"},
	{"PNG", "([]byte, error)"}, {"JPEG", "([]byte, error)"},
}

// rich brings a value out of the interpreter together with its methods that show it; it is "" if there are none.
func (c *Code) rich(e ast.Expr, t types.Type) string {
	if types.IsInterface(t) || !c.session(t) {
		return ""
	}
	var methods strings.Builder
	for _, s := range showing {
		obj, index, _ := types.LookupFieldOrMethod(t, true, nil, s.name)
		m, ok := obj.(*types.Func)
		if !ok || types.TypeString(m.Signature(), nil) != "func() "+s.results {
			continue
		}
		fmt.Fprintf(&methods, ", %q, func() %s { return %s }", s.name, s.results, c.methodCall("r__", t, true, index, m, ""))
	}
	if methods.Len() == 0 {
		return ""
	}
	return fmt.Sprintf("func(r__ %s) any { return %s.Show(%s%s) }(%s)", c.typ(t), c.f.hostName(), c.outward("r__", t), methods.String(), c.value(e, t))
}

// checkDisplayed refuses to show values whose own way of showing themselves the interpreter would hide.
func (c *Code) checkDisplayed(e ast.Expr, t types.Type) {
	if types.IsInterface(t) {
		return
	}
	top, _ := types.Unalias(t).(*types.Named)
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		top, _ = types.Unalias(p.Elem()).(*types.Named)
	}
	inner := find(t, func(n *types.Named) bool { return n != top && isMain(n.Obj().Pkg()) && special(n) != "" }, map[types.Type]bool{})
	if inner != nil {
		c.refuse(e, fmt.Sprintf("showing %s, which has elements with a %s method (%s)", c.user(t), special(inner), c.user(inner)), "print the elements one by one")
	}
}

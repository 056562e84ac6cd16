package gocode

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/lower"
)

// body writes the cell's statements, each after a note of how far the cell has come.
func (pl *planner) body(code *lower.Code) []string {
	host := pl.file.Host()
	var out []string
	steps := pl.p.stmts
	if pl.onlyVars() {
		return pl.initOrder(code)
	}
	if begin := code.Begin(pl.p.entry); begin != "" {
		out = append(out, begin)
	}
	for i, st := range steps {
		out = append(out, fmt.Sprintf("%s.Step(%d)", host, i))
		switch {
		case st.stmt != nil && st.last:
			out = append(out, pl.last(code, st.stmt, st.seg.semi))
		case st.stmt != nil:
			out = append(out, code.Stmt(st.stmt))
		default:
			for _, sp := range st.specs {
				out = append(out, code.Spec(sp))
			}
		}
	}
	if len(steps) == 0 || pl.p.program {
		out = append(out, pl.program(host)...)
	}
	return out
}

// program runs a whole program: its init functions and main.
func (pl *planner) program(host string) []string {
	var out []string
	for _, name := range []string{"init", "main"} {
		for _, e := range pl.c.fresh {
			if e.kind == KindFunc && e.name == name {
				out = append(out, e.low+"()")
			}
		}
	}
	return out
}

func (pl *planner) onlyVars() bool {
	for _, st := range pl.p.stmts {
		if st.stmt != nil || st.seg.kind != segVar {
			return false
		}
	}
	return len(pl.p.stmts) > 0
}

// initOrder initialises the variables of a cell that has only declarations as Go initialises a package's: by what they depend on.
func (pl *planner) initOrder(code *lower.Code) []string {
	host := pl.file.Host()
	code.Begin(pl.p.entry)
	inited := map[types.Object]bool{}
	var out []string
	for _, in := range pl.c.info.InitOrder {
		for _, v := range in.Lhs {
			inited[v] = true
		}
		out = append(out, code.Init_(in.Lhs, in.Rhs))
	}
	var zero []string
	for _, st := range pl.p.stmts {
		for _, sp := range st.specs {
			for _, id := range sp.Names {
				if obj := pl.c.info.Defs[id]; obj != nil && !inited[obj] && id.Name != "_" {
					zero = append(zero, code.Zero(obj))
				}
			}
		}
	}
	out = append(zero, out...)
	out = append(out, fmt.Sprintf("%s.Step(%d)", host, len(pl.p.stmts)))
	return append(out, pl.program(host)...)
}

// last writes the last statement: an expression's values are shown, unless a semicolon or the nature of the call says no.
func (pl *planner) last(code *lower.Code, s ast.Stmt, semi bool) string {
	es, ok := s.(*ast.ExprStmt)
	if !ok {
		return code.Stmt(s)
	}
	t := pl.c.info.TypeOf(es.X)
	tuple, isTuple := t.(*types.Tuple)
	if semi && !pl.pull {
		if _, call := ast.Unparen(es.X).(*ast.CallExpr); !call || pl.c.info.Types[ast.Unparen(es.X).(*ast.CallExpr).Fun].IsType() {
			return code.Discard(es)
		}
		return code.Stmt(s)
	}
	if pl.c.info.Types[es.X].IsVoid() || (isTuple && tuple.Len() == 0) || printing(pl.c.info, es.X) {
		return code.Stmt(s)
	}
	fn := "Display"
	if pl.pull {
		fn = "Pull"
	}
	return code.Show(es, fn)
}

// printing tells a call of fmt.Print and its kin, whose results nobody wants to see.
func printing(info *types.Info, e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	fn, ok := info.Uses[sel.Sel].(*types.Func)
	return ok && fn.Pkg() != nil && fn.Pkg().Path() == "fmt" && strings.Contains(fn.Name(), "rint") && !strings.HasPrefix(fn.Name(), "S")
}

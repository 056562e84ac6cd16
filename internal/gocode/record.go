package gocode

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/lower"
)

// saved is what a program that is made of the session (save.go) needs of a cell that has succeeded: its statements as text, with the
// places where variables are named, since another variable may have taken a name meanwhile.
type saved struct {
	cell  Cell
	steps []savedStep
	// imports are the packages that the statements use, by the names they use; dots are those whose names they use as their own.
	imports map[string]string
	dots    []string
	// uses are the functions and types that the statements use, by name: what they are in lowered code.
	uses map[string]string
	// types are the types of the variables that the cell defines, by lowered name.
	types map[string]types.Type
	// alone tells that the statements need a function of their own: they return, defer, or have labels.
	alone bool
}

// savedStep is a statement, or a definition.
type savedStep struct {
	text fragment
	// lows are the variables that it defines, "_" for those without a name; none for a statement.
	lows []string
	// define is where := stands in text. A step that defines and has none is "var names typ = text".
	define int
	typ    fragment
	show   []types.Type // the types of the values that a last expression shows; text is the expression then
	quiet  bool         // text is an expression whose value is not shown
}

// fragment is a piece of Go with the places of variables in it.
type fragment struct {
	text string
	refs []reference
}

type reference struct {
	off, len int
	low      string
}

// mainLow stands for a cell's func main, which has to have another name in a program.
const mainLow = "func main"

// ambientLow stands for the context that every cell has.
const ambientLow = "ctx__0"

// record notes what saving will need; nil for what is not the user's.
func (pl *planner) record() *saved {
	if pl.pull || pl.p.cell.Aside {
		return nil
	}
	r := &saved{cell: pl.p.cell, imports: map[string]string{}, uses: map[string]string{}, types: map[string]types.Type{}}
	r.cell.Source = ""
	for _, v := range pl.n.vars {
		r.types[v.decl.Low] = v.obj.Type()
	}
	for _, sp := range pl.p.imports {
		if sp.Name != nil && sp.Name.Name == "." {
			r.dots = append(r.dots, strings.Trim(sp.Path.Value, "`\""))
		}
	}
	w := recorder{pl, r}
	if pl.onlyVars() {
		w.initOrder()
	} else {
		for _, st := range pl.p.stmts {
			w.step(st)
		}
	}
	if len(pl.p.stmts) == 0 || pl.p.program {
		w.program()
	}
	return r
}

// recorder writes one record.
type recorder struct {
	pl *planner
	r  *saved
}

// initOrder records variables in the order in which they are initialised.
func (w recorder) initOrder() {
	inited := map[types.Object]bool{}
	for _, in := range w.pl.c.info.InitOrder {
		step := savedStep{define: -1, text: w.fragment(in.Rhs)}
		for _, v := range in.Lhs {
			inited[v] = true
			step.lows = append(step.lows, w.low(v))
		}
		w.add(step)
	}
	for _, st := range w.pl.p.stmts {
		for _, sp := range st.specs {
			for _, id := range sp.Names {
				if obj := w.pl.c.info.Defs[id]; obj != nil && !inited[obj] && id.Name != "_" {
					w.add(savedStep{define: -1, lows: []string{w.low(obj)}, typ: w.fragment(sp.Type)})
				}
			}
		}
	}
}

func (w recorder) add(s savedStep) { w.r.steps = append(w.r.steps, s) }

func (w recorder) low(obj types.Object) string {
	if d := w.pl.Decl(obj); d != nil {
		return d.Low
	}
	return "_"
}

func (w recorder) step(st step) {
	for _, sp := range st.specs {
		w.spec(sp)
	}
	switch s := st.stmt.(type) {
	case nil:
	case *ast.AssignStmt:
		step := savedStep{text: w.fragment(s)}
		if s.Tok == token.DEFINE {
			step.define = w.offset(s.TokPos) - w.offset(s.Pos())
			for _, l := range s.Lhs {
				step.lows = append(step.lows, w.lowOf(l.(*ast.Ident)))
			}
		}
		w.add(step)
	case *ast.DeclStmt:
		for _, sp := range s.Decl.(*ast.GenDecl).Specs {
			if vs, ok := sp.(*ast.ValueSpec); ok {
				w.spec(vs)
			}
		}
	case *ast.ExprStmt:
		w.expression(s, st)
	default:
		w.r.alone = w.r.alone || needsFunc(s)
		w.add(savedStep{text: w.fragment(s)})
	}
}

func (w recorder) lowOf(id *ast.Ident) string {
	if obj := w.object(id); obj != nil && id.Name != "_" {
		return w.low(obj)
	}
	return "_"
}

func (w recorder) object(id *ast.Ident) types.Object {
	if obj := w.pl.c.info.Defs[id]; obj != nil {
		return obj
	}
	return w.pl.c.info.Uses[id]
}

func (w recorder) spec(sp *ast.ValueSpec) {
	step := savedStep{define: -1}
	for _, id := range sp.Names {
		step.lows = append(step.lows, w.lowOf(id))
	}
	if sp.Type != nil {
		step.typ = w.fragment(sp.Type)
	}
	if n := len(sp.Values); n > 0 {
		step.text = w.between(sp.Values[0].Pos(), sp.Values[n-1].End(), sp)
	}
	w.add(step)
}

// expression records an expression: what its value is shown as decides.
func (w recorder) expression(s *ast.ExprStmt, st step) {
	step := savedStep{text: w.fragment(s.X)}
	call, isCall := ast.Unparen(s.X).(*ast.CallExpr)
	isCall = isCall && !w.pl.c.info.Types[call.Fun].IsType()
	t := w.pl.c.info.TypeOf(s.X)
	switch {
	case !st.last || w.pl.c.info.Types[s.X].IsVoid() || printing(w.pl.c.info, s.X) || st.seg.semi && isCall:
	case st.seg.semi:
		step.quiet = true
	default:
		step.show = []types.Type{t}
		if tuple, ok := t.(*types.Tuple); ok {
			step.show = nil
			for v := range tuple.Variables() {
				step.show = append(step.show, v.Type())
			}
		}
	}
	w.add(step)
}

// program records the calls of a whole program: its init functions, and main.
func (w recorder) program() {
	for _, name := range []string{"init", "main"} {
		for _, e := range w.pl.c.fresh {
			if e.kind != KindFunc || e.name != name {
				continue
			}
			if name == "main" {
				w.add(savedStep{text: fragment{text: "main()", refs: []reference{{0, 4, mainLow}}}})
				continue
			}
			body := w.fragment(e.decl.Func.Body)
			for i := range body.refs {
				body.refs[i].off += len("func() ")
			}
			body.text = "func() " + body.text + "()"
			w.add(savedStep{text: body})
		}
	}
}

func (w recorder) offset(p token.Pos) int { return w.pl.s.fset.File(p).Offset(p) }

func (w recorder) fragment(n ast.Node) fragment { return w.between(n.Pos(), n.End(), n) }

// between is the text from one place to another in a node, and what it names.
func (w recorder) between(from, to token.Pos, n ast.Node) fragment {
	start := w.offset(from)
	f := fragment{text: w.pl.p.text[start:w.offset(to)]}
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && from <= id.Pos() && id.End() <= to {
			if low := w.name(id); low != "" {
				f.refs = append(f.refs, reference{w.offset(id.Pos()) - start, len(id.Name), low})
			}
		}
		return true
	})
	return f
}

// name notes what an identifier refers to, and returns the lowered name of a variable.
func (w recorder) name(id *ast.Ident) string {
	obj := w.object(id)
	if p, ok := obj.(*types.PkgName); ok {
		w.r.imports[p.Name()] = p.Imported().Path()
		return ""
	}
	d := w.pl.Decl(obj)
	switch {
	case obj == nil || d == nil || d.Path != "":
		return ""
	case d.Host != "":
		return ambientLow
	case d.Kind == lower.Var:
		return d.Low
	case d.Kind == lower.Func && d.Name == "main":
		return mainLow
	case d.Kind != lower.Method:
		w.r.uses[d.Name] = d.Low
	}
	return ""
}

// needsFunc reports whether a statement returns from its function, defers, or has a label.
func needsFunc(s ast.Stmt) (found bool) {
	ast.Inspect(s, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt, *ast.DeferStmt, *ast.LabeledStmt:
			found = true
		}
		return !found
	})
	return found
}

// keep keeps the record of a cell that has succeeded, and the order of its declarations.
func (s *Session) keep(n *pending, ok bool) {
	for _, e := range n.entities {
		if old := s.live[e.name]; old != nil && old.chunk.text == e.chunk.text {
			e.place = old.place // it was declared again as it was
			continue
		} else if old != nil && len(s.saved) > 0 {
			s.renewed[e.name] = fmt.Sprintf("%s:%d", e.pos.File, e.pos.Line)
		}
		s.placed++
		e.place = s.placed
	}
	if ok && n.saved != nil && len(n.saved.steps) > 0 {
		s.saved = append(s.saved, n.saved)
	}
}

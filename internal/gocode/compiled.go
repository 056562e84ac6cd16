package gocode

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/emit"
	"github.com/gocluster/gocluster/internal/gocode/lower"
)

// Compiled is a cell as a Go file for the compiler.
type Compiled struct {
	// Source is the file; emit.PluginPath in it stands for the path that the plugin gets.
	Source string
	// Imports are the import paths of the packages that it uses.
	Imports []string
	// Run tells whether there are statements to run, beside what the file does when it is loaded.
	Run bool
}

// redirect are functions that have a stand-in in cells: their output is ordered, their input asks the user, their exits are told.
var redirect = emit.Redirect{
	"fmt.Print": "Print", "fmt.Printf": "Printf", "fmt.Println": "Println", "fmt.Scan": "Scan", "fmt.Scanf": "Scanf", "fmt.Scanln": "Scanln",
	"os.Exit": "Exit", "log.Fatal": "Fatal", "log.Fatalf": "Fatalf", "log.Fatalln": "Fatalln", "time.Sleep": "Sleep",
}

// For returns the session for a child of the other kind, or of the same: its plans are compiled, or interpreted, and Replay restores
// what is declared now. The session itself stays as it is, for a child that stays.
func (s *Session) For(compiled bool) (*Session, error) {
	to := s.clone()
	if s.opts.Compiled == compiled {
		return to, nil
	}
	to.opts.Compiled = compiled
	to.have, to.lows = map[string]bool{}, map[string]string{}
	to.history = nil
	to.vars, to.lost = absent(to.vars), absent(to.lost)
	if len(to.live) == 0 {
		return to, nil
	}
	p, ds := to.parse(Cell{Name: "cell"}, nil, func(*parsed) string { return "" })
	if len(ds) > 0 {
		return nil, &ds
	}
	all := map[*entity]bool{}
	for _, e := range to.live {
		all[e] = true
	}
	c := to.checkOnce(p, nil, all, nil)
	c.broken = map[*entity]bool{}
	plan, ds := (&planner{s: to, p: p, c: c, anew: true}).plan()
	if len(ds) > 0 {
		return nil, fmt.Errorf("not all declarations of the session can go along: %w", &ds)
	}
	to.Commit(plan, true, len(p.stmts))
	return to, nil
}

// clone returns a session that can change without s changing. They may not be used at the same time.
func (s *Session) clone() *Session {
	c := *s
	c.live, c.vars, c.decls, c.ents = maps.Clone(s.live), maps.Clone(s.vars), maps.Clone(s.decls), maps.Clone(s.ents)
	c.gens, c.lows, c.have, c.lost = maps.Clone(s.gens), maps.Clone(s.lows), maps.Clone(s.have), maps.Clone(s.lost)
	c.texts = maps.Clone(s.texts)
	c.current, c.sources, c.known = maps.Clone(s.current), maps.Clone(s.sources), maps.Clone(s.known)
	c.variants, c.variantCount = maps.Clone(s.variants), maps.Clone(s.variantCount)
	c.made, c.history, c.saved = slices.Clone(s.made), slices.Clone(s.history), slices.Clone(s.saved)
	return &c
}

// compile makes the plan's cell one for the compiler, or one that can be evaluated at once.
func (pl *planner) compile(plan *Plan) error {
	f := emit.NewFile(compiledWorld{pl}, pl.s.fset, HostPath, redirect, pl.unused())
	for _, name := range sortedKeys(pl.n.moved) {
		if obj, old := pl.n.moved[name], pl.s.variable(name); old != nil && pl.text(old.obj.Type()) != pl.text(obj.Type()) {
			f.Retype(old.decl.Low, obj.Type())
		}
	}
	var fill []*emit.Thing
	for _, e := range pl.n.entities {
		if (e.kind == KindFunc || e.kind == KindMethod) && e.decl.Slot {
			fill = append(fill, pl.thing(e))
		}
	}
	for _, th := range fill {
		f.Announce(th)
	}
	for _, th := range fill {
		f.Fill(th)
	}
	declared := !f.Empty()
	if !declared && len(pl.p.stmts) == 0 {
		return nil
	}
	if !declared && !pl.p.program && !pl.p.cell.Compile {
		plan.Light = pl.light()
	}
	pl.statements(f)
	src, err := f.Text(pl.s.locals)
	if err != nil {
		return err
	}
	pl.n.locals = src.Locals
	plan.Compiled = &Compiled{Source: src.Text, Imports: src.Imports, Run: src.Run}
	if declared {
		pl.n.declsOnly.Compiled = &Compiled{Source: src.Text, Imports: src.Imports}
	}
	pl.n.types = f.Types()
	return nil
}

// statements adds the cell's statements, each after a note of how far the cell has come.
func (pl *planner) statements(f *emit.File) {
	code := func() *emit.Code {
		return f.Code(pl.c.info, pl.p.text, token.Pos(pl.s.fset.File(pl.p.file.Package).Base()))
	}
	if pl.onlyVars() {
		pl.compiledInits(f, code)
	} else {
		for i, st := range pl.p.stmts {
			f.Step(i)
			switch {
			case st.stmt != nil && st.last:
				pl.compiledLast(code(), st.stmt, st.seg.semi)
			case st.stmt != nil:
				code().Stmt(st.stmt)
			default:
				for _, sp := range st.specs {
					code().Spec(sp)
				}
			}
		}
	}
	if len(pl.p.stmts) == 0 || pl.p.program || pl.onlyVars() {
		for _, name := range []string{"init", "main"} {
			for _, e := range pl.c.fresh {
				if e.kind == KindFunc && e.name == name {
					f.Call(pl.thing(e))
				}
			}
		}
	}
}

// compiledInits initialises the variables of a cell that has only declarations, in Go's order.
func (pl *planner) compiledInits(f *emit.File, code func() *emit.Code) {
	inited := map[types.Object]bool{}
	for _, in := range pl.c.info.InitOrder {
		for _, v := range in.Lhs {
			inited[v] = true
		}
	}
	for _, st := range pl.p.stmts {
		for _, sp := range st.specs {
			for _, id := range sp.Names {
				if v, ok := pl.c.info.Defs[id].(*types.Var); ok && !inited[v] && id.Name != "_" {
					code().Zero(v)
				}
			}
		}
	}
	for _, in := range pl.c.info.InitOrder {
		code().Init(in.Lhs, in.Rhs)
	}
	f.Step(len(pl.p.stmts))
}

// compiledLast adds the last statement: an expression's values are shown, unless a semicolon or the nature of the call says no.
func (pl *planner) compiledLast(code *emit.Code, s ast.Stmt, semi bool) {
	es, ok := s.(*ast.ExprStmt)
	if !ok {
		code.Stmt(s)
		return
	}
	switch show, discard := pl.shows(es, semi); {
	case discard:
		code.Discard(es.X)
	case show == "":
		code.Stmt(s)
	default:
		code.Show(es.X, show, lower.UserType)
	}
}

// shows says which function of the host takes the values of a cell's last expression; discard that they are dropped, which Go has
// no expression statement for.
func (pl *planner) shows(es *ast.ExprStmt, semi bool) (fn string, discard bool) {
	tuple, isTuple := pl.c.info.TypeOf(es.X).(*types.Tuple)
	if semi && !pl.pull {
		call, isCall := ast.Unparen(es.X).(*ast.CallExpr)
		return "", !isCall || pl.c.info.Types[call.Fun].IsType()
	}
	if pl.c.info.Types[es.X].IsVoid() || (isTuple && tuple.Len() == 0) || printing(pl.c.info, es.X) {
		return "", false
	}
	if pl.pull {
		return "Pull", false
	}
	return "Display", false
}

// unused finds the names that the compiler would not accept because nothing uses them.
func (pl *planner) unused() map[token.Pos]bool {
	out := map[token.Pos]bool{}
	for _, err := range pl.c.errs {
		if strings.HasPrefix(err.Msg, "declared and not used") || strings.HasPrefix(err.Msg, "label ") && strings.HasSuffix(err.Msg, "not used") {
			out[err.Pos] = true
		}
	}
	return out
}

// compiledWorld is what the emitter asks of the session.
type compiledWorld struct{ pl *planner }

// Thing implements emit.World.
func (w compiledWorld) Thing(obj types.Object) *emit.Thing {
	if e := w.pl.entity(obj); e != nil {
		return w.pl.thing(e)
	}
	return nil
}

// entity finds the declaration of an object, of this cell or an earlier one.
func (pl *planner) entity(obj types.Object) *entity {
	if fn, ok := obj.(*types.Func); ok {
		obj = fn.Origin()
	}
	if e, ok := pl.n.ents[obj]; ok {
		return e
	}
	return pl.s.ents[obj]
}

var kinds = map[Kind]emit.Kind{KindFunc: emit.Func, KindMethod: emit.Method, KindType: emit.Type, KindConst: emit.Const}

// thing describes a declaration to the emitter.
func (pl *planner) thing(e *entity) *emit.Thing {
	th := &emit.Thing{Kind: kinds[e.kind], Name: e.name, Node: e.node(), Text: e.chunk.text}
	if e.kind == KindConst {
		th.Info, th.Low = e.info, fmt.Sprintf("__k%d", e.serial)
		return th
	}
	th.Info, th.Obj, th.Slot, th.Low = e.decl.Info, e.decl.Obj, e.decl.Slot, e.decl.Low
	switch e.kind {
	case KindType:
		th.Low = pl.variant(e)
	case KindMethod:
		th.Name = e.decl.Func.Name.Name
	}
	return th
}

// Var implements emit.World.
func (w compiledWorld) Var(obj *types.Var) (string, bool) {
	if d := w.pl.Decl(obj); d != nil && d.Kind == lower.Var && !d.Program && d.Host == "" {
		return d.Low, true
	}
	return "", false
}

// Host implements emit.World.
func (w compiledWorld) Host(obj types.Object) (string, bool) {
	if d := w.pl.s.decls[obj]; d != nil && d.Host != "" {
		return d.Host, true
	}
	return "", false
}

// Tie implements emit.World.
func (w compiledWorld) Tie(n ast.Node) (int, []types.Object, bool) {
	file := w.pl.file
	u, ok := file.Bound[n]
	if !ok {
		return 0, nil, false
	}
	return u, file.Units[u-file.Base].Free, true
}

// text writes a type with the names that the session's types have in compiled code: two types have the same text only if they are the
// same to the linker.
func (pl *planner) text(t types.Type) string {
	return emit.NewFile(compiledWorld{pl}, pl.s.fset, HostPath, nil, nil).TypeText(t)
}

// variant is a type's name in compiled code. It must never mean two things in one process, so that a type that is not quite the same as
// before, for example since a method was added to it or to a type that it is made of, has a name of its own.
func (pl *planner) variant(e *entity) string {
	obj := e.decl.Obj
	if name, ok := pl.n.variants[obj]; ok {
		return name
	}
	name := pl.unique(e.name, pl.variantKey(e))
	pl.n.variants[obj] = name
	return name
}

// unique returns the name of what key describes: the user's name for the first, numbered ones for others.
func (pl *planner) unique(user, key string) string {
	name, ok := pl.s.variants[key]
	if !ok {
		name, ok = pl.n.variantNames[key]
	}
	if !ok {
		pl.n.variantCount[user]++
		name = user
		if n := pl.s.variantCount[user] + pl.n.variantCount[user]; n > 1 {
			name = fmt.Sprintf("%s__%d", user, n)
		}
		pl.n.variantNames[key] = name
	}
	return name
}

// variantKey describes a type and all types of the session that it is made of.
func (pl *planner) variantKey(e *entity) string {
	parts := map[string]bool{}
	seen := map[*entity]bool{}
	var visit func(e *entity)
	visit = func(e *entity) {
		if seen[e] {
			return
		}
		seen[e] = true
		parts[pl.describe(e)] = true
		named := func(n *types.Named) {
			if d := pl.entity(n.Obj()); d != nil {
				visit(d)
			}
		}
		t := e.decl.Obj.Type()
		walk(t.Underlying(), map[types.Type]bool{}, named)
		if a, ok := t.(*types.Alias); ok {
			walk(a.Rhs(), map[types.Type]bool{}, named)
		}
		if n, ok := t.(*types.Named); ok {
			for m := range n.Methods() {
				walk(m.Type(), map[types.Type]bool{}, named)
			}
		}
	}
	visit(e)
	return e.name + "=" + strings.Join(sortedKeys(parts), "; ")
}

// describe says what a type is: its generation and its methods. Of a generic type, the code of the methods is a part.
func (pl *planner) describe(e *entity) string {
	parts := []string{e.decl.Low}
	if n, ok := e.decl.Obj.Type().(*types.Named); ok {
		for m := range n.Methods() {
			text := m.Name() + types.TypeString(m.Type(), nil)
			if _, ptr := m.Signature().Recv().Type().(*types.Pointer); ptr {
				text = "*" + text
			}
			if me := pl.entity(m); me != nil && (!me.decl.Slot || emit.Direct(me.decl.Func, me.decl.Info)) {
				text += me.chunk.text
			}
			parts = append(parts, text)
		}
	}
	slices.Sort(parts[1:])
	return strings.Join(parts, ",")
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

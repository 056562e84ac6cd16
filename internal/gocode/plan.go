package gocode

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/lower"
	"github.com/gocluster/gocluster/internal/unit"
)

// Plan says what a cell means and how it is run. It changes nothing; Commit does, when the cell has run. Errors are Diagnostics.
func (s *Session) Plan(c Cell) (*Plan, error) { return s.plan(c, false) }

func (s *Session) plan(c Cell, pull bool) (*Plan, error) {
	var auto []string
	var p *parsed
	var ch *checked
	redefined, force := map[string]bool{}, map[string]bool{}
	for {
		var ds Diagnostics
		p, ds = s.parse(c, force, func(p *parsed) string {
			text, used := s.imports(p)
			auto = used
			return text
		})
		if len(ds) > 0 {
			return nil, &ds
		}
		var more []string
		if ch, more = s.check(p, redefined); len(more) == 0 {
			break
		}
		for _, n := range more {
			force[n] = true
		}
	}
	if ds := s.diagnose(p, ch); len(ds) > 0 {
		return nil, &ds
	}
	if ds := s.assignsAmbient(p, ch); len(ds) > 0 {
		return nil, &ds
	}
	pl := &planner{s: s, p: p, c: ch, pull: pull}
	plan, ds := pl.plan()
	if len(ds) > 0 {
		return nil, &ds
	}
	plan.Imported = usedImports(ch, p, auto)
	plan.Notes = append(plan.Notes, chosen(plan.Imported)...)
	return plan, nil
}

// pending is what Commit makes true.
type pending struct {
	gens      map[string]int
	decls     map[types.Object]*lower.Decl
	lows      map[string]string
	have      map[string]bool
	entities  []*entity
	gone      []string
	vars      []*variable
	when      map[string]int // the step after which a variable is defined
	moved     map[string]*types.Var
	env       environment
	made      []*lower.Unit
	texts     map[*token.File]sourceText
	again     map[int]*lower.Unit
	current   map[string]*lower.Decl
	assigned  []*lower.Decl // variables that no longer hold the literal they were defined as
	declsOnly *Plan
	known     []types.Type // harmless types for units, when so many declarations had been placed
	knownAt   int
	platform  func(*types.Const) bool // tells constants that depend on it
	saved     *saved                  // what a program made of the session needs of the cell
	// Of compiled plans: declarations by object, and the names of types.
	ents         map[types.Object]*entity
	variants     map[types.Object]string
	variantNames map[string]string
	variantCount map[string]int
	types        []string // that are known to the child afterwards
	locals       int      // types declared in functions
}

// planner makes one plan.
type planner struct {
	s    *Session
	p    *parsed
	c    *checked
	pull bool
	anew bool // for a child that has none of the declarations
	n    *pending
	file *lower.File
}

func (pl *planner) plan() (*Plan, Diagnostics) {
	s := pl.s
	pl.n = &pending{gens: map[string]int{}, decls: map[types.Object]*lower.Decl{}, lows: map[string]string{}, have: map[string]bool{}, when: map[string]int{}, moved: map[string]*types.Var{},
		ents: map[types.Object]*entity{}, variants: map[types.Object]string{}, variantNames: map[string]string{}, variantCount: map[string]int{}}
	pl.file = lower.NewFile(pl, HostPath, s.units)
	pl.reassigned()
	vars := pl.variables()
	pl.entities()
	if ds := pl.lost(); len(ds) > 0 {
		return nil, ds
	}
	types := pl.nameFuncs()
	s.pending = map[string]*lower.Decl{}
	defer func() { s.pending = nil }()
	for _, e := range pl.n.entities {
		if e.decl != nil {
			s.pending[e.decl.Low] = e.decl
		}
	}
	pl.n.current = s.pending
	pl.declareTypes()
	for _, v := range vars {
		pl.file.Add("var " + v.decl.Low + " " + pl.file.Type(v.obj.Type()))
	}
	pl.declareKept()
	pl.declareFuncs(types)
	declared := pl.file.Snapshot()
	code := pl.file.Code(pl.c.info, s.fset)
	body := pl.body(code)
	plan := &Plan{Cell: pl.p.cell, File: fmt.Sprintf("cell_%d.go", pl.p.cell.N), UnitBase: s.units, Notes: append(pl.c.notes, pl.outdated()...), commit: pl.n}
	if len(body) > 0 || pl.file.HasInits() {
		pl.n.gens[entryName]++
		plan.Entry = fmt.Sprintf("%s%d", entryName, s.gens[entryName]+pl.n.gens[entryName])
	}
	plan.Source, plan.Lines = pl.file.Text(plan.Entry, body)
	code.CheckSizes(pl.p.file)
	if ds := append(pl.missing(), pl.refused()...); len(ds) > 0 && !s.opts.Compiled {
		return nil, ds
	}
	pl.n.texts = pl.sourceTexts()
	plan.Redefined = pl.again()
	pl.programs(pl.file.Units)
	for _, u := range pl.file.Units {
		plan.Units = append(plan.Units, u.Unit)
	}
	for _, id := range pl.file.Instances {
		pl.n.have[id] = true
	}
	pl.n.made = pl.file.Units
	pl.n.env = pl.environment()
	plan.Declares = pl.declares(vars)
	pl.n.saved = pl.record()
	pl.n.declsOnly = pl.replay(plan, declared)
	if s.opts.Compiled {
		if err := pl.compile(plan); err != nil {
			return nil, Diagnostics{{Position: unit.Position{File: pl.p.cell.Name, Line: max(pl.p.cell.Line, 1), Col: 1}, Message: err.Error()}}
		}
	}
	return plan, nil
}

func (pl *planner) replay(plan *Plan, declared lower.Snapshot) *Plan {
	entry := ""
	if pl.file.HasInits() {
		entry = plan.Entry
	}
	r := &Plan{Cell: plan.Cell, File: plan.File, Entry: entry, UnitBase: plan.UnitBase, Units: plan.Units}
	r.Source, r.Lines = pl.file.Text(entry, nil)
	return r
}

// again makes anew the units of earlier cells that reach something which this cell redefines. Functions that are tied to them
// have handed over pointers to what they captured, so a unit that captures other variables than before cannot take its place.
func (pl *planner) again() map[int]*unit.Unit {
	changed := map[string]bool{}
	for _, e := range pl.n.entities {
		if old := pl.s.live[e.name]; old != nil && e.decl != nil && old.low == e.low {
			changed[e.low] = true
		}
	}
	if len(changed) == 0 {
		return nil
	}
	out := map[int]*unit.Unit{}
	pl.n.again = map[int]*lower.Unit{}
	for i, u := range pl.s.made {
		reaches := false
		for d := range u.Reached {
			reaches = reaches || changed[d.Low]
		}
		if !reaches {
			continue
		}
		made := u.Again()
		if !slices.Equal(made.Captures, u.Captures) && made.Native == "" {
			made.Unit.Native = "what " + made.Name + " uses was redefined, and uses other variables now: make the function again"
			made.Unit.Captures = u.Captures
		}
		pl.programs([]*lower.Unit{made})
		pl.n.again[i], out[i] = made, made.Unit
	}
	return out
}

// low makes a new lowered name.
func (pl *planner) low(name string) string {
	pl.n.gens[name]++
	return fmt.Sprintf("%s__%d", name, pl.s.gens[name]+pl.n.gens[name])
}

// variables names the variables that the cell defines. One of the same type as before is the same variable.
func (pl *planner) variables() []*variable {
	var fresh []*variable
	defs := pl.s.defines(pl.c, pl.p)
	for _, name := range slices.Sorted(maps.Keys(defs)) {
		obj := defs[name]
		base, _, dup := strings.Cut(name, "__dup")
		if dup {
			if d := pl.n.decls[defs[base]]; d != nil {
				pl.n.decls[obj] = d
				continue
			}
		}
		v := &variable{name: base, pos: position(pl.s.fset.Position(obj.Pos()))}
		v.obj = types.NewVar(obj.Pos(), pl.c.pkg, base, obj.Type())
		v.decl = &lower.Decl{Name: base, Kind: lower.Var, Obj: v.obj, Info: pl.c.info, Fset: pl.s.fset}
		old := pl.s.variable(base)
		if old != nil && !old.absent && types.Identical(pl.retyped(old), obj.Type()) {
			v.decl.Low = old.decl.Low
		} else {
			v.decl.Low = pl.low(base)
			fresh = append(fresh, v)
		}
		v.decl.Literal = pl.literal(obj)
		pl.n.decls[obj], pl.n.decls[v.obj] = v.decl, v.decl
		pl.n.vars = append(pl.n.vars, v)
		pl.n.when[base] = pl.stepOf(obj)
	}
	for name := range pl.c.moved {
		obj, _ := pl.c.pkg.Scope().Lookup(name).(*types.Var)
		if obj != nil && defs[name] == nil {
			pl.n.moved[name] = obj
			pl.n.decls[obj] = pl.s.variable(name).decl
		}
	}
	return fresh
}

func (pl *planner) retyped(v *variable) types.Type {
	if _, ok := pl.c.moved[v.name]; ok {
		if obj := pl.c.pkg.Scope().Lookup(v.name); obj != nil {
			return obj.Type()
		}
	}
	return v.obj.Type()
}

func (pl *planner) stepOf(obj types.Object) int {
	for i, st := range pl.p.stmts {
		if st.stmt != nil && st.stmt.Pos() <= obj.Pos() && obj.Pos() < st.stmt.End() {
			return i
		}
		for _, sp := range st.specs {
			if sp.Pos() <= obj.Pos() && obj.Pos() < sp.End() {
				return i
			}
		}
	}
	return 0
}

// literal returns the function literal that a top-level statement defines a variable as, if the cell assigns it nothing else.
func (pl *planner) literal(obj types.Object) *ast.FuncLit {
	var lit *ast.FuncLit
	for _, st := range pl.p.stmts {
		if a, ok := st.stmt.(*ast.AssignStmt); ok && len(a.Lhs) == 1 && len(a.Rhs) == 1 {
			if id, ok := a.Lhs[0].(*ast.Ident); ok && pl.c.info.Defs[id] == obj {
				lit, _ = a.Rhs[0].(*ast.FuncLit)
			}
		}
		for _, sp := range st.specs {
			if len(sp.Names) == 1 && len(sp.Values) == 1 && pl.c.info.Defs[sp.Names[0]] == obj {
				lit, _ = sp.Values[0].(*ast.FuncLit)
			}
		}
	}
	if lit == nil || assigned(pl.p.file, pl.c.info)[obj] {
		return nil
	}
	return lit
}

// assigned finds the variables that code assigns, or takes the address of, after their definition.
func assigned(n ast.Node, info *types.Info) map[types.Object]bool {
	out := map[types.Object]bool{}
	note := func(e ast.Expr) {
		if id, ok := ast.Unparen(e).(*ast.Ident); ok && info.Uses[id] != nil {
			out[info.Uses[id]] = true
		}
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				note(l)
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				note(n.X)
			}
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				note(n.Key)
				if n.Value != nil {
					note(n.Value)
				}
			}
		}
		return true
	})
	return out
}

// reassigned finds function variables of earlier cells that this cell assigns: what they hold is no longer known.
func (pl *planner) reassigned() {
	for obj := range assigned(pl.p.file, pl.c.info) {
		if d := pl.s.decls[obj]; d != nil && d.Literal != nil {
			pl.n.assigned = append(pl.n.assigned, d)
			c := *d
			c.Literal = nil
			pl.n.decls[obj] = &c
		}
	}
}

// entities names the cell's declarations, and those that were checked again.
func (pl *planner) entities() {
	all := slices.Concat(pl.c.fresh, pl.c.again)
	sort.SliceStable(all, func(i, j int) bool { return all[i].kind == KindType && all[j].kind != KindType })
	for _, e := range all {
		e.objs = map[string]types.Object{}
		if !slices.Contains(pl.c.again, e) {
			e.env = pl.environment()
		}
		for _, n := range e.names {
			if obj := pl.c.pkg.Scope().Lookup(n); obj != nil && e.kind != KindMethod {
				e.objs[n] = obj
			}
		}
		e.uses = pl.uses(e)
		if e.kind == KindConst {
			pl.s.serial++
			e.info, e.serial = pl.c.info, pl.s.serial
			for _, obj := range e.objs {
				pl.n.ents[obj] = e
			}
			continue
		}
		d := e.decl
		d.Info, d.Fset = pl.c.info, pl.s.fset
		switch e.kind {
		case KindType:
			d.Name, d.Obj = e.name, pl.c.info.Defs[d.Type.Name]
		default:
			d.Name, d.Obj = e.name, pl.c.info.Defs[d.Func.Name]
		}
		pl.n.decls[d.Obj], pl.n.ents[d.Obj] = d, e
		if old := pl.s.live[e.name]; e.kind == KindType && pl.c.same[e.name] && old != nil {
			d.Low = old.low
		} else if e.kind == KindType {
			d.Low = pl.low(e.name)
		}
		e.low = d.Low
	}
	pl.n.entities = all
	for e := range pl.c.broken {
		pl.n.gone = append(pl.n.gone, e.names...)
	}
}

// uses lists the session names that a declaration refers to.
func (pl *planner) uses(e *entity) map[string]bool {
	out := map[string]bool{}
	ast.Inspect(e.node(), func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if obj := pl.c.info.Uses[id]; obj != nil && obj.Pkg() != nil && obj.Pkg().Path() == "main" && !own(e, id.Name) {
				if pl.c.pkg.Scope().Lookup(id.Name) == obj || pl.n.decls[obj] != nil || pl.s.decls[obj] != nil {
					out[id.Name] = true
				}
			}
		}
		return true
	})
	return out
}

func own(e *entity, name string) bool { return slices.Contains(e.names, name) }

// declareTypes writes the types that are new.
func (pl *planner) declareTypes() {
	for _, e := range pl.n.entities {
		if e.kind != KindType {
			continue
		}
		named, ok := e.decl.Obj.Type().(*types.Named)
		if !ok || e.decl.Type.Assign.IsValid() || named.TypeParams().Len() > 0 || pl.c.same[e.name] && !pl.anew {
			continue
		}
		pl.file.TypeDecl(e.decl, e.low, named, nil)
	}
}

// nameFuncs names functions and methods. One with the signature that it had keeps its variable, so that callers of earlier
// cells reach the new one. It returns the lowered names of types.
func (pl *planner) nameFuncs() map[string]string {
	lows := map[string]string{}
	for _, e := range pl.n.entities {
		if e.kind == KindType {
			lows[e.name] = e.low
		}
	}
	for _, e := range pl.n.entities {
		if e.kind != KindFunc && e.kind != KindMethod {
			continue
		}
		d := e.decl
		generic := d.Func.Type.TypeParams != nil
		base := ""
		if e.kind == KindMethod {
			base = lows[e.base]
			if te := pl.find(e.base); te != nil {
				named, _ := te.decl.Obj.Type().(*types.Named)
				generic = named != nil && named.TypeParams().Len() > 0
			}
		}
		d.Slot = !generic
		old := pl.s.live[e.name]
		if !generic {
			e.sig = pl.signature(e, base)
		}
		switch {
		case generic:
			d.Low = pl.low(strings.ReplaceAll(e.name, ".", "_"))
		case old != nil && old.kind == e.kind && old.sig == e.sig && e.name != "init":
			d.Low = old.low
		case e.kind == KindMethod:
			d.Low = pl.low(base + "_" + d.Func.Name.Name)
		default:
			d.Low = pl.low(e.name)
		}
		e.low = d.Low
	}
	return lows
}

// signature is what a function's variable must fit.
func (pl *planner) signature(e *entity, base string) string {
	if !pl.s.opts.Compiled {
		return base + pl.file.Type(e.decl.Obj.Type())
	}
	sig := e.decl.Obj.Type().(*types.Signature)
	text := "compiled " + pl.text(sig)
	if sig.Recv() != nil {
		text = pl.text(sig.Recv().Type()) + "." + text
	}
	return text
}

// declareFuncs writes functions and methods.
func (pl *planner) declareFuncs(typeLows map[string]string) {
	for _, e := range pl.n.entities {
		if (e.kind != KindFunc && e.kind != KindMethod) || !e.decl.Slot {
			continue
		}
		old := pl.s.live[e.name]
		fresh := old == nil || old.low != e.low
		if e.kind == KindMethod {
			pl.file.SlotMethod(e.decl, typeLows[e.base], fresh)
			if fresh {
				pl.promote(e.decl)
			}
		} else {
			pl.file.SlotFunc(e.decl, fresh)
		}
	}
}

// promote gives a new method to the types of earlier cells that embed its type.
func (pl *planner) promote(method *lower.Decl) {
	for _, name := range pl.c.pkg.Scope().Names() {
		obj, ok := pl.c.pkg.Scope().Lookup(name).(*types.TypeName)
		if !ok || obj.IsAlias() {
			continue
		}
		named, ok := obj.Type().(*types.Named)
		declared := pl.find(name) != nil && (pl.anew || !pl.c.same[name]) // with all its methods
		if !declared && ok && named.TypeParams().Len() == 0 && !types.IsInterface(named) && pl.Decl(obj) != nil {
			pl.file.ForwardLater(pl.file.Type(named), named, method)
		}
	}
}

func (pl *planner) find(name string) *entity {
	for _, e := range pl.n.entities {
		if e.name == name {
			return e
		}
	}
	return nil
}

// Decl implements lower.World.
func (pl *planner) Decl(obj types.Object) *lower.Decl {
	if d, ok := pl.n.decls[obj]; ok {
		return pl.s.newest(d)
	}
	return pl.s.decl(obj)
}

func (s *Session) decl(obj types.Object) *lower.Decl {
	if obj == nil {
		return nil
	}
	if d, ok := s.decls[obj]; ok {
		return s.newest(d)
	}
	return s.sourced(obj)
}

// newest returns what a declaration has been redefined as, where it kept its place.
func (s *Session) newest(d *lower.Decl) *lower.Decl {
	if d == nil || d.Kind == lower.Var {
		return d
	}
	if n := s.pending[d.Low]; n != nil {
		return n
	}
	if n := s.current[d.Low]; n != nil {
		return n
	}
	return d
}

// Instance implements lower.World.
func (pl *planner) Instance(d *lower.Decl, key string) (string, bool) {
	if key == "" {
		id := d.Low + "[]"
		return d.Low, pl.s.have[id]
	}
	id := d.Low + "[" + key + "]"
	if low, ok := pl.s.lows[id]; ok {
		return low, pl.s.have[id]
	}
	if low, ok := pl.n.lows[id]; ok {
		return low, false
	}
	low := pl.low(d.Low + "__i")
	pl.n.lows[id] = low
	return low, false
}

// Implementer implements lower.World.
func (pl *planner) Implementer(i *types.Interface) string {
	try := func(obj types.Object) bool {
		t, ok := obj.(*types.TypeName)
		if !ok || types.IsInterface(t.Type()) || t.IsAlias() {
			return false
		}
		if n, ok := t.Type().(*types.Named); ok && n.TypeParams().Len() > 0 {
			return false
		}
		return types.Implements(t.Type(), i) || types.Implements(types.NewPointer(t.Type()), i)
	}
	for _, name := range pl.c.pkg.Scope().Names() {
		if obj := pl.c.pkg.Scope().Lookup(name); try(obj) {
			return name
		}
	}
	return ""
}

func (pl *planner) refused() Diagnostics {
	var ds Diagnostics
	seen := map[string]bool{}
	for _, r := range pl.file.Refused {
		from, to := r.Fset.Position(r.Pos), r.Fset.Position(r.End)
		d := Diagnostic{Position: position(from), Message: "the interpreter does not run " + r.What + " faithfully", Hint: r.Remedy + ", or use compiled cells, which run it: %tier native"}
		if from.Line == to.Line {
			d.EndCol = to.Column
		}
		if key := d.Position.String() + d.Message; !seen[key] {
			seen[key] = true
			ds = append(ds, d)
		}
	}
	return ds
}

func (pl *planner) declares(vars []*variable) []Decl {
	var out []Decl
	for _, v := range pl.n.vars {
		out = append(out, v.describe())
	}
	for _, e := range pl.c.fresh {
		for _, n := range e.names {
			out = append(out, e.describe(n))
		}
	}
	return out
}

// Commit makes a plan's declarations part of the session, after it was run. done is how many of its statements had been done
// when it failed; -1 says that not even its declarations could be evaluated.
func (s *Session) Commit(p *Plan, ok bool, done int) {
	n := p.commit
	if n == nil {
		return
	}
	for k, v := range n.gens {
		s.gens[k] += v
	}
	s.locals += n.locals
	s.made = append(s.made, n.made...)
	s.units = len(s.made)
	if !ok && done < 0 {
		return
	}
	maps.Copy(s.decls, n.decls)
	s.keepTexts(n)
	maps.Copy(s.ents, n.ents)
	maps.Copy(s.variants, n.variantNames)
	for name, k := range n.variantCount {
		s.variantCount[name] += k
	}
	for _, t := range n.types {
		s.known[t] = true
	}
	maps.Copy(s.current, n.current)
	for i, u := range n.again {
		s.made[i] = u
	}
	maps.Copy(s.lows, n.lows)
	maps.Copy(s.have, n.have)
	if p.Cell.Aside {
		return
	}
	s.keep(n, ok)
	for _, name := range n.gone {
		delete(s.live, name)
	}
	for _, e := range n.entities {
		for _, name := range e.names {
			if name == "init" {
				continue
			}
			if e.kind == KindConst && e.objs[name] == nil {
				continue
			}
			s.live[name] = e
			delete(s.vars, name)
			delete(s.lost, name)
		}
	}
	for name, obj := range n.moved {
		if v := s.vars[name]; v != nil {
			s.vars[name] = v.moved(obj)
		} else if v := s.lost[name]; v != nil {
			s.lost[name] = v.moved(obj)
		}
	}
	for _, d := range n.assigned {
		d.Literal = nil
	}
	if !ok {
		p.Undone = s.undo(n, done)
	}
	for _, v := range n.vars {
		if !ok && n.when[v.name] >= done {
			if s.vars[v.name] == nil && s.live[v.name] == nil {
				v.unset = s.lost[v.name] == nil || s.lost[v.name].unset
				s.lost[v.name] = v
			}
			continue
		}
		s.vars[v.name] = v
		delete(s.lost, v.name)
		delete(s.live, v.name)
	}
	s.env = n.env
	if n.declsOnly != nil && (n.declsOnly.Compiled != nil || !s.opts.Compiled && n.declsOnly.Source != "") {
		s.history = append(s.history, n.declsOnly)
	}
}

// Replay returns what restores the session's declarations in a fresh child, in order. Variables are there, but empty.
func (s *Session) Replay() []*Plan { return slices.Clone(s.history) }

var _ = unit.Position{}

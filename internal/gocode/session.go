package gocode

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/generic"
	"github.com/gocluster/gocluster/internal/gocode/lower"
	"github.com/gocluster/gocluster/internal/gocode/stdlib"
	"github.com/gocluster/gocluster/internal/unit"
)

// Session is what the type checker knows of a live namespace. It is not safe for concurrent use.
type Session struct {
	opts    Options
	fset    *token.FileSet
	pkg     *types.Package
	live    map[string]*entity // by name; methods as "T.M"
	vars    map[string]*variable
	decls   map[types.Object]*lower.Decl
	env     environment
	gens    map[string]int    // generations of lowered names
	lows    map[string]string // instances of generic code, by id
	have    map[string]bool   // those that lowered code has
	sources map[string]*sourcePackage
	units   int
	made    []*lower.Unit          // by number
	current map[string]*lower.Decl // what a lowered name stands for now
	pending map[string]*lower.Decl // the same, for the plan that is being made
	lost    map[string]*variable   // those that declarations know and that have no value
	history []*Plan                // declarations, in order, for a new child
	ambient *types.Var             // ctx, the context of the cell that runs
	saved   []*saved               // the cells that have succeeded
	placed  int                    // how many declarations there have been
	renewed map[string]string      // declarations that have replaced others after statements were executed, with their places
	// Of sessions whose cells are compiled: declarations by object, the names of types by what they are, how many types have had a
	// name, which types the child knows, and the number of the last group of constants.
	ents         map[types.Object]*entity
	variants     map[string]string
	variantCount map[string]int
	known        map[string]bool
	serial       int
	locals       int // types that have been declared in functions
	// texts are the source of what may become part of units.
	texts map[*token.File]sourceText
}

// entity is a live declaration: a function, a method, a type, or a group of constants.
type entity struct {
	name  string
	names []string
	kind  Kind
	base  string // a method's type
	chunk chunk
	env   environment
	objs  map[string]types.Object
	decl  *lower.Decl
	uses  map[string]bool // session names that it refers to
	low   string
	sig   string // lowered signature
	pos   unit.Position
	place int          // among all declarations there have been
	group *ast.GenDecl // the declaration of a group of constants
	// info is what the checker said of a group of constants, serial its number.
	info   *types.Info
	serial int
}

// variable is a live variable.
type variable struct {
	name string
	obj  *types.Var
	decl *lower.Decl
	pos  unit.Position
	// unset tells of a variable without a value that it never had one: its cell failed before.
	unset bool
	// absent tells that the child does not know it: it has been replaced by one of the other kind, and no declaration refers to it.
	absent bool
}

// New returns an empty session.
func New(opts Options) (*Session, error) {
	sources := generic.Sources()
	maps.Copy(sources, opts.Sources)
	opts.Sources = sources
	s := &Session{
		opts: opts, fset: token.NewFileSet(), pkg: types.NewPackage("main", "main"),
		live: map[string]*entity{}, vars: map[string]*variable{}, decls: map[types.Object]*lower.Decl{},
		env: environment{names: map[string]string{}}, gens: map[string]int{}, lows: map[string]string{}, have: map[string]bool{},
		sources: map[string]*sourcePackage{}, current: map[string]*lower.Decl{}, lost: map[string]*variable{}, renewed: map[string]string{},
		ents: map[types.Object]*entity{}, variants: map[string]string{}, variantCount: map[string]int{}, known: map[string]bool{}, texts: map[*token.File]sourceText{},
	}
	if pkg, err := stdlib.Shared.Import("context"); err == nil {
		s.ambient = types.NewVar(token.NoPos, s.pkg, "ctx", pkg.Scope().Lookup("Context").Type())
		s.decls[s.ambient] = &lower.Decl{Name: "ctx", Kind: lower.Var, Obj: s.ambient, Host: "Context"}
	}
	for name, path := range opts.Auto {
		if _, err := stdlib.Shared.Import(path); err != nil && !hasSource(opts, path) {
			return nil, &Diagnostics{{Message: "package " + name + " cannot be offered to cells: " + err.Error(), Hint: "go generate ./internal/gocode/..."}}
		}
	}
	return s, nil
}

func hasSource(opts Options, path string) bool { _, ok := opts.Sources[path]; return ok }

func position(p token.Position) unit.Position {
	return unit.Position{File: p.Filename, Line: p.Line, Col: p.Column}
}

// Vars returns the session's names with what they stand for, sorted.
func (s *Session) Vars() []Decl {
	var out []Decl
	for _, name := range slices.Sorted(maps.Keys(s.vars)) {
		out = append(out, s.vars[name].describe())
	}
	for _, name := range slices.Sorted(maps.Keys(s.live)) {
		e := s.live[name]
		if obj := e.objs[name]; obj != nil || e.kind == KindMethod {
			out = append(out, e.describe(name))
		}
	}
	slices.SortStableFunc(out, func(a, b Decl) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Variable returns a variable that has a value, or could have one.
func (s *Session) Variable(name string) (Decl, bool) {
	v := s.vars[name]
	if v == nil || v.unset || v.absent {
		return Decl{}, false
	}
	return v.describe(), true
}

func (v *variable) describe() Decl {
	return Decl{Name: v.name, Kind: KindVar, Type: lower.UserType(v.obj.Type()), Var: v.decl.Low, Position: v.pos}
}

func (e *entity) describe(name string) Decl {
	d := Decl{Name: name, Kind: e.kind, Position: e.pos}
	obj := e.objs[name]
	if obj == nil && e.decl != nil {
		obj = e.decl.Obj
	}
	if obj != nil {
		d.Type = lower.UserType(obj.Type())
		if e.kind == KindType {
			d.Type = lower.UserType(obj.Type().Underlying())
		}
	}
	return d
}

// users returns the live entities that refer to any of the names, directly or through others.
func (s *Session) users(names map[string]bool) map[*entity]bool {
	out := map[*entity]bool{}
	reach := maps.Clone(names)
	for grown := true; grown; {
		grown = false
		for _, e := range s.live {
			if out[e] {
				continue
			}
			hit := e.base != "" && reach[e.base]
			for u := range e.uses {
				hit = hit || reach[u]
			}
			if !hit {
				continue
			}
			out[e], grown = true, true
			for _, n := range e.names {
				reach[n] = true
			}
			if e.kind == KindMethod {
				reach[e.base] = true
			}
		}
	}
	for e := range s.closure(out) {
		out[e] = true
	}
	return out
}

// closure adds to a set of entities the types whose methods are in it, and all methods of its types: go/types takes a type and its
// methods together or not at all.
func (s *Session) closure(set map[*entity]bool) map[*entity]bool {
	out := maps.Clone(set)
	for grown := true; grown; {
		grown = false
		add := func(e *entity) {
			if e != nil && !out[e] {
				out[e], grown = true, true
			}
		}
		for e := range maps.Clone(out) {
			if e.kind == KindMethod {
				add(s.live[e.base])
			}
			if e.kind == KindType {
				for _, m := range s.live {
					if m.base == e.name {
						add(m)
					}
				}
			}
		}
	}
	return out
}

// declared lists what a file declares, each with its text.
func declared(fset *token.FileSet, f *ast.File, text func(ast.Node) chunk) []*entity {
	var out []*entity
	add := func(e *entity, n ast.Node) {
		e.chunk = text(n)
		e.pos = position(fset.Position(n.Pos()))
		out = append(out, e)
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == entryName {
				continue
			}
			e := &entity{name: d.Name.Name, kind: KindFunc, decl: &lower.Decl{Kind: lower.Func, Func: d, Slot: d.Type.TypeParams == nil}}
			if d.Recv != nil && len(d.Recv.List) == 1 {
				e.kind, e.base = KindMethod, receiverBase(d.Recv.List[0].Type)
				e.name = e.base + "." + d.Name.Name
				e.decl.Kind = lower.Method
			}
			e.names = []string{e.name}
			add(e, d)
		case *ast.GenDecl:
			switch d.Tok {
			case token.TYPE:
				for _, sp := range d.Specs {
					ts := sp.(*ast.TypeSpec)
					e := &entity{name: ts.Name.Name, names: []string{ts.Name.Name}, kind: KindType, decl: &lower.Decl{Kind: lower.Type, Type: ts}}
					add(e, ts)
				}
			case token.CONST:
				e := &entity{kind: KindConst, group: d}
				for _, sp := range d.Specs {
					for _, n := range sp.(*ast.ValueSpec).Names {
						if n.Name != "_" {
							e.names = append(e.names, n.Name)
						}
					}
				}
				if len(e.names) > 0 {
					e.name = e.names[0]
					add(e, d)
				}
			}
		}
	}
	return out
}

func receiverBase(t ast.Expr) string {
	switch t := ast.Unparen(t).(type) {
	case *ast.StarExpr:
		return receiverBase(t.X)
	case *ast.IndexExpr:
		return receiverBase(t.X)
	case *ast.IndexListExpr:
		return receiverBase(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}

package gocode

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/lower"
	"github.com/gocluster/gocluster/internal/gocode/stdlib"
)

// sourcePackage is a package whose generic declarations are given as source.
type sourcePackage struct {
	pkg    *types.Package
	info   *types.Info
	fset   *token.FileSet
	decls  map[types.Object]*lower.Decl
	byName map[string]*lower.Decl // "Max", "Pointer.Load"
	err    error
}

// source type-checks the source of a package when it is first needed.
func (s *Session) source(path string) (*sourcePackage, error) {
	if p, ok := s.sources[path]; ok {
		return p, p.err
	}
	text, ok := s.opts.Sources[path]
	if !ok {
		return nil, nil
	}
	p := &sourcePackage{fset: s.fset, decls: map[types.Object]*lower.Decl{}, byName: map[string]*lower.Decl{}}
	s.sources[path] = p
	p.err = p.load(path, text, s)
	return p, p.err
}

func (p *sourcePackage) load(path, text string, s *Session) error {
	f, err := parser.ParseFile(p.fset, path, text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	p.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Instances: map[*ast.Ident]types.Instance{}, Implicits: map[ast.Node]types.Object{},
	}
	pkg := types.NewPackage(path, f.Name.Name)
	// What the source refers to but does not declare is in the compiled package.
	if compiled, err := stdlib.Shared.Import(path); err == nil {
		own := map[string]bool{}
		for _, e := range declared(p.fset, f, func(ast.Node) chunk { return chunk{} }) {
			for _, n := range e.names {
				own[n] = true
			}
		}
		for _, n := range compiled.Scope().Names() {
			if !own[n] {
				pkg.Scope().Insert(compiled.Scope().Lookup(n))
			}
		}
	}
	var first error
	conf := types.Config{Importer: s, Sizes: types.SizesFor("gc", "amd64"), Error: func(err error) {
		if e := err.(types.Error); first == nil && !e.Soft {
			first = err
		}
	}}
	_ = types.NewChecker(&conf, p.fset, pkg, p.info).Files([]*ast.File{f})
	if first != nil {
		return first
	}
	p.pkg = pkg
	for _, e := range declared(p.fset, f, func(ast.Node) chunk { return chunk{} }) {
		if e.decl == nil {
			continue
		}
		d := e.decl
		d.Name, d.Info, d.Fset, d.Path, d.Slot = e.name, p.info, p.fset, path, false
		if d.Func != nil {
			d.Obj = p.info.Defs[d.Func.Name]
		} else {
			d.Obj = p.info.Defs[d.Type.Name]
		}
		d.Low = strings.NewReplacer("/", "_", ".", "_", "-", "_").Replace(path) + "__" + strings.ReplaceAll(e.name, ".", "_")
		p.decls[d.Obj], p.byName[e.name] = d, d
	}
	return nil
}

// sourced returns the declaration behind an object of a package that is given as source: anything generic, and what only the
// source has.
func (s *Session) sourced(obj types.Object) *lower.Decl {
	if obj.Pkg() == nil {
		return nil
	}
	path := obj.Pkg().Path()
	if path == "main" || s.opts.Sources[path] == "" {
		return nil
	}
	p, err := s.source(path)
	if err != nil || p == nil {
		return nil
	}
	if d := p.decls[obj]; d != nil {
		if exported(obj) && !isGeneric(obj) && p.pkg.Scope().Lookup(obj.Name()) == obj && slices.Contains(compiledNames(path), obj.Name()) {
			return nil
		}
		return d
	}
	if !isGeneric(obj) {
		return nil
	}
	name := obj.Name()
	if f, ok := obj.(*types.Func); ok {
		if recv := f.Signature().Recv(); recv != nil {
			t := recv.Type()
			if ptr, ok := t.(*types.Pointer); ok {
				t = ptr.Elem()
			}
			if n, ok := t.(*types.Named); ok {
				name = n.Obj().Name() + "." + name
			}
		}
	} else if _, ok := obj.(*types.TypeName); !ok {
		return nil
	}
	return p.byName[name]
}

func compiledNames(path string) []string {
	pkg, err := stdlib.Shared.Import(path)
	if err != nil {
		return nil
	}
	return pkg.Scope().Names()
}

func exported(obj types.Object) bool { return obj.Exported() }

// isGeneric tells functions with type parameters, types with type parameters, and the methods of the latter.
func isGeneric(obj types.Object) bool {
	switch obj := obj.(type) {
	case *types.Func:
		sig := obj.Signature()
		return sig.TypeParams().Len() > 0 || sig.RecvTypeParams().Len() > 0
	case *types.TypeName:
		n, ok := obj.Type().(*types.Named)
		return ok && n.TypeParams().Len() > 0
	}
	return false
}

package lower

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
)

// A constant that is made of runtime.GOOS or runtime.GOARCH has another value on engines of another platform, so that the client's must not be
// written into what they run.

// platforms tells such constants of the user's.
type platforms struct {
	source func(token.Pos) (text string, base token.Pos, ok bool)
	known  map[*types.Const]bool
}

// Platforms returns a function that tells constants of the user's which depend on the platform; source gives the file around a position.
func Platforms(source func(token.Pos) (text string, base token.Pos, ok bool)) func(*types.Const) bool {
	p := &platforms{source, map[*types.Const]bool{}}
	return p.depends
}

func (p *platforms) depends(k *types.Const) bool {
	if !isMain(k.Pkg()) {
		return k.Pkg() != nil && k.Pkg().Path() == "runtime" && (k.Name() == "GOOS" || k.Name() == "GOARCH")
	}
	if is, ok := p.known[k]; ok {
		return is
	}
	p.known[k] = false // while it is looked at
	text, base, ok := p.source(k.Pos())
	if !ok {
		return false
	}
	f, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	if f == nil || err != nil && f.Decls == nil {
		return false
	}
	specs := map[string][]ast.Expr{}
	var own []ast.Expr
	ast.Inspect(f, func(n ast.Node) bool {
		g, ok := n.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			return true
		}
		var values []ast.Expr
		for _, s := range g.Specs {
			vs := s.(*ast.ValueSpec)
			if len(vs.Values) > 0 {
				values = vs.Values
			}
			for _, id := range vs.Names {
				if specs[id.Name] = values; int(id.Pos()-f.FileStart) == int(k.Pos()-base) {
					own = values
				}
			}
		}
		return true
	})
	p.known[k] = p.mentions(own, specs, k, map[string]bool{k.Name(): true})
	return p.known[k]
}

// mentions reports whether expressions are made of the platform, also through other constants.
func (p *platforms) mentions(exprs []ast.Expr, specs map[string][]ast.Expr, k *types.Const, seen map[string]bool) (found bool) {
	for _, e := range exprs {
		ast.Inspect(e, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				found = found || n.Sel.Name == "GOOS" || n.Sel.Name == "GOARCH"
			case *ast.Ident:
				if seen[n.Name] || strings.TrimSpace(n.Name) == "" {
					return true
				}
				seen[n.Name] = true
				if own, ok := specs[n.Name]; ok {
					found = found || p.mentions(own, specs, k, seen)
				} else if other, ok := k.Pkg().Scope().Lookup(n.Name).(*types.Const); ok && other != k {
					found = found || p.depends(other)
				}
			}
			return !found
		})
	}
	return found
}

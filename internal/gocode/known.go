package gocode

import (
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/lower"
	"github.com/gocluster/gocluster/internal/gocode/stdlib"
)

// Types implements lower.World.
func (pl *planner) Types() []types.Type {
	s := pl.s
	if pl.n.known != nil && pl.n.knownAt == s.placed {
		return pl.n.known
	}
	decls := map[string]*lower.Decl{}
	for name, e := range s.live {
		if e.decl != nil && e.kind == KindType {
			decls[name] = e.decl
		}
	}
	infos := map[*types.Info]bool{pl.c.info: true}
	for _, d := range s.pending {
		if d.Kind == lower.Type {
			decls[d.Name] = d
		}
	}
	for _, e := range s.live {
		if e.decl != nil {
			infos[e.decl.Info] = true
		}
	}
	pl.n.known, pl.n.knownAt = harmless(pl, slices.Collect(maps.Values(decls)), slices.Collect(maps.Keys(infos)), func(path string) bool {
		return everywhere(path) && (s.opts.Has == nil || s.opts.Has(path, ""))
	}), s.placed
	return pl.n.known
}

// harmless are the types of declarations, and the instances of generic ones that code mentions, which do no harm in a unit.
func harmless(w lower.World, decls []*lower.Decl, infos []*types.Info, everywhere func(path string) bool) []types.Type {
	out := []types.Type{}
	slices.SortFunc(decls, func(a, b *lower.Decl) int { return strings.Compare(a.Low, b.Low) })
	now := map[types.Object]bool{}
	add := func(t types.Type) {
		if lower.Harmless(w, HostPath, t, everywhere) {
			out = append(out, t)
		}
	}
	for _, d := range decls {
		n, ok := d.Obj.Type().(*types.Named)
		if i, is := d.Obj.Type().Underlying().(*types.Interface); !ok || is && !i.IsMethodSet() {
			continue
		}
		if now[d.Obj] = true; n.TypeParams().Len() == 0 {
			add(n)
		}
	}
	instances := map[string]types.Type{}
	for _, info := range infos {
		for _, t := range lower.Instances(info) {
			if now[t.(*types.Named).Obj()] {
				instances[types.TypeString(t, nil)] = t
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(instances)) {
		add(instances[name])
	}
	return out
}

// everywhere reports whether all units may use a package: those of the standard library. With one of ours a unit is not compiled, or is linked
// with much else.
func everywhere(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && slices.Contains(stdlib.Paths(), path)
}

// Types implements lower.World.
func (p *program) Types() []types.Type {
	if p.known == nil {
		var decls []*lower.Decl
		for _, d := range p.decls {
			if d.Kind == lower.Type {
				decls = append(decls, d)
			}
		}
		p.known = harmless(p, decls, []*types.Info{p.info}, everywhere)
	}
	return p.known
}

// OfPlatform implements lower.World and emit.World.
func (pl *planner) OfPlatform(k *types.Const) bool {
	if pl.n.platform == nil {
		pl.n.platform = lower.Platforms(func(pos token.Pos) (string, token.Pos, bool) {
			t, ok := pl.textAt(pos)
			if !ok && pl.s.fset.File(pos) == pl.s.fset.File(pl.p.file.Package) { // of the cell that is planned
				t, ok = sourceText{base: token.Pos(pl.s.fset.File(pos).Base()), text: pl.p.text}, true
			}
			return t.text, t.base, ok
		})
	}
	return pl.n.platform(k)
}

// OfPlatform implements emit.World: what is compiled in a session runs where the session is.
func (w compiledWorld) OfPlatform(*types.Const) bool { return false }

// Home implements lower.World.
func (pl *planner) Home() string { return "main" }

// Home implements lower.World.
func (p *program) Home() string { return p.path }

// OfPlatform implements lower.World.
func (p *program) OfPlatform(k *types.Const) bool {
	if p.platform == nil {
		p.platform = lower.Platforms(func(pos token.Pos) (string, token.Pos, bool) {
			t, ok := p.texts[p.fset.File(pos)]
			return t.text, t.base, ok
		})
	}
	return p.platform(k)
}

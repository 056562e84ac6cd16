package gocode

import (
	"go/token"
	"go/types"
	"slices"
	"strings"
	"unicode"

	"github.com/gocluster/gocluster/internal/gocode/lower"
	"github.com/gocluster/gocluster/internal/gocode/stdlib"
)

// maxItems bounds what is offered: nobody reads more, and clients get slow.
const maxItems = 1000

// matching keeps what fits a prefix, the best first: what begins with it, then what does so in other letters' case; if nothing
// begins with it, what has its letters in this order.
func matching(items []Item, prefix string) []Item {
	type scored struct {
		Item
		score int
	}
	best := map[string]scored{}
	begins := false
	for _, it := range items {
		score, ok := fit(it.Text, prefix)
		if old, seen := best[it.Text]; !ok || strings.Contains(it.Text, "__") || seen && old.rank <= it.rank {
			continue
		}
		begins = begins || score < fuzzy
		best[it.Text] = scored{it, score}
	}
	var all []scored
	for _, it := range best {
		if it.score < fuzzy || !begins {
			all = append(all, it)
		}
	}
	slices.SortFunc(all, func(a, b scored) int {
		if a.score != b.score {
			return a.score - b.score
		}
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return strings.Compare(a.Text, b.Text)
	})
	var out []Item
	for _, it := range all[:min(len(all), maxItems)] {
		out = append(out, it.Item)
	}
	return out
}

// fuzzy is the score from which a text only has the letters of a prefix.
const fuzzy = 2

// fit says how well a text fits a prefix; less is better.
func fit(text, prefix string) (score int, ok bool) {
	switch {
	case strings.HasPrefix(text, prefix):
		return 0, true
	case len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix):
		return 1, true
	case len(prefix) < 2:
		return 0, false
	case strings.Contains(strings.ToLower(text), strings.ToLower(prefix)):
		return fuzzy, true
	}
	// The letters must be there in order, the first of them at the beginning of a word.
	rest := []rune(strings.ToLower(prefix))
	before := '_'
	for _, r := range text {
		begins := before == '_' || before == '/' || unicode.IsUpper(r) && !unicode.IsUpper(before)
		if len(rest) > 0 && unicode.ToLower(r) == rest[0] && (begins || len(rest) < len([]rune(prefix))) {
			rest = rest[1:]
		}
		before = r
	}
	return fuzzy + 1, len(rest) == 0
}

// item describes an object.
func item(obj types.Object) Item {
	it := Item{Text: obj.Name(), Signature: lower.UserType(obj.Type())}
	switch obj := obj.(type) {
	case *types.Func:
		it.Kind = KindFunc
		if obj.Signature().Recv() != nil {
			it.Kind = KindMethod
		}
	case *types.TypeName:
		it.Kind = KindType
		it.Signature = "type " + lower.UserType(obj.Type().Underlying())
	case *types.Const:
		it.Kind = KindConst
		it.Signature += " = " + obj.Val().String()
	case *types.Var:
		it.Kind = KindVar
		if obj.IsField() {
			it.Kind = KindField
		}
	case *types.PkgName:
		it.Kind, it.Signature = KindPackage, "package "+obj.Imported().Path()
	case *types.Builtin:
		it.Kind, it.Signature = KindFunc, builtins[obj.Name()]
	case *types.Nil:
		it.Kind, it.Signature = KindConst, "nil"
	}
	return it
}

// builtins are the signatures of Go's own functions, as package builtin documents them.
var builtins = map[string]string{
	"append": "func(slice []T, elems ...T) []T", "cap": "func(v T) int", "clear": "func(t T)", "close": "func(c chan<- T)",
	"complex": "func(r, i FloatType) ComplexType", "copy": "func(dst, src []T) int", "delete": "func(m map[K]V, key K)",
	"imag": "func(c ComplexType) FloatType", "len": "func(v T) int", "make": "func(t T, size ...int) T", "max": "func(x T, y ...T) T",
	"min": "func(x T, y ...T) T", "new": "func(T) *T", "panic": "func(v any)", "print": "func(args ...T)", "println": "func(args ...T)",
	"real": "func(c ComplexType) FloatType", "recover": "func() any",
}

func packageMembers(pkg *types.Package) []Item {
	var out []Item
	for _, n := range pkg.Scope().Names() {
		if obj := pkg.Scope().Lookup(n); obj.Exported() {
			out = append(out, item(obj))
		}
	}
	return out
}

// namesakes lists the members of all packages of the standard library that have a name: which of them is meant shows in what is
// selected from it.
func namesakes(name string) []Item {
	var out []Item
	for _, path := range stdlib.Named(name) {
		pkg, err := stdlib.Shared.Import(path)
		if err != nil || internal(path) {
			continue
		}
		for _, it := range packageMembers(pkg) {
			it.Signature += " in " + path
			out = append(out, it)
		}
	}
	return out
}

// internal reports whether a package can only be imported by its neighbours.
func internal(path string) bool {
	return strings.HasSuffix(path, "/internal") || strings.Contains(path, "/internal/")
}

// methodSet are the methods that can be called on a variable of a type.
func methodSet(t types.Type) *types.MethodSet {
	if _, ptr := t.Underlying().(*types.Pointer); !ptr && !types.IsInterface(t) {
		t = types.NewPointer(t)
	}
	return types.NewMethodSet(t)
}

// typeMembers lists a type's fields and methods, those of embedded fields included.
func typeMembers(t types.Type, from *types.Package) []Item {
	var out []Item
	if p, ok := types.Unalias(t).(*types.TypeParam); ok {
		for m := range types.NewMethodSet(p).Methods() {
			out = append(out, Item{Text: m.Obj().Name(), Kind: KindMethod, Signature: lower.UserType(m.Type())})
		}
		return out
	}
	for m := range methodSet(t).Methods() {
		if visible(m.Obj(), from) {
			out = append(out, Item{Text: m.Obj().Name(), Kind: KindMethod, Signature: lower.UserType(m.Type())})
		}
	}
	seen := map[types.Type]bool{}
	var fields func(t types.Type)
	fields = func(t types.Type) {
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok || seen[t] {
			return
		}
		seen[t] = true
		for f := range st.Fields() {
			if visible(f, from) && f.Name() != "_" {
				out = append(out, item(f))
			}
		}
		for f := range st.Fields() {
			if f.Embedded() {
				fields(f.Type())
			}
		}
	}
	fields(t)
	return out
}

// methodExprs lists a type's methods as functions of their receivers.
func methodExprs(t types.Type, from *types.Package) []Item {
	var out []Item
	for m := range types.NewMethodSet(t).Methods() {
		if visible(m.Obj(), from) {
			it := Item{Text: m.Obj().Name(), Kind: KindMethod, Signature: lower.UserType(m.Type())}
			rest := strings.TrimPrefix(it.Signature, "func(")
			if !strings.HasPrefix(rest, ")") {
				rest = ", " + rest
			}
			it.Signature = "func(" + lower.UserType(t) + rest
			out = append(out, it)
		}
	}
	return out
}

// The ranks of plain names: what is nearer comes first.
const (
	rankSession = iota
	rankPackage
	rankGo
	rankLibrary
)

// names lists what a plain name may be at the cursor.
func (s *Session) names(src string, at int) []Item {
	var out []Item
	if a := s.understand(src, at, ""); a != nil {
		for _, obj := range a.order {
			out = append(out, item(obj))
		}
	}
	for _, d := range s.Vars() {
		if d.Kind != KindMethod {
			out = append(out, Item{Text: d.Name, Kind: d.Kind, Signature: d.Type})
		}
	}
	pkg := func(n, path string, rank int) {
		out = append(out, Item{Text: n, Kind: KindPackage, Signature: "package " + path, rank: rank})
	}
	for n, p := range s.env.names {
		pkg(n, p, rankPackage)
	}
	for n, p := range s.opts.Auto {
		pkg(n, p, rankPackage)
	}
	for t := token.BREAK; t <= token.VAR; t++ {
		out = append(out, Item{Text: t.String(), Kind: KindKeyword, rank: rankGo})
	}
	for _, n := range types.Universe.Names() {
		it := item(types.Universe.Lookup(n))
		it.rank = rankGo
		out = append(out, it)
	}
	for _, p := range stdlib.Paths() { // a name that several packages have stands for one of them by what is selected
		if n := p[strings.LastIndexByte(p, '/')+1:]; len(stdlib.Named(n)) > 0 && !internal(p) {
			pkg(n, strings.Join(stdlib.Named(n), " or "), rankLibrary)
		}
	}
	return out
}

// importPaths lists the packages that may be meant: their paths or their names begin with what is written.
func (s *Session) importPaths(prefix string) []Item {
	var items, named []Item
	all := s.paths()
	if s.opts.Paths != nil && strings.Contains(prefix, ".") {
		all = append(all, s.opts.Paths(prefix)...)
	}
	for _, p := range all {
		it := Item{Text: p, Kind: KindImport, Signature: "package"}
		items = append(items, it)
		if name := p[strings.LastIndexByte(p, '/')+1:]; strings.HasPrefix(name, prefix) && !strings.HasPrefix(p, prefix) {
			named = append(named, it)
		}
	}
	out := matching(items, prefix)
	if len(out) > 0 && !strings.HasPrefix(out[0].Text, prefix) {
		out = nil
	}
	if out = append(out, named...); len(out) == 0 {
		out = matching(items, prefix)
	}
	return out
}

// paths are the import paths that are known: the standard library, our own, and what the session has imported.
func (s *Session) paths() []string {
	all := slices.Clone(stdlib.Paths())
	for _, p := range s.env.names {
		all = append(all, p)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(p string) bool { return internal(p) && !strings.Contains(p, ".") })
}

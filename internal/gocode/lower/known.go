package lower

import (
	"go/parser"
	"go/token"
	"go/types"
)

// A value in an interface keeps its type on its way to a unit only if the unit has the type. What comes in interfaces cannot be told from the
// function, so a unit that takes interfaces, as parameters or in captured variables, gets every type of the session that could be in them. It does
// not get types with which it would be another kind of unit (see Harmless).

// known adds the types that may come to the file in interfaces, and returns them.
func (f *File) known(sig *types.Signature) []types.Type {
	k := &comers{seen: map[types.Type]bool{}}
	for v := range sig.Params().Variables() {
		if types.TypeString(v.Type(), nil) != "context.Context" {
			k.look(v.Type())
		}
	}
	for _, c := range f.captures {
		k.look(c.typ)
	}
	if len(k.ifaces) == 0 {
		return nil
	}
	all := f.world.Types()
	var out []types.Type
	taken := map[types.Type]bool{}
	for again := true; again; {
		again = false
		for _, t := range all {
			if taken[t] || !k.mayBe(t) {
				continue
			}
			taken[t], again = true, true
			out = append(out, t)
			f.text(t, nil)
			k.look(t) // what may be in its fields
		}
	}
	f.drain()
	return out
}

// comers are the interfaces through which values come.
type comers struct {
	seen   map[types.Type]bool
	ifaces []*types.Interface
}

func (k *comers) look(t types.Type) {
	t = types.Unalias(t)
	if k.seen[t] {
		return
	}
	k.seen[t] = true
	switch t := t.(type) {
	case *types.Named:
		k.look(t.Underlying())
	case *types.Pointer:
		k.look(t.Elem())
	case *types.Slice:
		k.look(t.Elem())
	case *types.Array:
		k.look(t.Elem())
	case *types.Map:
		k.look(t.Key())
		k.look(t.Elem())
	case *types.Struct:
		for f := range t.Fields() {
			k.look(f.Type())
		}
	case *types.Interface:
		k.ifaces = append(k.ifaces, t)
	}
}

// mayBe reports whether a type, or a pointer to it, may be in one of the interfaces; in an empty one also a list of it may be.
func (k *comers) mayBe(t types.Type) bool {
	for _, i := range k.ifaces {
		if i.NumMethods() == 0 || !types.IsInterface(t) && (types.Implements(t, i) || types.Implements(types.NewPointer(t), i)) {
			return true
		}
	}
	return false
}

// Harmless reports whether a unit remains what it is with a type: its methods are not refused, use no variables that may not leave the process,
// and no packages but those that are everywhere.
func Harmless(w World, host string, t types.Type, everywhere func(path string) bool) bool {
	f := NewFile(w, host, 0)
	f.unit = true
	f.text(t, nil)
	f.drain()
	if len(f.Refused) > 0 {
		return false
	}
	for _, c := range f.captures {
		if !travels(c.typ, map[types.Type]bool{}) {
			return false
		}
	}
	for path := range f.imports {
		if path != host && path != NamedPath && !everywhere(path) {
			return false
		}
	}
	source, _ := f.Text("", nil)
	_, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	return err == nil
}

// Instances are the instances of generic types that code has expressions of.
func Instances(info *types.Info) []types.Type {
	var out []types.Type
	seen := map[types.Type]bool{}
	for _, tv := range info.Types {
		t := types.Unalias(tv.Type)
		if p, ok := t.(*types.Pointer); ok {
			t = types.Unalias(p.Elem())
		}
		n, ok := t.(*types.Named)
		if !ok || seen[n] || n.TypeArgs().Len() == 0 || !isMain(n.Obj().Pkg()) || open(n, map[types.Type]bool{}) {
			continue
		}
		seen[n] = true
		out = append(out, n)
	}
	return out
}

// travels reports whether all values of a type can leave the process.
func travels(t types.Type, seen map[types.Type]bool) bool {
	t = types.Unalias(t)
	if seen[t] {
		return true
	}
	seen[t] = true
	switch t := t.(type) {
	case *types.Named:
		return isMain(t.Obj().Pkg()) && travels(t.Underlying(), seen)
	case *types.Basic:
		return t.Kind() != types.UnsafePointer
	case *types.Pointer:
		return travels(t.Elem(), seen)
	case *types.Slice:
		return travels(t.Elem(), seen)
	case *types.Array:
		return travels(t.Elem(), seen)
	case *types.Map:
		return travels(t.Key(), seen) && travels(t.Elem(), seen)
	case *types.Struct:
		for f := range t.Fields() {
			if !travels(f.Type(), seen) {
				return false
			}
		}
		return true
	}
	return false
}

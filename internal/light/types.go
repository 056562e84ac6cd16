package light

import (
	"fmt"
	"go/types"
	"reflect"
	"slices"
)

// Type describes a type so that it can be found where the code runs. Other types are indices in Program.Types.
type Type struct {
	Kind reflect.Kind // Invalid for named types
	// Path and Name name a package's type, Low a session's.
	Path, Name, Low string
	Elem, Key       int
	Len             int
	Dir             reflect.ChanDir
	Variadic        bool
	In, Out         []int
	Fields          []Field
}

// Field is a field of an anonymous struct.
type Field struct {
	Name, Tag string
	Type      int
}

var basics = map[types.BasicKind]reflect.Kind{
	types.Bool: reflect.Bool, types.String: reflect.String, types.Int: reflect.Int, types.Int8: reflect.Int8, types.Int16: reflect.Int16,
	types.Int32: reflect.Int32, types.Int64: reflect.Int64, types.Uint: reflect.Uint, types.Uint8: reflect.Uint8, types.Uint16: reflect.Uint16,
	types.Uint32: reflect.Uint32, types.Uint64: reflect.Uint64, types.Uintptr: reflect.Uintptr, types.Float32: reflect.Float32,
	types.Float64: reflect.Float64, types.Complex64: reflect.Complex64, types.Complex128: reflect.Complex128,
}

// typ returns the index of a type, plus one.
func (c *compiler) typ(t types.Type) (int, bool) {
	t = types.Unalias(t)
	if i, ok := c.types[t]; ok {
		return i, i > 0
	}
	d, ok := c.describe(t)
	if !ok {
		c.types[t] = 0
		return 0, false
	}
	for i := range c.p.Types {
		if reflect.DeepEqual(c.p.Types[i], d) {
			c.types[t] = i + 1
			return i + 1, true
		}
	}
	c.p.Types = append(c.p.Types, d)
	c.types[t] = len(c.p.Types)
	return len(c.p.Types), true
}

func (c *compiler) describe(t types.Type) (d Type, ok bool) {
	switch t := t.(type) {
	case *types.Basic:
		d.Kind, ok = basics[t.Kind()]
		return d, ok
	case *types.Named:
		return c.named(t)
	case *types.Pointer:
		d.Kind = reflect.Pointer
		d.Elem, ok = c.typ(t.Elem())
	case *types.Slice:
		d.Kind = reflect.Slice
		d.Elem, ok = c.typ(t.Elem())
	case *types.Array:
		d.Kind, d.Len = reflect.Array, int(t.Len())
		d.Elem, ok = c.typ(t.Elem())
	case *types.Chan:
		d.Kind, d.Dir = reflect.Chan, [...]reflect.ChanDir{reflect.BothDir, reflect.SendDir, reflect.RecvDir}[t.Dir()]
		d.Elem, ok = c.typ(t.Elem())
	case *types.Map:
		d.Kind = reflect.Map
		var kok bool
		d.Key, kok = c.typ(t.Key())
		d.Elem, ok = c.typ(t.Elem())
		ok = ok && kok
	case *types.Interface:
		d.Kind = reflect.Interface
		return d, t.NumMethods() == 0 && t.NumEmbeddeds() == 0
	case *types.Signature:
		return c.signature(t)
	case *types.Struct:
		return c.structure(t)
	}
	return d, ok
}

func (c *compiler) named(t *types.Named) (Type, bool) {
	obj := t.Obj()
	if obj.Pkg() == nil {
		return Type{Name: obj.Name()}, obj.Name() == "error"
	}
	if t.TypeArgs().Len() > 0 || t.TypeParams().Len() > 0 {
		return Type{}, false
	}
	if low, ok := c.w.Type(obj); ok {
		return Type{Low: low}, true
	}
	if obj.Parent() != obj.Pkg().Scope() {
		return Type{}, false
	}
	return Type{Path: obj.Pkg().Path(), Name: obj.Name()}, obj.Exported() && c.w.Has(obj.Pkg().Path(), obj.Name())
}

func (c *compiler) signature(t *types.Signature) (Type, bool) {
	d := Type{Kind: reflect.Func, Variadic: t.Variadic()}
	if t.TypeParams().Len() > 0 {
		return d, false
	}
	for v := range t.Params().Variables() {
		i, ok := c.typ(v.Type())
		if !ok {
			return d, false
		}
		d.In = append(d.In, i)
	}
	for v := range t.Results().Variables() {
		i, ok := c.typ(v.Type())
		if !ok {
			return d, false
		}
		d.Out = append(d.Out, i)
	}
	return d, true
}

// structure describes anonymous structs whose fields are all exported and not embedded.
func (c *compiler) structure(t *types.Struct) (Type, bool) {
	d := Type{Kind: reflect.Struct}
	for i := range t.NumFields() {
		f := t.Field(i)
		ft, ok := c.typ(f.Type())
		if !ok || !f.Exported() || f.Embedded() {
			return d, false
		}
		d.Fields = append(d.Fields, Field{Name: f.Name(), Tag: t.Tag(i), Type: ft})
	}
	return d, true
}

var kinds = map[reflect.Kind]reflect.Type{
	reflect.Bool: reflect.TypeFor[bool](), reflect.String: reflect.TypeFor[string](), reflect.Int: reflect.TypeFor[int](),
	reflect.Int8: reflect.TypeFor[int8](), reflect.Int16: reflect.TypeFor[int16](), reflect.Int32: reflect.TypeFor[int32](),
	reflect.Int64: reflect.TypeFor[int64](), reflect.Uint: reflect.TypeFor[uint](), reflect.Uint8: reflect.TypeFor[uint8](),
	reflect.Uint16: reflect.TypeFor[uint16](), reflect.Uint32: reflect.TypeFor[uint32](), reflect.Uint64: reflect.TypeFor[uint64](),
	reflect.Uintptr: reflect.TypeFor[uintptr](), reflect.Float32: reflect.TypeFor[float32](), reflect.Float64: reflect.TypeFor[float64](),
	reflect.Complex64: reflect.TypeFor[complex64](), reflect.Complex128: reflect.TypeFor[complex128](), reflect.Interface: anyType,
}

var (
	anyType   = reflect.TypeFor[any]()
	errorType = reflect.TypeFor[error]()
)

// resolve finds the program's types; those that a type is made of come before it.
func (p *Program) resolve(env Env) ([]reflect.Type, error) {
	out := make([]reflect.Type, len(p.Types)+1)
	for i := range p.Types {
		t, err := p.Types[i].find(env, out)
		if err != nil {
			return nil, err
		}
		out[i+1] = t
	}
	return out, nil
}

func (d *Type) find(env Env, known []reflect.Type) (reflect.Type, error) {
	switch {
	case d.Low != "":
		if t, ok := env.Type(d.Low); ok {
			return t, nil
		}
		return nil, &NeedsCompiler{"the session's type " + d.Low + " is not known here"}
	case d.Path != "":
		v, ok := env.Symbol(d.Path, d.Name)
		if !ok || v.Kind() != reflect.Pointer {
			return nil, &NeedsCompiler{fmt.Sprintf("type %s.%s is not known here", d.Path, d.Name)}
		}
		return v.Type().Elem(), nil
	case d.Name == "error":
		return errorType, nil
	}
	if t := kinds[d.Kind]; t != nil {
		return t, nil
	}
	return d.derived(known)
}

// derived finds a type that is made of others.
func (d *Type) derived(known []reflect.Type) (reflect.Type, error) {
	switch d.Kind {
	case reflect.Func:
		f := funcShape{variadic: d.Variadic}
		for _, i := range d.In {
			f.in = append(f.in, known[i])
		}
		for _, i := range d.Out {
			f.out = append(f.out, known[i])
		}
		return f.find()
	case reflect.Struct:
		var s structShape
		for _, f := range d.Fields {
			s = append(s, reflect.StructField{Name: f.Name, Type: known[f.Type], Tag: reflect.StructTag(f.Tag)})
		}
		return s.find()
	}
	s := shape{kind: d.Kind, elem: known[d.Elem], len: d.Len, dir: d.Dir}
	if d.Kind == reflect.Map {
		s.key = known[d.Key]
	}
	return s.find()
}

func sameTypes(a []reflect.Type, n int, at func(int) reflect.Type) bool {
	if len(a) != n {
		return false
	}
	b := make([]reflect.Type, n)
	for i := range b {
		b[i] = at(i)
	}
	return slices.Equal(a, b)
}

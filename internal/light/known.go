package light

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unsafe"
)

// A type that package reflect makes, say the slice of a session's type, is another type than the one that code compiled later
// brings along: values of the one do not pass for the other. So derived types are looked for in compiled code, and what is not
// there has to be compiled. The process keeps what was found.

// construct lets types be made that no compiled code has. Only tests, which load no code, set it.
var construct bool

//go:linkname typesByString reflect.typesByString
func typesByString(s string) []unsafe.Pointer

// shape is a pointer, slice, array, map or channel type.
type shape struct {
	kind      reflect.Kind
	elem, key reflect.Type
	len       int
	dir       reflect.ChanDir
}

var found sync.Map // of shape, or the key of another type, to reflect.Type

// key tells types apart that have the same name.
func key(name string, parts ...reflect.Type) string {
	b := []byte(name)
	for _, t := range parts {
		b = binary.NativeEndian.AppendUint64(b, uint64(uintptr(descriptor(t))))
	}
	return string(b)
}

func (s shape) find() (reflect.Type, error) {
	return search(s, s.String(), s.fits, s.make)
}

func (s shape) String() string {
	switch s.kind {
	case reflect.Pointer:
		return "*" + s.elem.String()
	case reflect.Slice:
		return "[]" + s.elem.String()
	case reflect.Array:
		return "[" + strconv.Itoa(s.len) + "]" + s.elem.String()
	case reflect.Map:
		return "map[" + s.key.String() + "]" + s.elem.String()
	}
	switch e := s.elem.String(); {
	case s.dir == reflect.SendDir:
		return "chan<- " + e
	case s.dir == reflect.RecvDir:
		return "<-chan " + e
	case strings.HasPrefix(e, "<"):
		return "chan (" + e + ")"
	default:
		return "chan " + e
	}
}

func (s shape) fits(t reflect.Type) bool {
	return t.Kind() == s.kind && t.Elem() == s.elem && (s.kind != reflect.Map || t.Key() == s.key) &&
		(s.kind != reflect.Array || t.Len() == s.len) && (s.kind != reflect.Chan || t.ChanDir() == s.dir)
}

func (s shape) make() reflect.Type {
	switch s.kind {
	case reflect.Pointer:
		return reflect.PointerTo(s.elem)
	case reflect.Slice:
		return reflect.SliceOf(s.elem)
	case reflect.Array:
		return reflect.ArrayOf(s.len, s.elem)
	case reflect.Map:
		return reflect.MapOf(s.key, s.elem)
	}
	return reflect.ChanOf(s.dir, s.elem)
}

type funcShape struct {
	in, out  []reflect.Type
	variadic bool
}

func (f funcShape) find() (reflect.Type, error) {
	name := f.String()
	return search(key(name, slices.Concat(f.in, f.out)...), name, func(t reflect.Type) bool {
		return t.Kind() == reflect.Func && t.IsVariadic() == f.variadic && sameTypes(f.in, t.NumIn(), t.In) && sameTypes(f.out, t.NumOut(), t.Out)
	}, func() reflect.Type { return reflect.FuncOf(f.in, f.out, f.variadic) })
}

func (f funcShape) String() string {
	var in, out []string
	for i, t := range f.in {
		if f.variadic && i == len(f.in)-1 {
			in = append(in, "..."+t.Elem().String())
		} else {
			in = append(in, t.String())
		}
	}
	for _, t := range f.out {
		out = append(out, t.String())
	}
	s := "func(" + strings.Join(in, ", ") + ")"
	switch len(out) {
	case 0:
		return s
	case 1:
		return s + " " + out[0]
	}
	return s + " (" + strings.Join(out, ", ") + ")"
}

type structShape []reflect.StructField

func (s structShape) find() (reflect.Type, error) {
	name := s.String()
	var parts []reflect.Type
	for _, f := range s {
		parts = append(parts, f.Type)
	}
	return search(key(name, parts...), name, func(t reflect.Type) bool {
		if t.Kind() != reflect.Struct || t.NumField() != len(s) {
			return false
		}
		for i, f := range s {
			if g := t.Field(i); g.Name != f.Name || g.Type != f.Type || g.Tag != f.Tag || g.Anonymous || g.PkgPath != "" {
				return false
			}
		}
		return true
	}, func() reflect.Type { return reflect.StructOf(s) })
}

func (s structShape) String() string {
	if len(s) == 0 {
		return "struct {}"
	}
	var fields []string
	for _, f := range s {
		text := f.Name + " " + f.Type.String()
		if f.Tag != "" {
			text += " " + strconv.Quote(string(f.Tag))
		}
		fields = append(fields, text)
	}
	return "struct { " + strings.Join(fields, "; ") + " }"
}

// search finds the type called name that fits among those of compiled code.
func search(key any, name string, fits func(reflect.Type) bool, make func() reflect.Type) (reflect.Type, error) {
	if t, ok := found.Load(key); ok {
		return t.(reflect.Type), nil
	}
	for _, p := range typesByString(name) {
		if t := typeAt(p); t.String() == name && fits(t) {
			found.Store(key, t)
			return t, nil
		}
	}
	if construct {
		return make(), nil
	}
	return nil, &NeedsCompiler{fmt.Sprintf("no compiled code has the type %s yet", name)}
}

// iface is how interface values lie in memory.
type iface struct{ typ, data unsafe.Pointer }

func typeAt(p unsafe.Pointer) reflect.Type {
	var v any
	(*iface)(unsafe.Pointer(&v)).typ = p
	return reflect.TypeOf(v)
}

func descriptor(t reflect.Type) unsafe.Pointer { return (*iface)(unsafe.Pointer(&t)).data }

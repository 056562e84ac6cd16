package session

import (
	"reflect"
	"sync"

	"github.com/gocluster/gocluster/internal/interp"
)

// clean returns values to print, without the boxes that the interpreter puts into interfaces.
func clean(args []any) []any {
	for i, a := range args {
		if a == nil {
			continue
		}
		v := reflect.ValueOf(a)
		if !mayBox(v.Type()) {
			continue
		}
		if c, changed := (&opener{}).unbox(v, 0); changed {
			out := make([]any, len(args))
			copy(out, args[:i])
			out[i] = valueOf(c)
			copy(out[i+1:], clean(args[i+1:]))
			return out
		}
	}
	return args
}

func valueOf(v reflect.Value) any {
	if !v.IsValid() || !v.CanInterface() {
		return nil
	}
	return v.Interface()
}

// maxDepth ends the search for boxes.
const maxDepth = 32

// opener looks for boxes in one value. What contains itself is left as it is where it does: printing it has no end in Go, either.
type opener struct{ way map[uintptr]bool }

// unbox returns a copy of v without boxes, and whether there were any. Pointers are not followed.
func (o *opener) unbox(v reflect.Value, depth int) (reflect.Value, bool) {
	if in, ok := interp.Unboxed(v); ok {
		in, _ = o.unbox(interp.Unbox(in), depth+1)
		return in, true
	}
	if depth > maxDepth || !mayBox(v.Type()) {
		return v, false
	}
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return v, false
		}
		return o.unbox(v.Elem(), depth+1)
	case reflect.Slice:
		return o.once(v, depth, o.list)
	case reflect.Array:
		return o.list(v, depth)
	case reflect.Map:
		return o.once(v, depth, o.table)
	case reflect.Struct:
		return o.structure(v, depth)
	}
	return v, false
}

// once looks into v unless that is being done.
func (o *opener) once(v reflect.Value, depth int, into func(reflect.Value, int) (reflect.Value, bool)) (reflect.Value, bool) {
	if v.Len() == 0 || o.way[v.Pointer()] {
		return v, false
	}
	if o.way == nil {
		o.way = map[uintptr]bool{}
	}
	o.way[v.Pointer()] = true
	defer delete(o.way, v.Pointer())
	return into(v, depth)
}

func (o *opener) list(v reflect.Value, depth int) (reflect.Value, bool) {
	var out reflect.Value
	for i := range v.Len() {
		e, changed := o.unbox(v.Index(i), depth+1)
		if !changed {
			continue
		}
		if !out.IsValid() {
			out = reflect.New(v.Type()).Elem()
			if v.Kind() == reflect.Slice {
				out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			}
			reflect.Copy(out, v)
		}
		put(out.Index(i), e)
	}
	if !out.IsValid() {
		return v, false
	}
	return out, true
}

func (o *opener) table(v reflect.Value, depth int) (reflect.Value, bool) {
	out, any := reflect.MakeMapWithSize(v.Type(), v.Len()), false
	for it := v.MapRange(); it.Next(); {
		k, kc := o.unbox(it.Key(), depth+1)
		e, ec := o.unbox(it.Value(), depth+1)
		any = any || kc || ec
		key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		put(key, k)
		put(elem, e)
		out.SetMapIndex(key, elem)
	}
	if !any {
		return v, false
	}
	return out, true
}

func (o *opener) structure(v reflect.Value, depth int) (reflect.Value, bool) {
	var out reflect.Value
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		f, changed := o.unbox(v.Field(i), depth+1)
		if !changed {
			continue
		}
		if !out.IsValid() {
			out = reflect.New(v.Type()).Elem()
			out.Set(v)
		}
		put(out.Field(i), f)
	}
	if !out.IsValid() {
		return v, false
	}
	return out, true
}

// put assigns where the types allow it; what was in a box fits the interface that the box was in.
func put(dst, v reflect.Value) {
	if v.IsValid() && v.Type().AssignableTo(dst.Type()) {
		dst.Set(v)
	}
}

var boxes sync.Map // reflect.Type -> bool

// mayBox reports whether values of a type can contain boxes.
func mayBox(t reflect.Type) bool {
	if b, ok := boxes.Load(t); ok {
		return b.(bool)
	}
	b := searchBox(t, map[reflect.Type]bool{})
	boxes.Store(t, b)
	return b
}

func searchBox(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Slice, reflect.Array:
		return searchBox(t.Elem(), seen)
	case reflect.Map:
		return searchBox(t.Key(), seen) || searchBox(t.Elem(), seen)
	case reflect.Struct:
		if t.Name() == "valueInterface" {
			return true
		}
		for i := range t.NumField() {
			if t.Field(i).IsExported() && searchBox(t.Field(i).Type, seen) {
				return true
			}
		}
	}
	return false
}

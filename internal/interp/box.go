package interp

import (
	"reflect"
	"unsafe"
)

// Unbox returns the value inside the boxes that the interpreter puts into interface values, or v itself.
func Unbox(v reflect.Value) reflect.Value {
	for {
		in, ok := Unboxed(v)
		if !ok {
			return v
		}
		v = in
	}
}

// Unboxed returns what is inside v if v is a box, or an interface that holds one.
func Unboxed(v reflect.Value) (reflect.Value, bool) {
	if v.Kind() == reflect.Interface && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || v.Type().Name() != "valueInterface" || v.Type().PkgPath() != yaegiPath {
		return reflect.Value{}, false
	}
	if !v.CanAddr() {
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		v = c
	}
	f := v.FieldByName("value")
	in := *(*reflect.Value)(unsafe.Pointer(f.UnsafeAddr()))
	if !in.IsValid() {
		return reflect.Zero(reflect.TypeFor[any]()), true
	}
	return in, true
}

const yaegiPath = "github.com/traefik/yaegi/interp"

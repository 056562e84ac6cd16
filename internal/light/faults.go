package light

import (
	"reflect"
	"runtime"
	"unsafe"
)

// What goes wrong in compiled code goes wrong here by the same instructions, so that the panics are the runtime's own.

func nilPointer() {
	var p *int
	sink = *p
}

var sink int

func nilMap() {
	var m map[int]int
	m[0] = 0
}

// bounds checks index i against length n.
func bounds(i reflect.Value, n int) int {
	s := units(n, n)
	if i.CanInt() {
		k := i.Int()
		_ = s[k]
		return int(k)
	}
	k := i.Uint()
	_ = s[k]
	return int(k)
}

// units is a slice without memory, to check bounds with.
func units(n, c int) []struct{} {
	var s []struct{}
	h := (*struct {
		p    unsafe.Pointer
		n, c int
	})(unsafe.Pointer(&s))
	h.p, h.n, h.c = unsafe.Pointer(&sink), n, c
	return s
}

// text is a string of length n without memory, to check bounds with.
func text(n int) string {
	var s string
	h := (*struct {
		p unsafe.Pointer
		n int
	})(unsafe.Pointer(&s))
	h.p, h.n = unsafe.Pointer(&sink), n
	return s
}

// sliceBounds are those of a slice expression of a slice, checked. Indices that are left out are not valid.
func sliceBounds(n, c int, at [3]reflect.Value) (lo, hi, max int) {
	s := units(n, c)
	if !at[1].IsValid() {
		at[1] = reflect.ValueOf(n)
	}
	if !at[0].IsValid() {
		at[0] = reflect.ValueOf(0)
	}
	switch {
	case at[0].CanInt() && at[1].CanInt():
		s = cut(s, at[0].Int(), at[1].Int(), at[2])
	case at[0].CanInt():
		s = cut(s, at[0].Int(), at[1].Uint(), at[2])
	case at[1].CanInt():
		s = cut(s, at[0].Uint(), at[1].Int(), at[2])
	default:
		s = cut(s, at[0].Uint(), at[1].Uint(), at[2])
	}
	lo = integer(at[0])
	return lo, lo + len(s), lo + cap(s)
}

func cut[L, H int64 | uint64](s []struct{}, lo L, hi H, max reflect.Value) []struct{} {
	switch {
	case !max.IsValid():
		return s[lo:hi]
	case max.CanInt():
		return s[lo:hi:max.Int()]
	}
	return s[lo:hi:max.Uint()]
}

// textBounds are those of a slice expression of a string or an array.
func textBounds(n int, at [3]reflect.Value) (lo, hi int) {
	s := text(n)
	if !at[1].IsValid() {
		at[1] = reflect.ValueOf(n)
	}
	if !at[0].IsValid() {
		at[0] = reflect.ValueOf(0)
	}
	switch {
	case at[0].CanInt() && at[1].CanInt():
		s = s[at[0].Int():at[1].Int()]
	case at[0].CanInt():
		s = s[at[0].Int():at[1].Uint()]
	case at[1].CanInt():
		s = s[at[0].Uint():at[1].Int()]
	default:
		s = s[at[0].Uint():at[1].Uint()]
	}
	lo = integer(at[0])
	return lo, lo + len(s)
}

// integer is an index that was checked.
func integer(v reflect.Value) int {
	if v.CanInt() {
		return int(v.Int())
	}
	return int(v.Uint())
}

// assertionError is how runtime.TypeAssertionError lies in memory.
type assertionError struct {
	iface, concrete, asserted unsafe.Pointer
	missing                   string
}

var canAssert = reflect.TypeFor[runtime.TypeAssertionError]().Size() == reflect.TypeFor[assertionError]().Size() &&
	reflect.TypeFor[runtime.TypeAssertionError]().NumField() == 4 &&
	reflect.TypeFor[runtime.TypeAssertionError]().Field(3).Name == "missingMethod"

func assertionFailed(iface, concrete, asserted reflect.Type, missing string) {
	e := new(runtime.TypeAssertionError)
	a := (*assertionError)(unsafe.Pointer(e))
	if iface != nil {
		a.iface = descriptor(iface)
	}
	if concrete != nil {
		a.concrete = descriptor(concrete)
	}
	a.asserted, a.missing = descriptor(asserted), missing
	panic(e)
}

// flags of a reflect.Value that came from an unexported field. Compiled code of the cell sees such fields; so does its evaluation here.
var readOnly = func() uintptr {
	type inner struct{ X int }
	type probe struct {
		A int
		b int
		inner
		C inner
	}
	v := reflect.ValueOf(probe{b: 1})
	flags := func(i int) uintptr { f := v.Field(i); return flagsOf(&f).flag }
	return (flags(0) ^ flags(1)) | (flags(2) ^ flags(3))
}()

type value struct {
	typ, ptr unsafe.Pointer
	flag     uintptr
}

func flagsOf(v *reflect.Value) *value { return (*value)(unsafe.Pointer(v)) }

// open lets an unexported field's value be used like any other.
func open(v reflect.Value) reflect.Value {
	flagsOf(&v).flag &^= readOnly
	return v
}

package host

import (
	"math"
	"reflect"
	"unsafe"
)

// What interpreted code calls in place of package unsafe: its variables lie in memory as those of compiled code do, where their types
// hold no interfaces, functions or channels, which the front end looks after.

// Pointer is unsafe.Pointer.
type Pointer = unsafe.Pointer

// Address is the pointer p as an unsafe.Pointer.
func Address(p any) Pointer {
	v := reflect.ValueOf(p)
	if !v.IsValid() {
		return nil
	}
	return v.UnsafePointer()
}

// Number is the address that p is, Place the pointer to an address.
func Number(p Pointer) uintptr { return uintptr(p) }

// Place is the pointer to an address.
func Place(n uintptr) Pointer { return *(*Pointer)(unsafe.Pointer(&n)) }

// Point makes *into, which is a pointer, point to what p does.
func Point(into any, p Pointer) {
	v := reflect.ValueOf(into).Elem()
	v.Set(reflect.NewAt(v.Type().Elem(), p).Convert(v.Type()))
}

// Add is unsafe.Add.
func Add(p Pointer, n int) Pointer { return unsafe.Add(p, n) }

// SliceAt makes *into, which is a slice, one of n elements at p, as unsafe.Slice does.
func SliceAt(into any, p Pointer, n int) {
	v := reflect.ValueOf(into).Elem()
	bytes := unsafe.Slice((*byte)(p), n) // panics as it has to
	if size := int(v.Type().Elem().Size()); size > 0 && n > math.MaxInt/size {
		bytes = unsafe.Slice((*byte)(p), math.MaxInt)
	}
	if bytes == nil {
		v.SetZero()
		return
	}
	v.Set(reflect.SliceAt(v.Type().Elem(), p, n).Convert(v.Type()))
}

// DataOf makes *into, which is a pointer, point to the first element of a slice, as unsafe.SliceData does.
func DataOf(into, slice any) {
	Point(into, reflect.ValueOf(slice).UnsafePointer())
}

// StringAt is unsafe.String.
func StringAt(p *byte, n int) string { return unsafe.String(p, n) }

// StringData is unsafe.StringData.
func StringData(s string) *byte { return unsafe.StringData(s) }

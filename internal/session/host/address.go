package host

import (
	"fmt"
	"reflect"
	"unsafe"
)

// Hex is how the builtin print prints a pointer, map, channel or function of interpreted code: it has an address like those of compiled
// code, though another one in each run.
func Hex(x any) string {
	switch v := reflect.ValueOf(x); v.Kind() {
	case reflect.Pointer, reflect.UnsafePointer, reflect.Map, reflect.Chan, reflect.Func:
		return fmt.Sprintf("%#x", v.Pointer())
	}
	return fmt.Sprintf("%#x", (*[2]uintptr)(unsafe.Pointer(&x))[1])
}

// Triple is how the builtin print prints a slice.
func Triple(x any) string {
	v := reflect.ValueOf(x)
	return fmt.Sprintf("[%d/%d]%#x", v.Len(), v.Cap(), v.Pointer())
}

// Words is how the builtin print prints an interface value that is not nil.
func Words(x any) string {
	w := (*[2]uintptr)(unsafe.Pointer(&x))
	return fmt.Sprintf("(%#x,%#x)", w[0], w[1])
}

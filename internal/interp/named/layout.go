package named

import (
	"reflect"
	"unsafe"
)

// How the runtime lays types out; check.go compares that with what it finds.

// header is what all types begin with.
type header struct {
	size, ptrBytes    uintptr
	hash              uint32
	flags             uint8
	align, fieldAlign uint8
	kind              uint8
	equal             func(unsafe.Pointer, unsafe.Pointer) bool
	gcData            *byte
	str, ptrToThis    int32
}

// Flags of a type.
const (
	flagUncommon  = 1 << 0
	flagExtraStar = 1 << 1
	flagNamed     = 1 << 2
)

// uncommon follows what a kind of types has, if the type has a name or methods.
type uncommon struct {
	pkgPath         int32
	methods         uint16
	exportedMethods uint16
	methodsAt       uint32 // from the beginning of uncommon
	_               uint32
}

type method struct{ name, typ, ifn, tfn int32 }

// What the kinds have besides: types of other kinds are a header only.
type (
	arrayType struct {
		header
		elem, slice unsafe.Pointer
		len         uintptr
	}
	chanType struct {
		header
		elem unsafe.Pointer
		dir  int
	}
	funcType struct {
		header
		in, out uint16
	}
	interfaceType struct {
		header
		pkgPath *byte
		methods []struct{ name, typ int32 }
	}
	mapType struct {
		header
		key, elem, group             unsafe.Pointer
		hasher                       func(unsafe.Pointer, uintptr) uintptr
		groupSize, slotSize, elemOff uintptr
		flags                        uint32
	}
	pointerType struct {
		header
		elem unsafe.Pointer
	}
	sliceType struct {
		header
		elem unsafe.Pointer
	}
	structType struct {
		header
		pkgPath *byte
		fields  []structField
	}
	structField struct {
		name   *byte
		typ    unsafe.Pointer
		offset uintptr
	}
)

var layouts = map[reflect.Kind]reflect.Type{
	reflect.Array: reflect.TypeFor[arrayType](), reflect.Chan: reflect.TypeFor[chanType](), reflect.Func: reflect.TypeFor[funcType](),
	reflect.Interface: reflect.TypeFor[interfaceType](), reflect.Map: reflect.TypeFor[mapType](), reflect.Pointer: reflect.TypeFor[pointerType](),
	reflect.Slice: reflect.TypeFor[sliceType](), reflect.Struct: reflect.TypeFor[structType](),
}

// layout is what the types of a kind look like.
func layout(k reflect.Kind) reflect.Type {
	if t, ok := layouts[k]; ok {
		return t
	}
	return reflect.TypeFor[header]()
}

// eface is an interface value without methods.
type eface struct{ typ, data unsafe.Pointer }

// pointer returns where a type is.
func pointer(t reflect.Type) unsafe.Pointer {
	var i any = t
	return (*eface)(unsafe.Pointer(&i)).data
}

// typeAt is the type that is at p.
func typeAt(p unsafe.Pointer) reflect.Type {
	i := any(nil)
	(*eface)(unsafe.Pointer(&i)).typ = p
	return reflect.TypeOf(i)
}

// name encodes a name as types have it.
func name(s, tag string, exported, embedded bool) *byte {
	flags := byte(0)
	for i, set := range []bool{exported, tag != "", false, embedded} {
		if set {
			flags |= 1 << i
		}
	}
	b := append(varint([]byte{flags}, len(s)), s...)
	if tag != "" {
		b = append(varint(b, len(tag)), tag...)
	}
	return &b[0]
}

func varint(b []byte, n int) []byte {
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n|0x80))
	}
	return append(b, byte(n))
}

//go:linkname addReflectOff reflect.addReflectOff
func addReflectOff(p unsafe.Pointer) int32

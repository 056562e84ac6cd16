package named

import (
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"unsafe"
)

// sample is a type of the compiler's that the layouts are compared with.
type sample struct {
	A int16
	B string `tag:"x"`
	c []byte
}

// M is a method of sample.
func (sample) M() {}

// N is another.
func (sample) N(int) string { return "" }

// checked says, once, whether types lie in memory as this package writes them. Another version of Go may do that in another way; then no
// type is made, since a wrong one would end the process or, worse, not.
var checked = sync.OnceValue(func() error {
	for what, ok := range findings() {
		if !ok {
			return fmt.Errorf("this gocluster cannot give interpreted types their methods with %s: %s lie in memory in another way than it knows; "+
				"it was made for Go 1.26, and compiled cells (%%tier native) need none of this", runtime.Version(), what)
		}
	}
	return nil
})

// findings compares types of the compiler's with the layouts.
func findings() map[string]bool {
	t := reflect.TypeFor[sample]()
	s := (*structType)(pointer(t))
	found := map[string]bool{
		"headers": headers(t, reflect.TypeFor[[3]int32](), reflect.TypeFor[chan int](), reflect.TypeFor[func(int)](), reflect.TypeFor[map[string]int](),
			reflect.TypeFor[*sample](), reflect.TypeFor[[]sample](), reflect.TypeFor[uint8](), reflect.TypeFor[error]()),
		"arrays":     array(reflect.TypeFor[[3]int32]()),
		"pointers":   (*pointerType)(pointer(reflect.TypeFor[*sample]())).elem == pointer(t),
		"slices":     (*sliceType)(pointer(reflect.TypeFor[[]sample]())).elem == pointer(t),
		"channels":   (*chanType)(pointer(reflect.TypeFor[<-chan sample]())).elem == pointer(t) && (*chanType)(pointer(reflect.TypeFor[<-chan sample]())).dir == int(reflect.RecvDir),
		"maps":       (*mapType)(pointer(reflect.TypeFor[map[string]sample]())).elem == pointer(t) && (*mapType)(pointer(reflect.TypeFor[map[string]sample]())).key == pointer(reflect.TypeFor[string]()),
		"functions":  (*funcType)(pointer(reflect.TypeFor[func(int, int) string]())).in == 2 && (*funcType)(pointer(reflect.TypeFor[func(int, int) string]())).out == 1,
		"interfaces": len((*interfaceType)(pointer(reflect.TypeFor[error]())).methods) == 1,
		"structs":    len(s.fields) == t.NumField(),
	}
	for i := 0; found["structs"] && i < t.NumField(); i++ {
		f := t.Field(i)
		found["structs"] = s.fields[i].offset == f.Offset && s.fields[i].typ == pointer(f.Type) && nameIs(s.fields[i].name, f.Name, string(f.Tag), f.IsExported())
	}
	un := (*uncommon)(unsafe.Add(unsafe.Pointer(s), unsafe.Sizeof(*s)))
	found["methods"] = s.flags&(flagUncommon|flagNamed) == flagUncommon|flagNamed && un.methods == 2 && un.exportedMethods == 2
	return found
}

// headers reports whether types begin as they should.
func headers(types ...reflect.Type) bool {
	for _, t := range types {
		h := (*header)(pointer(t))
		if h.size != t.Size() || int(h.align) != t.Align() || int(h.fieldAlign) != t.FieldAlign() || reflect.Kind(h.kind) != t.Kind() {
			return false
		}
	}
	return true
}

// array reports whether an array type has besides its header what it should.
func array(t reflect.Type) bool {
	a := (*arrayType)(pointer(t))
	return a.elem == pointer(t.Elem()) && a.len == uintptr(t.Len()) && a.slice == pointer(reflect.SliceOf(t.Elem()))
}

// nameIs reports whether a name in memory is the one that it should be.
func nameIs(at *byte, text, tag string, exported bool) bool {
	want := name(text, tag, exported, false)
	n := 2 + len(text)
	if tag != "" {
		n += 1 + len(tag)
	}
	return string(unsafe.Slice(at, n)) == string(unsafe.Slice(want, n))
}

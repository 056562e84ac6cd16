package named

import (
	"fmt"
	"hash/fnv"
	"reflect"
	"sync"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

// Method is a method of a type in the making.
type Method struct {
	Name string
	// Type is the method's, without a receiver.
	Type reflect.Type
	// Pointer tells that only pointers have it.
	Pointer bool
	// Call runs the method; self is of the type, or a pointer to it.
	Call func(self reflect.Value, args []reflect.Value) []reflect.Value
}

// Field is a field of a struct in the making.
type Field struct {
	Name, Tag string
	Type      reflect.Type
	Embedded  bool
	Exported  bool
}

// made keeps what was made alive: the runtime's tables do not.
var made struct {
	sync.Mutex
	all   []any
	stubs int
	count uint32
}

func keep(v any) {
	made.Lock()
	defer made.Unlock()
	made.all = append(made.all, v)
}

// unfinished is a named type whose fields, elements or parameters are not known yet. Pointers to it and slices of it can be made.
type unfinished struct {
	typ     reflect.Type
	like    reflect.Type
	space   reflect.Value // what it lies in: S the kind's layout, U uncommon, P parameters of functions, M methods
	pointer reflect.Value // the same for the type of pointers to it
}

// begin makes a type of the given name and number of methods, laid out in memory like another one. A type has methods, and so has a
// pointer to it.
func begin(pkg, text string, like reflect.Type, onValues, onPointers int) *unfinished {
	params := 0
	if like.Kind() == reflect.Func {
		params = like.NumIn() + like.NumOut()
	}
	u := &unfinished{like: like, space: room(like.Kind(), params, onValues), pointer: room(reflect.Pointer, 0, onPointers)}
	h := (*header)(u.space.Addr().UnsafePointer())
	*h = *(*header)(pointer(like))
	h.flags = h.flags&^flagExtraStar | flagNamed | flagUncommon
	ph := (*header)(u.pointer.Addr().UnsafePointer())
	*ph = *(*header)(pointer(reflect.TypeFor[*int]()))
	ph.flags = ph.flags&^flagExtraStar | flagUncommon
	h.hash, ph.hash = number(text), number("*"+text)
	h.str, ph.str = nameOff(text, true), nameOff("*"+text, true)
	h.ptrToThis, ph.ptrToThis = addReflectOff(unsafe.Pointer(ph)), 0
	(*pointerType)(unsafe.Pointer(ph)).elem = unsafe.Pointer(h)
	for _, s := range []reflect.Value{u.space, u.pointer} {
		un := (*uncommon)(s.FieldByName("U").Addr().UnsafePointer())
		un.pkgPath = nameOff(pkg, false)
		un.methodsAt = uint32(s.Type().Field(3).Offset - s.Type().Field(1).Offset)
	}
	u.typ = typeAt(unsafe.Pointer(h))
	return u
}

func room(k reflect.Kind, params, methods int) reflect.Value {
	t := reflect.StructOf([]reflect.StructField{
		{Name: "S", Type: layout(k)},
		{Name: "U", Type: reflect.TypeFor[uncommon]()},
		{Name: "P", Type: reflect.ArrayOf(params, reflect.TypeFor[unsafe.Pointer]())},
		{Name: "M", Type: reflect.ArrayOf(methods, reflect.TypeFor[method]())},
	})
	p := reflect.New(t)
	keep(p.Interface())
	return p.Elem()
}

// number makes types' hashes differ.
func number(text string) uint32 {
	made.Lock()
	defer made.Unlock()
	made.count++
	h := fnv.New32a()
	fmt.Fprint(h, text, made.count)
	return h.Sum32()
}

func nameOff(s string, exported bool) int32 {
	return addReflectOff(unsafe.Pointer(name(s, "", exported, false)))
}

// finish gives the type what a type without a name, of the same layout, has.
func (u *unfinished) finish(underlying reflect.Type) {
	at, from := u.space.Addr().UnsafePointer(), pointer(underlying)
	kind := layout(u.like.Kind())
	to := reflect.NewAt(kind, at).Elem()
	head := *(*header)(at)
	to.Set(reflect.NewAt(kind, from).Elem())
	*(*header)(at) = head
	if underlying.Kind() != reflect.Func {
		return
	}
	ps := u.space.FieldByName("P")
	n := 0
	for i := range underlying.NumIn() {
		ps.Index(n).SetPointer(pointer(underlying.In(i)))
		n++
	}
	for i := range underlying.NumOut() {
		ps.Index(n).SetPointer(pointer(underlying.Out(i)))
		n++
	}
}

// give gives the type its methods, sorted by name.
func (u *unfinished) give(methods []Method) error {
	var onValues, onPointers []Method
	for _, m := range methods {
		if !m.Pointer {
			onValues = append(onValues, m)
		}
		onPointers = append(onPointers, m)
	}
	if err := fill(u.space, u.typ, onValues); err != nil {
		return err
	}
	return fill(u.pointer, reflect.PointerTo(u.typ), onPointers)
}

func fill(space reflect.Value, recv reflect.Type, methods []Method) error {
	un := (*uncommon)(space.FieldByName("U").Addr().UnsafePointer())
	for i, m := range methods {
		ifn, err := stub(m, recv, true)
		if err != nil {
			return err
		}
		tfn, err := stub(m, recv, false)
		if err != nil {
			return err
		}
		at := (*method)(space.FieldByName("M").Index(i).Addr().UnsafePointer())
		*at = method{nameOff(m.Name, true), addReflectOff(pointer(m.Type)), ifn, tfn}
	}
	un.methods, un.exportedMethods = uint16(len(methods)), uint16(len(methods))
	return nil
}

// closures are what the stubs call.
var closures [stubCount + 1]unsafe.Pointer

// stub returns code that calls a method with what an interface value holds as its receiver or, for reflection, with the receiver itself.
func stub(m Method, recv reflect.Type, word bool) (int32, error) {
	word = word && !direct(recv)
	first := recv
	if word {
		first = reflect.TypeFor[unsafe.Pointer]()
	}
	in := []reflect.Type{first}
	for i := range m.Type.NumIn() {
		in = append(in, m.Type.In(i))
	}
	var out []reflect.Type
	for i := range m.Type.NumOut() {
		out = append(out, m.Type.Out(i))
	}
	f := reflect.MakeFunc(reflect.FuncOf(in, out, m.Type.IsVariadic()), func(args []reflect.Value) []reflect.Value {
		self := args[0]
		if word {
			self = reflect.New(recv).Elem()
			self.Set(reflect.NewAt(recv, args[0].UnsafePointer()).Elem())
		}
		return m.Call(self, args[1:])
	}).Interface()
	made.Lock()
	defer made.Unlock()
	if made.stubs >= stubCount {
		return 0, fmt.Errorf("types of interpreted code cannot have more than %d methods on this machine", stubCount/2)
	}
	i := made.stubs
	made.stubs++
	closures[i] = (*eface)(unsafe.Pointer(&f)).data
	return addReflectOff(code(i)), nil
}

// code is where stub i is.
func code(i int) unsafe.Pointer {
	at := firstStub() + uintptr(i)*stubSize
	return *(*unsafe.Pointer)(unsafe.Pointer(&at))
}

// direct tells a type whose values are pointers: interface values hold them themselves.
func direct(t reflect.Type) bool {
	h := (*header)(pointer(t))
	return h.size == unsafe.Sizeof(uintptr(0)) && h.ptrBytes == h.size
}

// structOf makes a struct type, laid out like another one.
func structOf(pkg, text string, fields []Field, like reflect.Type) reflect.Type {
	s := &structType{}
	keep(s)
	s.header = *(*header)(pointer(like))
	s.flags &^= flagExtraStar | flagNamed | flagUncommon
	s.hash, s.str, s.ptrToThis = number(text), nameOff(text, false), 0
	s.pkgPath = name(pkg, "", false, false)
	for i, f := range fields {
		s.fields = append(s.fields, structField{name(f.Name, f.Tag, f.Exported, f.Embedded), pointer(f.Type), like.Field(i).Offset})
	}
	return typeAt(unsafe.Pointer(s))
}

// interfaceOf makes the type of an interface, which lies in memory as one without methods does: interpreted code looks methods up itself. A
// declared one has a name.
func interfaceOf(pkg, text string, declared bool) reflect.Type {
	t := &struct {
		interfaceType
		uncommon
	}{}
	keep(t)
	t.header = *(*header)(pointer(reflect.TypeFor[any]()))
	t.header.flags &^= flagExtraStar | flagNamed | flagUncommon
	if declared {
		t.header.flags |= flagNamed | flagUncommon
		t.uncommon = uncommon{pkgPath: nameOff(pkg, false), methodsAt: uint32(unsafe.Sizeof(t.uncommon))}
	}
	t.hash, t.str, t.ptrToThis = number(text), nameOff(text, declared), 0
	t.interfaceType.pkgPath = name(pkg, "", false, false)
	return typeAt(unsafe.Pointer(t))
}

func exported(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r)
}

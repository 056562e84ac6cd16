package host

import (
	"fmt"
	"reflect"
	"sync"
)

// registry has what compiled cells share: the session's variables and function slots by their lowered names, and its types.
var registry struct {
	sync.RWMutex
	vars  map[string]reflect.Value // pointers
	types map[string]reflect.Type
}

// Var returns the address of the session variable, or function slot, that has a lowered name. It is made with its zero value the
// first time.
func Var[T any](low string) *T {
	t := reflect.TypeFor[T]()
	p := variable(low, t)
	if p.Type().Elem() != t {
		panic(mismatch(low, t))
	}
	// Not by an assertion: the type of the pointer may be one that reflect has made, and code that came later has another.
	return (*T)(p.UnsafePointer())
}

// Retype makes a variable one of type T, which is laid out in memory as its type so far: the same declaration with another method.
// What lies there stays, and who has the variable's address goes on using it.
func Retype[T any](low string) *T {
	p := variable(low, reflect.TypeFor[T]())
	if now, is := reflect.TypeFor[T](), p.Type().Elem(); now != is {
		if now.Size() != is.Size() || now.Kind() != is.Kind() {
			panic(mismatch(low, now))
		}
		p = reflect.NewAt(now, p.UnsafePointer())
		registry.Lock()
		registry.vars[low] = p
		registry.Unlock()
	}
	return (*T)(p.UnsafePointer())
}

// mismatch is a defect of generated code: lowered names are never used again for another type.
func mismatch(low string, t reflect.Type) string {
	v, _ := LookupVar(low)
	return fmt.Sprintf("session: the variable %s has type %v, code wants it to be %v", low, v.Type(), t)
}

// variable returns a pointer to the variable, which has type t if it was not there.
func variable(low string, t reflect.Type) reflect.Value {
	registry.Lock()
	defer registry.Unlock()
	p, ok := registry.vars[low]
	if !ok {
		if registry.vars == nil {
			registry.vars = map[string]reflect.Value{}
		}
		p = reflect.New(t)
		registry.vars[low] = p
	}
	return p
}

// Type makes a session type known by its lowered name.
func Type[T any](low string) { defineType(low, reflect.TypeFor[T]()) }

func defineType(low string, t reflect.Type) {
	registry.Lock()
	defer registry.Unlock()
	if registry.types == nil {
		registry.types = map[string]reflect.Type{}
	}
	registry.types[low] = t
}

// LookupVar returns the variable, or function slot, that has a lowered name; it is addressable.
func LookupVar(low string) (reflect.Value, bool) {
	registry.RLock()
	defer registry.RUnlock()
	p, ok := registry.vars[low]
	if !ok {
		return reflect.Value{}, false
	}
	return p.Elem(), true
}

// DefineVar returns the variable that has a lowered name, made with t's zero value the first time; it is addressable. It panics if
// there is one of another type.
func DefineVar(low string, t reflect.Type) reflect.Value {
	v := variable(low, t).Elem()
	if v.Type() != t {
		panic(mismatch(low, t))
	}
	return v
}

// LookupType returns the session type that has a lowered name.
func LookupType(low string) (reflect.Type, bool) {
	registry.RLock()
	defer registry.RUnlock()
	t, ok := registry.types[low]
	return t, ok
}

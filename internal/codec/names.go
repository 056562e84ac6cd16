package codec

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"github.com/gocluster/gocluster/internal/proto"
)

// Names finds types that are declared in a session, a unit or a program, by the names that values in interfaces carry: see NameOf. What is
// found may be several types, the latest first; the value's is the first one that is made of the same.
type Names func(name string) []reflect.Type

var names Names

// SetNames sets where types are looked for besides those that are linked into the process. It is set once, before anything is decoded.
func SetNames(n Names) { names = n }

// UnmarshalValue is UnmarshalValue where names are the types' that come.
func (n Names) UnmarshalValue(data []byte, v reflect.Value) error {
	r := reader{names: n}
	r.reset(data)
	return r.whole(decoderOf(v.Type()), v)
}

// Values is Values where names are the types' that come.
func (n Names) Values(b proto.Block, elem reflect.Type) (reflect.Value, error) {
	return valuesOf(b, elem, n)
}

// UnknownTypeError says that a value is of a type that the process that receives it does not have.
type UnknownTypeError struct {
	// Name is the type's, Differs tells that there is one of this name that is made of other things.
	Name    string
	Differs bool
}

func (e *UnknownTypeError) Error() string {
	if e.Differs {
		return fmt.Sprintf("a value in an interface is of another type %s than the one that is declared here: declare it on both sides in the same way, and make the function again after that", e.Name)
	}
	return fmt.Sprintf("a value in an interface is of type %s, which is not known here: declare the type at the top level, before the function that the value is for; if the value is for a variable of an engine, declare the type there, too, in the same way (%%%%px, Execute); or convert it to a type of Go's own", e.Name)
}

// NameOf is the name by which a declared type is known elsewhere: as package reflect writes it, behind the path of its package unless that is
// main. Compiled cells number a type that is declared again; the numbers are not part of the name.
func NameOf(t reflect.Type) string {
	name := generations.ReplaceAllString(t.String(), "")
	if path := t.PkgPath(); path != "main" {
		return path + ";" + name
	}
	return name
}

var generations = regexp.MustCompile(`__[0-9]+\b`)

// declared reports whether a type has a name that only those know who have its declaration.
func declared(t reflect.Type) bool { return t.Name() != "" && t.PkgPath() != "" && !standard(t) }

var prints sync.Map // reflect.Type -> uint32

// printOf tells types of one name apart that are made of different things.
func printOf(t reflect.Type) uint32 {
	if p, ok := prints.Load(t); ok {
		return p.(uint32)
	}
	h := fnv.New32a()
	seen := map[reflect.Type]bool{t: true}
	for queue := []reflect.Type{t}; len(queue) > 0; queue = queue[1:] {
		fmt.Fprint(h, NameOf(queue[0]), "=", makeup(queue[0], true, func(n reflect.Type) {
			if !seen[n] {
				seen[n], queue = true, append(queue, n)
			}
		}), ";")
	}
	prints.Store(t, h.Sum32())
	return h.Sum32()
}

// makeup writes what a type is made of. Declared types in it are met, and written by name.
func makeup(t reflect.Type, top bool, meet func(reflect.Type)) string {
	if !top && declared(t) {
		meet(t)
		return NameOf(t)
	}
	if !top && t.Name() != "" {
		return t.String()
	}
	part := func(t reflect.Type) string { return makeup(t, false, meet) }
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + part(t.Elem())
	case reflect.Slice:
		return "[]" + part(t.Elem())
	case reflect.Array:
		return "[" + strconv.Itoa(t.Len()) + "]" + part(t.Elem())
	case reflect.Map:
		return "map[" + part(t.Key()) + "]" + part(t.Elem())
	case reflect.Struct:
		var b strings.Builder
		for f := range t.Fields() {
			b.WriteString(f.Name + " " + part(f.Type) + ";")
		}
		return "struct{" + b.String() + "}"
	}
	return t.Kind().String()
}

// find returns the type of a name and a print.
func (n Names) find(name string, print uint32) (reflect.Type, error) {
	var all []reflect.Type
	if n != nil {
		all = n(name)
	}
	if len(all) == 0 && names != nil {
		all = names(name)
	}
	if len(all) == 0 {
		all = linked(name)
	}
	for i, t := range all {
		if printOf(t) != print {
			continue
		}
		for _, other := range all[i+1:] {
			if other != t && other.String() == t.String() && n == nil && names == nil && printOf(other) == print {
				return nil, fmt.Errorf("there are several types %s in different functions: declare the one that is sent at the top level", name)
			}
		}
		return t, nil
	}
	_, short, _ := strings.Cut(name, ";")
	return nil, &UnknownTypeError{Name: cmp.Or(short, name), Differs: len(all) > 0}
}

//go:linkname typelinks reflect.typelinks
func typelinks() (sections []unsafe.Pointer, offsets [][]int32)

//go:linkname resolveTypeOff reflect.resolveTypeOff
func resolveTypeOff(in unsafe.Pointer, off int32) unsafe.Pointer

// linked returns the types of a name that are linked into the process, plugins included. The linker keeps, for package reflect, a sorted list of
// all types without a name; every declared type is in it with the type of pointers to it.
func linked(name string) []reflect.Type {
	stem, _, _ := strings.Cut(name, "[")
	prefix := "*" + stem[strings.IndexByte(stem, ';')+1:]
	var out []reflect.Type
	sections, offsets := typelinks()
	for i, section := range sections {
		at := func(k int) reflect.Type { return typeAt(resolveTypeOff(section, offsets[i][k])) }
		from, _ := slices.BinarySearchFunc(offsets[i], prefix, func(off int32, s string) int {
			return strings.Compare(typeAt(unsafe.Add(section, off)).String(), s)
		})
		for k := from; k < len(offsets[i]) && strings.HasPrefix(at(k).String(), prefix); k++ {
			if t := at(k); t.Kind() == reflect.Pointer && t.Name() == "" && declared(t.Elem()) && NameOf(t.Elem()) == name && !slices.Contains(out, t.Elem()) {
				out = append(out, t.Elem())
			}
		}
	}
	slices.SortStableFunc(out, func(a, b reflect.Type) int { return slices.Compare(generation(b), generation(a)) })
	return out
}

// generation is what NameOf leaves out.
func generation(t reflect.Type) (numbers []int) {
	for _, text := range generations.FindAllString(t.String(), -1) {
		n, _ := strconv.Atoi(text[2:])
		numbers = append(numbers, n)
	}
	return numbers
}

// typeAt is the type whose description is at p.
func typeAt(p unsafe.Pointer) reflect.Type {
	i := any(nil)
	(*[2]unsafe.Pointer)(unsafe.Pointer(&i))[0] = p
	return reflect.TypeOf(i)
}

package render

import (
	"cmp"
	"reflect"
	"sort"
	"strings"
)

// maxSorted is the number of entries up to which a map's keys are all looked at: of larger maps some are shown, no matter which.
const maxSorted = 100_000

// entry is a key of a map and its value.
type entry struct{ key, value reflect.Value }

// entries returns up to n entries of a map, in the order of their keys. The map may be changed by others meanwhile as far as Go allows.
func entries(m reflect.Value, n int) []entry {
	var out []entry
	all := m.Len() <= maxSorted
	for it := m.MapRange(); it.Next(); {
		out = append(out, entry{it.Key(), it.Value()})
		if !all && len(out) >= n {
			break
		}
		if len(out) >= 4*max(n, 1000) {
			out = smallest(out, n)
		}
	}
	return smallest(out, n)
}

func smallest(es []entry, n int) []entry {
	sort.SliceStable(es, func(i, j int) bool { return compare(es[i].key, es[j].key, 0) < 0 })
	return es[:min(n, len(es))]
}

// compare orders keys as package fmt does: numbers and texts as usual, NaN before numbers, false before true, structs and arrays part by
// part, interfaces by the names of their types first.
func compare(a, b reflect.Value, depth int) int {
	a, b = inside(a), inside(b)
	if !a.IsValid() || !b.IsValid() {
		return cmp.Compare(boolInt(a.IsValid()), boolInt(b.IsValid()))
	}
	if a.Type() != b.Type() || depth > maxDepth {
		return strings.Compare(a.Type().String(), b.Type().String())
	}
	switch {
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	case a.CanComplex():
		return cmp.Or(cmp.Compare(real(a.Complex()), real(b.Complex())), cmp.Compare(imag(a.Complex()), imag(b.Complex())))
	}
	switch a.Kind() {
	case reflect.String:
		return strings.Compare(a.String(), b.String())
	case reflect.Bool:
		return cmp.Compare(boolInt(a.Bool()), boolInt(b.Bool()))
	case reflect.Pointer, reflect.Chan, reflect.UnsafePointer:
		return cmp.Compare(a.Pointer(), b.Pointer())
	case reflect.Struct:
		for i := range a.NumField() {
			if c := compare(a.Field(i), b.Field(i), depth+1); c != 0 {
				return c
			}
		}
	case reflect.Array:
		for i := range a.Len() {
			if c := compare(a.Index(i), b.Index(i), depth+1); c != 0 {
				return c
			}
		}
	}
	return 0
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Package render makes Go values into what a notebook shows: text for every value, and where there is more to see a table, a
// picture, or whatever the value's own methods give.
//
// The text follows package fmt: values with an Error, String or Format method print themselves, structs have the names of their
// fields, maps are sorted. It goes further where fmt gives up: pointers are followed, each once on a way, functions say where they come
// from instead of their address, and everything has an end. A value may be of any size and shape, may contain itself, and its methods may
// panic; showing it costs a bounded amount of work and text, and says what was left out.
//
// Values of the interpreter come in boxes, which this package does not know: who has such values sets SetUnboxer.
package render

import (
	"reflect"
	"sync/atomic"
)

// unboxer opens the box around a value, if there is one.
type unboxer func(reflect.Value) (reflect.Value, bool)

var boxed atomic.Pointer[unboxer]

// SetUnboxer makes all values be looked at through f, which returns what is in a box.
func SetUnboxer(f func(reflect.Value) (reflect.Value, bool)) {
	u := unboxer(f)
	boxed.Store(&u)
}

// inside returns the value in all boxes and interfaces; it is not valid for nil.
func inside(v reflect.Value) reflect.Value {
	for range maxDepth {
		if open := boxed.Load(); open != nil && v.IsValid() {
			if in, ok := (*open)(v); ok {
				v = in
				continue
			}
		}
		if !v.IsValid() || v.Kind() != reflect.Interface {
			return v
		}
		v = reachable(v).Elem()
	}
	return v
}

// reachable returns v without the mark of what came from an unexported field, where that is possible.
func reachable(v reflect.Value) reflect.Value {
	if v.IsValid() && !v.CanInterface() && v.CanAddr() {
		return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
	}
	return v
}

// addressable returns a struct or array whose parts can be reached: itself or a copy.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() || !v.CanInterface() {
		return v
	}
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

// valueOf is what is in v, nil if it cannot be had.
func valueOf(v reflect.Value) any {
	if v = reachable(v); !v.IsValid() || !v.CanInterface() {
		return nil
	}
	return v.Interface()
}

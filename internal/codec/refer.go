package codec

import "reflect"

// Refer returns a variable as an argument for a parameter that takes its value, or a pointer to it; false if the parameter takes something
// else. Types that only differ in their names are the same: a process that was sent a value may know its type by its structure.
func Refer(variable reflect.Value, param reflect.Type) (reflect.Value, bool) {
	t := variable.Type()
	switch {
	case t == param:
		return variable, true
	case reflect.PointerTo(t) == param:
		return variable.Addr(), true
	case reflect.PointerTo(t).ConvertibleTo(reflect.PointerTo(param)):
		return variable.Addr().Convert(reflect.PointerTo(param)).Elem(), true
	case reflect.PointerTo(t).ConvertibleTo(param) && param.Kind() == reflect.Pointer:
		return variable.Addr().Convert(param), true
	}
	return reflect.Value{}, false
}

// Repeat returns a slice of n times v, which is what a parameter is given that is the same for all elements of a task.
func Repeat(v reflect.Value, n int) reflect.Value {
	out := reflect.MakeSlice(reflect.SliceOf(v.Type()), n, n)
	for i := range n {
		out.Index(i).Set(v)
	}
	return out
}

package light

import "reflect"

// to is the conversion that goes without saying when a value is assigned to type t.
func to(v reflect.Value, t reflect.Type) reflect.Value {
	switch {
	case !v.IsValid():
		return reflect.Zero(t)
	case v.Type() == t:
		return v
	}
	return v.Convert(t)
}

// convert is the conversion t(v).
func convert(v reflect.Value, t reflect.Type) reflect.Value {
	k := t.Kind()
	whole := k >= reflect.Int && k <= reflect.Uintptr
	real := k == reflect.Float32 || k == reflect.Float64
	switch {
	case v.Kind() == reflect.Float32 && whole:
		return truncated(float32(v.Float()), t)
	case v.Kind() == reflect.Float64 && whole:
		return truncated(v.Float(), t)
	case v.CanInt() && whole:
		return cut64(v.Int(), t)
	case v.CanUint() && whole:
		return cut64(int64(v.Uint()), t)
	case v.CanInt() && real:
		return widened(v.Int(), t)
	case v.CanUint() && real:
		return widened(v.Uint(), t)
	}
	return to(v, t)
}

func cut64(x int64, t reflect.Type) reflect.Value {
	if k := t.Kind(); k >= reflect.Int && k <= reflect.Int64 {
		return ofInt(x, t)
	}
	return ofUint(uint64(x), t)
}

// truncated converts by the instructions that compiled code has, for numbers out of range as well.
func truncated[F float32 | float64](f F, t reflect.Type) reflect.Value {
	var v reflect.Value
	switch t.Kind() {
	case reflect.Int:
		v = reflect.ValueOf(int(f))
	case reflect.Int8:
		v = reflect.ValueOf(int8(f))
	case reflect.Int16:
		v = reflect.ValueOf(int16(f))
	case reflect.Int32:
		v = reflect.ValueOf(int32(f))
	case reflect.Int64:
		v = reflect.ValueOf(int64(f))
	case reflect.Uint:
		v = reflect.ValueOf(uint(f))
	case reflect.Uint8:
		v = reflect.ValueOf(uint8(f))
	case reflect.Uint16:
		v = reflect.ValueOf(uint16(f))
	case reflect.Uint32:
		v = reflect.ValueOf(uint32(f))
	case reflect.Uintptr:
		v = reflect.ValueOf(uintptr(f))
	default:
		v = reflect.ValueOf(uint64(f))
	}
	return typed(v, t)
}

// widened rounds once, to the precision of t.
func widened[N int64 | uint64](n N, t reflect.Type) reflect.Value {
	if t.Kind() == reflect.Float32 {
		return typed(reflect.ValueOf(float32(n)), t)
	}
	return typed(reflect.ValueOf(float64(n)), t)
}

// bytesOf is []byte of a constant string, which has no capacity to spare.
func bytesOf(s string, t reflect.Type) reflect.Value {
	v := reflect.MakeSlice(t, len(s), len(s))
	reflect.Copy(v, reflect.ValueOf(s))
	return v
}

// listOf is []byte or []rune of a constant string.
func listOf(s string, t reflect.Type) reflect.Value {
	if t.Elem().Kind() == reflect.Uint8 {
		return bytesOf(s, t)
	}
	rs := []rune(s)
	v := reflect.MakeSlice(t, len(rs), len(rs))
	reflect.Copy(v, reflect.ValueOf(rs))
	return v
}

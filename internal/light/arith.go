package light

import (
	"go/token"
	"reflect"
)

func ofBool(x bool, t reflect.Type) reflect.Value { return typed(reflect.ValueOf(x), t) }

func ofString(x string, t reflect.Type) reflect.Value { return typed(reflect.ValueOf(x), t) }

// typed gives a value of a basic type the named type t of that kind.
func typed(v reflect.Value, t reflect.Type) reflect.Value {
	if v.Type() == t {
		return v
	}
	return v.Convert(t)
}

// ofInt is x in type t, cut to its size.
func ofInt(x int64, t reflect.Type) reflect.Value {
	var v reflect.Value
	switch t.Kind() {
	case reflect.Int:
		v = reflect.ValueOf(int(x))
	case reflect.Int8:
		v = reflect.ValueOf(int8(x))
	case reflect.Int16:
		v = reflect.ValueOf(int16(x))
	case reflect.Int32:
		v = reflect.ValueOf(int32(x))
	default:
		v = reflect.ValueOf(x)
	}
	return typed(v, t)
}

func ofUint(x uint64, t reflect.Type) reflect.Value {
	var v reflect.Value
	switch t.Kind() {
	case reflect.Uint:
		v = reflect.ValueOf(uint(x))
	case reflect.Uint8:
		v = reflect.ValueOf(uint8(x))
	case reflect.Uint16:
		v = reflect.ValueOf(uint16(x))
	case reflect.Uint32:
		v = reflect.ValueOf(uint32(x))
	case reflect.Uintptr:
		v = reflect.ValueOf(uintptr(x))
	default:
		v = reflect.ValueOf(x)
	}
	return typed(v, t)
}

func ofFloat(x float64, t reflect.Type) reflect.Value {
	if t.Kind() == reflect.Float32 {
		return typed(reflect.ValueOf(float32(x)), t)
	}
	return typed(reflect.ValueOf(x), t)
}

func ofComplex(x complex128, t reflect.Type) reflect.Value {
	if t.Kind() == reflect.Complex64 {
		return typed(reflect.ValueOf(complex64(x)), t)
	}
	return typed(reflect.ValueOf(x), t)
}

// arith is x op y for operands of one type.
func arith(op token.Token, x, y reflect.Value) reflect.Value {
	t := x.Type()
	switch k := t.Kind(); {
	case x.CanInt():
		return ofInt(integers(op, x.Int(), y.Int()), t)
	case x.CanUint():
		return ofUint(integers(op, x.Uint(), y.Uint()), t)
	case k == reflect.Float32:
		return typed(reflect.ValueOf(floats(op, float32(x.Float()), float32(y.Float()))), t)
	case k == reflect.Float64:
		return typed(reflect.ValueOf(floats(op, x.Float(), y.Float())), t)
	case k == reflect.Complex64:
		return typed(reflect.ValueOf(floats(op, complex64(x.Complex()), complex64(y.Complex()))), t)
	case k == reflect.Complex128:
		return typed(reflect.ValueOf(floats(op, x.Complex(), y.Complex())), t)
	}
	return ofString(x.String()+y.String(), t)
}

func integers[T int64 | uint64](op token.Token, x, y T) T {
	switch op {
	case token.ADD:
		return x + y
	case token.SUB:
		return x - y
	case token.MUL:
		return x * y
	case token.QUO:
		return x / y
	case token.REM:
		return x % y
	case token.AND:
		return x & y
	case token.OR:
		return x | y
	case token.XOR:
		return x ^ y
	case token.AND_NOT:
		return x &^ y
	}
	panic("light: operator " + op.String())
}

func floats[T float32 | float64 | complex64 | complex128](op token.Token, x, y T) T {
	switch op {
	case token.ADD:
		return x + y
	case token.SUB:
		return x - y
	case token.MUL:
		return x * y
	case token.QUO:
		return x / y
	}
	panic("light: operator " + op.String())
}

// shift is x << n or x >> n; a negative n panics.
func shift(op token.Token, x, n reflect.Value) reflect.Value {
	t := x.Type()
	switch left := op == token.SHL; {
	case x.CanInt() && n.CanInt():
		return ofInt(shifted(left, x.Int(), n.Int()), t)
	case x.CanInt():
		return ofInt(shifted(left, x.Int(), n.Uint()), t)
	case n.CanInt():
		return ofUint(shifted(left, x.Uint(), n.Int()), t)
	default:
		return ofUint(shifted(left, x.Uint(), n.Uint()), t)
	}
}

func shifted[T, N int64 | uint64](left bool, x T, n N) T {
	if left {
		return x << n
	}
	return x >> n
}

func unary(op token.Token, x reflect.Value) reflect.Value {
	t := x.Type()
	switch k := t.Kind(); {
	case op == token.ADD:
		return x
	case op == token.NOT:
		return ofBool(!x.Bool(), t)
	case op == token.XOR && x.CanInt():
		return ofInt(^x.Int(), t)
	case op == token.XOR:
		return ofUint(^x.Uint(), t)
	case x.CanInt():
		return ofInt(-x.Int(), t)
	case x.CanUint():
		return ofUint(-x.Uint(), t)
	case k == reflect.Float32:
		return typed(reflect.ValueOf(-float32(x.Float())), t)
	case k == reflect.Float64:
		return typed(reflect.ValueOf(-x.Float()), t)
	case k == reflect.Complex64:
		return typed(reflect.ValueOf(-complex64(x.Complex())), t)
	}
	return typed(reflect.ValueOf(-x.Complex()), t)
}

type ordered interface {
	int64 | uint64 | float64 | string
}

func ordering[T ordered](op token.Token, x, y T) bool {
	switch op {
	case token.EQL:
		return x == y
	case token.NEQ:
		return x != y
	case token.LSS:
		return x < y
	case token.LEQ:
		return x <= y
	case token.GTR:
		return x > y
	}
	return x >= y
}

// compare is x op y. An operand that is not valid is nil.
func compare(op token.Token, x, y reflect.Value) bool {
	equal := op == token.EQL
	switch {
	case !x.IsValid():
		return y.IsNil() == equal
	case !y.IsValid():
		return x.IsNil() == equal
	case x.Kind() != y.Kind():
		return (x.Interface() == y.Interface()) == equal
	case x.CanInt():
		return ordering(op, x.Int(), y.Int())
	case x.CanUint():
		return ordering(op, x.Uint(), y.Uint())
	case x.CanFloat():
		return ordering(op, x.Float(), y.Float())
	case x.Kind() == reflect.String:
		return ordering(op, x.String(), y.String())
	case x.Kind() == reflect.Bool:
		return (x.Bool() == y.Bool()) == equal
	case x.Kind() == reflect.Pointer || x.Kind() == reflect.Chan:
		return (x.UnsafePointer() == y.UnsafePointer()) == equal
	}
	return (x.Interface() == y.Interface()) == equal
}

// extreme is the smallest or the largest of values of one type.
func extreme(largest bool, vs []reflect.Value) reflect.Value {
	out := vs[0]
	t := out.Type()
	for _, v := range vs[1:] {
		switch {
		case v.CanInt():
			out = ofInt(pick(largest, out.Int(), v.Int()), t)
		case v.CanUint():
			out = ofUint(pick(largest, out.Uint(), v.Uint()), t)
		case v.CanFloat():
			out = ofFloat(pick(largest, out.Float(), v.Float()), t)
		default:
			out = ofString(pick(largest, out.String(), v.String()), t)
		}
	}
	return out
}

func pick[T ordered](largest bool, x, y T) T {
	if largest {
		return max(x, y)
	}
	return min(x, y)
}

package codec

import (
	"fmt"
	"math"
	"reflect"
)

func scalarDecoder(t reflect.Type) decodeFunc {
	switch t.Kind() {
	case reflect.Bool:
		return decodeBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return decodeInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return decodeUint
	case reflect.Float32, reflect.Float64:
		return decodeFloat
	case reflect.Complex64, reflect.Complex128:
		return decodeComplex
	case reflect.String:
		return decodeString
	}
	return func(*reader, reflect.Value) error {
		return &RefuseError{Type: t.String(), Why: "there is no encoding for it"}
	}
}

func (r *reader) mismatch(t reflect.Type) error {
	if r.pos >= len(r.data) {
		return r.malformed("the end")
	}
	return &TypeError{Value: r.describe(), Type: t.String()}
}

func decodeString(r *reader, v reflect.Value) error {
	b, err := r.string()
	if err != nil {
		return err
	}
	v.SetString(string(b))
	return nil
}

func decodeBool(r *reader, v reflect.Value) error {
	switch r.peek() {
	case cborTrue, cborFalse:
		v.SetBool(r.peek() == cborTrue)
		r.pos++
		return nil
	}
	return r.mismatch(v.Type())
}

func decodeInt(r *reader, v reflect.Value) error {
	at := r.pos
	major, _, n, err := r.head()
	if err != nil {
		return err
	}
	i := int64(n)
	switch {
	case major != majorUint && major != majorInt:
		r.pos = at
		return r.mismatch(v.Type())
	case n > math.MaxInt64:
		return &TypeError{Value: fmt.Sprintf("the integer %d", n), Type: v.Type().String()}
	case major == majorInt:
		i = ^i
	}
	if v.OverflowInt(i) {
		return &TypeError{Value: fmt.Sprintf("the integer %d", i), Type: v.Type().String()}
	}
	v.SetInt(i)
	return nil
}

func decodeUint(r *reader, v reflect.Value) error {
	at := r.pos
	major, _, n, err := r.head()
	if err != nil {
		return err
	}
	if major != majorUint {
		r.pos = at
		if major == majorInt {
			return &TypeError{Value: "a negative integer", Type: v.Type().String()}
		}
		return r.mismatch(v.Type())
	}
	if v.OverflowUint(n) {
		return &TypeError{Value: fmt.Sprintf("the integer %d", n), Type: v.Type().String()}
	}
	v.SetUint(n)
	return nil
}

func decodeFloat(r *reader, v reflect.Value) error {
	at := r.pos
	major, info, n, err := r.head()
	if err != nil {
		return err
	}
	switch {
	case major == majorOther && info == 27:
		return setFloat(v, math.Float64frombits(n))
	case major == majorOther && info == 26:
		if v.Kind() == reflect.Float32 {
			*(*uint32)(v.Addr().UnsafePointer()) = uint32(n) // all bits of a NaN
			return nil
		}
		return setFloat(v, float64(math.Float32frombits(uint32(n))))
	case major == majorOther && info == 25:
		return setFloat(v, half(uint16(n)))
	case major == majorUint && n <= 1<<53:
		return setFloat(v, float64(n))
	case major == majorInt && n < 1<<53:
		return setFloat(v, -1-float64(n))
	}
	r.pos = at
	return r.mismatch(v.Type())
}

// setFloat sets v to f where v's type holds it exactly.
func setFloat(v reflect.Value, f float64) error {
	if v.Kind() == reflect.Float32 && f == f && float64(float32(f)) != f {
		return &TypeError{Value: fmt.Sprintf("the number %v", f), Type: v.Type().String()}
	}
	v.SetFloat(f)
	return nil
}

// half is the number of a 16-bit float, which others write.
func half(bits uint16) float64 {
	exp, mant := int(bits>>10&0x1f), float64(bits&0x3ff)
	var f float64
	switch exp {
	case 0:
		f = math.Ldexp(mant, -24)
	case 31:
		if f = math.Inf(1); mant != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(mant+1024, exp-25)
	}
	if bits&0x8000 != 0 {
		f = math.Copysign(f, -1)
	}
	return f
}

func decodeComplex(r *reader, v reflect.Value) error {
	n, err := r.array()
	if err != nil {
		return err
	}
	if n != 2 {
		return r.malformed("a complex number that is not a pair")
	}
	// The parts lie one after the other in memory; each is decoded in place, so that it keeps its bits.
	part := reflect.TypeFor[[2]float64]()
	if v.Kind() == reflect.Complex64 {
		part = reflect.TypeFor[[2]float32]()
	}
	parts := reflect.NewAt(part, v.Addr().UnsafePointer()).Elem()
	for i := range n {
		if err := decodeFloat(r, parts.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

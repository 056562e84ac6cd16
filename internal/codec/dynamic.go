package codec

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"time"
)

// decodeInterface rebuilds the dynamic value.
func decodeInterface(r *reader, v reflect.Value) error {
	if r.null() {
		v.SetZero()
		return nil
	}
	if err := r.enter(); err != nil {
		return err
	}
	x, err := r.dynamic()
	if err != nil {
		return err
	}
	r.leave()
	if !x.IsValid() {
		v.SetZero()
		return nil
	}
	if !x.Type().AssignableTo(v.Type()) {
		return &TypeError{Value: "a " + x.Type().String(), Type: v.Type().String()}
	}
	v.Set(x)
	return nil
}

// dynamic reads a value whose type its bytes tell.
func (r *reader) dynamic() (reflect.Value, error) {
	switch first := r.peek(); first & 0xe0 {
	case majorUint, majorInt:
		return r.dynamicInt()
	case majorText:
		return r.into(stringType)
	case majorBytes:
		// A string that is not UTF-8 is indistinguishable from bytes; []byte in an interface has a type of its own.
		return r.into(stringType)
	case majorArray:
		return r.into(anySliceType)
	case majorMap:
		return r.dynamicMap()
	case majorTag:
		return r.dynamicTag()
	default:
		switch first {
		case cborTrue, cborFalse:
			return r.into(boolType)
		case cborFloat16, cborFloat32, cborFloat64:
			return r.into(float64Type)
		}
	}
	return reflect.Value{}, r.malformed("no value")
}

func (r *reader) into(t reflect.Type) (reflect.Value, error) {
	if err := r.alloc(1, t.Size()); err != nil {
		return reflect.Value{}, err
	}
	v := reflect.New(t).Elem()
	err := decoderOf(t)(r, v)
	return v, err
}

// dynamicInt is an int, or the smallest type beyond it that holds the number.
func (r *reader) dynamicInt() (reflect.Value, error) {
	at := r.pos
	major, _, n, err := r.head()
	if err != nil {
		return reflect.Value{}, err
	}
	r.pos = at
	switch {
	case n <= math.MaxInt:
		return r.into(intType)
	case n <= math.MaxInt64:
		return r.into(reflect.TypeFor[int64]())
	case major == majorUint:
		return r.into(reflect.TypeFor[uint64]())
	}
	return r.into(reflect.PointerTo(bigIntType))
}

// dynamicMap is a map[string]any or, with the first key that is no string, a map[any]any.
func (r *reader) dynamicMap() (reflect.Value, error) {
	n, err := r.expect(majorMap, "a map")
	if err != nil {
		return reflect.Value{}, err
	}
	if err := r.alloc(n, 2*anyType.Size()+mapOverhead); err != nil {
		return reflect.Value{}, err
	}
	byText := make(map[string]any, n)
	var byAny map[any]any
	for range n {
		var key, value any
		k := reflect.ValueOf(&key).Elem()
		if err := decodeInterface(r, k); err != nil {
			return reflect.Value{}, err
		}
		if !k.Comparable() {
			return reflect.Value{}, r.malformed("a map key that cannot be compared")
		}
		if err := decodeInterface(r, reflect.ValueOf(&value).Elem()); err != nil {
			return reflect.Value{}, within(fmt.Sprintf("[%v]", key), err)
		}
		text, ok := key.(string)
		switch {
		case byAny != nil:
			byAny[key] = value
		case ok:
			byText[text] = value
		default:
			byAny = make(map[any]any, n)
			for t, v := range byText {
				byAny[t] = v
			}
			byAny[key] = value
		}
	}
	if byAny == nil && len(byText) != n || byAny != nil && len(byAny) != n {
		return reflect.Value{}, r.malformed("a map with the same key twice")
	}
	if byAny != nil {
		return reflect.ValueOf(byAny), nil
	}
	return reflect.ValueOf(byText), nil
}

func (r *reader) dynamicTag() (reflect.Value, error) {
	at := r.pos
	_, _, tag, err := r.head()
	if err != nil {
		return reflect.Value{}, err
	}
	if tag == tagObject {
		return r.object()
	}
	r.pos = at
	switch tag {
	case tagTime:
		return r.into(reflect.TypeFor[time.Time]())
	case tagBigPos, tagBigNeg:
		return r.into(reflect.TypeFor[*big.Int]())
	case tagRat:
		return r.into(reflect.TypeFor[*big.Rat]())
	}
	if a, ok := typeOfTag(tag); ok && a.tag != 0 {
		return r.into(reflect.SliceOf(a.t))
	}
	return reflect.Value{}, r.malformed("an unknown tag")
}

// object reads [type, value].
func (r *reader) object() (reflect.Value, error) {
	if n, err := r.array(); err != nil {
		return reflect.Value{}, err
	} else if n != 2 {
		return reflect.Value{}, r.malformed("an object that is not a pair")
	}
	text, err := r.string()
	if err != nil {
		return reflect.Value{}, err
	}
	switch string(text) {
	case "error":
		return r.error()
	case "sentinel":
		return r.sentinel()
	}
	if string(text) != r.text || r.typ == nil {
		if r.typ, err = r.names.parse(string(text)); err != nil {
			return reflect.Value{}, err
		}
		r.text = string(text)
	}
	return r.into(r.typ)
}

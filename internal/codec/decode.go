package codec

import (
	"encoding"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

// Unmarshal decodes data into what ptr points at. It fails with an error that wraps ErrMalformed, or with a *TypeError.
func Unmarshal(data []byte, ptr any) error {
	v := reflect.ValueOf(ptr)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("codec: Unmarshal into %T, which is not a pointer to a value", ptr)
	}
	return UnmarshalValue(data, v.Elem())
}

// UnmarshalValue decodes data into v, which must be settable.
func UnmarshalValue(data []byte, v reflect.Value) error {
	var r reader
	r.reset(data)
	return r.whole(decoderOf(v.Type()), v)
}

// whole decodes a value that all bytes belong to.
func (r *reader) whole(dec decodeFunc, v reflect.Value) error {
	if err := dec(r, v); err != nil {
		return err
	}
	if r.pos != len(r.data) {
		return r.malformed("bytes behind the value")
	}
	return nil
}

// Decode returns the value that data tells by itself: see the package's comment on interfaces.
func Decode(data []byte) (any, error) {
	var v any
	err := Unmarshal(data, &v)
	return v, err
}

type decodeFunc func(r *reader, v reflect.Value) error

var decoders table[decodeFunc]

// decoderOf returns the decoder of a type.
func decoderOf(t reflect.Type) decodeFunc {
	return decoders.of(t, makeDecoder, func(finished func() decodeFunc) decodeFunc {
		return func(r *reader, v reflect.Value) error { return finished()(r, v) }
	})
}

func makeDecoder(t reflect.Type) decodeFunc {
	if why := refusal(t); why != "" {
		return func(*reader, reflect.Value) error { return &RefuseError{Type: t.String(), Why: why} }
	}
	switch t {
	case timeType:
		return decodeTime
	case bigIntType:
		return func(r *reader, v reflect.Value) error { return r.bigInt(v.Addr().Interface().(*big.Int)) }
	case bigRatType:
		return decodeRat
	case bigFloatType:
		return decodeBigFloat
	}
	if m := marshalerOf(t); m != noMarshaler {
		return unmarshalDecoder(t, m)
	}
	switch t.Kind() {
	case reflect.Slice:
		if tag, ok := rowsOf(t); ok {
			return rowsDecoder(t, tag)
		}
		return sliceDecoder(t)
	case reflect.Array:
		return arrayDecoder(t)
	case reflect.Map:
		return mapDecoder(t)
	case reflect.Struct:
		return structDecoder(t)
	case reflect.Pointer:
		return pointerDecoder(t)
	case reflect.Interface:
		return decodeInterface
	}
	return scalarDecoder(t)
}

func sliceDecoder(t reflect.Type) decodeFunc {
	elem, size := decoderOf(t.Elem()), t.Elem().Size()
	numeric, isNumeric := arrayTags[t.Elem().Kind()]
	return func(r *reader, v reflect.Value) error {
		if r.null() {
			v.SetZero()
			return nil
		}
		if isNumeric {
			data, err := r.typedArray(numeric)
			if err != nil {
				return err
			}
			if data != nil {
				return setNumeric(v, data, numeric.elem.Size())
			}
		}
		n, err := r.array()
		if err != nil {
			return err
		}
		if err := r.alloc(n, size); err != nil {
			return err
		}
		if err := r.enter(); err != nil {
			return err
		}
		out := reflect.MakeSlice(t, n, n)
		for i := range n {
			if err := elem(r, out.Index(i)); err != nil {
				return within(fmt.Sprintf("[%d]", i), err)
			}
		}
		r.leave()
		v.Set(out)
		return nil
	}
}

// large is the size from which on clearing memory is worth avoiding. What is larger than 32 KB begins a page of memory, as any element may.
const large = 64 << 10

// copied returns raw numbers as a slice of their own. Memory that is made by appending is not cleared before it is filled.
func copied(data []byte, elem reflect.Type) reflect.Value {
	bytes := append([]byte(nil), data...)
	return reflect.SliceAt(elem, unsafe.Pointer(unsafe.SliceData(bytes)), len(data)/int(elem.Size()))
}

// setNumeric sets v to a new slice of the numbers in data.
func setNumeric(v reflect.Value, data []byte, size int) error {
	if _, same := raw(v.Type().Elem()); same && len(data) >= large {
		v.Set(copied(data, v.Type().Elem()).Convert(v.Type()))
		return nil
	}
	out := reflect.MakeSlice(v.Type(), len(data)/size, len(data)/size)
	if err := fillNumeric(out, data); err != nil {
		return err
	}
	v.Set(out)
	return nil
}

// typedArray reads a byte string or a typed array of these elements and returns its bytes, shared with the input. They are nil
// where something else comes.
func (r *reader) typedArray(want arrayTag) ([]byte, error) {
	at := r.pos
	major, _, n, err := r.head()
	if err != nil {
		return nil, err
	}
	if major == majorTag && n == want.tag && want.tag != 0 {
		if major, _, n, err = r.head(); err != nil {
			return nil, err
		}
		if major != majorBytes {
			return nil, r.malformed("a typed array without bytes")
		}
	} else if major != majorBytes || want.tag != 0 {
		r.pos = at
		return nil, nil
	}
	data, err := r.take(n)
	if err == nil && len(data)%want.elem.Size() != 0 {
		return nil, r.malformed("a typed array with half an element")
	}
	if data == nil && err == nil {
		data = []byte{}
	}
	return data, err
}

// fillNumeric copies little-endian elements into a numeric slice. On a machine whose int has 32 bits each is checked.
func fillNumeric(out reflect.Value, data []byte) error {
	elem := out.Type().Elem()
	wire := arrayTags[elem.Kind()]
	if int(elem.Size()) == wire.elem.Size() {
		copy(numericBytes(out), data)
		if bigEndian && elem.Size() > 1 {
			copy(numericBytes(out), swapped(data, int(elem.Size())))
		}
		return nil
	}
	wide := reflect.MakeSlice(reflect.SliceOf(wire.t), out.Len(), out.Len())
	if err := fillNumeric(wide, data); err != nil {
		return err
	}
	for i := range out.Len() {
		x := wide.Index(i)
		if x.CanInt() && out.Index(i).OverflowInt(x.Int()) || x.CanUint() && out.Index(i).OverflowUint(x.Uint()) {
			return &TypeError{Path: fmt.Sprintf("[%d]", i), Value: fmt.Sprintf("the integer %v", x), Type: elem.String()}
		}
		out.Index(i).Set(x.Convert(elem))
	}
	return nil
}

func arrayDecoder(t reflect.Type) decodeFunc {
	elem := decoderOf(t.Elem())
	numeric, isNumeric := arrayTags[t.Elem().Kind()]
	return func(r *reader, v reflect.Value) error {
		if isNumeric {
			data, err := r.typedArray(numeric)
			if err != nil {
				return err
			}
			if n := len(data) / numeric.elem.Size(); data != nil {
				if n != t.Len() {
					return &TypeError{Value: fmt.Sprintf("a list of %d", n), Type: t.String()}
				}
				return fillNumeric(v.Slice(0, n), data)
			}
		}
		n, err := r.array()
		if err != nil {
			return err
		}
		if n != t.Len() {
			return &TypeError{Value: fmt.Sprintf("a list of %d", n), Type: t.String()}
		}
		for i := range n {
			if err := elem(r, v.Index(i)); err != nil {
				return within(fmt.Sprintf("[%d]", i), err)
			}
		}
		return nil
	}
}

// mapOverhead is about what an entry takes besides its key and value.
const mapOverhead = 16

func mapDecoder(t reflect.Type) decodeFunc {
	key, elem := decoderOf(t.Key()), decoderOf(t.Elem())
	size := t.Key().Size() + t.Elem().Size() + mapOverhead
	return func(r *reader, v reflect.Value) error {
		if r.null() {
			v.SetZero()
			return nil
		}
		n, err := r.expect(majorMap, t.String())
		if err != nil {
			return err
		}
		if err := r.alloc(n, size); err != nil {
			return err
		}
		if err := r.enter(); err != nil {
			return err
		}
		out := reflect.MakeMapWithSize(t, n)
		k, x := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		for range n {
			k.SetZero()
			x.SetZero()
			if err := key(r, k); err != nil {
				return err
			}
			if !k.Comparable() {
				return r.malformed("a map key that cannot be compared")
			}
			if err := elem(r, x); err != nil {
				return within(fmt.Sprintf("[%v]", k), err)
			}
			out.SetMapIndex(k, x)
		}
		if out.Len() != n {
			return r.malformed("a map with the same key twice")
		}
		r.leave()
		v.Set(out)
		return nil
	}
}

// structField is a field that a struct's encoding has.
type structField struct {
	name  string
	index int
	dec   decodeFunc
}

// structFields lists the fields that are encoded, and finds them by name. The interpreter's struct types have an unexported field b
// under the name Xb; each name is known by the other as well.
func structFields(t reflect.Type) ([]structField, map[string]int) {
	var fields []structField
	byName := map[string]int{}
	for i := range t.NumField() {
		if f := t.Field(i); f.Name != "_" {
			byName[f.Name] = len(fields)
			fields = append(fields, structField{f.Name, i, decoderOf(f.Type)})
		}
	}
	for i, f := range fields {
		alias := "X" + f.name
		if rest, ok := strings.CutPrefix(f.name, "X"); ok {
			alias = rest
		}
		if _, taken := byName[alias]; !taken && (unexported(alias) || unexported(f.name)) {
			byName[alias] = i
		}
	}
	return fields, byName
}

// maxFields bounds a struct's fields.
const maxFields = 512

func structDecoder(t reflect.Type) decodeFunc {
	fields, byName := structFields(t)
	return func(r *reader, v reflect.Value) error {
		n, err := r.expect(majorMap, t.String())
		if err != nil {
			return err
		}
		if n < len(fields) {
			return &TypeError{Value: fmt.Sprintf("a struct with %d fields", n), Type: t.String()}
		}
		var seen [maxFields / 64]uint64
		for i := range n {
			name, err := r.string()
			if err != nil {
				return err
			}
			// Fields come in order from a value of the same type.
			if i >= len(fields) || string(name) != fields[i].name {
				ok := false
				if i, ok = byName[string(name)]; !ok {
					return &TypeError{Value: fmt.Sprintf("a struct with a field %s", name), Type: t.String()}
				}
			}
			if bit := uint64(1) << (i % 64); seen[i/64]&bit != 0 {
				return r.malformed(fmt.Sprintf("a struct with the field %s twice", name))
			} else {
				seen[i/64] |= bit
			}
			if err := fields[i].dec(r, fieldOf(v, fields[i].index)); err != nil {
				return within("."+fields[i].name, err)
			}
		}
		return nil
	}
}

func unexported(name string) bool {
	c, _ := utf8.DecodeRuneInString(name)
	return c == '_' || unicode.IsLower(c)
}

func pointerDecoder(t reflect.Type) decodeFunc {
	elem, wrapped := decoderOf(t.Elem()), nilable(t.Elem())
	return func(r *reader, v reflect.Value) error {
		if r.null() {
			v.SetZero()
			return nil
		}
		if err := r.enter(); err != nil {
			return err
		}
		if wrapped {
			if n, err := r.array(); err != nil {
				return err
			} else if n != 1 {
				return r.malformed("a pointer to several values")
			}
		}
		if err := r.alloc(1, t.Elem().Size()); err != nil {
			return err
		}
		p := reflect.New(t.Elem())
		if err := elem(r, p.Elem()); err != nil {
			return err
		}
		r.leave()
		v.Set(p)
		return nil
	}
}

func decodeTime(r *reader, v reflect.Value) error {
	at := r.pos
	major, _, n, err := r.head()
	if err != nil {
		return err
	}
	t := v.Addr().Interface().(*time.Time)
	switch {
	case major == majorTag && n == tagTime:
		text, err := r.string()
		if err != nil {
			return err
		}
		if *t, err = time.Parse(time.RFC3339Nano, string(text)); err != nil {
			return r.malformed("a time that is none")
		}
		return nil
	case major == majorBytes:
		b, err := r.take(n)
		if err != nil {
			return err
		}
		if err := t.UnmarshalBinary(b); err != nil {
			return r.malformed("a time that is none")
		}
		return nil
	}
	r.pos = at
	return r.mismatch(timeType)
}

// tag expects a tag.
func (r *reader) tag(want uint64, what string) error {
	at := r.pos
	major, _, n, err := r.head()
	if err != nil {
		return err
	}
	if major != majorTag || n != want {
		r.pos = at
		return &TypeError{Value: r.describe(), Type: what}
	}
	return nil
}

func (r *reader) bigInt(out *big.Int) error {
	at := r.pos
	major, _, n, err := r.head()
	if err != nil {
		return err
	}
	switch {
	case major == majorUint:
		out.SetUint64(n)
		return nil
	case major == majorInt:
		out.Not(new(big.Int).SetUint64(n))
		return nil
	case major != majorTag || n != tagBigPos && n != tagBigNeg:
		r.pos = at
		return &TypeError{Value: r.describe(), Type: "big.Int"}
	}
	b, err := r.string()
	if err != nil {
		return err
	}
	out.SetBytes(b)
	if n == tagBigNeg {
		out.Not(out)
	}
	return nil
}

func decodeRat(r *reader, v reflect.Value) error {
	if err := r.tag(tagRat, "big.Rat"); err != nil {
		return err
	}
	if n, err := r.array(); err != nil {
		return err
	} else if n != 2 {
		return r.malformed("a fraction that is not a pair")
	}
	var num, denom big.Int
	if err := r.bigInt(&num); err != nil {
		return err
	}
	if err := r.bigInt(&denom); err != nil {
		return err
	}
	if denom.Sign() <= 0 {
		return r.malformed("a fraction without a denominator")
	}
	v.Addr().Interface().(*big.Rat).SetFrac(&num, &denom)
	return nil
}

func decodeBigFloat(r *reader, v reflect.Value) error {
	b, err := r.string()
	if err != nil {
		return err
	}
	if err := v.Addr().Interface().(*big.Float).GobDecode(b); err != nil {
		return fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	return nil
}

func unmarshalDecoder(t reflect.Type, m marshaler) decodeFunc {
	return func(r *reader, v reflect.Value) error {
		b, err := r.string()
		if err != nil {
			return err
		}
		b = append([]byte(nil), b...)
		if m == binaryMarshaler {
			err = v.Addr().Interface().(encoding.BinaryUnmarshaler).UnmarshalBinary(b)
		} else {
			err = v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(b)
		}
		if err != nil {
			return fmt.Errorf("%w: %s: %v", ErrMalformed, t, err)
		}
		return nil
	}
}

package codec

import (
	"bytes"
	"encoding"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"
	"unsafe"
)

// Marshal returns the encoding of v. The error is a *RefuseError that names what cannot leave the process.
func Marshal(v any) ([]byte, error) {
	if v == nil {
		return []byte{cborNull}, nil
	}
	if err, ok := v.(error); ok && refusal(reflect.TypeOf(v)) != "" {
		e := encoder{}
		e.error(err)
		return e.buf, nil
	}
	return Append(nil, reflect.ValueOf(v))
}

// Append appends the encoding of v, by v's type, to dst.
func Append(dst []byte, v reflect.Value) ([]byte, error) {
	e := encoder{buf: dst}
	if err := encoderOf(v.Type())(&e, usable(v)); err != nil {
		return dst, err
	}
	return e.buf, nil
}

// usable returns v with an address and without the mark that reflect leaves on what was reached through unexported fields.
func usable(v reflect.Value) reflect.Value {
	if v.CanAddr() && !v.CanInterface() {
		return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	}
	return addressable(v)
}

var unboxer func(reflect.Value) (reflect.Value, bool)

// SetUnboxer sets the function that finds the value in an interpreter's own boxes, which it puts into interfaces. It is set once, before
// anything is encoded; the function returns false for values that are no boxes.
func SetUnboxer(f func(reflect.Value) (reflect.Value, bool)) { unboxer = f }

// Unbox returns the value in an interpreter's box, v itself if it is none. It is invalid for a box that holds nil.
func Unbox(v reflect.Value) reflect.Value {
	for unboxer != nil && v.IsValid() {
		inner, ok := unboxer(v)
		if !ok {
			break
		}
		v = inner
	}
	return v
}

type encoder struct {
	buf   []byte
	depth int
	// path has the pointers, maps and slices around the current value, once it is deep enough to be suspicious.
	path map[place]bool
}

// place is a value that others can point at. A struct and its first field lie at the same address.
type place struct {
	at unsafe.Pointer
	t  reflect.Type
}

// suspicious is the depth from which cycles are looked for.
const suspicious = 10

type encodeFunc func(e *encoder, v reflect.Value) error

var encoders table[encodeFunc]

// encoderOf returns the encoder of a type.
func encoderOf(t reflect.Type) encodeFunc {
	return encoders.of(t, makeEncoder, func(finished func() encodeFunc) encodeFunc {
		return func(e *encoder, v reflect.Value) error { return finished()(e, v) }
	})
}

func makeEncoder(t reflect.Type) encodeFunc {
	if why := refusal(t); why != "" {
		return refuser(t, why)
	}
	switch t {
	case timeType:
		return encodeTime
	case bigIntType:
		return func(e *encoder, v reflect.Value) error { return e.bigInt(v.Addr().Interface().(*big.Int)) }
	case bigRatType:
		return encodeRat
	case bigFloatType:
		return encodeBigFloat
	case errorType:
		return encodeError
	}
	if m := marshalerOf(t); m != noMarshaler {
		return marshalEncoder(t, m)
	}
	switch t.Kind() {
	case reflect.Slice:
		if tag, ok := rowsOf(t); ok {
			return rowsEncoder(t, tag)
		}
		return sliceEncoder(t)
	case reflect.Array:
		return arrayEncoder(t)
	case reflect.Map:
		return mapEncoder(t)
	case reflect.Struct:
		return structEncoder(t)
	case reflect.Pointer:
		return pointerEncoder(t)
	case reflect.Interface:
		return encodeInterface
	}
	return scalarEncoder(t)
}

func refuser(t reflect.Type, why string) encodeFunc {
	name := t.String()
	if boxes(t) {
		name = "an interface with methods"
	}
	return func(*encoder, reflect.Value) error { return &RefuseError{Type: name, Why: why} }
}

func scalarEncoder(t reflect.Type) encodeFunc {
	switch t.Kind() {
	case reflect.Bool:
		return func(e *encoder, v reflect.Value) error {
			b := byte(cborFalse)
			if v.Bool() {
				b = cborTrue
			}
			e.buf = append(e.buf, b)
			return nil
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(e *encoder, v reflect.Value) error { e.buf = appendInt(e.buf, v.Int()); return nil }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return func(e *encoder, v reflect.Value) error { e.buf = appendHead(e.buf, majorUint, v.Uint()); return nil }
	case reflect.Float32:
		// By address: a conversion through float64 would not keep a NaN's bits.
		return func(e *encoder, v reflect.Value) error {
			e.buf = appendFloat32(e.buf, *(*float32)(v.Addr().UnsafePointer()))
			return nil
		}
	case reflect.Float64:
		return func(e *encoder, v reflect.Value) error { e.buf = appendFloat64(e.buf, v.Float()); return nil }
	case reflect.Complex64:
		return func(e *encoder, v reflect.Value) error {
			parts := (*[2]float32)(v.Addr().UnsafePointer())
			e.buf = appendFloat32(appendFloat32(appendHead(e.buf, majorArray, 2), parts[0]), parts[1])
			return nil
		}
	case reflect.Complex128:
		return func(e *encoder, v reflect.Value) error {
			c := v.Complex()
			e.buf = appendFloat64(appendFloat64(appendHead(e.buf, majorArray, 2), real(c)), imag(c))
			return nil
		}
	case reflect.String:
		return func(e *encoder, v reflect.Value) error {
			s := v.String()
			major := byte(majorText)
			if !utf8.ValidString(s) {
				major = majorBytes
			}
			e.buf = append(appendHead(e.buf, major, uint64(len(s))), s...)
			return nil
		}
	}
	return refuser(t, "there is no encoding for it")
}

// enter notes a pointer, slice or map on the way to the current value; leave must follow.
func (e *encoder) enter(p unsafe.Pointer, t reflect.Type) error {
	if err := e.down(t); err != nil || e.depth < suspicious {
		return err
	}
	if e.path[place{p, t}] {
		return &RefuseError{Type: t.String(), Why: "it points back at itself; send indexes or names in place of pointers"}
	}
	if e.path == nil {
		e.path = map[place]bool{}
	}
	e.path[place{p, t}] = true
	return nil
}

func (e *encoder) leave(p unsafe.Pointer, t reflect.Type) {
	if e.depth >= suspicious {
		delete(e.path, place{p, t})
	}
	e.depth--
}

// down counts a level of nesting.
func (e *encoder) down(t reflect.Type) error {
	if e.depth++; e.depth > maxDepth {
		return &RefuseError{Type: t.String(), Why: fmt.Sprintf("it is nested more than %d deep; send a slice in place of a linked list", maxDepth)}
	}
	return nil
}

func (e *encoder) null() error {
	e.buf = append(e.buf, cborNull)
	return nil
}

func sliceEncoder(t reflect.Type) encodeFunc {
	if elem, ok := arrayTags[t.Elem().Kind()]; ok {
		return func(e *encoder, v reflect.Value) error {
			if v.IsNil() {
				return e.null()
			}
			e.typedArray(elem, v)
			return nil
		}
	}
	list := listEncoder(t)
	return func(e *encoder, v reflect.Value) error {
		if v.IsNil() {
			return e.null()
		}
		if err := e.enter(v.UnsafePointer(), t); err != nil {
			return err
		}
		defer e.leave(v.UnsafePointer(), t)
		return list(e, v)
	}
}

// typedArray writes a slice of numbers.
func (e *encoder) typedArray(elem arrayTag, v reflect.Value) {
	data := numericBytes(v)
	if elem.elem.Size() != int(v.Type().Elem().Size()) {
		data = widened(elem, v)
	}
	if elem.tag != 0 {
		e.buf = appendHead(e.buf, majorTag, elem.tag)
	}
	e.buf = append(appendHead(e.buf, majorBytes, uint64(len(data))), data...)
}

func arrayEncoder(t reflect.Type) encodeFunc {
	if elem, ok := arrayTags[t.Elem().Kind()]; ok {
		return func(e *encoder, v reflect.Value) error {
			e.typedArray(elem, v.Slice(0, v.Len()))
			return nil
		}
	}
	return listEncoder(t)
}

func listEncoder(t reflect.Type) encodeFunc {
	elem := encoderOf(t.Elem())
	return func(e *encoder, v reflect.Value) error {
		n := v.Len()
		e.buf = appendHead(e.buf, majorArray, uint64(n))
		for i := range n {
			if err := elem(e, v.Index(i)); err != nil {
				return within(fmt.Sprintf("[%d]", i), err)
			}
		}
		return nil
	}
}

// mapEncoder writes the entries ordered by their keys' encodings, so that equal maps have equal encodings.
func mapEncoder(t reflect.Type) encodeFunc {
	key, elem := encoderOf(t.Key()), encoderOf(t.Elem())
	return func(e *encoder, v reflect.Value) error {
		if v.IsNil() {
			return e.null()
		}
		if err := e.enter(v.UnsafePointer(), t); err != nil {
			return err
		}
		defer e.leave(v.UnsafePointer(), t)
		e.buf = appendHead(e.buf, majorMap, uint64(v.Len()))
		start := len(e.buf)
		entries := make([]entry, 0, v.Len())
		k, x := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		for it := v.MapRange(); it.Next(); {
			at := entry{from: len(e.buf)}
			k.SetIterKey(it)
			x.SetIterValue(it)
			err := key(e, k)
			at.value = len(e.buf)
			if err == nil {
				err = elem(e, x)
			}
			if err != nil {
				return within(fmt.Sprintf("[%v]", k), err)
			}
			at.to = len(e.buf)
			entries = append(entries, at)
		}
		e.order(start, entries)
		return nil
	}
}

// entry is where a map's entry lies in the buffer.
type entry struct{ from, value, to int }

// order rewrites the buffer from start on with the entries ordered by their keys.
func (e *encoder) order(start int, entries []entry) {
	byKey := func(a, b entry) int { return bytes.Compare(e.buf[a.from:a.value], e.buf[b.from:b.value]) }
	if slices.IsSortedFunc(entries, byKey) {
		return
	}
	slices.SortFunc(entries, byKey)
	out := make([]byte, 0, len(e.buf)-start)
	for _, at := range entries {
		out = append(out, e.buf[at.from:at.to]...)
	}
	copy(e.buf[start:], out)
}

func structEncoder(t reflect.Type) encodeFunc {
	type field struct {
		name string
		head []byte
		enc  encodeFunc
	}
	var fields []field
	index := []int{}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "_" {
			continue
		}
		fields = append(fields, field{f.Name, appendText(nil, f.Name), encoderOf(f.Type)})
		index = append(index, i)
	}
	return func(e *encoder, v reflect.Value) error {
		if len(fields) > maxFields {
			return &RefuseError{Type: t.String(), Why: fmt.Sprintf("it has more than %d fields", maxFields)}
		}
		e.buf = appendHead(e.buf, majorMap, uint64(len(fields)))
		for i := range fields {
			e.buf = append(e.buf, fields[i].head...)
			if err := fields[i].enc(e, fieldOf(v, index[i])); err != nil {
				return within("."+fields[i].name, err)
			}
		}
		return nil
	}
}

// fieldOf returns a field of an addressable struct; reflect gives unexported ones for reading only, which lasts as far as their
// interfaces' values, so they are taken by address.
func fieldOf(v reflect.Value, i int) reflect.Value {
	f := v.Field(i)
	if f.CanInterface() {
		return f
	}
	return reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
}

// addressable returns v or, where it has no address, a copy that has one.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v
	}
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	return out
}

func nilable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return true
	}
	return false
}

func pointerEncoder(t reflect.Type) encodeFunc {
	elem, wrap := encoderOf(t.Elem()), nilable(t.Elem())
	return func(e *encoder, v reflect.Value) error {
		if v.IsNil() {
			return e.null()
		}
		p := v.UnsafePointer()
		if err := e.enter(p, t); err != nil {
			return err
		}
		defer e.leave(p, t)
		if wrap {
			e.buf = appendHead(e.buf, majorArray, 1)
		}
		return elem(e, v.Elem())
	}
}

// encodeInterface writes the dynamic value, and its type unless CBOR tells it.
func encodeInterface(e *encoder, v reflect.Value) error {
	if v.IsNil() {
		return e.null()
	}
	if err := e.down(v.Type()); err != nil {
		return err
	}
	defer func() { e.depth-- }()
	v = v.Elem()
	if v = Unbox(v); !v.IsValid() {
		return e.null()
	}
	t := v.Type()
	if natural(t) && !(nilable(t) && v.IsNil()) {
		return encoderOf(t)(e, addressable(v))
	}
	if err, ok := asError(v); ok {
		e.error(err)
		return nil
	}
	return e.named(v)
}

// named writes a value behind the text of its type.
func (e *encoder) named(v reflect.Value) error {
	t := v.Type()
	if why := refusal(t); why != "" {
		return &RefuseError{Type: t.String(), Why: why}
	}
	name := nameOf(t)
	if name.err != nil {
		return &RefuseError{Type: t.String(), Why: name.err.Error()}
	}
	e.objectOf(name.text)
	return encoderOf(t)(e, addressable(v))
}

// asError tells errors among dynamic values by their only method that matters.
func asError(v reflect.Value) (error, bool) {
	if !v.CanInterface() {
		return nil, false
	}
	err, ok := v.Interface().(error)
	return err, ok
}

// natural types are those that CBOR's own kinds tell.
func natural(t reflect.Type) bool {
	switch t {
	case boolType, intType, float64Type, stringType, anySliceType, anyMapType:
		return true
	}
	return false
}

func encodeError(e *encoder, v reflect.Value) error {
	if v.IsNil() {
		return e.null()
	}
	e.error(v.Interface().(error))
	return nil
}

// objectOf begins a value that says what it is; the value itself must follow.
func (e *encoder) objectOf(what string) {
	e.buf = appendText(appendHead(appendHead(e.buf, majorTag, tagObject), majorArray, 2), what)
}

func encodeTime(e *encoder, v reflect.Value) error {
	t := v.Addr().Interface().(*time.Time).Round(0)
	_, offset := t.Zone()
	if text, err := t.MarshalText(); err == nil && offset%60 == 0 {
		e.buf = appendText(appendHead(e.buf, majorTag, tagTime), string(text))
		return nil
	}
	// RFC 3339 has neither years beyond 9999 nor the offsets with seconds that zones had before they were regulated.
	b, err := t.MarshalBinary()
	if err != nil {
		return &RefuseError{Type: "time.Time", Why: err.Error()}
	}
	e.buf = append(appendHead(e.buf, majorBytes, uint64(len(b))), b...)
	return nil
}

func (e *encoder) bigInt(i *big.Int) error {
	tag, mag := uint64(tagBigPos), i
	if i.Sign() < 0 {
		tag, mag = tagBigNeg, new(big.Int).Not(i)
	}
	b := mag.Bytes()
	e.buf = append(appendHead(appendHead(e.buf, majorTag, tag), majorBytes, uint64(len(b))), b...)
	return nil
}

func encodeRat(e *encoder, v reflect.Value) error {
	r := v.Addr().Interface().(*big.Rat)
	e.buf = appendHead(appendHead(e.buf, majorTag, tagRat), majorArray, 2)
	_ = e.bigInt(r.Num())
	return e.bigInt(r.Denom())
}

func encodeBigFloat(e *encoder, v reflect.Value) error {
	b, err := v.Addr().Interface().(*big.Float).GobEncode()
	if err != nil {
		return &RefuseError{Type: "big.Float", Why: err.Error()}
	}
	e.buf = append(appendHead(e.buf, majorBytes, uint64(len(b))), b...)
	return nil
}

func marshalEncoder(t reflect.Type, m marshaler) encodeFunc {
	return func(e *encoder, v reflect.Value) error {
		var b []byte
		var err error
		if m == binaryMarshaler {
			b, err = v.Addr().Interface().(encoding.BinaryMarshaler).MarshalBinary()
		} else {
			b, err = v.Addr().Interface().(encoding.TextMarshaler).MarshalText()
		}
		if err != nil {
			return &RefuseError{Type: t.String(), Why: err.Error()}
		}
		e.buf = append(appendHead(e.buf, majorBytes, uint64(len(b))), b...)
		return nil
	}
}

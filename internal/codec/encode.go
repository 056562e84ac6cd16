package codec

import (
	"encoding"
	"fmt"
	"math/big"
	"reflect"
	"sync"
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
		_ = e.errorChain(err)
		return e.buf, nil
	}
	return Append(nil, reflect.ValueOf(v))
}

// Append appends the encoding of v, by v's type, to dst.
func Append(dst []byte, v reflect.Value) ([]byte, error) {
	e := encoder{buf: dst}
	if err := encoderOf(v.Type())(&e, addressable(v)); err != nil {
		return dst, err
	}
	return e.buf, nil
}

var unboxer func(reflect.Value) (reflect.Value, bool)

// SetUnboxer sets the function that finds the value in an interpreter's own boxes, which it puts into interfaces. It is set once, before
// anything is encoded; the function returns false for values that are no boxes.
func SetUnboxer(f func(reflect.Value) (reflect.Value, bool)) { unboxer = f }

type encoder struct {
	buf   []byte
	depth int
	// path has the pointers, maps and slices around the current value, once it is deep enough to be suspicious.
	path map[unsafe.Pointer]bool
}

// suspicious is the depth from which cycles are looked for.
const suspicious = 50

type encodeFunc func(e *encoder, v reflect.Value) error

var encoders sync.Map // reflect.Type -> encodeFunc

// encoderOf returns the encoder of a type; for a recursive type it is first a function that waits for the finished one.
func encoderOf(t reflect.Type) encodeFunc {
	if f, ok := encoders.Load(t); ok {
		return f.(encodeFunc)
	}
	var ready sync.WaitGroup
	var f encodeFunc
	ready.Add(1)
	waiting := encodeFunc(func(e *encoder, v reflect.Value) error {
		ready.Wait()
		return f(e, v)
	})
	if other, loaded := encoders.LoadOrStore(t, waiting); loaded {
		return other.(encodeFunc)
	}
	f = makeEncoder(t)
	ready.Done()
	encoders.Store(t, f)
	return f
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
	return func(_ *encoder, v reflect.Value) error {
		return &RefuseError{Type: t.String(), Why: why}
	}
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
		return func(e *encoder, v reflect.Value) error { e.buf = appendFloat32(e.buf, float32Of(v)); return nil }
	case reflect.Float64:
		return func(e *encoder, v reflect.Value) error { e.buf = appendFloat64(e.buf, v.Float()); return nil }
	case reflect.Complex64, reflect.Complex128:
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

// float32Of keeps the bits of a NaN, which a conversion through float64 would not.
func float32Of(v reflect.Value) float32 {
	if v.CanAddr() {
		return *(*float32)(v.Addr().UnsafePointer())
	}
	return float32(v.Float())
}

// enter notes a pointer on the way to the current value; leave must follow.
func (e *encoder) enter(p unsafe.Pointer, t reflect.Type) error {
	if e.depth++; e.depth < suspicious {
		return nil
	}
	if e.path[p] || e.depth > maxDepth {
		return &RefuseError{Type: t.String(), Why: "it points back at itself; send indexes or names in place of pointers"}
	}
	if e.path == nil {
		e.path = map[unsafe.Pointer]bool{}
	}
	e.path[p] = true
	return nil
}

func (e *encoder) leave(p unsafe.Pointer) {
	if e.depth >= suspicious {
		delete(e.path, p)
	}
	e.depth--
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
			data := numericBytes(v)
			if elem.tag != 0 {
				e.buf = appendHead(e.buf, majorTag, elem.tag)
			}
			e.buf = append(appendHead(e.buf, majorBytes, uint64(len(data))), data...)
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
		defer e.leave(v.UnsafePointer())
		return list(e, v)
	}
}

func arrayEncoder(t reflect.Type) encodeFunc { return listEncoder(t) }

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

func mapEncoder(t reflect.Type) encodeFunc {
	key, elem := encoderOf(t.Key()), encoderOf(t.Elem())
	return func(e *encoder, v reflect.Value) error {
		if v.IsNil() {
			return e.null()
		}
		if err := e.enter(v.UnsafePointer(), t); err != nil {
			return err
		}
		defer e.leave(v.UnsafePointer())
		e.buf = appendHead(e.buf, majorMap, uint64(v.Len()))
		for it := v.MapRange(); it.Next(); {
			step := fmt.Sprintf("[%v]", it.Key())
			if err := key(e, addressable(it.Key())); err != nil {
				return within(step, err)
			}
			if err := elem(e, addressable(it.Value())); err != nil {
				return within(step, err)
			}
		}
		return nil
	}
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
		defer e.leave(p)
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
	static := v.Type()
	v = v.Elem()
	for unboxer != nil {
		inner, ok := unboxer(v)
		if !ok {
			break
		}
		if v = inner; !v.IsValid() {
			return e.null()
		}
	}
	t := v.Type()
	if natural(t) && !(nilable(t) && v.IsNil()) {
		return encoderOf(t)(e, addressable(v))
	}
	if err, ok := asError(v); ok {
		return e.errorChain(err)
	}
	if why := refusal(t); why != "" {
		return &RefuseError{Type: t.String(), Why: why}
	}
	text, err := typeText(t)
	if err != nil {
		return &RefuseError{Type: t.String(), Why: err.Error()}
	}
	if rebuilt, err := ParseType(text); err != nil || !rebuilt.Implements(static) {
		return &RefuseError{Type: t.String(), Why: fmt.Sprintf("its methods, which %s asks for, do not exist on the other side; declare the variable with its own type", static)}
	}
	e.buf = appendText(appendHead(appendHead(e.buf, majorTag, tagObject), majorArray, 2), text)
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
	return e.errorChain(v.Interface().(error))
}

func (e *encoder) errorChain(err error) error {
	texts := chain(err)
	e.buf = appendText(appendHead(appendHead(e.buf, majorTag, tagObject), majorArray, 2), "error")
	e.buf = appendHead(e.buf, majorArray, uint64(len(texts)))
	for _, text := range texts {
		e.buf = appendText(e.buf, text)
	}
	return nil
}

func encodeTime(e *encoder, v reflect.Value) error {
	t := v.Addr().Interface().(*time.Time)
	text, err := t.Round(0).MarshalText()
	if err != nil {
		return &RefuseError{Type: "time.Time", Why: err.Error()}
	}
	e.buf = appendText(appendHead(e.buf, majorTag, tagTime), string(text))
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

package codec

import (
	"encoding"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
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
	r := reader{data: data}
	if err := decoderOf(v.Type())(&r, v); err != nil {
		return err
	}
	if r.pos != len(data) {
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

var decoders sync.Map // reflect.Type -> decodeFunc

func decoderOf(t reflect.Type) decodeFunc {
	if f, ok := decoders.Load(t); ok {
		return f.(decodeFunc)
	}
	var ready sync.WaitGroup
	var f decodeFunc
	ready.Add(1)
	waiting := decodeFunc(func(r *reader, v reflect.Value) error {
		ready.Wait()
		return f(r, v)
	})
	if other, loaded := decoders.LoadOrStore(t, waiting); loaded {
		return other.(decodeFunc)
	}
	f = makeDecoder(t)
	ready.Done()
	decoders.Store(t, f)
	return f
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

func scalarDecoder(t reflect.Type) decodeFunc {
	switch t.Kind() {
	case reflect.Bool:
		return func(r *reader, v reflect.Value) error {
			switch r.peek() {
			case cborTrue, cborFalse:
				v.SetBool(r.peek() == cborTrue)
				r.pos++
				return nil
			}
			return r.mismatch(t)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return decodeInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return decodeUint
	case reflect.Float32, reflect.Float64:
		return decodeFloat
	case reflect.Complex64, reflect.Complex128:
		return decodeComplex
	case reflect.String:
		return func(r *reader, v reflect.Value) error {
			b, err := r.text()
			if err != nil {
				return err
			}
			v.SetString(string(b))
			return nil
		}
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
		f := math.Float64frombits(n)
		if v.Kind() == reflect.Float32 && !math.IsNaN(f) && float64(float32(f)) != f {
			return &TypeError{Value: fmt.Sprintf("the number %v", f), Type: v.Type().String()}
		}
		v.SetFloat(f)
		return nil
	case major == majorOther && info == 26:
		if v.Kind() == reflect.Float32 {
			*(*uint32)(v.Addr().UnsafePointer()) = uint32(n)
			return nil
		}
		v.SetFloat(float64(math.Float32frombits(uint32(n))))
		return nil
	case major == majorUint && n < 1<<53:
		return setExact(v, float64(n))
	case major == majorInt && n < 1<<53:
		return setExact(v, -1-float64(n))
	}
	r.pos = at
	return r.mismatch(v.Type())
}

// setExact takes an integer as a float where nothing is lost.
func setExact(v reflect.Value, f float64) error {
	if v.Kind() == reflect.Float32 && float64(float32(f)) != f {
		return &TypeError{Value: fmt.Sprintf("the integer %.0f", f), Type: v.Type().String()}
	}
	v.SetFloat(f)
	return nil
}

func decodeComplex(r *reader, v reflect.Value) error {
	n, err := r.array()
	if err != nil {
		return err
	}
	if n != 2 {
		return r.malformed("a complex number that is not a pair")
	}
	var parts [2]float64
	for i := range parts {
		if err := decodeFloat(r, reflect.ValueOf(&parts[i]).Elem()); err != nil {
			return err
		}
	}
	v.SetComplex(complex(parts[0], parts[1]))
	return nil
}

func sliceDecoder(t reflect.Type) decodeFunc {
	elem := decoderOf(t.Elem())
	numeric, isNumeric := arrayTags[t.Elem().Kind()]
	return func(r *reader, v reflect.Value) error {
		if r.null() {
			v.SetZero()
			return nil
		}
		if isNumeric {
			if done, err := r.typedArray(v, numeric); done || err != nil {
				return err
			}
		}
		n, err := r.array()
		if err != nil {
			return err
		}
		if err := r.enter(); err != nil {
			return err
		}
		defer r.leave()
		// The slice grows with the elements that are there, so that a short input cannot ask for much memory.
		out := reflect.MakeSlice(t, 0, min(n, 1024))
		for i := range n {
			out = reflect.Append(out, reflect.Zero(t.Elem()))
			if err := elem(r, out.Index(i)); err != nil {
				return within(fmt.Sprintf("[%d]", i), err)
			}
		}
		v.Set(out)
		return nil
	}
}

func (r *reader) enter() error {
	if r.depth++; r.depth > maxDepth {
		return r.malformed("values nested too deep")
	}
	return nil
}

func (r *reader) leave() { r.depth-- }

// typedArray reads a byte string or a typed array into a numeric slice of the same element type.
func (r *reader) typedArray(v reflect.Value, want arrayTag) (done bool, err error) {
	at := r.pos
	major, _, n, err := r.head()
	if err != nil {
		return false, err
	}
	if major == majorTag && n == want.tag && want.tag != 0 {
		if major, _, n, err = r.head(); err != nil {
			return false, err
		}
	} else if major != majorBytes || want.tag != 0 {
		r.pos = at
		return false, nil
	}
	if major != majorBytes {
		return false, r.malformed("a typed array without bytes")
	}
	data, err := r.take(n)
	if err != nil {
		return false, err
	}
	size := want.elem.Size()
	if len(data)%size != 0 {
		return false, r.malformed("a typed array with half an element")
	}
	out := reflect.MakeSlice(v.Type(), len(data)/size, len(data)/size)
	if err := fillNumeric(out, data); err != nil {
		return false, err
	}
	v.Set(out)
	return true, nil
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
	return func(r *reader, v reflect.Value) error {
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

func mapDecoder(t reflect.Type) decodeFunc {
	key, elem := decoderOf(t.Key()), decoderOf(t.Elem())
	return func(r *reader, v reflect.Value) error {
		if r.null() {
			v.SetZero()
			return nil
		}
		n, err := r.expect(majorMap, t.String())
		if err != nil {
			return err
		}
		if err := r.enter(); err != nil {
			return err
		}
		defer r.leave()
		out := reflect.MakeMapWithSize(t, min(n, 1024))
		for range n {
			k, x := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
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
		v.Set(out)
		return nil
	}
}

func structDecoder(t reflect.Type) decodeFunc {
	type field struct {
		index int
		dec   decodeFunc
	}
	fields := map[string]field{}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "_" {
			continue
		}
		fields[f.Name] = field{i, decoderOf(f.Type)}
	}
	// The interpreter's struct types have an unexported field b under the name Xb.
	for name, f := range fields {
		alias := "X" + name
		if rest, ok := strings.CutPrefix(name, "X"); ok {
			alias = rest
		}
		if _, taken := fields[alias]; !taken && (unexported(alias) || unexported(name)) {
			fields[alias] = f
		}
	}
	return func(r *reader, v reflect.Value) error {
		n, err := r.expect(majorMap, t.String())
		if err != nil {
			return err
		}
		if err := r.enter(); err != nil {
			return err
		}
		defer r.leave()
		v.SetZero()
		for range n {
			name, err := r.text()
			if err != nil {
				return err
			}
			f, ok := fields[string(name)]
			if !ok {
				return &TypeError{Value: fmt.Sprintf("a struct with a field %s", name), Type: t.String()}
			}
			if err := f.dec(r, fieldOf(v, f.index)); err != nil {
				return within("."+string(name), err)
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
		defer r.leave()
		if wrapped {
			if n, err := r.array(); err != nil {
				return err
			} else if n != 1 {
				return r.malformed("a pointer to several values")
			}
		}
		p := reflect.New(t.Elem())
		if err := elem(r, p.Elem()); err != nil {
			return err
		}
		v.Set(p)
		return nil
	}
}

func decodeTime(r *reader, v reflect.Value) error {
	if err := r.tag(tagTime, "time.Time"); err != nil {
		return err
	}
	text, err := r.text()
	if err != nil {
		return err
	}
	t, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return r.malformed("a time that is none")
	}
	*v.Addr().Interface().(*time.Time) = t
	return nil
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
	b, err := r.text()
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
	b, err := r.text()
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
		b, err := r.text()
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

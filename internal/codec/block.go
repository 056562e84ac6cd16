package codec

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"slices"
	"unsafe"

	"github.com/gocluster/gocluster/internal/proto"
)

// elems are the machine types that a block holds raw; int and uint travel as 64 bits.
var elems = map[reflect.Kind]proto.Elem{
	reflect.Bool: proto.ElemBool, reflect.Complex64: proto.ElemComplex64, reflect.Complex128: proto.ElemComplex128,
}

// elemTypes are the Go types of a block's raw elements.
var elemTypes = map[proto.Elem]reflect.Type{
	proto.ElemBool: boolType, proto.ElemComplex64: reflect.TypeFor[complex64](), proto.ElemComplex128: reflect.TypeFor[complex128](),
}

func init() {
	for kind, a := range arrayTags {
		elems[kind] = a.elem
		elemTypes[a.elem] = a.t
	}
}

// raw reports whether values of a type lie in memory as they lie in a block.
func raw(t reflect.Type) (proto.Elem, bool) {
	elem, ok := elems[t.Kind()]
	return elem, ok && elem.Size() == int(t.Size()) && !bigEndian && marshalerOf(t) == noMarshaler
}

// Scratch is memory for blocks that are used one after the other: each lies where the one before it did.
type Scratch struct{ data, ends []byte }

// scratchMost is how much memory a Scratch keeps.
const scratchMost = 1 << 20

// Block lays the elements of a slice or array out. Numbers and bools are taken as they lie in memory, without a copy: the
// elements must not be changed while the block is in use.
func Block(xs reflect.Value) (proto.Block, error) {
	var s Scratch
	return s.Block(xs)
}

// Block is as the function of that name. The block is good until the next one is made.
func (s *Scratch) Block(xs reflect.Value) (proto.Block, error) {
	xs = usable(xs)
	if xs.Kind() == reflect.Array {
		xs = xs.Slice(0, xs.Len())
	}
	if xs.Kind() != reflect.Slice {
		return proto.Block{}, fmt.Errorf("codec: a block of %s, which is no slice", xs.Type())
	}
	n := xs.Len()
	if elem, ok := raw(xs.Type().Elem()); ok {
		return proto.Block{Kind: proto.BlockFixed, Elem: elem, N: n, Data: numericBytes(xs)}, nil
	}
	enc := encoderOf(xs.Type().Elem())
	e := encoder{buf: s.data[:0]}
	ends := slices.Grow(s.ends[:0], 8*n)
	for i := range n {
		if err := enc(&e, xs.Index(i)); err != nil {
			return proto.Block{}, within(fmt.Sprintf("[%d]", i), err)
		}
		if ends = binary.LittleEndian.AppendUint64(ends, uint64(len(e.buf))); i == 0 {
			e.buf = slices.Grow(e.buf, min((n-1)*len(e.buf), growAtOnce)) // the others may be as large
		}
	}
	if s.data, s.ends = e.buf, ends; cap(e.buf)+cap(ends) > scratchMost {
		*s = Scratch{}
	}
	return proto.Block{Kind: proto.BlockVar, N: n, Data: e.buf, Ends: ends}, nil
}

// growAtOnce bounds what is allocated for values on the suspicion that they are as large as the first.
const growAtOnce = 256 << 10

// maxValues bounds the memory of the slice that Values makes: a range of any length takes no bytes.
const maxValues = 1 << 38

// Values decodes a block into a slice of elem, which shares nothing with the block.
func Values(b proto.Block, elem reflect.Type) (reflect.Value, error) { return valuesOf(b, elem, nil) }

func valuesOf(b proto.Block, elem reflect.Type, n Names) (reflect.Value, error) {
	if err := b.Check(); err != nil {
		return reflect.Value{}, err
	}
	if b.Kind == proto.BlockNone {
		return reflect.MakeSlice(reflect.SliceOf(elem), 0, 0), nil
	}
	if size := max(1, elem.Size()); uint64(b.N) > maxValues/uint64(size) || uint64(b.N) > math.MaxInt/uint64(size) {
		return reflect.Value{}, fmt.Errorf("%d values of type %s are too many for one slice", b.N, elem)
	}
	if want, ok := raw(elem); ok && b.Kind == proto.BlockFixed && b.Elem == want && want != proto.ElemBool && len(b.Data) >= large {
		return copied(b.Data, elem), nil
	}
	out := reflect.MakeSlice(reflect.SliceOf(elem), b.N, b.N)
	return out, fill(b, out, n)
}

// fill decodes all elements of a checked block into a slice as long as it.
func fill(b proto.Block, out reflect.Value, n Names) error {
	elem := out.Type().Elem()
	switch want, ok := raw(elem); {
	case b.Kind == proto.BlockRange:
		return fillRange(b, out)
	case b.Kind == proto.BlockVar:
		dec, r := decoderOf(elem), &reader{names: n}
		for i := range b.N {
			r.reset(b.At(i))
			if err := r.whole(dec, out.Index(i)); err != nil {
				return within(fmt.Sprintf("[%d]", i), err)
			}
		}
		return nil
	case ok && b.Elem == want:
		if want == proto.ElemBool {
			if err := checkBools(b.Data); err != nil {
				return err
			}
		}
		copy(numericBytes(out), b.Data)
		return nil
	}
	for i := range b.N {
		if err := setFixed(b, i, out.Index(i)); err != nil {
			return within(fmt.Sprintf("[%d]", i), err)
		}
	}
	return nil
}

// fillRange writes a range's integers. Where the first and the last fit, all between them do, but for large floats.
func fillRange(b proto.Block, out reflect.Value) error {
	if b.N == 0 {
		return nil
	}
	last, err := lastOf(b)
	if err != nil {
		return err
	}
	fits := func(i int64) bool { return setInteger(i, out.Index(0)) == nil }
	const small = 1 << 24 // all integers up to here are floats of 32 bits
	between := func(i int64) bool { return -small <= i && i <= small }
	if fits(b.Start) && fits(last) {
		switch elem := out.Type().Elem(); {
		case elem.Kind() == reflect.Int && elem.Size() == 8, elem.Kind() == reflect.Int64:
			count(unsafe.Slice((*int64)(out.UnsafePointer()), b.N), b)
			return nil
		case elem.Kind() == reflect.Float64 && between(b.Start) && between(last):
			count(unsafe.Slice((*float64)(out.UnsafePointer()), b.N), b)
			return nil
		}
	}
	for i := range b.N {
		if err := setInteger(b.Int(i), out.Index(i)); err != nil {
			return within(fmt.Sprintf("[%d]", i), err)
		}
	}
	return nil
}

func count[T int64 | float64](xs []T, b proto.Block) {
	x, step := T(b.Start), T(b.Step)
	for i := range xs {
		xs[i] = x
		x += step
	}
}

// lastOf returns a range's last integer; a range beyond 64 bits is refused.
func lastOf(b proto.Block) (int64, error) {
	last := b.Int(b.N - 1)
	if b.N > 1 && b.Step != 0 {
		if span := last - b.Start; span/b.Step != int64(b.N-1) || span%b.Step != 0 || (last > b.Start) != (b.Step > 0) {
			return 0, fmt.Errorf("%w: a range of %d integers from %d in steps of %d leaves 64 bits", ErrMalformed, b.N, b.Start, b.Step)
		}
	}
	return last, nil
}

// checkBools refuses bytes that are no bools: a Go bool that is neither 0 nor 1 is neither true nor false.
func checkBools(data []byte) error {
	for i, b := range data {
		if b > 1 {
			return fmt.Errorf("%w: the bool at %d is %d", ErrMalformed, i, b)
		}
	}
	return nil
}

// Element decodes element i of a checked block.
func Element(b proto.Block, i int, elem reflect.Type) (reflect.Value, error) {
	v := reflect.New(elem).Elem()
	err := ElementInto(b, i, v)
	return v, err
}

// ElementInto decodes element i of a checked block into v, which must be settable.
func ElementInto(b proto.Block, i int, v reflect.Value) error {
	if i < 0 || i >= b.N {
		return fmt.Errorf("codec: element %d of a block of %d", i, b.N)
	}
	switch b.Kind {
	case proto.BlockRange:
		return setInteger(b.Int(i), v)
	case proto.BlockVar:
		return UnmarshalValue(b.At(i), v)
	case proto.BlockFixed:
		return setFixed(b, i, v)
	}
	return fmt.Errorf("%w: an element of a block without values", ErrMalformed)
}

// setInteger takes an integer as whatever number type v has, where it fits exactly.
func setInteger(i int64, v reflect.Value) error {
	switch {
	case v.CanInt() && !v.OverflowInt(i):
		v.SetInt(i)
	case v.CanUint() && i >= 0 && !v.OverflowUint(uint64(i)):
		v.SetUint(uint64(i))
	case v.CanFloat() && exact(i, v.Kind()):
		v.SetFloat(float64(i))
	case v.Kind() == reflect.Interface && intType.AssignableTo(v.Type()) && int64(int(i)) == i:
		v.Set(reflect.ValueOf(int(i)))
	default:
		return &TypeError{Value: fmt.Sprintf("the integer %d", i), Type: v.Type().String()}
	}
	return nil
}

func exact(i int64, kind reflect.Kind) bool {
	f := float64(i)
	if kind == reflect.Float32 {
		f = float64(float32(i))
	}
	return f < 1<<63 && int64(f) == i
}

// setFixed decodes a number that lies raw in a block.
func setFixed(b proto.Block, i int, v reflect.Value) error {
	data := b.At(i)
	if v.Kind() == reflect.Interface {
		t, ok := elemTypes[b.Elem]
		if !ok || !t.AssignableTo(v.Type()) {
			return &TypeError{Value: "a number", Type: v.Type().String()}
		}
		x := reflect.New(t).Elem()
		if err := setFixed(b, i, x); err != nil {
			return err
		}
		v.Set(x)
		return nil
	}
	switch b.Elem {
	case proto.ElemInt8, proto.ElemInt16, proto.ElemInt32, proto.ElemInt64:
		shift := 64 - 8*len(data)
		return setInteger(int64(bits(data)<<shift)>>shift, v)
	case proto.ElemUint8, proto.ElemUint16, proto.ElemUint32, proto.ElemUint64:
		return setUnsigned(bits(data), v)
	case proto.ElemFloat32:
		return setBits32(uint32(bits(data)), v)
	case proto.ElemFloat64:
		if v.CanFloat() {
			return setFloat(v, math.Float64frombits(bits(data)))
		}
	case proto.ElemBool:
		if err := checkBools(data); err != nil {
			return err
		}
		if v.Kind() == reflect.Bool {
			v.SetBool(data[0] == 1)
			return nil
		}
	case proto.ElemComplex64, proto.ElemComplex128:
		return setComplex(data, v)
	}
	return &TypeError{Value: "a " + elemTypes[b.Elem].String(), Type: v.Type().String()}
}

// bits reads a little-endian number.
func bits(data []byte) uint64 {
	var n uint64
	for i, b := range data {
		n |= uint64(b) << (8 * i)
	}
	return n
}

func setUnsigned(n uint64, v reflect.Value) error {
	switch {
	case n <= math.MaxInt64:
		return setInteger(int64(n), v)
	case v.CanUint() && !v.OverflowUint(n):
		v.SetUint(n)
		return nil
	}
	return &TypeError{Value: fmt.Sprintf("the integer %d", n), Type: v.Type().String()}
}

func setBits32(n uint32, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Float32:
		*(*uint32)(v.Addr().UnsafePointer()) = n // all bits of a NaN
	case reflect.Float64:
		v.SetFloat(float64(math.Float32frombits(n)))
	default:
		return &TypeError{Value: "a float32", Type: v.Type().String()}
	}
	return nil
}

func setComplex(data []byte, v reflect.Value) error {
	half := len(data) / 2
	switch {
	case v.Kind() == reflect.Complex64 && half == 4:
		parts := (*[2]uint32)(v.Addr().UnsafePointer())
		parts[0], parts[1] = uint32(bits(data[:half])), uint32(bits(data[half:]))
	case v.Kind() == reflect.Complex128 && half == 8:
		parts := (*[2]uint64)(v.Addr().UnsafePointer())
		parts[0], parts[1] = bits(data[:half]), bits(data[half:])
	case v.Kind() == reflect.Complex128:
		re, im := math.Float32frombits(uint32(bits(data[:half]))), math.Float32frombits(uint32(bits(data[half:])))
		v.SetComplex(complex(float64(re), float64(im)))
	default:
		return &TypeError{Value: "a complex number", Type: v.Type().String()}
	}
	return nil
}

package codec

import (
	"fmt"
	"math"
	"reflect"

	"github.com/gocluster/gocluster/internal/proto"
)

// elems are the machine types that a block holds raw; int and uint travel as 64 bits.
var elems = map[reflect.Kind]proto.Elem{
	reflect.Bool: proto.ElemBool, reflect.Complex64: proto.ElemComplex64, reflect.Complex128: proto.ElemComplex128,
}

func init() {
	for kind, a := range arrayTags {
		elems[kind] = a.elem
	}
}

// raw reports whether values of a type lie in memory as they lie in a block.
func raw(t reflect.Type) (proto.Elem, bool) {
	elem, ok := elems[t.Kind()]
	return elem, ok && elem.Size() == int(t.Size()) && !bigEndian && marshalerOf(t) == noMarshaler
}

// Block lays the elements of a slice or array out. Numbers and bools are taken as they lie in memory, without a copy: the
// elements must not be changed while the block is in use.
func Block(xs reflect.Value) (proto.Block, error) {
	if xs.Kind() == reflect.Array {
		xs = addressable(xs).Slice(0, xs.Len())
	}
	if xs.Kind() != reflect.Slice {
		return proto.Block{}, fmt.Errorf("codec: a block of %s, which is no slice", xs.Type())
	}
	if elem, ok := raw(xs.Type().Elem()); ok {
		return proto.Block{Kind: proto.BlockFixed, Elem: elem, N: xs.Len(), Data: numericBytes(xs)}, nil
	}
	b := proto.Block{Kind: proto.BlockVar}
	enc := encoderOf(xs.Type().Elem())
	e := encoder{}
	for i := range xs.Len() {
		e.buf = e.buf[:0]
		if err := enc(&e, addressable(xs.Index(i))); err != nil {
			return proto.Block{}, within(fmt.Sprintf("[%d]", i), err)
		}
		b.Append(e.buf)
	}
	return b, nil
}

// Values decodes a block into a slice of elem.
func Values(b proto.Block, elem reflect.Type) (reflect.Value, error) {
	if err := b.Check(); err != nil {
		return reflect.Value{}, err
	}
	if b.Kind == proto.BlockNone {
		return reflect.MakeSlice(reflect.SliceOf(elem), 0, 0), nil
	}
	out := reflect.MakeSlice(reflect.SliceOf(elem), b.N, b.N)
	if want, ok := raw(elem); ok && b.Kind == proto.BlockFixed && b.Elem == want {
		if want == proto.ElemBool {
			if err := checkBools(b.Data); err != nil {
				return reflect.Value{}, err
			}
		}
		copy(numericBytes(out), b.Data)
		return out, nil
	}
	for i := range b.N {
		if err := ElementInto(b, i, out.Index(i)); err != nil {
			return reflect.Value{}, within(fmt.Sprintf("[%d]", i), err)
		}
	}
	return out, nil
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

// Element decodes element i of a block.
func Element(b proto.Block, i int, elem reflect.Type) (reflect.Value, error) {
	v := reflect.New(elem).Elem()
	err := ElementInto(b, i, v)
	return v, err
}

// ElementInto decodes element i of a checked block into v, which must be settable.
func ElementInto(b proto.Block, i int, v reflect.Value) error {
	switch b.Kind {
	case proto.BlockRange:
		return setInteger(b.Int(i), v)
	case proto.BlockVar:
		return UnmarshalValue(b.At(i), v)
	case proto.BlockFixed:
		return setFixed(b, i, v)
	}
	return fmt.Errorf("%w: an element of an empty block", ErrMalformed)
}

// setInteger takes an element of a range as whatever number type the function asks for, where it fits exactly.
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
	if kind == reflect.Float32 {
		return int64(float32(i)) == i && i != math.MaxInt64
	}
	return int64(float64(i)) == i && i != math.MaxInt64
}

// setFixed decodes a number that lies in the block as another type than v's.
func setFixed(b proto.Block, i int, v reflect.Value) error {
	t, ok := elemTypes[b.Elem]
	if !ok {
		return fmt.Errorf("%w: numbers of type %d", ErrMalformed, b.Elem)
	}
	x := reflect.New(t).Elem()
	if b.Elem == proto.ElemBool {
		if err := checkBools(b.At(i)); err != nil {
			return err
		}
	}
	one := reflect.NewAt(reflect.ArrayOf(1, t), x.Addr().UnsafePointer()).Elem().Slice(0, 1)
	data := b.At(i)
	if bigEndian {
		data = swapped(data, len(data))
	}
	copy(rawBytes(one), data)
	switch {
	case x.Type().AssignableTo(v.Type()):
		v.Set(x)
	case x.CanInt():
		return setInteger(x.Int(), v)
	case x.CanUint() && x.Uint() <= math.MaxInt64:
		return setInteger(int64(x.Uint()), v)
	case x.CanUint() && v.CanUint() && !v.OverflowUint(x.Uint()):
		v.SetUint(x.Uint())
	case x.CanFloat() && v.CanFloat() && (v.Kind() == reflect.Float64 || x.Float() != x.Float() || float64(float32(x.Float())) == x.Float()):
		v.SetFloat(x.Float())
	case x.Kind() == v.Kind():
		v.Set(x.Convert(v.Type()))
	default:
		return &TypeError{Value: fmt.Sprintf("the number %v", x), Type: v.Type().String()}
	}
	return nil
}

// elemTypes are the Go types of a block's raw elements.
var elemTypes = map[proto.Elem]reflect.Type{
	proto.ElemBool: boolType, proto.ElemComplex64: reflect.TypeFor[complex64](), proto.ElemComplex128: reflect.TypeFor[complex128](),
}

func init() {
	for _, a := range arrayTags {
		elemTypes[a.elem] = a.t
	}
}

// ElemType returns the Go type of a BlockFixed's elements; a range's is int. It is nil for other blocks.
func ElemType(b proto.Block) reflect.Type {
	switch b.Kind {
	case proto.BlockRange:
		return intType
	case proto.BlockFixed:
		return elemTypes[b.Elem]
	}
	return nil
}

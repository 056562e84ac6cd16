package codec

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// random makes values of the kinds that both sides have without further agreement.
type random struct{ *rand.Rand }

func (r random) value(depth int) any {
	kinds := 8
	if depth == 0 {
		kinds = 6
	}
	switch r.IntN(kinds) {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2:
		return int(r.Int64()>>r.IntN(64)) - 1<<r.IntN(20)
	case 3:
		return []float64{0, 1.5, -2.25, math.Inf(1), math.MaxFloat64, 5e-324, float64(float32(0.1)), r.NormFloat64()}[r.IntN(8)]
	case 4:
		return r.text()
	case 5:
		return r.text()
	case 6:
		out := make([]any, r.IntN(5))
		for i := range out {
			out[i] = r.value(depth - 1)
		}
		return out
	}
	out := map[string]any{}
	for range r.IntN(5) {
		out[r.text()] = r.value(depth - 1)
	}
	return out
}

func (r random) text() string {
	letters := []rune("ab\x00\"ü世🙂")
	out := make([]rune, r.IntN(30))
	for i := range out {
		out[i] = letters[r.IntN(len(letters))]
	}
	return string(out)
}

// Another implementation reads what this one writes, and this one reads what it writes, in all its manners.
func TestAnotherImplementationAgrees(t *testing.T) {
	theirs, err := cbor.DecOptions{DefaultMapType: reflect.TypeFor[map[string]any](), IntDec: cbor.IntDecConvertSignedOrFail}.DecMode()
	if err != nil {
		t.Fatal(err)
	}
	var writers []cbor.EncMode
	for _, o := range []cbor.EncOptions{{}, cbor.CanonicalEncOptions(), cbor.CoreDetEncOptions(), cbor.CTAP2EncOptions()} {
		m, err := o.EncMode()
		if err != nil {
			t.Fatal(err)
		}
		writers = append(writers, m)
	}
	r := random{rand.New(rand.NewPCG(3, 4))}
	for i := range 2000 {
		want := r.value(4)
		ours, err := dynamic(want)
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if err := theirs.Unmarshal(ours, &got); err != nil {
			t.Fatalf("value %d: they cannot read %x: %v", i, ours, err)
		}
		if !reflect.DeepEqual(normal(got), normal(want)) {
			t.Fatalf("value %d: they read %#v, want %#v", i, got, want)
		}
		data, err := writers[i%len(writers)].Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(data)
		if err != nil {
			t.Fatalf("value %d: we cannot read their %x: %v", i, data, err)
		}
		if !reflect.DeepEqual(back, want) {
			t.Fatalf("value %d: we read %#v, want %#v", i, back, want)
		}
	}
}

// normal has all integers as int64, as the other side has them.
func normal(v any) any {
	switch v := v.(type) {
	case int:
		return int64(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = normal(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k := range v {
			out[k] = normal(v[k])
		}
		return out
	}
	return v
}

func TestAnotherImplementationReadsTypedValues(t *testing.T) {
	now := time.Date(2026, 2, 3, 4, 5, 6, 789, time.FixedZone("", 3600))
	huge, _ := new(big.Int).SetString("-22539340290692258087863249", 10)
	type record struct {
		Name  string
		Score float32
		Tags  []string
		Sub   *record
	}
	for _, want := range []any{
		*huge, now, record{"n", 0.1, []string{"a", ""}, &record{Name: "m"}}, map[string]int{"a": 1, "b": -2}, map[int]string{-1: "x"}, []byte("bytes"), [2]bool{true, false},
	} {
		data, err := Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got := reflect.New(reflect.TypeOf(want))
		if err := cbor.Unmarshal(data, got.Interface()); err != nil {
			t.Errorf("%T: they cannot read it: %v", want, err)
			continue
		}
		if tm, ok := want.(time.Time); ok {
			if !tm.Equal(got.Elem().Interface().(time.Time)) {
				t.Errorf("they read %v, want %v", got.Elem(), want)
			}
		} else if !reflect.DeepEqual(got.Elem().Interface(), want) {
			t.Errorf("they read %v, want %v", got.Elem(), want)
		}
	}
}

// typ makes a type that both sides know what to do with: what it consists of is exported.
func (r random) typ(depth int) reflect.Type {
	basic := []reflect.Type{
		boolType, intType, stringType, float64Type, reflect.TypeFor[float32](), reflect.TypeFor[int8](), reflect.TypeFor[uint16](), reflect.TypeFor[uint64](), reflect.TypeFor[[]byte](),
	}
	if depth == 0 || r.IntN(3) == 0 {
		return basic[r.IntN(len(basic))]
	}
	switch r.IntN(5) {
	case 0:
		return reflect.SliceOf(r.element(depth - 1))
	case 1:
		return reflect.ArrayOf(r.IntN(4), r.element(depth-1))
	case 2:
		return reflect.MapOf(basic[1+r.IntN(2)], r.typ(depth-1))
	case 3:
		return reflect.PointerTo(reflect.StructOf([]reflect.StructField{{Name: "To", Type: r.typ(depth - 1)}}))
	}
	var fields []reflect.StructField
	for i := range r.IntN(5) {
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: r.typ(depth - 1)})
	}
	return reflect.StructOf(fields)
}

// element is a type of elements whose lists are not typed arrays, which the other side does not know.
func (r random) element(depth int) reflect.Type {
	for {
		if t := r.typ(depth); arrayTags[t.Kind()].t == nil {
			return t
		}
	}
}

// fill gives a variable a value.
func (r random) fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int8:
		v.SetInt(r.Int64() >> (64 - v.Type().Bits()) >> r.IntN(v.Type().Bits()))
	case reflect.Uint8, reflect.Uint16, reflect.Uint64:
		v.SetUint(r.Uint64() >> (64 - v.Type().Bits()) >> r.IntN(v.Type().Bits()))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(float32(r.NormFloat64())))
	case reflect.String:
		v.SetString(r.text())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 4))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			r.fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(4) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			r.fill(key)
			r.fill(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Pointer:
		if r.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			r.fill(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			r.fill(v.Field(i))
		}
	}
}

// Values of any types come back as they were, from this implementation, in a block, and through the other one.
func TestValuesOfRandomTypesComeBackFromBoth(t *testing.T) {
	r := random{rand.New(rand.NewPCG(5, 6))}
	for i := range 1000 {
		want := reflect.New(r.typ(4)).Elem()
		r.fill(want)
		data, err := Append(nil, want)
		if err != nil {
			t.Fatalf("value %d, %v: %v", i, want.Type(), err)
		}
		ours, theirs := reflect.New(want.Type()), reflect.New(want.Type())
		if err := UnmarshalValue(data, ours.Elem()); err != nil || !reflect.DeepEqual(ours.Elem().Interface(), want.Interface()) {
			t.Fatalf("value %d: we read %#v, %v; want %#v", i, ours.Elem(), err, want)
		}
		if err := cbor.Unmarshal(data, theirs.Interface()); err != nil || !reflect.DeepEqual(theirs.Elem().Interface(), want.Interface()) {
			t.Fatalf("value %d: they read %#v, %v; want %#v from %x", i, theirs.Elem(), err, want, data)
		}
		b := NewBuilder(want.Type())
		if err := b.Append(want); err != nil {
			t.Fatal(err)
		}
		one, err := Element(b.Take(), 0, want.Type())
		if err != nil || !reflect.DeepEqual(one.Interface(), want.Interface()) {
			t.Fatalf("value %d: a block has %#v, %v; want %#v", i, one, err, want)
		}
	}
}

// RFC 8949's appendix A, as far as values here have counterparts.
func TestTheExamplesOfTheStandard(t *testing.T) {
	for _, c := range []struct {
		hex  string
		want any
	}{
		{"00", 0}, {"17", 23}, {"1818", 24}, {"1903e8", 1000}, {"1a000f4240", 1000000}, {"20", -1}, {"3903e7", -1000},
		{"1bffffffffffffffff", uint64(math.MaxUint64)}, {"c249010000000000000000", new(big.Int).Lsh(big.NewInt(1), 64)},
		{"f90000", 0.0}, {"f98000", math.Copysign(0, -1)}, {"f93c00", 1.0}, {"f93e00", 1.5}, {"f97bff", 65504.0}, {"fa47c35000", 100000.0}, {"fa7f7fffff", float64(math.MaxFloat32)},
		{"fb7e37e43c8800759c", 1.0e+300}, {"f90001", 5.960464477539063e-8}, {"f90400", 0.00006103515625}, {"f9c400", -4.0}, {"f97c00", math.Inf(1)}, {"f9fc00", math.Inf(-1)},
		{"f4", false}, {"f5", true}, {"f6", nil}, {"60", ""}, {"6449455446", "IETF"}, {"62225c", "\"\\"}, {"63e6b0b4", "水"}, {"64f0908591", "𐅑"},
		{"80", []any{}}, {"83010203", []any{1, 2, 3}}, {"8301820203820405", []any{1, []any{2, 3}, []any{4, 5}}},
		{"a0", map[string]any{}}, {"a201020304", map[any]any{1: 2, 3: 4}}, {"a26161016162820203", map[string]any{"a": 1, "b": []any{2, 3}}}, {"826161a161626163", []any{"a", map[string]any{"b": "c"}}},
	} {
		var data []byte
		fmt.Sscanf(c.hex, "%x", &data)
		got, err := Decode(data)
		if err != nil {
			t.Errorf("%s: %v", c.hex, err)
		} else if !same(got, c.want) {
			t.Errorf("%s: got %#v, want %#v", c.hex, got, c.want)
		}
	}
	var nan float64
	if err := Unmarshal([]byte{0xf9, 0x7e, 0x00}, &nan); err != nil || nan == nan {
		t.Errorf("f97e00: got %v, %v, want NaN", nan, err)
	}
}

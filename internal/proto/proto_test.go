package proto

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

// fill sets every field of a message to a random value, so that a field that is not walked is noticed.
func fill(v reflect.Value, r *rand.Rand) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(0, 1+r.Int64N(1<<60))))
		return
	case Block:
		b := Block{}
		for range r.IntN(4) {
			b.Append(bytes.Repeat([]byte{7}, r.IntN(800)))
		}
		if b.N == 0 {
			b = RangeBlock(r.Int64N(100), r.IntN(9), 3)
		}
		v.Set(reflect.ValueOf(b))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), r)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+r.IntN(3), 4))
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes(bytes.Repeat([]byte{byte(1 + r.IntN(255))}, 1+r.IntN(1500)))
			return
		}
		for i := range v.Len() {
			fill(v.Index(i), r)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), r)
		}
	case reflect.String:
		v.SetString("text αβ\x00")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(r.NormFloat64())
	case reflect.Uint8:
		v.SetUint(1 + r.Uint64N(255))
	case reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1 + r.Uint64N(1<<15))
	default:
		v.SetInt(-1 - r.Int64N(1<<30))
	}
}

func TestEveryFieldOfEveryMessageSurvives(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	count := 0
	for typ := Type(1); typ < 255; typ++ {
		m := blank(typ)
		if m == nil {
			continue
		}
		count++
		for range 20 {
			m := blank(typ)
			fill(reflect.ValueOf(m).Elem(), r)
			got, err := Decode(Encode(m))
			if err != nil {
				t.Fatalf("%T: %v", m, err)
			}
			if !reflect.DeepEqual(got, m) {
				t.Fatalf("%T: a field did not survive (seed 1, 2)", m)
			}
		}
	}
	if all := int(TypeRunEnd) - 1; count != all { // TypePacked is no message
		t.Errorf("%d message types can be decoded, %d exist", count, all)
	}
}

// TestTheSpecificationNamesEveryMessage, which is the package's comment.
func TestTheSpecificationNamesEveryMessage(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	words := strings.FieldsFunc(string(text), func(r rune) bool { return !unicode.IsLetter(r) })
	for typ := Type(1); typ < 255; typ++ {
		if m := blank(typ); m != nil && !slices.Contains(words, reflect.TypeOf(m).Elem().Name()) {
			t.Errorf("doc.go does not say when %T is sent", m)
		}
	}
}

func TestBlockSlices(t *testing.T) {
	var v Block
	for _, s := range []string{"a", "", "ccc", "dd"} {
		v.Append([]byte(s))
	}
	fixed := Block{Kind: BlockFixed, Elem: ElemInt16, N: 4, Data: []byte{1, 0, 2, 0, 3, 0, 4, 0}}
	for _, b := range []Block{v, fixed} {
		for i := range b.N + 1 {
			for j := i; j <= b.N; j++ {
				s := b.Slice(i, j)
				if err := s.Check(); err != nil {
					t.Fatal(err)
				}
				for k := range s.N {
					if !bytes.Equal(s.At(k), b.At(i+k)) {
						t.Errorf("slice %d:%d element %d is %q, want %q", i, j, k, s.At(k), b.At(i+k))
					}
				}
			}
		}
	}
	if got := RangeBlock(10, 5, -2).Slice(2, 4); got.Int(0) != 6 || got.Int(1) != 4 || got.N != 2 {
		t.Errorf("slice of a range: %+v", got)
	}
}

func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for typ := Type(1); typ <= TypeProfiles; typ++ {
		m := blank(typ)
		if m == nil {
			continue
		}
		fill(reflect.ValueOf(m).Elem(), r)
		fr := Encode(m)
		f.Add(fr[0], bytes.Join(fr[1:], nil), len(fr) > 1)
	}
	f.Fuzz(func(t *testing.T, head, bulk []byte, has bool) {
		frames := [][]byte{head}
		if has {
			frames = append(frames, bulk)
		}
		m, err := Decode(frames)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("error %v is not ErrMalformed", err)
			}
			return
		}
		if _, err := Decode(Encode(m)); err != nil {
			t.Errorf("%T decodes but its encoding does not: %v", m, err)
		}
	})
}

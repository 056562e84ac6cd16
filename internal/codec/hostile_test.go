package codec

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// targets are decoded into, whatever the bytes are.
func targets() []any {
	return []any{
		new(any), new(outer), new([]float64), new([]string), new(map[string][]int), new(map[[2]int]bool), new(big.Int), new(big.Rat), new(big.Float),
		new(time.Time), new(error), new([3]int8), new(**int), new(complex64), new(bool), new(uint8), new([][]any),
	}
}

// decodeAll decodes data into everything; it must not panic, and what comes out must be a value that can be encoded.
func decodeAll(t *testing.T, data []byte) {
	t.Helper()
	for _, ptr := range targets() {
		if Unmarshal(data, ptr) != nil {
			continue
		}
		again, err := Append(nil, reflect.ValueOf(ptr).Elem())
		if err != nil {
			t.Errorf("%T was decoded from %x but cannot be encoded: %v", ptr, data, err)
			continue
		}
		if err := Unmarshal(again, reflect.New(reflect.TypeOf(ptr).Elem()).Interface()); err != nil {
			t.Errorf("%T: %x is encoded again as %x, which cannot be decoded: %v", ptr, data, again, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, v := range values() {
		data, err := Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		if data, err := dynamic(v); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) { decodeAll(t, data) })
}

func TestEveryCutOfEveryValueIsRefused(t *testing.T) {
	for _, v := range values() {
		data, err := Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		for n := range data {
			if err := Unmarshal(data[:n], reflect.New(reflect.TypeOf(v)).Interface()); err == nil {
				t.Errorf("%T: the first %d of %d bytes pass for a value", v, n, len(data))
			}
		}
		if err := Unmarshal(append(data, 0), reflect.New(reflect.TypeOf(v)).Interface()); !errors.Is(err, ErrMalformed) {
			t.Errorf("%T: a byte too many: got %v, want ErrMalformed", v, err)
		}
	}
}

func TestDamagedBytesNeverPanic(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, v := range values() {
		data, err := dynamic(v)
		if err != nil { // a recursive type
			if data, err = Marshal(v); err != nil {
				t.Fatal(err)
			}
		}
		for range 20 {
			bad := bytes.Clone(data)
			for range 1 + random.IntN(3) {
				bad[random.IntN(len(bad))] = byte(random.Uint32())
			}
			decodeAll(t, bad)
		}
	}
}

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestFewBytesCannotAskForMuchMemoryOrTime(t *testing.T) {
	object := func(typ string, value []byte) []byte {
		return append(appendText([]byte{0xd8, tagObject, 0x82}, typ), value...)
	}
	list := func(n int, of []byte) []byte {
		return append(appendHead(nil, majorArray, uint64(n)), bytes.Repeat(of, n)...)
	}
	nested := "struct{A int8}"
	for range 40 {
		nested = "struct{P *" + nested + "; A [100000]int8}"
	}
	for name, c := range map[string]struct {
		data []byte
		ptr  any
	}{
		"a list of 2^60":           {[]byte{0x9b, 0x10, 0, 0, 0, 0, 0, 0, 0}, new([]string)},
		"a map of 2^60":            {[]byte{0xbb, 0x10, 0, 0, 0, 0, 0, 0, 0}, new(any)},
		"a text of 2^63":           {[]byte{0x7b, 0x80, 0, 0, 0, 0, 0, 0, 0}, new(string)},
		"a typed array of 2^62":    {[]byte{0xd8, 86, 0x5b, 0x40, 0, 0, 0, 0, 0, 0, 0}, new([]float64)},
		"lists in lists":           {bytes.Repeat([]byte{0x81}, 1<<20), new(any)},
		"maps in maps":             {append(bytes.Repeat([]byte{0xa1, 0x01}, 5000), 0xff), new(any)},
		"pointers to pointers":     {bytes.Repeat([]byte{0x81}, 1<<20), new(recursive)},
		"a long array":             {object("[200000000]int8", []byte{0x80}), new(any)},
		"many long arrays":         {list(1000, object("[100000]int8", []byte{0x80})), new(any)},
		"empty structs of arrays":  {list(1000, object("struct{A [100000]int8}", []byte{0xa0})), new(any)},
		"arrays behind pointers":   {object(nested, bytes.Repeat([]byte{0xa2, 0x61, 'P'}, 41)), new(any)},
		"an array of long arrays":  {object("[1000][1000][1000]struct{}", []byte{0x80}), new(any)},
		"an endless type":          {object(strings.Repeat("[]", 1<<16)+"int", []byte{0xf6}), new(any)},
		"a big number of no bytes": {[]byte{0xc2, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, new(big.Int)},
	} {
		done := make(chan struct{})
		var err error
		used := allocated(func() {
			go func() {
				defer close(done)
				err = Unmarshal(c.data, c.ptr)
			}()
			select {
			case <-done:
			case <-time.After(20 * time.Second):
				t.Fatalf("%s: it takes for ever", name)
			}
		})
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if limit := uint64(1<<20 + 3*memoryPerByte*len(c.data)); used > limit {
			t.Errorf("%s: %d bytes ask for %d bytes of memory, more than %d", name, len(c.data), used, limit)
		}
	}
}

type recursive struct{ P ***recursive }

func TestBlocksFromElsewhereAreChecked(t *testing.T) {
	for name, b := range map[string]proto.Block{
		"a range without end":      proto.RangeBlock(0, math.MaxInt, 1),
		"a range beyond 64 bits":   proto.RangeBlock(math.MaxInt64-1, 3, 1),
		"a range that wraps round": proto.RangeBlock(0, 5, math.MaxInt64/2),
		"half a number":            {Kind: proto.BlockFixed, Elem: proto.ElemInt64, N: 1, Data: make([]byte, 7)},
		"numbers of no type":       {Kind: proto.BlockFixed, Elem: 99, N: 1, Data: make([]byte, 8)},
		"bools that are neither":   {Kind: proto.BlockFixed, Elem: proto.ElemBool, N: 2, Data: []byte{1, 2}},
		"text for a number":        {Kind: proto.BlockVar, N: 1, Data: []byte{0x61, 'x'}, Ends: []byte{2, 0, 0, 0, 0, 0, 0, 0}},
		"an empty element":         {Kind: proto.BlockVar, N: 1, Ends: make([]byte, 8)},
		"an unknown kind":          {Kind: 77, N: 1},
	} {
		for _, elem := range []reflect.Type{intType, boolType, reflect.TypeFor[struct{}]()} {
			if _, err := Values(b, elem); err == nil && elem == intType {
				t.Errorf("%s: no error", name)
			}
		}
	}
	if _, err := Element(proto.RangeBlock(0, 3, 1), 3, intType); err == nil {
		t.Error("an element behind the last: no error")
	}
	if _, err := Element(proto.Block{Kind: proto.BlockNone, N: 3}, 0, intType); err == nil {
		t.Error("an element of a block without values: no error")
	}
}

package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"log/slog"
	"math"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"github.com/gocluster/gocluster/internal/proto"
)

type inner struct {
	Name   string
	weight float64
}

type outer struct {
	inner
	ID     int
	Tags   []string
	lookup map[string]*inner
	any    any
	next   *outer
}

type celsius float64

// dynamic encodes a value as one in an interface, with its type.
func dynamic(v any) ([]byte, error) { return Append(nil, reflect.ValueOf(&v).Elem()) }

// values are taken there and back by several tests.
func values() []any {
	now := time.Date(2026, 2, 3, 4, 5, 6, 789, time.FixedZone("", 3600))
	big1, _ := new(big.Int).SetString("-22539340290692258087863249", 10)
	f := 2.5
	fp := &f
	return []any{
		true, false, 0, 1, -1, 23, 24, 255, 256, 65535, 65536, math.MaxInt, math.MinInt, int64(math.MaxInt64), int64(math.MinInt64), int8(-128), uint8(255), uint64(math.MaxUint64),
		0.0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), 1.5, float32(0.1), complex(1, -2), complex64(3i), celsius(20.5),
		"", "a", "ünï", "\xff\xfe", strings.Repeat("x", 300),
		[]int(nil), []int{}, []int{1, -2, 3}, []uint16{1, 65535}, []float32{1.5}, []float64{1, math.Inf(-1)}, []byte("bytes"), []byte{}, []celsius{1, 2},
		[]bool{true, false}, []string{"a", ""}, [][]int{nil, {}, {1}}, [3]int8{1, 2, 3}, [0]string{}, []complex128{1i},
		map[string]int(nil), map[string]int{}, map[string]int{"a": 1, "b": 2}, map[int][]string{1: {"x"}}, map[[2]int]bool{{1, 2}: true},
		inner{"n", 1.5}, &inner{"p", -1}, (*inner)(nil),
		outer{inner{"e", 1}, 7, []string{"t"}, map[string]*inner{"k": {"v", 2}, "nil": nil}, []any{1, "x", nil, 2.5, []float64{1}, int8(3)}, &outer{ID: 8}},
		now, now.UTC(), time.Duration(90) * time.Second, *big1, big1, big.NewInt(0), big.NewRat(-3, 7), new(big.Float).SetPrec(200).SetFloat64(1.25),
		&fp, []any{}, map[string]any{"a": []any{1}}, struct{}{}, url.URL{Scheme: "https", Host: "example.org", Path: "/a b"},
		time.March, []time.Duration{1, 2}, []*int{nil},
	}
}

func TestValuesComeBack(t *testing.T) {
	for _, want := range values() {
		name := fmt.Sprintf("%T %.40v", want, want)
		data, err := Marshal(want)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := reflect.New(reflect.TypeOf(want))
		if err := Unmarshal(data, got.Interface()); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !same(got.Elem().Interface(), want) {
			t.Errorf("%s: got %#v, want %#v", name, got.Elem().Interface(), want)
		}
	}
}

// same compares times and signs of zero as well as DeepEqual compares the rest.
func same(got, want any) bool {
	if w, ok := want.(time.Time); ok {
		g := got.(time.Time)
		_, gz := g.Zone()
		_, wz := w.Zone()
		return g.Equal(w) && gz == wz
	}
	if w, ok := want.(float64); ok {
		return math.Float64bits(got.(float64)) == math.Float64bits(w)
	}
	if w, ok := want.(*big.Float); ok {
		return got.(*big.Float).Cmp(w) == 0 && got.(*big.Float).Prec() == w.Prec()
	}
	if w, ok := want.(*big.Int); ok {
		return got.(*big.Int).Cmp(w) == 0
	}
	return reflect.DeepEqual(got, want)
}

func TestInterfacesKeepTheirDynamicType(t *testing.T) {
	for _, want := range []any{
		nil, 1, int8(2), uint(3), "s", 1.5, float32(2), true, []int{1}, []string{"a"}, map[string]int{"a": 1}, time.Second, [2]bool{true, false},
		[]any{1, nil, []any{"x"}}, map[string]any{"k": int16(1)}, []int(nil), big.NewInt(5), []byte("b"), complex(1, 2), "\xff",
		struct{ A, B int }{1, 2},
	} {
		data, err := Marshal(&want)
		if err != nil {
			t.Errorf("%T: %v", want, err)
			continue
		}
		var got *any
		if err := Unmarshal(data, &got); err != nil {
			t.Errorf("%T %v: %v", want, want, err)
			continue
		}
		if want == nil {
			if got == nil || *got != nil {
				t.Errorf("nil in an interface: got %v", got)
			}
		} else if !same(*got, want) {
			t.Errorf("got %T %v, want %T %v", *got, *got, want, want)
		}
	}
}

func TestNaNKeepsItsBits(t *testing.T) {
	want := math.Float64frombits(0x7ff8000000abcdef)
	want32 := math.Float32frombits(0x7fa00001)
	data, _ := Marshal(struct {
		F float64
		G float32
	}{want, want32})
	var got struct {
		F float64
		G float32
	}
	if err := Unmarshal(data, &got); err != nil || math.Float64bits(got.F) != math.Float64bits(want) || math.Float32bits(got.G) != math.Float32bits(want32) {
		t.Errorf("got %x %x, %v", math.Float64bits(got.F), math.Float32bits(got.G), err)
	}
}

func TestErrorsCrossAsTexts(t *testing.T) {
	var err error = fmt.Errorf("reading: %w", os.ErrNotExist)
	data, merr := Append(nil, reflect.ValueOf(&err).Elem())
	if merr != nil {
		t.Fatal(merr)
	}
	var got error
	if err := Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got.Error() != err.Error() || errors.Unwrap(got).Error() != "file does not exist" {
		t.Errorf("got %v, then %v", got, errors.Unwrap(got))
	}
}

func TestWhatIsTiedToTheProcessIsRefused(t *testing.T) {
	type config struct {
		Name string
		Log  chan int
	}
	type deep struct{ Items []map[string]config }
	loop := &outer{}
	loop.next = loop
	var conn net.Conn = &net.TCPConn{}
	for _, c := range []struct {
		v    any
		path string
		why  string
	}{
		{make(chan int), "", "channel"},
		{func() {}, "", "function"},
		{config{}, ".Log", "channel"},
		{deep{[]map[string]config{nil, {"k": {}}}}, ".Items[1][k].Log", "channel"},
		{&sync.Mutex{}, "", "lock"},
		{struct{ mu sync.Mutex }{}, ".mu", "lock"},
		{os.Stdout, "", "file"},
		{&conn, "", "connection"},
		{[]any{1, make(chan int)}, "[1]", "channel"},
		{&bytes.Buffer{}, "", "private"},
		{loop, "*", "points back at itself"},
	} {
		_, err := Marshal(c.v)
		var refused *RefuseError
		if !errors.As(err, &refused) || !strings.Contains(refused.Why, c.why) || c.path != "*" && refused.Path != c.path || c.path == "*" && !strings.HasPrefix(refused.Path, ".next") {
			t.Errorf("%T: got %v; want a refusal at %q because of %q", c.v, err, c.path, c.why)
		}
	}
}

func TestValuesThatDoNotFitAreRefused(t *testing.T) {
	for _, c := range []struct {
		v   any
		ptr any
	}{
		{300, new(int8)}, {-1, new(uint)}, {"x", new(int)}, {1.5, new(int)}, {uint64(math.MaxUint64), new(int64)}, {int64(1<<53 + 1), new(float64)},
		{[]int{1}, new([2]int)}, {struct{ A int }{1}, new(struct{ B int })}, {0.1, new(float32)}, {nil, new(int)},
	} {
		data, err := Marshal(c.v)
		if err != nil {
			t.Fatal(err)
		}
		err = Unmarshal(data, c.ptr)
		var typeErr *TypeError
		if !errors.As(err, &typeErr) {
			t.Errorf("%v into %T: got %v, want a TypeError", c.v, c.ptr, err)
		}
	}
}

func TestUnexportedFieldsMeetTheInterpretersNames(t *testing.T) {
	data, _ := Marshal(inner{"n", 1.5})
	var got struct {
		Name    string
		Xweight float64
	}
	if err := Unmarshal(data, &got); err != nil || got.Xweight != 1.5 {
		t.Fatalf("got %+v, %v", got, err)
	}
	back, _ := Marshal(got)
	var in inner
	if err := Unmarshal(back, &in); err != nil || in.weight != 1.5 {
		t.Fatalf("got %+v, %v", in, err)
	}
}

func TestEveryEncodingIsWellFormed(t *testing.T) {
	for _, v := range values() {
		data, err := Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := cbor.Wellformed(data); err != nil {
			t.Errorf("%T: not well-formed: %v", v, err)
		}
	}
}

func TestEqualMapsHaveEqualEncodings(t *testing.T) {
	encode := func(keys []int) []byte {
		m := map[string]map[int]bool{}
		for _, k := range keys {
			m[fmt.Sprint("key", k)] = map[int]bool{k: true, -k: false, k + 1000: true}
		}
		data, err := Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	want := encode([]int{1, 2, 3, 4, 5, 6, 7, 8, 9})
	for range 20 {
		if got := encode([]int{9, 4, 2, 3, 8, 6, 7, 5, 1}); !bytes.Equal(got, want) {
			t.Fatalf("got %x, want %x", got, want)
		}
	}
}

func TestMapKeysMayBeAnythingComparable(t *testing.T) {
	type key struct {
		a int
		b any
	}
	want := map[any]int{1: 1, "x": 2, 2.5: 3, [2]int8{1, 2}: 4, time.Second: 5, nil: 6, true: 7}
	data, err := Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got map[any]int
	if err := Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	structs := map[key]string{{1, "x"}: "a", {1, 2.5}: "b"}
	if data, err = Marshal(structs); err != nil {
		t.Fatal(err)
	}
	var back map[key]string
	if err := Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, structs) {
		t.Errorf("got %v, %v, want %v", back, err, structs)
	}
	nans := map[float64]int{math.NaN(): 1}
	nans[math.NaN()] = 2
	if data, err = Marshal(nans); err != nil {
		t.Fatal(err)
	}
	clear(nans)
	if err := Unmarshal(data, &nans); err != nil || len(nans) != 2 {
		t.Errorf("keys that are NaN: got %v, %v", nans, err)
	}
}

func TestTimesThatRFC3339LacksComeBack(t *testing.T) {
	for _, want := range []time.Time{
		time.Date(1850, 1, 1, 0, 0, 0, 0, time.FixedZone("LMT", 19*60+32)),
		time.Date(12345, 6, 7, 8, 9, 10, 11, time.UTC),
		time.Date(-44, 3, 15, 12, 0, 0, 0, time.UTC),
		{},
	} {
		var in any = want
		for _, v := range []any{want, &in} {
			data, err := Marshal(v)
			if err != nil {
				t.Errorf("%v: %v", want, err)
				continue
			}
			got := reflect.New(reflect.TypeOf(v))
			if err := Unmarshal(data, got.Interface()); err != nil {
				t.Errorf("%v: %v", want, err)
				continue
			}
			back, ok := got.Elem().Interface().(time.Time)
			if !ok {
				back = (*got.Elem().Interface().(*any)).(time.Time)
			}
			if !same(back, want) {
				t.Errorf("got %v, want %v", back, want)
			}
		}
	}
}

func TestDeepValuesAreTakenUpToABoundThatBothSidesShare(t *testing.T) {
	list := func(n int) *outer {
		var head *outer
		for range n {
			head = &outer{next: head}
		}
		return head
	}
	data, err := Marshal(list(maxDepth - 1))
	if err != nil {
		t.Fatal(err)
	}
	var got *outer
	if err := Unmarshal(data, &got); err != nil {
		t.Errorf("what was encoded cannot be decoded: %v", err)
	}
	var boxes any = 1
	for range maxDepth + 1 {
		boxes = struct{ X any }{boxes}
	}
	for name, v := range map[string]any{"list": list(maxDepth + 1), "boxes": &boxes} {
		_, err := Marshal(v)
		var refused *RefuseError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), "nested more than") {
			t.Errorf("%s: got %.200v, want a refusal", name, err)
		}
	}
}

func TestSharedValuesAreNoCycles(t *testing.T) {
	shared := &inner{"s", 1}
	many := make([]*inner, 200)
	for i := range many {
		many[i] = shared
	}
	deep := any(many)
	for range 100 {
		deep = []any{deep, deep == nil, shared}
	}
	data, err := Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	var got []*inner
	if err := Unmarshal(data, &got); err != nil || got[199].weight != 1 || got[0] == got[1] {
		t.Errorf("got %v, %v, want copies", got[199], err)
	}
	if _, err := Marshal(deep); err != nil {
		t.Errorf("shared below a great depth: %v", err)
	}
	loop := map[string]any{}
	loop["self"] = []any{loop}
	if _, err := Marshal(loop); err == nil || !strings.Contains(err.Error(), "points back") {
		t.Errorf("got %.100v, want a refusal of the cycle", err)
	}
}

func TestBoxesOfAnInterpreterAreOpened(t *testing.T) {
	type box struct{ v reflect.Value }
	defer SetUnboxer(unboxer)
	SetUnboxer(func(v reflect.Value) (reflect.Value, bool) {
		if b, ok := v.Interface().(box); ok {
			return b.v, true
		}
		return v, false
	})
	data, err := Marshal([]any{box{reflect.ValueOf(7)}, box{reflect.ValueOf(box{reflect.ValueOf("x")})}, box{}})
	if err != nil {
		t.Fatal(err)
	}
	if got := Unbox(reflect.ValueOf(box{reflect.ValueOf(7)})); got.Int() != 7 {
		t.Errorf("got %v, want 7", got)
	}
	got, err := Decode(data)
	if err != nil || !reflect.DeepEqual(got, []any{7, "x", nil}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestBoxesInPlaceOfInterfacesAreRefused(t *testing.T) {
	type methodBox struct{ v reflect.Value }
	defer SetUnboxer(unboxer)
	SetUnboxer(func(v reflect.Value) (reflect.Value, bool) {
		b, ok := v.Interface().(methodBox)
		return b.v, ok
	})
	_, err := Marshal([]methodBox{{reflect.ValueOf(1)}})
	if err == nil || !strings.Contains(err.Error(), "use its own type") {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestManyMayMeetARecursiveTypeFirst(t *testing.T) {
	type B struct{ A any }
	type left struct {
		Right map[string]*struct {
			Name string
			More []recursive
		}
		B B
	}
	want := left{B: B{A: []any{1, "x"}}}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			data, err := Marshal(want)
			var got left
			if err == nil {
				err = Unmarshal(data, &got)
			}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	wg.Wait()
}

func TestErrorsAreShort(t *testing.T) {
	loop := &outer{}
	loop.next = loop
	_, err := Marshal(struct{ Long map[string]any }{map[string]any{strings.Repeat("ü", 500): loop}})
	if err == nil || len(err.Error()) > 400 || !utf8.ValidString(err.Error()) {
		t.Errorf("got %v", err)
	}
}

func TestTypesOfTheStandardLibraryKeepTheirNamesOrAreRefused(t *testing.T) {
	for _, want := range []any{
		image.Pt(1, 2), net.IPv4(1, 2, 3, 4), os.FileMode(0o644), slog.LevelWarn, json.Number("1"), netip.MustParseAddr("::1"), url.Values{"a": {"b"}},
		[]image.Point{{X: 1}}, map[string]time.Month{"m": time.May}, color.RGBA{1, 2, 3, 4},
	} {
		data, err := dynamic(want)
		if err != nil {
			t.Errorf("%T: %v", want, err)
			continue
		}
		if got, err := Decode(data); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %T %v, %v, want %T %v", got, got, err, want, want)
		}
	}
	unnamed := http.Header{"A": {"b"}}
	_, err := dynamic(unnamed)
	var refused *RefuseError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "http.Header") {
		t.Errorf("got %v, want a refusal", err)
	}
	// Where its type is declared, it is like any other.
	data, err := Marshal(http.Header{"A": {"b"}})
	if err != nil {
		t.Fatal(err)
	}
	var header http.Header
	if err := Unmarshal(data, &header); err != nil || header.Get("A") != "b" {
		t.Errorf("got %v, %v", header, err)
	}
}

// mute stays in its process, and has no text.
type mute struct{ stop chan int }

func (mute) Error() string { panic("no text") }

func TestErrorsThatPanicAreTextsToo(t *testing.T) {
	var err error = mute{}
	data, merr := Append(nil, reflect.ValueOf(&err).Elem())
	if merr != nil {
		t.Fatal(merr)
	}
	var got error
	if err := Unmarshal(data, &got); err != nil || !strings.Contains(got.Error(), "mute") {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestTypeTextsComeBack(t *testing.T) {
	for _, c := range []struct {
		t    reflect.Type
		text string
	}{
		{reflect.TypeFor[int](), "int"}, {reflect.TypeFor[[]float64](), "[]float64"}, {reflect.TypeFor[map[string][]int](), "map[string][]int"},
		{reflect.TypeFor[celsius](), "float64"}, {reflect.TypeFor[inner](), "struct{Name string; weight float64}"}, {reflect.TypeFor[*big.Int](), "*big.Int"},
		{reflect.TypeFor[time.Duration](), "time.Duration"}, {reflect.TypeFor[any](), "any"}, {reflect.TypeFor[error](), "error"}, {reflect.TypeFor[[4]uint8](), "[4]uint8"},
	} {
		if got := TypeText(c.t); got != c.text {
			t.Errorf("%s: got %q, want %q", c.t, got, c.text)
		}
		back, err := ParseType(c.text)
		if err != nil || TypeText(back) != c.text {
			t.Errorf("%q: got %v, %v", c.text, back, err)
		}
	}
	for _, bad := range []string{"", "chan int", "foo", "func()", "map[[]int]int", "[99999999999]int", "struct{A int; A int}", "os.File"} {
		if got, err := ParseType(bad); err == nil {
			t.Errorf("%q: got %v, want an error", bad, got)
		}
	}
}

func TestBlocksComeBackWholeAndCut(t *testing.T) {
	for _, xs := range []any{
		[]int{1, -2, 3, 4}, []float64{1, 2.5, -3, 0}, []bool{true, false, true, true}, []string{"a", "", "ccc", "d"}, []complex64{1, 2i, 3, 4},
		[]inner{{"a", 1}, {"b", 2}, {}, {"d", 4}}, [4]uint8{1, 2, 3, 4}, [][]int{nil, {}, {1}, {2, 3}}, []any{1, "x", nil, 2.5}, []time.Duration{1, 2, 3, 4},
	} {
		v := reflect.ValueOf(xs)
		b, err := Block(v)
		if err != nil {
			t.Errorf("%T: %v", xs, err)
			continue
		}
		got, err := Values(b.Slice(1, 3), v.Type().Elem())
		if err != nil {
			t.Errorf("%T: %v", xs, err)
			continue
		}
		for i := range 2 {
			if !reflect.DeepEqual(got.Index(i).Interface(), v.Index(i+1).Interface()) {
				t.Errorf("%T: element %d: got %v, want %v", xs, i, got.Index(i), v.Index(i+1))
			}
		}
	}
}

func TestBlocksOfNumbersServeOtherTypesOfNumbers(t *testing.T) {
	for _, c := range []struct{ from, want any }{
		{[]int{1, -2}, []float64{1, -2}}, {[]int8{-1, 2}, []int64{-1, 2}}, {[]uint16{1, 65535}, []int32{1, 65535}}, {[]float32{1.5}, []float64{1.5}},
		{[]float64{1.5, 0.25}, []float32{1.5, 0.25}}, {[]int{1}, []any{int64(1)}}, {[]bool{true}, []any{true}}, {[]uint64{math.MaxUint64}, []uint64{math.MaxUint64}},
		{[]complex64{1 + 2i}, []complex128{1 + 2i}}, {[]int{7}, []celsius{7}}, {[]float32{0.5}, []any{float32(0.5)}},
	} {
		b, err := Block(reflect.ValueOf(c.from))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Values(b, reflect.TypeOf(c.want).Elem())
		if err != nil {
			t.Errorf("%T as %T: %v", c.from, c.want, err)
			continue
		}
		if !reflect.DeepEqual(got.Interface(), c.want) {
			t.Errorf("%T: got %v, want %v", c.from, got, c.want)
		}
	}
	for _, c := range []struct{ from, to any }{
		{[]int{300}, int8(0)}, {[]int{-1}, uint(0)}, {[]float64{1.5}, 0}, {[]float64{0.1}, float32(0)}, {[]uint64{math.MaxUint64}, int64(0)}, {[]bool{true}, 0},
		{[]int64{1<<53 + 1}, 0.0}, {[]complex128{1}, 0.0}, {[]complex128{0.1}, complex64(0)}, {[]float64{1}, ""}, {[]int{1}, true},
	} {
		b, err := Block(reflect.ValueOf(c.from))
		if err != nil {
			t.Fatal(err)
		}
		var wrong *TypeError
		if got, err := Values(b, reflect.TypeOf(c.to)); !errors.As(err, &wrong) {
			t.Errorf("%v as %T: got %v, %v, want a TypeError", c.from, c.to, got, err)
		}
	}
}

func TestRangesAreNumbersOfAnyType(t *testing.T) {
	for _, c := range []struct {
		block proto.Block
		want  any
	}{
		{proto.RangeBlock(3, 4, 2), []int{3, 5, 7, 9}}, {proto.RangeBlock(1, 3, -2), []int64{1, -1, -3}}, {proto.RangeBlock(0, 3, 1), []float64{0, 1, 2}},
		{proto.RangeBlock(0, 3, 1), []float32{0, 1, 2}}, {proto.RangeBlock(250, 2, 5), []uint8{250, 255}}, {proto.RangeBlock(0, 2, 1), []any{0, 1}},
		{proto.RangeBlock(5, 0, 1), []int{}}, {proto.RangeBlock(5, 2, 0), []int{5, 5}}, {proto.RangeBlock(0, 2, 1), []time.Duration{0, 1}},
		{proto.RangeBlock(math.MaxInt64-1, 2, 1), []int64{math.MaxInt64 - 1, math.MaxInt64}}, {proto.RangeBlock(1<<60, 2, 1<<60), []float64{1 << 60, 1 << 61}},
	} {
		elem := reflect.TypeOf(c.want).Elem()
		got, err := Values(c.block, elem)
		if err != nil || !reflect.DeepEqual(got.Interface(), c.want) {
			t.Errorf("%T: got %v, %v, want %v", c.want, got, err, c.want)
		}
	}
	for _, c := range []struct {
		block proto.Block
		elem  reflect.Type
		path  string
	}{
		{proto.RangeBlock(254, 3, 1), reflect.TypeFor[uint8](), "[2]"}, {proto.RangeBlock(1<<53, 3, 1), float64Type, "[1]"}, {proto.RangeBlock(0, 1, 1), stringType, "[0]"},
	} {
		_, err := Values(c.block, c.elem)
		var wrong *TypeError
		if !errors.As(err, &wrong) || wrong.Path != c.path {
			t.Errorf("%s: got %v, want a TypeError at %s", c.elem, err, c.path)
		}
	}
}

// Large slices of numbers are made in another way than small ones.
func TestLargeNumericSlicesComeBack(t *testing.T) {
	type temperatures []celsius
	n := 1 << 17
	temps, ints, small := make(temperatures, n), make([]int, n), make([]int16, n)
	for i := range n {
		temps[i], ints[i], small[i] = celsius(i)/3, -i*i, int16(i)
	}
	for _, want := range []any{temps, ints, small, struct{ A, B []int }{ints, ints[1:]}} {
		data, err := Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got := reflect.New(reflect.TypeOf(want))
		if err := Unmarshal(data, got.Interface()); err != nil || !reflect.DeepEqual(got.Elem().Interface(), want) {
			t.Errorf("%T: %v", want, err)
		}
		v := reflect.ValueOf(want)
		if v.Kind() != reflect.Slice {
			continue
		}
		b, err := Block(v)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Values(b, v.Type().Elem())
		if err != nil || !reflect.DeepEqual(back.Convert(v.Type()).Interface(), want) || &b.Data[0] == (*byte)(back.UnsafePointer()) {
			t.Errorf("a block of %T: %v", want, err)
		}
	}
}

func TestABuilderMakesTheBlocksThatSlicesMake(t *testing.T) {
	for _, xs := range []any{
		[]float64{1, math.NaN(), 3}, []int{1, -2}, []bool{true, false}, []string{"a", "", "b"}, [][]float64{{1}, nil, {2, 3}}, []struct{ A, b int }{{1, 2}, {3, 4}}, []any{1, "x", nil},
	} {
		v := reflect.ValueOf(xs)
		want, err := Block(v)
		if err != nil {
			t.Fatal(err)
		}
		b := NewBuilder(v.Type().Elem())
		for round := range 2 {
			for i := range v.Len() {
				if err := b.Append(v.Index(i)); err != nil {
					t.Fatal(err)
				}
			}
			if b.Len() != v.Len() || b.Bytes() != want.Bytes() {
				t.Errorf("%T, round %d: %d values of %d bytes", xs, round, b.Len(), b.Bytes())
			}
			if got := b.Take(); !reflect.DeepEqual(got, want) {
				t.Errorf("%T, round %d: got %v, want %v", xs, round, got, want)
			}
		}
	}
	b := NewBuilder(reflect.TypeFor[any]())
	for _, x := range []any{1, make(chan int), 2} {
		if err := b.Append(reflect.ValueOf(&x).Elem()); (err != nil) != (reflect.TypeOf(x).Kind() == reflect.Chan) {
			t.Errorf("%T: %v", x, err)
		}
	}
	if got, err := Values(b.Take(), reflect.TypeFor[any]()); err != nil || !reflect.DeepEqual(got.Interface(), []any{1, 2}) {
		t.Errorf("what was refused is not left out: %v, %v", got, err)
	}
}

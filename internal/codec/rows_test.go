package codec

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"testing"
)

type (
	line   []float64
	matrix []line
)

// TestRowsAreEncodedAsAnySlices compares what slices of rows become with what they become row by row, and takes them back.
func TestRowsAreEncodedAsAnySlices(t *testing.T) {
	long := make([]float64, 3000)
	for i := range long {
		long[i] = float64(i) / 7
	}
	for _, v := range []any{
		[][]float64{{1, 2}, {}, nil, {3, math.Inf(1), math.Copysign(0, -1)}}, [][]float64{}, [][]float64(nil), [][]float64{nil},
		[][]uint8{{1}, nil, {}, {2, 3}}, [][]int32{{-1}, {2, 3}}, [][]int{{1 << 40}, {-5, 6}}, matrix{{1}, {2, 3}},
		[][][]float64{{{1}, {2}}, {}, nil, {{}, nil, {3}}}, [][]float64{long, {1}, long[:2100], {2}, long[:5]},
		struct{ Rows [][]uint16 }{[][]uint16{{1, 2, 3}}}, map[string][][]float32{"a": {{1}}, "b": nil}, [2][][]int8{{{1}}, {}},
	} {
		t.Run(fmt.Sprintf("%T", v), func(t *testing.T) {
			got, err := Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			back := reflect.New(reflect.TypeOf(v))
			if err := Unmarshal(got, back.Interface()); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(back.Elem().Interface(), v) {
				t.Errorf("it comes back as %v", back.Elem())
			}
			if rows := reflect.ValueOf(v); rows.Kind() == reflect.Slice && !rows.IsNil() {
				want := appendHead(nil, majorArray, uint64(rows.Len()))
				for i := range rows.Len() {
					if want, err = Append(want, rows.Index(i)); err != nil {
						t.Fatal(err)
					}
				}
				if !bytes.Equal(got, want) {
					t.Errorf("got %x, row by row %x", got, want)
				}
			}
		})
	}
}

func TestRowsDoNotRunIntoEachOther(t *testing.T) {
	data, err := Marshal([][]int{{1, 2}, {3}, {4}})
	if err != nil {
		t.Fatal(err)
	}
	var got [][]int
	if err := Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	got[0] = append(got[0], 9)
	got[1][0] = 7
	if want := [][]int{{1, 2, 9}, {7}, {4}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestRowsOfOthersAreUnderstood decodes rows that are arrays of single numbers, as others may write them.
func TestRowsOfOthersAreUnderstood(t *testing.T) {
	var got [][]float64
	data := []byte{majorArray | 2, majorArray | 2, 1, 2, majorArray | 0}
	if err := Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got, [][]float64{{1, 2}, {}}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range [][]byte{{majorArray | 1, majorTag | 24, 86, 1}, {majorArray | 1, majorTag | 24, 86, majorBytes | 3, 1, 2, 3}, {majorArray | 9, 0xf6}, {majorArray | 1, majorText | 1, 'a'}} {
		if err := Unmarshal(bad, &got); err == nil {
			t.Errorf("%x is taken for %v", bad, got)
		}
	}
}

func BenchmarkIslands(b *testing.B) {
	islands := make([][][]float64, 16)
	for i := range islands {
		for range 64 {
			islands[i] = append(islands[i], make([]float64, 10))
		}
	}
	benchmarkBlock(b, islands)
}

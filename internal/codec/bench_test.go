package codec

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/gocluster/gocluster/internal/proto"
)

func benchmarkBlock(b *testing.B, xs any) {
	v := reflect.ValueOf(xs)
	b.ReportAllocs()
	for b.Loop() {
		block, err := Block(v)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Values(block, v.Type().Elem()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(v.Len()), "ns/element")
}

// Each lays a slice out as a block and decodes it again.
func BenchmarkBlock(b *testing.B) {
	const n = 10_000
	texts, lists, anys, structs, ints, maps := make([]string, n), make([][]float64, n), make([]any, n), make([]outer, n), make([]int, n), make([]map[string]int, n)
	for i := range n {
		texts[i], lists[i], anys[i], ints[i] = fmt.Sprint("text ", i), make([]float64, 10), i, i
		structs[i] = outer{inner: inner{"e", 1}, ID: i, Tags: []string{"t"}}
		maps[i] = map[string]int{"a": i, "b": 2, "c": 3}
	}
	for name, xs := range map[string]any{"string": texts, "[]float64": lists, "any": anys, "struct": structs, "int": ints, "map": maps, "float64 1M": make([]float64, 1<<20)} {
		b.Run(name, func(b *testing.B) { benchmarkBlock(b, xs) })
	}
}

func BenchmarkRange(b *testing.B) {
	for _, elem := range []reflect.Type{intType, float64Type, reflect.TypeFor[int32]()} {
		b.Run(elem.String(), func(b *testing.B) {
			const n = 100_000
			for b.Loop() {
				if _, err := Values(proto.RangeBlock(0, n, 1), elem); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
		})
	}
}

func BenchmarkAValue(b *testing.B) {
	v := outer{inner: inner{"e", 1}, ID: 7, Tags: []string{"t"}}
	b.ReportAllocs()
	for b.Loop() {
		data, err := Marshal(v)
		if err != nil {
			b.Fatal(err)
		}
		var got outer
		if err := Unmarshal(data, &got); err != nil {
			b.Fatal(err)
		}
	}
}

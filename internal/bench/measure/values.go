package measure

import (
	"context"
	"fmt"
	"reflect"

	"github.com/gocluster/gocluster/internal/codec"
)

// measureCodec lays slices out as blocks and decodes them again.
func measureCodec(_ context.Context, b *bench) (figure, error) {
	type record struct {
		Name  string
		Score float64
		Tags  []string
	}
	n := b.size(1_000_000)
	floats, texts, records := make([]float64, n), make([]string, n/10), make([]record, n/10)
	for i := range texts {
		texts[i] = fmt.Sprint("text ", i)
		records[i] = record{texts[i], float64(i), []string{"a", "b"}}
	}
	there := func(xs any) (string, error) {
		v := reflect.ValueOf(xs)
		d, err := rounds(func(int) error {
			block, err := codec.Block(v)
			if err != nil {
				return err
			}
			got, err := codec.Values(block, v.Type().Elem())
			if err == nil && got.Len() != v.Len() {
				err = fmt.Errorf("%d values came back of %d", got.Len(), v.Len())
			}
			return err
		})
		return rate(v.Len(), d), err
	}
	var text [3]string
	for i, xs := range []any{floats, texts, records} {
		var err error
		if text[i], err = there(xs); err != nil {
			return figure{}, err
		}
	}
	return figure{ours: fmt.Sprintf("float64 %s, string %s, struct %s", text[0], text[1], text[2])}, nil
}

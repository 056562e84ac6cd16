package e2e

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gocluster/gocluster/views"
)

type celsius float64

func (c celsius) String() string { return fmt.Sprintf("%.1f degrees", float64(c)) }

type fault struct{ Code int }

func (f *fault) Error() string { return fmt.Sprintf("fault %d", f.Code) }

type crate[T any] struct{ V T }

func describe(v any) string {
	switch v := v.(type) {
	case celsius:
		return "celsius " + v.String()
	case crate[celsius]:
		return "crate of " + v.V.String()
	case error:
		return "error " + v.Error()
	}
	return "something"
}

func various(k int) (any, error) {
	switch k % 3 {
	case 0:
		return celsius(k), nil
	case 1:
		return []any{crate[celsius]{celsius(k)}}, nil
	}
	return nil, fmt.Errorf("wrapped: %w", &fault{k})
}

// TestTypesOfAProgramKeepTheirNames sends values of a compiled program's types to functions of its own, and has them back: first interpreted,
// then compiled.
func TestTypesOfAProgramKeepTheirNames(t *testing.T) {
	view := connect(t, start(t, 1), nil).LoadBalanced().With(views.ShowProgress(nil))
	for _, n := range []int{6, 21_000} {
		in := make([]any, n)
		for i := range in {
			in[i] = []any{celsius(3), crate[celsius]{4}, &fault{5}}[i%3]
		}
		got, err := views.Map(view, describe, in).Get()
		if want := []string{"celsius 3.0 degrees", "crate of 4.0 degrees", "error fault 5"}; err != nil || !slices.Equal(got[n-3:], want) {
			t.Fatalf("%d: got %v, %v, want %v", n, got[max(0, len(got)-3):], err, want)
		}
		r := view.Map(various, views.Range(0, n))
		values, err := r.Get()
		var f *fault
		if !errors.As(err, &f) || f.Code != 2 {
			t.Errorf("%d: got %v, want fault 2", n, err)
		}
		if values[0] != any(celsius(0)) || values[1].([]any)[0] != any(crate[celsius]{1}) {
			t.Errorf("%d: got %v", n, values[:3])
		}
	}
}

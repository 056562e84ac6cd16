package views

import (
	_ "embed" // for GenericSource
	"fmt"
	"reflect"
)

// GenericSource is the source of the typed functions. An interpreter has only compiled symbols, of which generic functions have
// none; so a session's front end writes this source out for the types that it is used with.
//
//go:embed typed.go
var GenericSource string

// Args makes the arguments of a view's method: the inputs, then the options. The typed functions use it.
func Args(opts []Option, inputs ...any) []any {
	for _, o := range opts {
		inputs = append(inputs, o)
	}
	return inputs
}

// Assign sets the variable that ptr points to to a value that a job has brought.
func Assign(ptr, value any) error {
	dst := reflect.ValueOf(ptr).Elem()
	v, err := likened(reflect.ValueOf(value), dst.Type())
	if err != nil {
		return fmt.Errorf("the engines' value %w", err)
	}
	dst.Set(v)
	return nil
}

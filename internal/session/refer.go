package session

import (
	"fmt"
	"reflect"
	"regexp"

	"github.com/gocluster/gocluster/internal/codec"
)

// lent is a variable of the namespace that a call has a copy of.
type lent struct {
	named    variable
	its, own reflect.Value // the variable, and the copy
}

// refer returns a variable of the namespace as an argument. The code of a call is interpreted, which gives struct types with unexported
// fields another form than the compiled code of the session has: a call gets such a variable as a copy, which is put back when it has ended.
func (b *batch) refer(named variable, param reflect.Type) (reflect.Value, error) {
	v, err := b.p.variable(named.Low)
	if err != nil {
		return v, err
	}
	if x, ok := codec.Refer(v, param); ok {
		return x, nil
	}
	wrong := fmt.Errorf("%s is a %s here, the parameter is a %s", named.Name, codec.TypeText(v.Type()), codec.TypeText(param))
	own, arg := reflect.New(param).Elem(), reflect.Value{}
	if arg = own; param.Kind() == reflect.Pointer && v.Kind() != reflect.Pointer {
		arg = reflect.New(param.Elem())
		own = arg.Elem()
	}
	if !b.p.native || Plain(codec.TypeText(own.Type())) != Plain(codec.TypeText(v.Type())) || transfer(v, own) != nil {
		return v, wrong
	}
	b.lent = append(b.lent, lent{named, v, own})
	return arg, nil
}

// exported matches a field whose name begins with a small letter, as interpreted code has it.
var exported = regexp.MustCompile(`([{;] ?)X([\p{Ll}_][\p{L}\p{Nd}_]* )`)

// Plain is the text of a type as compiled code has it.
func Plain(typeText string) string { return exported.ReplaceAllString(typeText, "$1$2") }

// putBack gives variables the values that their copies have come to.
func (b *batch) putBack() error {
	for _, l := range b.lent {
		if err := transfer(l.own, l.its); err != nil {
			return fmt.Errorf("the new value of %s: %w", l.named.Name, err)
		}
	}
	return nil
}

// transfer gives one variable the value of another, whose type has the same structure.
func transfer(from, to reflect.Value) error {
	data, err := codec.Append(nil, from)
	if err != nil {
		return err
	}
	fresh := reflect.New(to.Type()).Elem()
	if err := codec.UnmarshalValue(data, fresh); err != nil {
		return err
	}
	to.Set(fresh)
	return nil
}

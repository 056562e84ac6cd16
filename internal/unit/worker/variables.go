package worker

import (
	"fmt"
	"os"
	"reflect"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/proto"
)

// variables are the variables of the engine that this process has: those that the function's parameters have stood for. The engine knows which
// they are, and asks for one when it is wanted elsewhere; so no two processes have one at a time.
type variables map[string]*variable

// variable is a variable, or, until the function is called, what it is to be decoded from.
type variable struct {
	typ   string
	data  []byte
	value reflect.Value
	wrong error
}

// largeVariable is the size from which on values are left in files.
const largeVariable = 256 << 10

// take takes a variable, or forgets it.
func (vs *variables) take(m *proto.Variable) {
	if m.Missing {
		delete(*vs, m.Name)
		return
	}
	if *vs == nil {
		*vs = variables{}
	}
	v := &variable{typ: m.GoType, data: m.Data}
	if m.File != "" {
		v.data, v.wrong = os.ReadFile(m.File)
		_ = os.Remove(m.File) // else it goes with its directory
	}
	(*vs)[m.Name] = v
}

// refer returns a variable as the values of a parameter for n elements.
func (vs variables) refer(name string, param reflect.Type, n int) (reflect.Value, error) {
	v := vs[name]
	if v == nil {
		return reflect.Value{}, fmt.Errorf("the variable %s did not come", name)
	}
	if err := v.decode(param); err != nil {
		return reflect.Value{}, fmt.Errorf("the variable %s: %w", name, err)
	}
	x, ok := codec.Refer(v.value, param)
	if !ok {
		return reflect.Value{}, fmt.Errorf("%s is a %s here, the parameter is a %s", name, codec.TypeText(v.value.Type()), codec.TypeText(param))
	}
	return codec.Repeat(x, n), nil
}

// decode makes the variable what its first parameter says that it is.
func (v *variable) decode(param reflect.Type) error {
	if v.wrong != nil || v.value.IsValid() {
		return v.wrong
	}
	t := param
	if param.Kind() == reflect.Pointer && v.typ != codec.TypeText(param) {
		t = param.Elem()
	}
	value := reflect.New(t).Elem()
	if err := codec.UnmarshalValue(v.data, value); err != nil {
		return err
	}
	v.value, v.data = value, nil
	return nil
}

// give gives a variable away, or a copy of it. One whose value cannot be sent stays.
func (vs variables) give(m *proto.NeedVariable) *proto.Variable {
	v := vs[m.Name]
	if v == nil {
		return &proto.Variable{Name: m.Name, Missing: true}
	}
	out := &proto.Variable{Name: m.Name, GoType: v.typ, Data: v.data}
	err := v.wrong
	if err == nil && v.value.IsValid() {
		out.Data, err = codec.Append(nil, v.value)
	}
	if err != nil {
		return &proto.Variable{Name: m.Name, Missing: true, Error: err.Error()}
	}
	if m.File != "" && len(out.Data) >= largeVariable && os.WriteFile(m.File, out.Data, 0o600) == nil {
		out.Data, out.File = nil, m.File
	}
	if !m.Keep {
		delete(vs, m.Name)
	}
	return out
}

package views

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"sync"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
)

// function is a function ready to ship.
type function struct {
	unit *unit.Unit
	typ  reflect.Type
	// params and results are what values are encoded as; a trailing error that the unit reports as failure is no result.
	params, results []reflect.Type
	variadic        reflect.Type // the variadic parameter's element type, if there is one
	code            *proto.Object
	captures        *proto.Object   // nil where nothing is captured
	alone           []*proto.Object // the code
	compiled        *compilation
	applied         string // what an Apply is called
}

var (
	errorType   = reflect.TypeFor[error]()
	contextType = reflect.TypeFor[context.Context]()
)

// readFunction finds the code of f, and takes the values that it captures as they are now.
func readFunction(f any) (*function, error) {
	v := reflect.ValueOf(f)
	switch {
	case !v.IsValid():
		return nil, errors.New("the function is nil")
	case v.Kind() != reflect.Func:
		return nil, fmt.Errorf("a %s is given where the function belongs", v.Type())
	case v.IsNil():
		return nil, errors.New("the function is nil")
	}
	u, captured, err := unitOf(f, v)
	if err != nil {
		return nil, err
	}
	if len(u.Captures) == 0 {
		return plainFunction(u, v.Type()), nil
	}
	fn := newFunction(u, v.Type())
	if fn.captures, err = encodeCaptures(u, captured); err != nil {
		return nil, err
	}
	return fn, nil
}

var plain sync.Map // *unit.Unit -> *function, where nothing is captured

// plainFunction is a function that captures nothing: it is the same whenever it is called.
func plainFunction(u *unit.Unit, typ reflect.Type) *function {
	if known, ok := plain.Load(u); ok && known.(*function).typ == typ {
		return known.(*function)
	}
	fn := newFunction(u, typ)
	plain.Store(u, fn)
	return fn
}

func newFunction(u *unit.Unit, typ reflect.Type) *function {
	fn := &function{unit: u, typ: typ, applied: "apply " + u.Name}
	fn.signature()
	fn.code, fn.compiled = codeOf(u), compilationOf(u)
	fn.alone = []*proto.Object{fn.code}
	return fn
}

// unitOf returns a function's unit and pointers to the variables that it captures.
func unitOf(f any, v reflect.Value) (*unit.Unit, []any, error) {
	if b, ok := unit.Of(f); ok {
		if b.Values == nil {
			return b.Unit, nil, nil
		}
		return b.Unit, b.Values(), nil
	}
	return ofProgram(f, v.Pointer())
}

var programs sync.Map // a compiled function's entry -> programFunction

// programFunction is a function of a compiled program. It has no captured variables, so its code alone names it.
type programFunction struct {
	unit     *unit.Unit
	captured []any // what stands for the function where the program ships itself
}

// ofProgram returns the unit of a function of a compiled program.
func ofProgram(f any, entry uintptr) (*unit.Unit, []any, error) {
	if known, ok := programs.Load(entry); ok {
		pf := known.(programFunction)
		return pf.unit, pf.captured, nil
	}
	u, captured, err := fromProgram(f)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot send %s to engines: %w", nameOf(entry), err)
	}
	programs.Store(entry, programFunction{u, captured})
	return u, captured, nil
}

func nameOf(entry uintptr) string {
	if fn := runtime.FuncForPC(entry); fn != nil {
		return fn.Name()
	}
	return "the function"
}

var encoded sync.Map // *unit.Unit -> *proto.Object

// codeOf returns a unit's object. A unit is made once, where its source stands, so its address names it.
func codeOf(u *unit.Unit) *proto.Object {
	if o, ok := encoded.Load(u); ok {
		return o.(*proto.Object)
	}
	data := u.Encode()
	o := &proto.Object{Hash: proto.HashOf(data), Data: data}
	encoded.Store(u, o)
	return o
}

// encodeCaptures makes the object of the captured values: a list of each one's encoding.
func encodeCaptures(u *unit.Unit, pointers []any) (*proto.Object, error) {
	if len(u.Captures) == 0 {
		return nil, nil
	}
	if len(pointers) != len(u.Captures) {
		return nil, fmt.Errorf("%s captures %d variables, of which %d are known: this is a defect of gocluster", u.Name, len(u.Captures), len(pointers))
	}
	values := make([][]byte, len(pointers))
	for i, p := range pointers {
		data, err := codec.Append(nil, reflect.ValueOf(p).Elem())
		if err != nil {
			return nil, captureError(u, u.Captures[i], err)
		}
		values[i] = data
	}
	data, err := codec.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", u.Name, err)
	}
	return &proto.Object{Hash: proto.HashOf(data), Data: data, Size: len(data)}, nil
}

// CaptureError says that a function captures a variable that cannot leave the process.
type CaptureError struct {
	// Func is the function, Variable the variable with the path to what is refused, such as "config.Log".
	Func, Variable string
	Err            error
}

func (e *CaptureError) Error() string {
	var refused *codec.RefuseError
	if errors.As(e.Err, &refused) {
		return fmt.Sprintf("captured variable %s: its type is %s, and %s (captured by %s)", e.Variable, refused.Type, refused.Why, e.Func)
	}
	return fmt.Sprintf("captured variable %s: %v (captured by %s)", e.Variable, e.Err, e.Func)
}

// Unwrap returns what is wrong with the variable's value.
func (e *CaptureError) Unwrap() error { return e.Err }

func captureError(u *unit.Unit, c unit.Capture, err error) error {
	out := &CaptureError{Func: u.Name, Variable: c.Name, Err: err}
	var refused *codec.RefuseError
	if errors.As(err, &refused) {
		out.Variable += refused.Path
	}
	return out
}

// signature takes the function's type apart.
func (f *function) signature() {
	for i := range f.typ.NumIn() {
		if i == 0 && f.typ.In(0) == contextType {
			continue // the engine gives it
		}
		f.params = append(f.params, f.typ.In(i))
	}
	if f.typ.IsVariadic() {
		f.variadic = f.params[len(f.params)-1].Elem()
	}
	n := f.typ.NumOut()
	if n > 0 && f.unit.Fails && f.typ.Out(n-1) == errorType {
		n--
	}
	for i := range n {
		f.results = append(f.results, f.typ.Out(i))
	}
}

// takes checks a number of arguments.
func (f *function) takes(n int) error {
	if n == len(f.params) {
		return nil
	}
	return fmt.Errorf("%s has %d parameters, but %d inputs are given", f.describe(), len(f.params), n)
}

func (f *function) describe() string {
	return f.unit.Name + " (" + f.typ.String() + ")"
}

// objects are what a job needs beside its inputs.
func (f *function) objects() []*proto.Object {
	if f.captures == nil {
		return f.alone
	}
	return []*proto.Object{f.code, f.captures}
}

// fill puts the function into a job.
func (f *function) fill(spec *proto.JobSpec) {
	spec.Kind, spec.Func, spec.Code = proto.JobCall, f.unit.Name, f.code.Hash
	if f.captures != nil {
		spec.Captures = f.captures.Hash
	}
}

package self

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"github.com/gocluster/gocluster/internal/unit/worker"
	"github.com/gocluster/gocluster/internal/unit/worker/screen"
)

// Main is the main function of the copy. The function to call comes like a captured value.
func Main() {
	screen.Use()
	r := new(runner)
	r.p = &worker.Program{Name: "a function of a program", Captures: []worker.Capture{{Name: "the function", Ptr: &r.function}}, Run: r.run, Ready: r.ready}
	worker.Main(r.p)
}

// runner calls one function of the program.
type runner struct {
	p        *worker.Program
	function Function
	fn       reflect.Value
	context  bool // is the first parameter
	fails    bool // the last result is an error
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// ready takes the function that has come.
func (r *runner) ready() (err error) {
	if r.fn, err = r.function.value(); err != nil {
		return err
	}
	t := r.fn.Type()
	if t.Kind() != reflect.Func {
		return errors.New("what came is no function")
	}
	r.p.Name, r.p.Params, r.p.Results = r.function.Name, nil, nil
	slash := strings.LastIndexByte(r.function.Name, '/') + 1
	r.p.Package = r.function.Name[:slash+strings.IndexByte(r.function.Name[slash:], '.')]
	r.context = t.NumIn() > 0 && t.In(0) == contextType
	for i := range t.NumIn() {
		if i > 0 || !r.context {
			r.p.Params = append(r.p.Params, t.In(i))
		}
	}
	n := t.NumOut()
	if r.fails = n > 0 && t.Out(n-1) == errorType; r.fails {
		n--
	}
	for i := range n {
		r.p.Results = append(r.p.Results, t.Out(i))
	}
	return nil
}

// run calls the function for the elements of a task.
func (r *runner) run(c *worker.Call) error {
	var in, out, args []reflect.Value
	for _, xs := range c.In {
		in = append(in, reflect.ValueOf(xs))
	}
	for _, xs := range c.Out {
		out = append(out, reflect.ValueOf(xs))
	}
	call := r.fn.Call
	if r.fn.Type().IsVariadic() {
		call = r.fn.CallSlice
	}
	for ; c.At < c.To; c.At++ {
		args = args[:0]
		if r.context {
			args = append(args, reflect.ValueOf(c.Context))
		}
		for _, xs := range in {
			args = append(args, xs.Index(c.At))
		}
		got := call(args)
		for i, xs := range out {
			xs.Index(c.At).Set(got[i])
		}
		if r.fails {
			if err, _ := got[len(got)-1].Interface().(error); err != nil {
				return err
			}
		}
	}
	return nil
}

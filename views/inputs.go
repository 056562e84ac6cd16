package views

import (
	"fmt"
	"iter"
	"reflect"
	"slices"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/proto"
)

// Integers is a range of integers; see [Range].
type Integers struct {
	start, n, step int
	err            error
}

// Range is the integers from, from+step ... up to but without to, as an input: nothing is sent but its bounds. The step is 1 unless
// it is given. The function's parameter may be any type of number.
func Range(from, to int, step ...int) Integers {
	by := 1
	if len(step) > 0 {
		by = step[0]
	}
	r := Integers{start: from, step: by}
	switch {
	case len(step) > 1:
		r.err = fmt.Errorf("views.Range takes two or three integers, not %d", 2+len(step))
	case by == 0:
		r.err = fmt.Errorf("views.Range(%d, %d, 0): the step cannot be 0", from, to)
	case by > 0 && from < to:
		r.n = int((uint(to)-uint(from)-1)/uint(by)) + 1
	case by < 0 && from > to:
		r.n = int((uint(from)-uint(to)-1)/uint(-by)) + 1
	}
	if r.n < 0 {
		r.err = fmt.Errorf("views.Range(%d, %d) has more elements than an int can count", from, to)
	}
	return r
}

// Len returns the number of integers.
func (r Integers) Len() int { return r.n }

// All goes through the integers.
func (r Integers) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range r.n {
			if !yield(r.start + i*r.step) {
				return
			}
		}
	}
}

func (r Integers) String() string {
	if r.step == 1 {
		return fmt.Sprintf("views.Range(%d, %d)", r.start, r.start+r.n)
	}
	return fmt.Sprintf("views.Range(%d, %d, %d)", r.start, r.start+r.n*r.step, r.step)
}

// split separates the options from the other arguments of a call.
func split(args []any) (inputs []any, opts []Option) {
	if !slices.ContainsFunc(args, isOption) {
		return args, nil
	}
	for _, a := range args {
		if o, ok := a.(Option); ok {
			opts = append(opts, o)
			continue
		}
		inputs = append(inputs, a)
	}
	return inputs, opts
}

func isOption(a any) bool { _, ok := a.(Option); return ok }

// input is one input of a map, checked against the parameter it is for.
type input struct {
	param reflect.Type
	block proto.Block             // of n elements, if seq is nil
	seq   iter.Seq[reflect.Value] // an iterator's elements, as values of param
	ref   *Reference              // the same value of the engine for every element; the block has no bytes
}

// inputError says that an input does not fit its parameter.
func inputError(f *function, param int, format string, args ...any) error {
	return fmt.Errorf("cannot map %s over input %d: %s", f.describe(), param+1, fmt.Sprintf(format, args...))
}

// readInput checks input i of a map over f.
func readInput(f *function, i int, x any, keep bool) (input, error) {
	in := input{param: f.params[i]}
	switch x := x.(type) {
	case Integers:
		return in, in.fromRange(f, i, x)
	case Reference:
		if err := x.check(in.param); err != nil {
			return in, fmt.Errorf("cannot map %s: input %d %w", f.describe(), i+1, err)
		}
		in.ref = &x
		return in, nil
	}
	v := reflect.ValueOf(x)
	if !v.IsValid() {
		return in, inputError(f, i, "it is nil, not a slice, an array, a views.Range or an iterator")
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		return in, in.fromSlice(f, i, v, keep)
	case reflect.Func:
		if v.Type().CanSeq() {
			return in, in.fromSeq(f, i, v)
		}
	case reflect.Pointer:
		if v.Type().Elem().Kind() == reflect.Array && !v.IsNil() {
			return in, in.fromSlice(f, i, v.Elem(), keep)
		}
	}
	return in, inputError(f, i, "it is a %s, not a slice, an array, a views.Range or an iterator (iter.Seq)", v.Type())
}

func (in *input) fromRange(f *function, i int, r Integers) error {
	if r.err != nil {
		return r.err
	}
	in.block = proto.RangeBlock(int64(r.start), r.n, int64(r.step))
	if r.n == 0 {
		return nil
	}
	for _, at := range []int{0, r.n - 1} {
		if _, err := codec.Element(in.block, at, in.param); err != nil {
			return inputError(f, i, "its parameter is %s, which cannot hold %d of %v", in.param, in.block.Int(at), r)
		}
	}
	return nil
}

func (in *input) fromSlice(f *function, i int, v reflect.Value, keep bool) error {
	elem := v.Type().Elem()
	typed := v
	if elem != in.param {
		if !elem.AssignableTo(in.param) && elem.Kind() != reflect.Interface {
			return inputError(f, i, "its parameter is %s, the elements are %s", in.param, elem)
		}
		typed = reflect.MakeSlice(reflect.SliceOf(in.param), v.Len(), v.Len())
		for j := range v.Len() {
			x, err := assignable(v.Index(j), in.param)
			if err != nil {
				return inputError(f, i, "element %d %v", j, err)
			}
			typed.Index(j).Set(x)
		}
	}
	block, err := codec.Block(typed)
	if err != nil {
		return inputError(f, i, "%v", err)
	}
	if keep && block.Kind == proto.BlockFixed {
		// The caller goes on, and may change the slice before it is sent.
		block.Data = slices.Clone(block.Data)
	}
	in.block = block
	return nil
}

// assignable returns v as it is assigned to a variable of type t, or why it cannot be.
func assignable(v reflect.Value, t reflect.Type) (reflect.Value, error) {
	v = unbox(v)
	if v.IsValid() && v.Kind() == reflect.Interface && t.Kind() != reflect.Interface {
		v = unbox(v.Elem())
	}
	switch {
	case !v.IsValid():
		switch t.Kind() {
		case reflect.Interface, reflect.Pointer, reflect.Map, reflect.Slice:
			return reflect.Zero(t), nil
		}
		return v, fmt.Errorf("is nil, not a %s", t)
	case v.Type().AssignableTo(t):
		return v, nil
	}
	return v, fmt.Errorf("is a %s, not a %s", v.Type(), t)
}

// likened is assignable for what engines send: they know a program's types only by what these consist of, so a value whose type has the same
// structure becomes one of t.
func likened(v reflect.Value, t reflect.Type) (reflect.Value, error) {
	x, err := assignable(v, t)
	if err == nil || !x.IsValid() || codec.TypeText(x.Type()) != codec.TypeText(t) {
		return x, err
	}
	data, bad := codec.Append(nil, x)
	out := reflect.New(t).Elem()
	if bad == nil {
		bad = codec.UnmarshalValue(data, out)
	}
	if bad != nil {
		return x, err
	}
	return out, nil
}

func (in *input) fromSeq(f *function, i int, v reflect.Value) error {
	elem := v.Type().In(0).In(0)
	if !elem.AssignableTo(in.param) && elem.Kind() != reflect.Interface {
		return inputError(f, i, "its parameter is %s, the iterator's elements are %s", in.param, elem)
	}
	if v.Type().In(0).NumIn() != 1 {
		return inputError(f, i, "it is an iterator over pairs (iter.Seq2); map over an iter.Seq")
	}
	in.seq = v.Seq()
	return nil
}

// values goes through the input's elements, whatever it is.
func (in *input) values() iter.Seq[reflect.Value] {
	if in.seq != nil {
		return in.seq
	}
	return func(yield func(reflect.Value) bool) {
		for i := range in.block.N {
			v, err := codec.Element(in.block, i, in.param)
			if err != nil {
				panic(err) // the block was made of values of this type
			}
			if !yield(v) {
				return
			}
		}
	}
}

// readInputs checks all inputs of a map over f. Streamed tells that one of them is an iterator.
func readInputs(f *function, xs []any, keep bool) (ins []input, streamed bool, err error) {
	if err := f.takes(len(xs)); err != nil {
		return nil, false, err
	}
	for i, x := range xs {
		in, err := readInput(f, i, x, keep)
		if err != nil {
			return nil, false, err
		}
		streamed = streamed || in.seq != nil
		ins = append(ins, in)
	}
	if streamed {
		return ins, true, nil
	}
	return ins, false, level(f, ins)
}

// level checks that inputs are equally long. References are as long as the others.
func level(f *function, ins []input) error {
	first := slices.IndexFunc(ins, func(in input) bool { return in.ref == nil })
	if first < 0 && len(ins) > 0 {
		return fmt.Errorf("cannot map %s: all inputs are references to values of engines, so there are no elements; use Apply", f.describe())
	}
	for i := range ins {
		if ins[i].ref != nil {
			ins[i].block = proto.Block{Kind: proto.BlockNone, N: ins[first].block.N}
		}
		if ins[i].block.N != ins[first].block.N {
			return fmt.Errorf("cannot map %s: input %d has %d elements, input %d has %d; they must be equally long",
				f.describe(), first+1, ins[first].block.N, i+1, ins[i].block.N)
		}
	}
	return nil
}

func blocks(ins []input) []proto.Block {
	bs := make([]proto.Block, 0, len(ins))
	for _, in := range ins {
		bs = append(bs, in.block)
	}
	return bs
}

// readArgs checks the arguments of a call of f, and makes blocks of one element of them.
func readArgs(f *function, args []any) ([]input, error) {
	if f.variadic != nil {
		args = packVariadic(f, args)
	}
	if err := f.takes(len(args)); err != nil {
		return nil, err
	}
	ins := make([]input, 0, len(args))
	for i, a := range args {
		if r, ok := a.(Reference); ok {
			if err := r.check(f.params[i]); err != nil {
				return nil, fmt.Errorf("cannot apply %s: argument %d %w", f.describe(), i+1, err)
			}
			ins = append(ins, input{param: f.params[i], ref: &r, block: proto.Block{Kind: proto.BlockNone, N: 1}})
			continue
		}
		v, err := argument(reflect.ValueOf(a), f.params[i])
		if err != nil {
			return nil, fmt.Errorf("cannot apply %s: argument %d %w", f.describe(), i+1, err)
		}
		if v.CanInt() && v.Type() == f.params[i] {
			ins = append(ins, input{param: f.params[i], block: proto.RangeBlock(v.Int(), 1, 1)}) // needs no encoding
			continue
		}
		one := reflect.MakeSlice(reflect.SliceOf(f.params[i]), 1, 1)
		one.Index(0).Set(v)
		block, err := codec.Block(one)
		if err != nil {
			return nil, fmt.Errorf("cannot apply %s to argument %d: %w", f.describe(), i+1, err)
		}
		ins = append(ins, input{param: f.params[i], block: block})
	}
	return ins, nil
}

// argument is assignable, but takes an int, which is what a constant becomes on its way, as any number that it is exactly.
func argument(v reflect.Value, t reflect.Type) (reflect.Value, error) {
	if v.IsValid() && v.Kind() == reflect.Int && v.Type() == reflect.TypeFor[int]() && !v.Type().AssignableTo(t) {
		if x, err := codec.Element(proto.RangeBlock(v.Int(), 1, 1), 0, t); err == nil {
			return x, nil
		}
	}
	return assignable(v, t)
}

// packVariadic makes the slice of a variadic function's last parameter. Arguments that do not fit are left for readArgs to name.
func packVariadic(f *function, args []any) []any {
	fixed := len(f.params) - 1
	if len(args) < fixed {
		return args
	}
	rest := reflect.MakeSlice(f.params[fixed], 0, len(args)-fixed)
	for _, a := range args[fixed:] {
		v, err := argument(reflect.ValueOf(a), f.variadic)
		if err != nil {
			return args
		}
		rest = reflect.Append(rest, v)
	}
	return append(slices.Clone(args[:fixed]), rest.Interface())
}

// unbox returns the value in an interpreter's box.
func unbox(v reflect.Value) reflect.Value { return codec.Unbox(v) }

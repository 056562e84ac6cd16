package light

import (
	"reflect"
	"sync"
)

// call calls a function or a method.
func (r *runner) call(n *Node) []reflect.Value {
	var f reflect.Value
	if n.Op == opMethod {
		f = r.bound(n)
	} else {
		f = r.eval(&n.Kids[0])
	}
	in := r.arguments(n, f.Type())
	r.p.at = n.At
	if f.IsNil() {
		nilPointer()
	}
	var out []reflect.Value
	if f.Type().IsVariadic() {
		out = f.CallSlice(in)
	} else {
		out = f.Call(in)
	}
	if n.Op != opMethod || n.S != "Lock" && n.S != "RLock" { // nobody else would unlock it
		r.woke()
	}
	return out
}

// arguments are those of a call of a function of type t, the variadic ones in a slice.
func (r *runner) arguments(n *Node, t reflect.Type) []reflect.Value {
	var in []reflect.Value
	if n.I&spread != 0 {
		in = r.values(&n.Kids[1])
	} else {
		for i := range n.Kids[1:] {
			in = append(in, r.eval(&n.Kids[i+1]))
		}
	}
	fixed := t.NumIn()
	if t.IsVariadic() && n.I&ellipsis == 0 {
		fixed--
	}
	for i := range fixed {
		in[i] = to(in[i], t.In(i))
	}
	if fixed == t.NumIn() {
		return in
	}
	last := t.In(fixed)
	if len(in) == fixed {
		return append(in, reflect.Zero(last))
	}
	rest := reflect.MakeSlice(last, len(in)-fixed, len(in)-fixed)
	for i, v := range in[fixed:] {
		rest.Index(i).Set(to(v, last.Elem()))
	}
	return append(in[:fixed:fixed], rest)
}

// bound is a method with its receiver.
func (r *runner) bound(n *Node) reflect.Value {
	v := r.eval(&n.Kids[0])
	r.p.at = n.At
	v = field(v, n.Names)
	switch n.N {
	case takeAddr:
		v = v.Addr()
	case follow:
		v = deref(v)
	}
	if v.Kind() == reflect.Interface && v.IsNil() {
		nilPointer()
	}
	return v.Method(methodIndex(v.Type(), n.S))
}

type memberKey struct {
	t    reflect.Type
	name string
}

// methodIndexes saves looking for methods, for which package reflect makes function types.
var methodIndexes sync.Map

func methodIndex(t reflect.Type, name string) int {
	k := memberKey{t, name}
	if i, ok := methodIndexes.Load(k); ok {
		return i.(int)
	}
	m, ok := t.MethodByName(name)
	if !ok {
		panic("light: type " + t.String() + " has no method " + name)
	}
	methodIndexes.Store(k, m.Index)
	return m.Index
}

// builtin evaluates the builtin functions that have a result.
func (r *runner) builtin(n *Node) reflect.Value {
	switch n.Op {
	case opMake:
		return r.makeCall(n)
	case opNew:
		return to(reflect.New(r.types[n.T].Elem()), r.types[n.T])
	case opNewOf:
		t := r.types[n.T]
		v := to(r.eval(&n.Kids[0]), t.Elem())
		p := reflect.New(t.Elem())
		p.Elem().Set(v)
		return to(p, t)
	}
	var vs []reflect.Value
	for i := range n.Kids {
		vs = append(vs, r.eval(&n.Kids[i]))
	}
	r.p.at = n.At
	switch n.Op {
	case opLen:
		return reflect.ValueOf(vs[0].Len())
	case opCap:
		return reflect.ValueOf(vs[0].Cap())
	case opAppend:
		return extend(vs, n.I&ellipsis != 0)
	case opCopy:
		return reflect.ValueOf(reflect.Copy(vs[0], vs[1]))
	case opMinMax:
		for i := range vs {
			vs[i] = to(vs[i], r.types[n.T])
		}
		return extreme(n.N == 1, vs)
	case opComplexOf:
		return ofComplex(complex(vs[0].Float(), vs[1].Float()), r.types[n.T])
	case opReal:
		return ofFloat(real(vs[0].Complex()), r.types[n.T])
	case opImag:
		return ofFloat(imag(vs[0].Complex()), r.types[n.T])
	}
	broken(n)
	return reflect.Value{}
}

func extend(vs []reflect.Value, whole bool) reflect.Value {
	s := vs[0]
	if !whole {
		for i := range vs[1:] {
			vs[i+1] = to(vs[i+1], s.Type().Elem())
		}
		return reflect.Append(s, vs[1:]...)
	}
	switch rest := vs[1]; {
	case !rest.IsValid():
		return s
	case rest.Kind() == reflect.String:
		return reflect.AppendSlice(s, bytesOf(rest.String(), s.Type()))
	default:
		return reflect.AppendSlice(s, to(rest, s.Type()))
	}
}

// most is more memory than there can be.
const most = 1 << 47

func (r *runner) makeCall(n *Node) reflect.Value {
	t := r.types[n.T]
	var sizes []reflect.Value
	for i := range n.Kids {
		sizes = append(sizes, r.eval(&n.Kids[i]))
	}
	r.p.at = n.At
	switch t.Kind() {
	case reflect.Map:
		if len(sizes) == 0 {
			return reflect.MakeMap(t)
		}
		return reflect.MakeMapWithSize(t, max(0, integer(sizes[0])))
	case reflect.Chan:
		if len(sizes) == 0 {
			return reflect.MakeChan(t, 0)
		}
		if k := integer(sizes[0]); k < 0 || tooMuch(k, t.Elem()) {
			_ = make(chan int64, -1+min(0, k))
		}
		return reflect.MakeChan(t, integer(sizes[0]))
	}
	length := integer(sizes[0])
	capacity := length
	if len(sizes) > 1 {
		capacity = integer(sizes[1])
	}
	checkMake(length, capacity, t.Elem())
	return reflect.MakeSlice(t, length, capacity)
}

func tooMuch(n int, t reflect.Type) bool {
	return t.Size() > 0 && uint64(n) > most/uint64(t.Size())
}

// checkMake panics as make does if there cannot be such a slice.
func checkMake(length, capacity int, t reflect.Type) {
	switch {
	case length < 0 || tooMuch(length, t):
		sinkBytes = make([]byte, -1+min(0, length))
	case capacity < length:
		sinkUnits = make([]struct{}, length, capacity)
	case tooMuch(capacity, t):
		sinkUnits = make([]struct{}, 0, -1+min(0, length))
	}
}

var (
	sinkBytes []byte
	sinkUnits []struct{}
)

// effect evaluates the builtin functions that have no result.
func (r *runner) effect(n *Node) {
	x := r.eval(&n.Kids[0])
	switch n.Op {
	case opDelete:
		k := to(r.eval(&n.Kids[1]), x.Type().Key())
		r.p.at = n.At
		x.SetMapIndex(k, reflect.Value{})
	case opClear:
		r.p.at = n.At
		x.Clear()
	case opPanic:
		v := to(x, anyType)
		r.p.at = n.At
		panic(v.Interface())
	}
}

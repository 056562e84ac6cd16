package light

import (
	"go/token"
	"reflect"
	"strconv"
	"sync"
)

func itoa(n int) string { return strconv.Itoa(n) }

// values evaluates an expression that may have any number of values.
func (r *runner) values(n *Node) []reflect.Value {
	switch n.Op {
	case opCall, opMethod:
		return r.call(n)
	case opDelete, opClear, opPanic:
		r.effect(n)
		return nil
	}
	return []reflect.Value{r.eval(n)}
}

// eval evaluates an expression. The value has the expression's static type, also if that is an interface; only an untyped nil has
// none. It may be the variable itself, and change with it.
func (r *runner) eval(n *Node) reflect.Value {
	switch n.Op {
	case opBool, opInt, opUint, opFloat, opComplex, opString:
		return r.constant(n)
	case opNil:
		if n.T != 0 {
			return reflect.Zero(r.types[n.T])
		}
		return reflect.Value{}
	case opVar:
		return r.vars[n.N]
	case opLocal:
		return r.locals[n.N]
	case opSymbol:
		return r.symbols[n.N]
	case opTemp:
		return r.temps[n.N]
	case opField, opDeref, opIndex, opMapIndex, opSlice, opAddr:
		return r.access(n)
	case opAssert:
		return r.assert(n)
	case opCall, opMethod:
		return r.call(n)[0]
	case opConvert:
		if t := r.types[n.T]; n.Kids[0].Op == opString && t.Kind() == reflect.Slice {
			return listOf(n.Kids[0].S, t)
		}
		return convert(r.eval(&n.Kids[0]), r.types[n.T])
	case opUnary, opBinary, opShift, opCompare, opLogic:
		return r.operator(n)
	case opStructLit, opArrayLit, opMapLit, opNewLit:
		return r.literal(n, nil)
	}
	return r.builtin(n)
}

func (r *runner) constant(n *Node) reflect.Value {
	t := r.types[n.T]
	switch n.Op {
	case opBool:
		return ofBool(n.I != 0, t)
	case opInt:
		return ofInt(n.I, t)
	case opUint:
		return ofUint(uint64(n.I), t)
	case opFloat:
		return ofFloat(n.F, t)
	case opComplex:
		return ofComplex(complex(n.F, n.G), t)
	}
	return ofString(n.S, t)
}

func (r *runner) access(n *Node) reflect.Value {
	x := r.eval(&n.Kids[0])
	switch n.Op {
	case opField:
		r.p.at = n.At
		return field(x, n.Names)
	case opDeref:
		r.p.at = n.At
		return deref(x)
	case opAddr:
		return to(x.Addr(), r.types[n.T])
	case opSlice:
		return r.slice(n, x)
	}
	i := r.eval(&n.Kids[1])
	r.p.at = n.At
	if n.Op == opMapIndex {
		v, _ := lookup(x, to(i, x.Type().Key()))
		return v
	}
	return index(x, i)
}

func deref(p reflect.Value) reflect.Value {
	if p.IsNil() {
		nilPointer()
	}
	return p.Elem()
}

func field(v reflect.Value, path []string) reflect.Value {
	for _, name := range path {
		if v.Kind() == reflect.Pointer {
			v = deref(v)
		}
		v = open(v.Field(fieldIndex(v.Type(), name)))
	}
	return v
}

// fieldIndexes saves looking for fields.
var fieldIndexes sync.Map

// fieldIndex is the place of a struct's own field.
func fieldIndex(t reflect.Type, name string) int {
	k := memberKey{t, name}
	if i, ok := fieldIndexes.Load(k); ok {
		return i.(int)
	}
	for i := range t.NumField() {
		if t.Field(i).Name == name {
			fieldIndexes.Store(k, i)
			return i
		}
	}
	panic("light: type " + t.String() + " has no field " + name)
}

func index(v, i reflect.Value) reflect.Value {
	if v.Kind() == reflect.Pointer {
		v = deref(v)
	}
	return v.Index(bounds(i, v.Len()))
}

func lookup(m, key reflect.Value) (reflect.Value, bool) {
	if v := m.MapIndex(key); v.IsValid() {
		return v, true
	}
	return reflect.Zero(m.Type().Elem()), false
}

// commaOK is the two-valued form.
func (r *runner) commaOK(n *Node) (reflect.Value, bool) {
	x := r.eval(&n.Kids[0])
	if n.Op == opMapIndex {
		k := to(r.eval(&n.Kids[1]), x.Type().Key())
		r.p.at = n.At
		return lookup(x, k)
	}
	t := r.types[n.T]
	if v, ok := as(x, t); ok {
		return v, true
	}
	return reflect.Zero(t), false
}

func (r *runner) assert(n *Node) reflect.Value {
	x := r.eval(&n.Kids[0])
	r.p.at = n.At
	t := r.types[n.T]
	v, ok := as(x, t)
	if ok {
		return v
	}
	var concrete reflect.Type
	if !x.IsNil() {
		concrete = x.Elem().Type()
	}
	if t.Kind() != reflect.Interface {
		assertionFailed(x.Type(), concrete, t, "")
	}
	if concrete == nil {
		assertionFailed(nil, nil, t, "")
	}
	assertionFailed(nil, concrete, t, missing(concrete, t))
	return v
}

// as is the type assertion of interface value x.
func as(x reflect.Value, t reflect.Type) (reflect.Value, bool) {
	if x.IsNil() {
		return x, false
	}
	v := x.Elem()
	if t.Kind() == reflect.Interface {
		if !v.Type().Implements(t) {
			return x, false
		}
		return v.Convert(t), true
	}
	return v, v.Type() == t
}

// missing is the first method of interface t that concrete has not.
func missing(concrete, t reflect.Type) string {
	for i := range t.NumMethod() {
		want := t.Method(i)
		m, ok := concrete.MethodByName(want.Name)
		if !ok {
			return want.Name
		}
		have := m.Type
		same := have.NumIn() == want.Type.NumIn()+1 && have.NumOut() == want.Type.NumOut() && have.IsVariadic() == want.Type.IsVariadic()
		for k := 0; same && k < want.Type.NumIn(); k++ {
			same = have.In(k+1) == want.Type.In(k)
		}
		for k := 0; same && k < want.Type.NumOut(); k++ {
			same = have.Out(k) == want.Type.Out(k)
		}
		if !same {
			return want.Name
		}
	}
	return ""
}

func (r *runner) operator(n *Node) reflect.Value {
	x := r.eval(&n.Kids[0])
	op := token.Token(n.N)
	if n.Op == opLogic {
		b := x.Bool()
		if b == (op == token.LAND) {
			rest := n.Kids[1].Kids
			r.block(rest[:len(rest)-1])
			b = r.eval(&rest[len(rest)-1]).Bool()
		}
		return ofBool(b, r.types[n.T])
	}
	if n.Op == opUnary {
		return unary(op, x)
	}
	y := r.eval(&n.Kids[1])
	r.p.at = n.At
	switch n.Op {
	case opShift:
		return shift(op, x, y)
	case opCompare:
		t := kinds[reflect.Bool]
		if n.T != 0 {
			t = r.types[n.T]
		}
		return ofBool(compare(op, x, y), t)
	}
	return arith(op, x, y)
}

// literal is a composite literal; t is its type where that is left out.
func (r *runner) literal(n *Node, t reflect.Type) reflect.Value {
	if n.T != 0 {
		t = r.types[n.T]
	}
	switch n.Op {
	case opNewLit:
		v := r.literal(&n.Kids[0], t.Elem())
		p := reflect.New(t.Elem())
		p.Elem().Set(v)
		return to(p, t)
	case opStructLit:
		v := reflect.New(t).Elem()
		for i := range n.Kids {
			f := open(v.Field(fieldIndex(t, n.Names[i])))
			f.Set(to(r.eval(&n.Kids[i]), f.Type()))
		}
		return v
	case opMapLit:
		m := reflect.MakeMapWithSize(t, len(n.Kids)/2)
		for i := 0; i < len(n.Kids); i += 2 {
			k := copied(r.element(&n.Kids[i], t.Key()))
			m.SetMapIndex(k, r.element(&n.Kids[i+1], t.Elem()))
		}
		return m
	}
	var v reflect.Value
	if t.Kind() == reflect.Slice {
		v = reflect.MakeSlice(t, n.N, n.N)
	} else {
		v = reflect.New(t).Elem()
	}
	for i := range n.Kids {
		v.Index(n.Path[i]).Set(r.element(&n.Kids[i], t.Elem()))
	}
	return v
}

func (r *runner) element(n *Node, t reflect.Type) reflect.Value {
	if n.T == 0 && n.Op >= opStructLit && n.Op <= opNewLit {
		return r.literal(n, t)
	}
	return to(r.eval(n), t)
}

func (r *runner) slice(n *Node, x reflect.Value) reflect.Value {
	var at [3]reflect.Value
	for i := range at {
		if k := &n.Kids[i+1]; k.Op != opNone {
			at[i] = r.eval(k)
		}
	}
	r.p.at = n.At
	if x.Kind() == reflect.Pointer {
		x = deref(x)
	}
	if x.Kind() == reflect.Slice {
		lo, hi, max := sliceBounds(x.Len(), x.Cap(), at)
		if at[2].IsValid() {
			return x.Slice3(lo, hi, max)
		}
		return x.Slice(lo, hi)
	}
	lo, hi := textBounds(x.Len(), at)
	if x.Kind() == reflect.String {
		return ofString(x.String()[lo:hi], x.Type())
	}
	return x.Slice(lo, hi)
}

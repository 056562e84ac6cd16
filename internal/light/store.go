package light

import "reflect"

// place is something that can be assigned, its operands evaluated. Whether it exists is seen when it is used.
type place struct {
	n     *Node
	v     reflect.Value // the variable, pointer, slice or map
	index reflect.Value
	outer *place // what it is part of
}

func (r *runner) operands(n *Node) place {
	p := place{n: n}
	switch n.Op {
	case opVar, opLocal, opSymbol:
		p.v = r.eval(n)
	case opDeref:
		p.v = copied(r.eval(&n.Kids[0]))
	case opMapIndex:
		p.v = copied(r.eval(&n.Kids[0]))
		p.index = copied(to(r.eval(&n.Kids[1]), p.v.Type().Key()))
	case opIndex, opField:
		r.part(&p)
	default:
		broken(n)
	}
	return p
}

// part evaluates what the place is a part of: another place, or a pointer or slice that leads to it.
func (r *runner) part(p *place) {
	base := &p.n.Kids[0]
	if p.n.I == withinPlace {
		outer := r.operands(base)
		p.outer = &outer
	} else {
		p.v = copied(r.eval(base))
	}
	if p.n.Op == opIndex {
		p.index = copied(r.eval(&p.n.Kids[1]))
	}
}

// get returns the place as an addressable value; it panics if there is none. Elements of maps are not such places.
func (r *runner) get(p *place) reflect.Value {
	v := p.v
	if p.outer != nil {
		v = r.get(p.outer)
	}
	r.p.at = p.n.At
	switch p.n.Op {
	case opDeref:
		return deref(v)
	case opIndex:
		return index(v, p.index)
	case opField:
		return field(v, p.n.Names)
	}
	return v
}

func (r *runner) load(p *place) reflect.Value {
	if p.n.Op != opMapIndex {
		return r.get(p)
	}
	v, _ := lookup(p.v, p.index)
	return v
}

func (r *runner) store(p *place, v reflect.Value) {
	if p.n.Op == opMapIndex {
		r.p.at = p.n.At
		if p.v.IsNil() {
			nilMap()
		}
		p.v.SetMapIndex(p.index, to(v, p.v.Type().Elem()))
		return
	}
	at := r.get(p)
	at.Set(to(v, at.Type()))
}

package light

import (
	"go/token"
	"reflect"
)

// Run evaluates the program. An error is a *NeedsCompiler, returned before anything was done. Run panics as the cell's code would:
// with the very values, runtime errors included; Position then tells where. A program runs once at a time.
//
// If env has a method Woke, it is called after each call of a function, which may have waited: an env that has given up on the cell
// ends the goroutine there.
func (p *Program) Run(env Env) error {
	r, err := p.prepare(env)
	if err != nil {
		return err
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		p.at = Pos{}
		env.Step(s.N)
		if s.Show != "" {
			last := len(s.Body) - 1
			r.block(s.Body[:last])
			env.Show(s.Show, s.Type, copies(r.values(&s.Body[last])))
			continue
		}
		r.block(s.Body)
	}
	return nil
}

// runner is a program being evaluated.
type runner struct {
	p             *Program
	env           Env
	types         []reflect.Type // by index plus one
	vars, symbols []reflect.Value
	locals, temps []reflect.Value
	woke          func()
}

// prepare finds everything that the program refers to.
func (p *Program) prepare(env Env) (*runner, error) {
	r := &runner{p: p, env: env, locals: make([]reflect.Value, p.Locals), temps: make([]reflect.Value, p.Temps), woke: func() {}}
	if w, ok := env.(interface{ Woke() }); ok {
		r.woke = w.Woke
	}
	var err error
	if r.types, err = p.resolve(env); err != nil {
		return nil, err
	}
	r.vars = make([]reflect.Value, len(p.Vars))
	for i, v := range p.Vars {
		if v.Made {
			continue
		}
		var ok bool
		if r.vars[i], ok = env.Var(v.Low); !ok {
			return nil, &NeedsCompiler{"there is no variable " + v.Low + " here"}
		}
	}
	r.symbols = make([]reflect.Value, len(p.Symbols))
	for i, s := range p.Symbols {
		var ok bool
		if r.symbols[i], ok = env.Symbol(s.Path, s.Name); !ok {
			return nil, &NeedsCompiler{"there is no " + s.Path + "." + s.Name + " here"}
		}
	}
	return r, nil
}

func (r *runner) block(body []Node) {
	for i := range body {
		r.stmt(&body[i])
	}
}

func (r *runner) stmt(n *Node) {
	r.p.at = n.At
	switch n.Op {
	case opLet:
		r.temps[n.N] = r.eval(&n.Kids[0])
	case opExpr:
		r.values(&n.Kids[0])
	case opAssign:
		r.assign(n)
	case opUpdate:
		r.update(n)
	case opZero:
		v := &n.Kids[0]
		r.define(v, reflect.Zero(r.types[v.T]))
	case opBlock:
		r.block(n.Kids)
	case opIf:
		r.stmt(&n.Kids[0])
		if r.eval(&n.Kids[1]).Bool() {
			r.stmt(&n.Kids[2])
		} else if n.Kids[3].Op != opNone {
			r.stmt(&n.Kids[3])
		}
	default:
		broken(n)
	}
}

func broken(n *Node) {
	panic("light: a program that was not written by Compile: operation " + itoa(int(n.Op)))
}

// define begins a variable.
func (r *runner) define(n *Node, v reflect.Value) {
	t := v.Type()
	var place reflect.Value
	if n.Op == opLocal {
		place = reflect.New(t).Elem()
		r.locals[n.N] = place
	} else {
		place = r.env.Define(r.p.Vars[n.N].Low, t)
		r.vars[n.N] = place
	}
	place.Set(v)
}

// assign evaluates values, then the operands of targets, which the values do not change; then it assigns from left to right.
func (r *runner) assign(n *Node) {
	targets, sources := n.Kids[:n.N], n.Kids[n.N:]
	var values []reflect.Value
	switch {
	case len(sources) == len(targets):
		for i := range sources {
			values = append(values, r.eval(&sources[i]))
		}
		if len(values) > 1 {
			values = copies(values)
		}
	case sources[0].Op == opMapIndex || sources[0].Op == opAssert:
		v, ok := r.commaOK(&sources[0])
		values = []reflect.Value{copied(v), reflect.ValueOf(ok)}
	default:
		values = r.values(&sources[0])
	}
	places := make([]place, len(targets))
	for i := range targets {
		if n.Path[i] == toStore {
			places[i] = r.operands(&targets[i])
		}
	}
	for i := range targets {
		t := &targets[i]
		switch n.Path[i] {
		case toStore:
			r.store(&places[i], values[i])
		case toDefine:
			v := values[i]
			if t.T != 0 {
				v = to(v, r.types[t.T])
			}
			r.define(t, v)
		}
	}
}

// update is x op= y.
func (r *runner) update(n *Node) {
	p := r.operands(&n.Kids[0])
	old := r.load(&p)
	y := r.eval(&n.Kids[1])
	r.p.at = n.At
	var v reflect.Value
	if op := token.Token(n.N); op == token.SHL || op == token.SHR {
		v = shift(op, old, y)
	} else {
		v = arith(op, old, y)
	}
	r.store(&p, v)
}

// copied makes v independent of the variable that it was read from.
func copied(v reflect.Value) reflect.Value {
	if v.IsValid() && v.CanAddr() {
		return v.Convert(v.Type())
	}
	return v
}

func copies(vs []reflect.Value) []reflect.Value {
	out := make([]reflect.Value, len(vs))
	for i, v := range vs {
		out[i] = copied(v)
	}
	return out
}

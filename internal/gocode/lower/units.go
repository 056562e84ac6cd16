package lower

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"strings"

	"github.com/gocluster/gocluster/internal/unit"
)

// literal writes a function literal tied to its unit; in a unit there is nothing left to ship.
func (c *Code) literal(e *ast.FuncLit) string {
	if c.f.unit || c.library {
		return c.fresh(c.plainLiteral(e), c.typ(c.of(e)))
	}
	p := c.fset.Position(e.Pos())
	n, values := c.literalUnit(e, fmt.Sprintf("function at %s:%d:%d", p.Filename, p.Line, p.Column))
	c.f.Bound[e] = n
	return c.fresh(c.bind(n, c.plainLiteral(e), values, c.of(e)), c.typ(c.of(e)))
}

func (c *Code) plainLiteral(e *ast.FuncLit) string {
	params := c.params(e.Type)
	results := c.resultList(e.Type)
	return "func(" + params + ")" + results + " " + c.body(e.Body, c.of(e).(*types.Signature), e.Type)
}

// literalUnit makes the unit of a literal, and the function that gives the captured variables where the literal stands.
func (c *Code) literalUnit(e *ast.FuncLit, name string) (n int, values string) {
	names := maps.Clone(c.names)
	made := c.unit(name, c.of(e).(*types.Signature), c.origin(Origin{Node: e}), func(f *File) string {
		k := f.Code(c.info, c.fset)
		k.sub, k.root, k.names = c.sub, e, maps.Clone(names)
		params := k.params(e.Type)
		f.Add(k.mark(e) + "func Entry__(" + params + ")" + k.resultList(e.Type) + " " + k.body(e.Body, c.of(e).(*types.Signature), e.Type))
		return "Entry__"
	})
	n = c.f.addUnit(made, nil)
	return n, c.f.Units[n-c.f.Base].values
}

// declUnit makes the unit of a declared function.
func (c *Code) declUnit(d *Decl, args []types.Type, sig *types.Signature) *Unit {
	return c.unit(d.Name, sig, c.origin(Origin{Decl: d, Args: args}), func(f *File) string { return f.funcName(d, args) })
}

// methodUnit makes the unit of a method value: its receiver is a captured value.
func (c *Code) methodUnit(name string, sig *types.Signature, held types.Type, body func(*Code, string) string) *Unit {
	u := c.unit(name, sig, c.origin(Origin{Held: held, Name: name}), func(f *File) string {
		k := f.Code(c.info, c.fset)
		k.sub = c.sub
		f.captures = append(f.captures, capture{low: "recv__", typ: held, at: "r__"})
		f.Add("func Entry__" + strings.TrimPrefix(body(k, "recv__"), "func"))
		return "Entry__"
	})
	return u
}

func (c *Code) origin(of Origin) Origin {
	of.Info, of.Fset, of.Generic = c.info, c.fset, len(c.sub) > 0
	return of
}

// unit makes a unit from what build adds to an empty file; build returns the name of the function.
func (c *Code) unit(name string, sig *types.Signature, of Origin, build func(*File) string) *Unit {
	of.Sig = sig
	world, host := c.f.world, c.f.host
	var again func() *Unit
	again = func() *Unit {
		f := NewFile(world, host, 0)
		f.unit = true
		u := &unit.Unit{Name: name, Entry: build(f), Variadic: sig.Variadic()}
		f.drain()
		known := f.known(sig)
		var at []string
		var free []types.Object
		for _, k := range f.captures {
			free = append(free, k.obj)
			u.Captures = append(u.Captures, unit.Capture{Name: k.name(), Var: k.low, Type: f.typ(k.typ, nil)})
			f.Add("var " + k.low + " " + f.typ(k.typ, nil))
			at = append(at, "&"+k.at)
		}
		f.drain()
		u.Source, u.Lines = f.Text("", nil)
		signature(u, sig)
		if len(f.Refused) > 0 {
			r := f.Refused[0]
			u.Native = r.Text()
		}
		values := "nil"
		if len(at) > 0 {
			values = "func() []any { return []any{" + strings.Join(at, ", ") + "} }"
		}
		return &Unit{Unit: u, Reached: f.Reached, Again: again, Free: free, values: values, Of: of, Known: known}
	}
	return again()
}

// Text says what is refused and what to do.
func (r Refusal) Text() string {
	return fmt.Sprintf("%v: the interpreter does not run %s faithfully: %s", r.Fset.Position(r.Pos), r.What, r.Remedy)
}

func (k capture) name() string {
	if k.obj == nil {
		return "the receiver"
	}
	return k.obj.Name()
}

func signature(u *unit.Unit, sig *types.Signature) {
	for v := range sig.Params().Variables() {
		u.Params = append(u.Params, structural(v.Type(), nil))
	}
	for i := range sig.Results().Len() {
		t := sig.Results().At(i).Type()
		if i == sig.Results().Len()-1 && types.Identical(t, types.Universe.Lookup("error").Type()) {
			u.Fails = true
			break
		}
		u.Results = append(u.Results, structural(t, nil))
	}
}

// structural writes a type with the session's types spelled out.
func structural(t types.Type, within []*types.Named) string {
	switch t := t.(type) {
	case *types.Alias:
		return structural(types.Unalias(t), within)
	case *types.Named:
		if !isMain(t.Obj().Pkg()) {
			break
		}
		for _, n := range within {
			if n == t {
				return t.Obj().Name()
			}
		}
		return structural(t.Underlying(), append(within, t))
	case *types.Pointer:
		return "*" + structural(t.Elem(), within)
	case *types.Slice:
		return "[]" + structural(t.Elem(), within)
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), structural(t.Elem(), within))
	case *types.Map:
		return "map[" + structural(t.Key(), within) + "]" + structural(t.Elem(), within)
	case *types.Struct:
		var fs []string
		for f := range t.Fields() {
			fs = append(fs, f.Name()+" "+structural(f.Type(), within))
		}
		return "struct{" + strings.Join(fs, "; ") + "}"
	}
	return UserType(t)
}

func (f *File) addUnit(u *Unit, _ any) int {
	f.Units = append(f.Units, u)
	return f.Base + len(f.Units) - 1
}

// capture returns the unit's variable for one that is declared outside of it.
func (c *Code) capture(obj *types.Var, d *Decl) string {
	for _, k := range c.f.captures {
		if k.obj == obj {
			return k.low
		}
	}
	at := c.local(obj, obj.Name())
	if d != nil {
		at = d.Low
		c.f.Reached[d] = true
	}
	low := fmt.Sprintf("cap%d__%s", len(c.f.captures), obj.Name())
	c.f.captures = append(c.f.captures, capture{obj: obj, low: low, typ: c.sub.apply(obj.Type()), at: at})
	return low
}

// literalVar brings the function that a session variable was defined as into a unit, as a declaration.
func (f *File) literalVar(d *Decl) string {
	f.Reached[d] = true
	if _, ok := f.done[d.Low]; !ok {
		f.done[d.Low] = d.Low
		f.queue = append(f.queue, func() {
			k := f.Code(d.Info, d.Fset)
			k.root = d.Literal
			params := k.params(d.Literal.Type)
			f.Add(k.mark(d.Literal) + "func " + d.Low + "(" + params + ")" + k.resultList(d.Literal.Type) + " " + k.body(d.Literal.Body, d.Info.TypeOf(d.Literal).(*types.Signature), d.Literal.Type))
		})
	}
	return d.Low
}

// programVar brings a package variable of a compiled program into a unit: its value cannot be read, so it must be known.
func (c *Code) programVar(e ast.Node, d *Decl) string {
	f := c.f
	f.Reached[d] = true
	if d.Value == nil {
		c.refuse(e, "the package variable "+d.Name+", whose value at run time is not known", "pass it to the function as an argument, or make it a constant")
		return d.Low
	}
	if _, ok := f.done[d.Low]; !ok {
		f.done[d.Low] = d.Low
		f.queue = append(f.queue, func() {
			k := f.Code(d.Info, d.Fset)
			f.Add(k.mark(d.Value) + "var " + d.Low + " " + k.typ(d.Obj.Type()) + " = " + k.value(d.Value, d.Obj.Type()))
		})
	}
	return d.Low
}

// DeclUnit makes the unit of a declared function.
func DeclUnit(w World, host string, d *Decl) *Unit {
	f := NewFile(w, host, 0)
	return f.Code(d.Info, d.Fset).declUnit(d, nil, d.Obj.Type().(*types.Signature))
}

// LiteralUnit makes the unit of a function literal.
func LiteralUnit(w World, host string, info *types.Info, fset *token.FileSet, lit *ast.FuncLit, name string) *Unit {
	f := NewFile(w, host, 0)
	f.Code(info, fset).literalUnit(lit, name)
	return f.Units[0]
}

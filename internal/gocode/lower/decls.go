package lower

import (
	"go/ast"
	"go/types"
	"strings"
)

// key writes types in one form, whatever file they are used in.
func (f *File) key(args []types.Type) string {
	k := &File{world: f.world, canonical: true, imports: map[string]string{}, Reached: map[*Decl]bool{}, done: map[string]string{}, fset: f.fset}
	var ts []string
	for _, a := range args {
		ts = append(ts, k.typ(a, nil))
	}
	return strings.Join(ts, ",")
}

// instance returns the lowered name of a generic declaration used with args; emit declares it where lowered code does not have it.
func (f *File) instance(d *Decl, args []types.Type, emit func(low string)) string {
	f.Reached[d] = true
	key := f.key(args)
	if f.canonical {
		return d.Low + "[" + key + "]"
	}
	id := d.Low + "[" + key + "]"
	if low, ok := f.done[id]; ok {
		return low
	}
	low, have := f.world.Instance(d, key)
	f.done[id] = low
	if have && !f.unit {
		return low
	}
	f.Instances = append(f.Instances, id)
	f.queue = append(f.queue, func() { emit(low) })
	return low
}

func (f *File) typeInstance(d *Decl, t *types.Named, c *Code) string {
	args := (substitution)(nil).list(t.TypeArgs())
	if own, ok := d.Obj.Type().(*types.Named); ok && own != t.Origin() { // compiled declarations hide fields
		if inst, err := types.Instantiate(contexts, own, args, false); err == nil {
			t = inst.(*types.Named)
		}
	}
	return f.instance(d, args, func(low string) {
		f.TypeDecl(d, low, t, bind(t.Origin().TypeParams(), args))
	})
}

// funcName returns the name by which lowered code calls a declared function, and brings it into the file where it must.
func (f *File) funcName(d *Decl, args []types.Type) string {
	if len(args) > 0 {
		return f.instance(d, args, func(low string) {
			sig := d.Info.Defs[d.Func.Name].Type().(*types.Signature)
			f.Add(f.funcText("func "+low, d, bind(sig.TypeParams(), args), ""))
		})
	}
	f.Reached[d] = true
	if f.unit || d.Path != "" {
		if d.Path != "" && !f.unit {
			if low, have := f.world.Instance(d, ""); have {
				return low
			}
			if f.done[d.Low] == "" {
				f.Instances = append(f.Instances, d.Low+"[]")
			}
		}
		if f.done[d.Low] == "" {
			f.done[d.Low] = d.Low
			f.queue = append(f.queue, func() { f.Add(f.funcText("func "+d.Low, d, nil, "")) })
		}
	}
	return d.Low
}

// funcText writes a function: head, parameters, body. recv, if not empty, is the receiver, which becomes the first parameter.
func (f *File) funcText(head string, d *Decl, sub substitution, recv string) string {
	c := f.Code(d.Info, d.Fset)
	c.sub, c.library = sub, d.Path != ""
	sig := d.Info.Defs[d.Func.Name].Type().(*types.Signature)
	params := c.params(d.Func.Type)
	if recv != "" {
		name := "_"
		if r := d.Func.Recv.List[0]; len(r.Names) > 0 {
			name = c.local(d.Info.Defs[r.Names[0]], r.Names[0].Name)
		}
		if params != "" {
			recv += ", "
		}
		params = name + " " + recv + params
	}
	if d.Func.Body == nil {
		c.refuse(d.Func, "the function "+d.Name+", which has no body", "give it one")
		return ""
	}
	return c.mark(d.Func) + head + "(" + params + ")" + c.resultList(d.Func.Type) + " " + c.body(d.Func.Body, sig, d.Func.Type)
}

// SlotFunc declares a session function: a package variable that holds it and the assignment that fills it.
func (f *File) SlotFunc(d *Decl, fresh bool) {
	sig := d.Obj.Type().(*types.Signature)
	if fresh {
		f.Add("var " + d.Low + " func" + f.signature(sig, nil))
	}
	f.Init(f.funcText(d.Low+" = func", d, nil, ""))
}

// SlotMethod declares a session type's method: a function in a variable, which is made known for interfaces and compiled code.
func (f *File) SlotMethod(d *Decl, typeLow string, fresh bool) {
	sig := d.Obj.Type().(*types.Signature)
	recv := typeLow
	if _, ptr := sig.Recv().Type().(*types.Pointer); ptr {
		recv = "*" + typeLow
	}
	if fresh {
		params := recv
		for i := range sig.Params().Len() {
			params += ", " + f.param(sig, i, nil)
		}
		f.Add("var " + d.Low + " func(" + params + ")" + f.results(sig, nil))
	}
	f.Init(f.funcText(d.Low+" = func", d, nil, recv))
	f.registerMethod(typeLow, d.Obj.Name(), recv != typeLow, sig, d.Low)
}

// MethodDecl declares a method directly, for units and for instances of generic types.
func (f *File) MethodDecl(d *Decl, typeLow string, t *types.Named) {
	f.Reached[d] = true
	recv := typeLow
	sig := d.Obj.Type().(*types.Signature)
	if _, ptr := sig.Recv().Type().(*types.Pointer); ptr {
		recv = "*" + typeLow
	}
	var sub substitution
	if t.TypeArgs().Len() > 0 {
		sub = bind(sig.RecvTypeParams(), (substitution)(nil).list(t.TypeArgs()))
	}
	low := typeLow + "_" + d.Obj.Name()
	f.Add(f.funcText("func "+low, d, sub, recv))
	f.registerMethod(typeLow, d.Obj.Name(), recv != typeLow, sub.apply(sig).(*types.Signature), low)
}

// methodName returns the function behind a session type's method.
func (c *Code) methodName(m *types.Func, d *Decl, recv *types.Named) string {
	c.f.Reached[d] = true
	if recv.TypeArgs().Len() > 0 {
		return c.f.typ(recv, c) + "_" + m.Name()
	}
	if c.f.unit {
		return c.f.typ(recv, c) + "_" + m.Name()
	}
	return d.Low
}

// params writes a parameter list with its names.
func (c *Code) params(t *ast.FuncType) string {
	if t.Params == nil {
		return ""
	}
	var ps []string
	for _, field := range t.Params.List {
		typ := c.paramType(field.Type)
		if len(field.Names) == 0 {
			ps = append(ps, "_ "+typ)
		}
		for _, n := range field.Names {
			ps = append(ps, c.local(c.info.Defs[n], n.Name)+" "+typ)
		}
	}
	return strings.Join(ps, ", ")
}

func (c *Code) paramType(e ast.Expr) string {
	if el, ok := e.(*ast.Ellipsis); ok {
		return "..." + c.typ(c.info.TypeOf(el.Elt))
	}
	return c.typ(c.info.TypeOf(e))
}

func (c *Code) resultList(t *ast.FuncType) string {
	if t.Results == nil || len(t.Results.List) == 0 {
		return ""
	}
	var rs []string
	named := false
	for _, field := range t.Results.List {
		typ := c.paramType(field.Type)
		if len(field.Names) == 0 {
			rs = append(rs, typ)
		}
		for _, n := range field.Names {
			named = true
			name := n.Name
			if name == "_" { // a result that a bare return gives must have a name
				name = c.f.temp("r")
				c.names[c.info.Defs[n]] = name
			} else {
				name = c.local(c.info.Defs[n], name)
			}
			rs = append(rs, name+" "+typ)
		}
	}
	if len(rs) == 1 && !named {
		return " " + rs[0]
	}
	return " (" + strings.Join(rs, ", ") + ")"
}

// local returns a local's name in lowered code; a local that hides a predeclared name is renamed, since lowered code uses those.
func (c *Code) local(obj types.Object, name string) string {
	if name == "_" {
		return "_"
	}
	if n, ok := c.names[obj]; ok {
		return n
	}
	if types.Universe.Lookup(name) != nil {
		name += "__v"
		c.names[obj] = name
	}
	return name
}

package emit

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// pointer returns the variable of the file that points to a session variable or slot.
func (f *File) pointer(low string, t types.Type) string {
	name := pointerName(low)
	if f.once("var " + low) {
		typ := f.typ(t)
		f.decls = append(f.decls, fmt.Sprintf("var %s *%s", name, paren(typ)))
		f.load = append(f.load, fmt.Sprintf("%s = %s.Var[%s](%q)", name, f.Host(), typ, low))
	}
	return name
}

// pointerName and the names of functions begin in lower case: plugins offer exported names to the program that loads them, and these
// would not be found, since the file's package path is not its plugin's.
func pointerName(low string) string { return "v__" + low }

func paren(typ string) string {
	if strings.HasPrefix(typ, "func") || strings.HasPrefix(typ, "<-") {
		return "(" + typ + ")"
	}
	return typ
}

// Retype makes a variable, whose type has been declared again with another method, one of the new type.
func (f *File) Retype(low string, t types.Type) {
	name := pointerName(low)
	f.done["var "+low] = true
	typ := f.typ(t)
	f.decls = append(f.decls, fmt.Sprintf("var %s *%s", name, paren(typ)))
	f.load = append(f.load, fmt.Sprintf("%s = %s.Retype[%s](%q)", name, f.Host(), typ, low))
}

// slot returns the variable of the file that points to a function's slot.
func (f *File) slot(th *Thing) string {
	sig := th.Obj.Type().(*types.Signature)
	name := pointerName(th.Low)
	if f.once("var " + th.Low) {
		typ := f.slotType(sig)
		f.decls = append(f.decls, fmt.Sprintf("var %s *(%s)", name, typ))
		f.load = append(f.load, fmt.Sprintf("%s = %s.Var[%s](%q)", name, f.Host(), typ, th.Low))
	}
	return name
}

// slotType is a function's type with the receiver as its first parameter.
func (f *File) slotType(sig *types.Signature) string {
	ps := f.params(sig)
	if r := sig.Recv(); r != nil {
		ps = append([]string{f.typ(r.Type())}, ps...)
	}
	return "func(" + strings.Join(ps, ", ") + ")" + f.results(sig)
}

// typeName returns a session type's name, and has the file declare it.
func (f *File) typeName(th *Thing) string {
	if f.once("type " + th.Low) {
		f.queue = append(f.queue, func() { f.typeDecl(th) })
	}
	return th.Low
}

func (f *File) typeDecl(th *Thing) {
	spec := th.Node.(*ast.TypeSpec)
	c := f.code(th)
	f.decls = append(f.decls, "type "+th.Low+f.directive(spec.Name.End())+c.between(spec, spec.Name.End(), spec.End()))
	named, ok := th.Obj.Type().(*types.Named)
	if !ok || spec.Assign.IsValid() {
		return
	}
	for m := range named.Methods() {
		if mt := f.world.Thing(m); mt != nil && mt.Name != "_" {
			f.method(mt, named)
		}
	}
	if i, ok := named.Underlying().(*types.Interface); named.TypeParams().Len() == 0 && (!ok || i.IsMethodSet()) {
		f.known = append(f.known, th.Low)
	}
}

// method declares a method: one that calls its slot, or, for generic types, the user's.
func (f *File) method(th *Thing, named *types.Named) {
	if fn := th.Node.(*ast.FuncDecl); !th.Slot || Direct(fn, th.Info) {
		f.decls = append(f.decls, pragmas(fn)+f.directive(fn.Pos())+f.code(th).between(fn, fn.Pos(), fn.End()))
		return
	}
	sig := th.Obj.Type().(*types.Signature)
	ps, args := []string{}, []string{"r__"}
	for i := range sig.Params().Len() {
		name := fmt.Sprintf("a%d__", i)
		ps = append(ps, name+" "+f.param(sig, i))
		if sig.Variadic() && i == sig.Params().Len()-1 {
			name += "..."
		}
		args = append(args, name)
	}
	ret := ""
	if sig.Results().Len() > 0 {
		ret = "return "
	}
	f.decls = append(f.decls, fmt.Sprintf("func (r__ %s) %s(%s)%s { %s(*%s)(%s) }", f.typ(sig.Recv().Type()), th.Name, strings.Join(ps, ", "), f.results(sig), ret, f.slot(th), strings.Join(args, ", ")))
}

// Recovers tells a function that calls recover itself: as a method it cannot be reached through a slot, since recover only works in
// the very function that is deferred.
func Recovers(fn *ast.FuncDecl, info *types.Info) bool {
	found := false
	if fn.Body == nil {
		return false
	}
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			id, ok := ast.Unparen(n.Fun).(*ast.Ident)
			found = found || ok && id.Name == "recover" && info.Types[id].IsBuiltin()
		}
		return !found
	})
	return found
}

// Direct tells a function that must be called as it is: one that recovers, or one whose callers have to keep alive what its arguments
// point to. As a method it is in every file that has its type.
func Direct(fn *ast.FuncDecl, info *types.Info) bool {
	return Recovers(fn, info) || strings.Contains(pragmas(fn), "//go:uintptr")
}

// constant returns a session constant's name, and has the file declare its group.
func (f *File) constant(th *Thing, name string) string {
	if f.once("const " + th.Low) {
		group := th.Node.(*ast.GenDecl)
		f.queue = append(f.queue, func() {
			c := f.code(th)
			c.consts = th.Low
			f.decls = append(f.decls, f.directive(group.Pos())+c.between(group, group.Pos(), group.End()))
		})
	}
	return name + th.Low
}

// generic returns a generic function's name, and has the file declare it.
func (f *File) generic(th *Thing) string {
	if f.once("generic " + th.Low) {
		if lit, ok := th.Node.(*ast.FuncLit); ok {
			f.queue = append(f.queue, func() { f.decls = append(f.decls, "func g__"+th.Low+f.code(th).behindName(lit)) })
			return "g__" + th.Low
		}
		fn := th.Node.(*ast.FuncDecl)
		f.queue = append(f.queue, func() {
			f.decls = append(f.decls, "func g__"+th.Low+f.directive(fn.Name.End())+f.code(th).between(fn, fn.Name.End(), fn.End()))
		})
	}
	return "g__" + th.Low
}

// Announce says that the file has a function's code.
func (f *File) Announce(th *Thing) {
	if fn := th.Node.(*ast.FuncDecl); strings.Contains(pragmas(fn), "//go:uintptr") {
		f.direct[th.Obj] = bodyName(th)
	}
}

// Fill gives a function that the cell declares to its slot.
func (f *File) Fill(th *Thing) {
	fn := th.Node.(*ast.FuncDecl)
	if fn.Name.Name == "_" {
		return
	}
	if fn.Body == nil {
		f.fail("func %s: missing function body", th.Name)
		return
	}
	c := f.code(th)
	c.self, c.selfName = th.Obj, bodyName(th)
	var recv string
	if fn.Recv != nil {
		field := fn.Recv.List[0]
		recv = c.between(fn.Recv, field.Pos(), field.End())
		if len(field.Names) == 0 {
			recv = "_ " + recv
		}
		if fn.Type.Params.NumFields() > 0 {
			recv += ", "
		}
	}
	blank := len(fn.Type.Params.List) > 0 && len(fn.Type.Params.List[0].Names) == 0
	if blank {
		for _, p := range fn.Type.Params.List {
			c.insert(p.Pos(), "_ ")
		}
	}
	open := fn.Type.Params.Opening + 1
	f.decls = append(f.decls, pragmas(fn)+"func "+c.selfName+"("+recv+f.directive(open)+c.between(fn, open, fn.End()))
	f.load = append(f.load, fmt.Sprintf("*%s = %s", f.slot(th), c.selfName))
}

// pragmas are the compiler's directives above a function.
func pragmas(fn *ast.FuncDecl) string {
	var b strings.Builder
	if fn.Doc != nil {
		for _, c := range fn.Doc.List {
			if strings.HasPrefix(c.Text, "//go:no") || strings.HasPrefix(c.Text, "//go:uintptr") {
				b.WriteString("//line generated.go:1\n" + c.Text + "\n")
			}
		}
	}
	return b.String()
}

// bodyName is the name of a function's code in this file.
func bodyName(th *Thing) string {
	name := th.Name
	if name == "init" { // of which there may be several
		name = th.Low
	}
	if sig := th.Obj.Type().(*types.Signature); sig.Recv() != nil {
		link, t := "__dot__", sig.Recv().Type()
		if p, ok := types.Unalias(t).(*types.Pointer); ok {
			link, t = "__ptr__", p.Elem()
		}
		if n, ok := types.Unalias(t).(*types.Named); ok {
			name = n.Obj().Name() + link + name
		}
	}
	return "f__" + name + "__" + fileID
}

// Call runs a function of the session without arguments.
func (f *File) Call(th *Thing) { f.run = append(f.run, "(*"+f.slot(th)+")()") }

// Types are the session's types that the file makes known when it is loaded.
func (f *File) Types() []string { return f.known }

package lower

import (
	"fmt"
	"go/ast"

	"go/types"
)

// sizes are those of compiled code wherever there are sessions: of 64-bit machines.
var sizes = types.SizesFor("gc", "amd64")

// unsafe writes a call of a function of package unsafe that is not constant.
func (c *Code) unsafe(e *ast.CallExpr, f *ast.SelectorExpr) string { return c.unsafely(e, f.Sel.Name) }

func (c *Code) unsafely(e *ast.CallExpr, name string) string {
	host := c.f.hostName()
	t := c.of(e)
	arg := func(i int) string { return c.expr(e.Args[i]) }
	whole := func(i int) string { return "int(" + c.expr(e.Args[i]) + ")" }
	switch name {
	case "Sizeof", "Alignof", "Offsetof":
		return c.sized(e, name)
	case "Add":
		return host + ".Add(" + arg(0) + ", " + whole(1) + ")"
	case "String":
		return host + ".StringAt(" + arg(0) + ", " + whole(1) + ")"
	case "StringData":
		return host + ".StringData(" + arg(0) + ")"
	case "Slice":
		c.checkLayout(e, t.Underlying().(*types.Slice).Elem())
		return fmt.Sprintf("func(p__ %s, n__ int) (s__ %s) { %s.SliceAt(&s__, %s.Address(p__), n__); return s__ }(%s, %s)", c.typ(c.of(e.Args[0])), c.typ(t), host, host, arg(0), whole(1))
	case "SliceData":
		c.checkLayout(e, t.Underlying().(*types.Pointer).Elem())
		return fmt.Sprintf("func(s__ %s) (p__ %s) { %s.DataOf(&p__, s__); return p__ }(%s)", c.typ(c.of(e.Args[0])), c.typ(t), host, arg(0))
	}
	c.refuse(e, "unsafe."+name, "leave it to compiled code")
	return "nil"
}

// sized writes what compiled code says of the size of a type that a type parameter stands for here.
func (c *Code) sized(e *ast.CallExpr, name string) string {
	n := int64(0)
	switch t := c.of(e.Args[0]); name {
	case "Sizeof":
		n = sizes.Sizeof(t)
		c.checkSize(e, t)
	case "Alignof":
		n = sizes.Alignof(t)
		c.checkSize(e, t)
	default:
		sel := ast.Unparen(e.Args[0]).(*ast.SelectorExpr)
		st, ok := c.of(sel.X).Underlying().(*types.Struct)
		_, index, indirect := types.LookupFieldOrMethod(c.of(sel.X), true, c.info.Uses[sel.Sel].Pkg(), sel.Sel.Name)
		if !ok || indirect || len(index) != 1 {
			c.refuse(e, "unsafe.Offsetof of this field", "leave it to compiled code")
			return "0"
		}
		var fields []*types.Var
		for f := range st.Fields() {
			fields = append(fields, f)
		}
		n = sizes.Offsetsof(fields)[index[0]]
		c.checkSize(e, st)
	}
	return fmt.Sprintf("uintptr(%d)", n)
}

// CheckSizes refuses constants that depend on the layout of compiled structs: of those only the exported fields are known.
func (c *Code) CheckSizes(n ast.Node) {
	c.checkFinalizers(n)
	ast.Inspect(n, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 || c.info.Types[call].Value == nil {
			return true
		}
		obj, ok := c.callee(ast.Unparen(call.Fun)).(*types.Builtin)
		if !ok || obj.Name() != "Sizeof" && obj.Name() != "Alignof" && obj.Name() != "Offsetof" {
			return true
		}
		x := call.Args[0]
		if sel, ok := ast.Unparen(x).(*ast.SelectorExpr); ok && obj.Name() == "Offsetof" {
			x = sel.X
		}
		t := c.info.TypeOf(x)
		if p, ok := t.Underlying().(*types.Pointer); ok && obj.Name() == "Offsetof" {
			t = p.Elem()
		}
		c.checkSize(call, t)
		return true
	})
}

// checkFinalizers refuses code that waits for finalizers: the interpreter holds values longer than compiled code does.
func (c *Code) checkFinalizers(n ast.Node) {
	var set, collects ast.Node
	ast.Inspect(n, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if fn, ok := c.info.Uses[sel.Sel].(*types.Func); ok && fn.Pkg() != nil && fn.Pkg().Path() == "runtime" {
			switch fn.Name() {
			case "SetFinalizer", "AddCleanup":
				set = sel
			case "GC":
				collects = sel
			}
		}
		return true
	})
	if set != nil && collects != nil {
		c.refuse(set, "runtime."+set.(*ast.SelectorExpr).Sel.Name+" with runtime.GC, since it holds values longer than compiled code does,", "close what has to be closed explicitly")
	}
}

func (c *Code) checkSize(n ast.Node, t types.Type) {
	if name := c.compiledStruct(t); name != "" {
		c.refuse(n, "the size of "+name+", of which only the exported fields are known", "leave it to compiled code")
	}
}

// compiledStruct names a struct of a compiled package that a value of type t has inside.
func (c *Code) compiledStruct(t types.Type) string {
	if n, ok := types.Unalias(t).(*types.Named); ok && !c.ours(n) && c.user(n) != "reflect.StringHeader" && c.user(n) != "reflect.SliceHeader" {
		if _, ok := n.Underlying().(*types.Struct); ok {
			return c.user(n)
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Array:
		return c.compiledStruct(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if name := c.compiledStruct(f.Type()); name != "" {
				return name
			}
		}
	}
	return ""
}

// checkLayout refuses to look at memory in which the interpreter keeps something else than compiled code does.
func (c *Code) checkLayout(n ast.Node, t types.Type) {
	if !c.plainLayout(t) {
		c.refuse(n, "looking at the memory of values of type "+c.user(t), "leave it to compiled code")
	}
}

// plainLayout tells a type whose values lie in memory as in compiled code: numbers, strings, pointers, slices, and what is made of them.
func (c *Code) plainLayout(t types.Type) bool {
	if c.compiledStruct(t) != "" {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Basic, *types.Pointer, *types.Map:
		return true
	case *types.Slice:
		return true
	case *types.Array:
		return c.plainLayout(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if f.Name() == "_" || !c.plainLayout(f.Type()) { // the interpreter compares what lies there
				return false
			}
		}
		return true
	}
	return false
}

// checkBase refuses to look at a string's or slice's address as a number: the interpreter has another one for what is cut off at the end.
func (c *Code) checkBase(x ast.Expr, as types.Type) {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok || len(call.Args) != 1 || !c.info.Types[call.Fun].IsType() {
		return
	}
	p, ok := c.of(call.Args[0]).Underlying().(*types.Pointer)
	if b, number := as.Underlying().(*types.Basic); !ok || !number || b.Info()&types.IsInteger == 0 {
		return
	}
	switch from := p.Elem().Underlying().(type) {
	case *types.Slice:
	case *types.Basic:
		if from.Info()&types.IsString == 0 {
			return
		}
	default:
		return
	}
	c.refuse(x, "looking at the address in a value of type "+c.user(p.Elem()), "use unsafe.StringData or unsafe.SliceData")
}

func isUnsafePointer(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.UnsafePointer
}

// unsafeConversion writes a conversion to or from unsafe.Pointer; ok is false if it is neither.
func (c *Code) unsafeConversion(x ast.Expr, to types.Type) (text string, ok bool) {
	from := c.of(x)
	host := c.f.hostName()
	switch fu, tu := from.Underlying(), to.Underlying(); {
	case isNil(from) && isUnsafePointer(to):
		return host + ".Address(nil)", true
	case isUnsafePointer(from) && isUnsafePointer(to):
		return c.expr(x), true
	case isUnsafePointer(to):
		if p, ok := fu.(*types.Pointer); ok {
			c.checkLayout(x, p.Elem())
			return host + ".Address(" + c.expr(x) + ")", true
		}
		return host + ".Place(uintptr(" + c.expr(x) + "))", true
	case isUnsafePointer(from):
		if p, ok := tu.(*types.Pointer); ok {
			c.checkLayout(x, p.Elem())
			c.checkBase(x, p.Elem())
			return fmt.Sprintf("func(u__ %s) (p__ %s) { %s.Point(&p__, u__); return p__ }(%s)", c.typ(from), c.typ(to), host, c.expr(x)), true
		}
		if _, ok := tu.(*types.Basic); ok {
			s := host + ".Number(" + c.expr(x) + ")"
			if typ := c.typ(to); typ != "uintptr" {
				s = typ + "(" + s + ")"
			}
			return s, true
		}
	}
	return "", false
}

package lower

import (
	"fmt"
	"go/ast"
	"go/types"
	"strconv"
	"strings"
)

func (c *Code) call(e *ast.CallExpr) string {
	fun := ast.Unparen(e.Fun)
	if tv := c.info.Types[fun]; tv.IsType() {
		return c.conversion(e, c.sub.apply(tv.Type))
	} else if tv.IsBuiltin() {
		return c.builtin(e, fun)
	}
	sig, ok := c.of(fun).Underlying().(*types.Signature)
	if !ok {
		c.refuse(e, "this call", "write it differently")
		return "nil"
	}
	args := c.arguments(e, sig, c.callee(fun))
	if sel, ok := fun.(*ast.SelectorExpr); ok {
		if s, ok := c.info.Selections[sel]; ok && s.Kind() == types.MethodVal {
			recv, m, index := c.lookup(sel, s)
			return c.methodCall(c.operand(sel.X), recv, true, index, m, args)
		}
	}
	if lit, ok := fun.(*ast.FuncLit); ok {
		return c.plainLiteral(lit) + "(" + args + ")"
	}
	return c.callFun(fun) + "(" + args + ")"
}

// callFun writes what is called; a literal or an expression that begins with one gets no unit.
func (c *Code) callFun(fun ast.Expr) string {
	s := c.expr(fun)
	if strings.HasPrefix(s, "*") || strings.HasPrefix(s, "&") || strings.HasPrefix(s, "<-") {
		return "(" + s + ")"
	}
	return s
}

// callee is the object called, where it is known.
func (c *Code) callee(fun ast.Expr) types.Object {
	switch fun := fun.(type) {
	case *ast.Ident:
		return c.info.Uses[fun]
	case *ast.SelectorExpr:
		return c.info.Uses[fun.Sel]
	case *ast.IndexExpr:
		return c.callee(fun.X)
	case *ast.IndexListExpr:
		return c.callee(fun.X)
	}
	return nil
}

func (c *Code) arguments(e *ast.CallExpr, sig *types.Signature, callee types.Object) string {
	fn, _ := callee.(*types.Func)
	compiled := fn != nil && c.f.world.Decl(fn.Origin()) == nil && fn.Pkg() != nil && !isMain(fn.Pkg())
	if compiled {
		c.checkCall(e, fn)
	}
	var out []string
	for i, a := range e.Args {
		t := paramAt(sig, i, e.Ellipsis.IsValid())
		if t == nil {
			out = append(out, c.expr(a))
			continue
		}
		if _, tuple := c.of(a).(*types.Tuple); tuple {
			out = append(out, c.expr(a))
			continue
		}
		if compiled {
			out = append(out, c.compiledArg(e, fn, a, t, sig.Variadic() && i >= sig.Params().Len()-1 && !e.Ellipsis.IsValid()))
		} else {
			out = append(out, c.value(a, t))
		}
	}
	switch n := sig.Params().Len(); {
	case e.Ellipsis.IsValid():
		out[len(out)-1] += "..."
	case sig.Variadic() && !compiled && len(e.Args) == n-1 && !c.spreads(e): // the interpreter would make an empty slice, not a nil one
		out = append(out, c.typ(sig.Params().At(n-1).Type())+"(nil)...")
	}
	return strings.Join(out, ", ")
}

// spreads tells a call whose arguments are all results of another.
func (c *Code) spreads(e *ast.CallExpr) bool {
	_, tuple := c.tupleArg(e)
	return tuple
}

func paramAt(sig *types.Signature, i int, spread bool) types.Type {
	n := sig.Params().Len()
	if sig.Variadic() && i >= n-1 && !spread {
		if s, ok := sig.Params().At(n - 1).Type().(*types.Slice); ok {
			return s.Elem()
		}
		return types.Typ[types.Byte]
	}
	if i < n {
		return sig.Params().At(i).Type()
	}
	return nil
}

// compiledArg writes an argument of a compiled function: a function stays as it is, except where any value is taken.
func (c *Code) compiledArg(e *ast.CallExpr, fn *types.Func, a ast.Expr, t types.Type, variadic bool) string {
	at := c.of(a)
	if _, isFunc := t.Underlying().(*types.Signature); isFunc {
		return c.unbound(a)
	}
	iface, ok := t.Underlying().(*types.Interface)
	if !ok {
		return c.expr(a)
	}
	if strings.HasPrefix(fn.Pkg().Path(), ownModule) && fn.Pkg().Path() != displayPath && iface.NumMethods() == 0 {
		return c.raw(a, at)
	}
	return c.value(a, t)
}

// ownModule begins the paths of packages whose functions take values to engines: as they are.
const ownModule = "github.com/gocluster/gocluster/"

// raw writes a value that becomes an interface value without its type.
func (c *Code) raw(e ast.Expr, t types.Type) string {
	if types.IsInterface(t) {
		return c.expr(e)
	}
	if _, fn := t.Underlying().(*types.Signature); fn {
		return c.kept(e, t)
	}
	return c.copied(e, t, types.NewInterfaceType(nil, nil))
}

func (c *Code) conversion(e *ast.CallExpr, t types.Type) string {
	x := e.Args[0]
	if s, ok := c.unsafeConversion(x, t); ok {
		return s
	}
	s := c.value(x, t)
	if types.IsInterface(t) {
		return "func(i__ " + c.typ(t) + ") " + c.typ(t) + " { return i__ }(" + s + ")"
	}
	if arr, ok := t.Underlying().(*types.Array); ok {
		if sl, ok := c.of(x).Underlying().(*types.Slice); ok {
			return fmt.Sprintf("func(s__ %s) (a__ %s) { _ = s__[:%d]; copy(a__[:], s__); return a__ }(%s)", c.typ(sl), c.typ(t), arr.Len(), s)
		}
	}
	typ := c.typ(t)
	if strings.HasPrefix(typ, "*") || strings.HasPrefix(typ, "func") || strings.HasPrefix(typ, "<-") || strings.HasPrefix(typ, "chan") {
		typ = "(" + typ + ")"
	}
	return typ + "(" + s + ")"
}

func (c *Code) builtin(e *ast.CallExpr, fun ast.Expr) string {
	name := ""
	switch f := fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		return c.unsafe(e, f)
	}
	switch name {
	case "Sizeof", "Alignof", "Offsetof", "Add", "Slice", "SliceData", "String", "StringData":
		return c.unsafely(e, name)
	case "min", "max":
		return c.minmax(e, name)
	case "clear":
		return c.clear(e)
	case "new":
		if tv := c.info.Types[e.Args[0]]; !tv.IsType() {
			t := c.typ(types.Default(c.of(e.Args[0])))
			return "func(x__ " + t + ") *" + t + " { return &x__ }(" + c.expr(e.Args[0]) + ")"
		}
	case "append":
		return c.appending(e)
	case "recover":
		if c.fn != nil && c.fn.record != "" {
			return c.f.hostName() + ".Recover(" + c.fn.record + ")"
		}
		return c.f.hostName() + ".Recovered(recover())"
	case "print", "println":
		return c.printed(e, name)
	case "panic":
		return "panic(" + c.value(e.Args[0], types.NewInterfaceType(nil, nil)) + ")"
	case "len", "cap":
		if n, ok := c.arrayLen(e.Args[0]); ok {
			return n
		}
	case "delete", "copy":
		if c.spreads(e) {
			return c.spread(e, name)
		}
		if name == "copy" {
			break
		}
		m := c.of(e.Args[0]).Underlying().(*types.Map)
		return "delete(" + c.expr(e.Args[0]) + ", " + c.mapKey(e.Args[1], m) + ")"
	}
	var args []string
	for _, a := range e.Args {
		args = append(args, c.expr(a))
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

// arrayLen writes the length of an array behind a pointer, which the interpreter looks for in the array.
func (c *Code) arrayLen(x ast.Expr) (string, bool) {
	t := c.of(x)
	p, ok := t.Underlying().(*types.Pointer)
	if !ok {
		return "", false
	}
	a, ok := p.Elem().Underlying().(*types.Array)
	if !ok {
		return "", false
	}
	return fmt.Sprintf("func(_ %s) int { return %d }(%s)", c.typ(t), a.Len(), c.expr(x)), true
}

// spread writes a builtin whose two arguments are the results of one call.
func (c *Code) spread(e *ast.CallExpr, name string) string {
	t, _ := c.tupleArg(e)
	result, ret := "", ""
	if name == "copy" {
		result, ret = " int", "return "
	}
	return "func() " + result + "{ a__, b__ := " + c.expr(e.Args[0]) + "; " + ret + name + "(" + c.typ(t.At(0).Type()) + "(a__), b__) }()"
}

// printed writes the builtins that print: the interpreter's print differently, and to standard output.
func (c *Code) printed(e *ast.CallExpr, name string) string {
	args := []string{strconv.FormatBool(name == "println")}
	if t, ok := c.tupleArg(e); ok {
		return c.printedResults(e, t, args[0])
	}
	for _, a := range e.Args {
		args = append(args, c.printable(a, c.expr(a), name))
	}
	return c.f.hostName() + ".Builtin(" + strings.Join(args, ", ") + ")"
}

// printedResults writes printing of the results of a call.
func (c *Code) printedResults(e *ast.CallExpr, t *types.Tuple, line string) string {
	var vs, ps []string
	for i := range t.Len() {
		v := fmt.Sprintf("v%d__", i)
		vs, ps = append(vs, v), append(ps, c.printableAs(e.Args[0], v, "print", c.sub.apply(t.At(i).Type())))
	}
	return "func() { " + strings.Join(vs, ", ") + " := " + c.expr(e.Args[0]) + "; " + c.f.hostName() + ".Builtin(" + line + ", " + strings.Join(ps, ", ") + ") }()"
}

// printable writes the value s of an expression for the builtins that print: what has an address has another
// one in the interpreter.
func (c *Code) printable(a ast.Expr, s, name string) string {
	return c.printableAs(a, s, name, types.Default(c.of(a)))
}

func (c *Code) printableAs(a ast.Expr, s, name string, t types.Type) string {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if u.Kind() != types.UntypedNil && u.Kind() != types.UnsafePointer {
			return u.Name() + "(" + s + ")"
		}
		if u.Kind() == types.UnsafePointer {
			return c.f.hostName() + ".Hex(" + s + ")"
		}
	case *types.Slice:
		if isNil(c.of(ast.Unparen(stripConversions(c, a)))) {
			return strconv.Quote("[0/0]0x0")
		}
		return c.f.hostName() + ".Triple(" + s + ")"
	case *types.Pointer, *types.Map, *types.Chan, *types.Signature:
		if isNil(c.of(ast.Unparen(stripConversions(c, a)))) {
			return strconv.Quote("0x0")
		}
		return c.addressed(s, t, "0x0", "Hex")
	case *types.Interface:
		if isNil(c.of(ast.Unparen(stripConversions(c, a)))) {
			return strconv.Quote("(0x0,0x0)")
		}
		return c.addressed(s, t, "(0x0,0x0)", "Words")
	}
	c.refuse(a, name+" of a value of type "+c.user(t), "use fmt.Fprintln(os.Stderr, ...)")
	return "nil"
}

// addressed writes the text of a value that has an address: an address like any other.
func (c *Code) addressed(s string, t types.Type, none, text string) string {
	return "func(x__ " + c.typ(t) + ") string { if x__ == nil { return " + strconv.Quote(none) + " }; return " + c.f.hostName() + "." + text + "(x__) }(" + s + ")"
}

func (c *Code) appending(e *ast.CallExpr) string {
	s, ok := c.of(e.Args[0]).Underlying().(*types.Slice)
	if !ok {
		s, _ = c.of(e).Underlying().(*types.Slice)
	}
	first := c.expr(e.Args[0])
	if isNil(c.of(e.Args[0])) {
		first = c.typ(c.of(e)) + "(nil)"
	}
	args := []string{first}
	for _, a := range e.Args[1:] {
		if e.Ellipsis.IsValid() {
			args = append(args, c.expr(a)+"...")
		} else {
			args = append(args, c.value(a, s.Elem()))
		}
	}
	if len(args) > 2 && !e.Ellipsis.IsValid() && c.reads(e.Args[1:]) { // the interpreter evaluates and appends one after the other
		var ps []string
		for i := range e.Args[1:] {
			ps = append(ps, fmt.Sprintf("a%d__", i))
		}
		names := strings.Join(ps, ", ")
		return fmt.Sprintf("func(s__ %s, %s %s) %s { return append(s__, %s) }(%s)", c.typ(c.of(e)), names, c.typ(s.Elem()), c.typ(c.of(e)), names, strings.Join(args, ", "))
	}
	return "append(" + strings.Join(args, ", ") + ")"
}

// reads tells whether an element is among the values.
func (c *Code) reads(es []ast.Expr) bool {
	for _, e := range es {
		if x, ok := ast.Unparen(e).(*ast.IndexExpr); ok && c.info.Types[x].Value == nil {
			return true
		}
	}
	return false
}

func (c *Code) minmax(e *ast.CallExpr, name string) string {
	t := types.Default(c.of(e))
	typ := c.typ(t)
	var ps, args []string
	body := "m__ := a0__; "
	basic, _ := t.Underlying().(*types.Basic)
	for i, a := range e.Args {
		p := fmt.Sprintf("a%d__", i)
		ps, args = append(ps, p), append(args, c.expr(a))
		if i == 0 {
			continue
		}
		if basic.Info()&types.IsFloat != 0 {
			fn := map[string]string{"min": "Min", "max": "Max"}[name]
			body += fmt.Sprintf("m__ = %s(%s.%s(float64(m__), float64(%s))); ", typ, c.f.importName("math", "math"), fn, p)
			continue
		}
		op := map[string]string{"min": "<", "max": ">"}[name]
		body += fmt.Sprintf("if %s %s m__ { m__ = %s }; ", p, op, p)
	}
	return "func(" + strings.Join(ps, ", ") + " " + typ + ") " + typ + " { " + body + "return m__ }(" + strings.Join(args, ", ") + ")"
}

func (c *Code) clear(e *ast.CallExpr) string {
	t := c.of(e.Args[0])
	if s, ok := t.Underlying().(*types.Slice); ok {
		return "func(x__ " + c.typ(t) + ") { var z__ " + c.typ(s.Elem()) + "; for k__ := range x__ { x__[k__] = z__ } }(" + c.expr(e.Args[0]) + ")"
	}
	// Keys that are not equal to themselves cannot be deleted one by one.
	return "func(x__ " + c.typ(t) + ") { if x__ != nil { " + c.f.importName("reflect", "reflect") + ".ValueOf(x__).Clear() } }(" + c.expr(e.Args[0]) + ")"
}

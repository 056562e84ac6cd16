package emit

import (
	"cmp"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Code edits the source of one declaration, or of a cell's statements.
type Code struct {
	f    *File
	info *types.Info
	// text is the source; its first byte is at base.
	text  string
	base  token.Pos
	edits []edit
	seen  map[ast.Node]bool
	named map[*ast.Ident]bool // identifiers that have been edited
	outer map[*ast.Ident]types.Object
	// self is the function whose code this is: a call of itself needs no slot.
	self     types.Object
	selfName string
	// consts is the suffix of the names of a group of constants.
	consts string
	// inHead are statements in the head of another, after which nothing can be inserted.
	inHead map[ast.Stmt]bool
	// indexed are names of generic functions whose type arguments are written.
	indexed map[ast.Expr]bool
	// plain are receive operations of a select, pairs those that give two values.
	plain, pairs map[*ast.UnaryExpr]bool
	// labelled are loops with a label; plainLoops says that loops are not to look for interrupts.
	labelled   map[ast.Stmt]bool
	plainLoops bool
	// generic is set in generic code, of which there may be several instances.
	generic bool
}

// edit replaces a piece of source, or inserts there.
type edit struct {
	pos, end token.Pos
	class    class
	seq      int
	text     string
}

// class orders edits at one place: what belongs behind the node that ends there comes before what belongs before the next.
type class int

const (
	behind class = iota
	before
	instead
)

func (f *File) code(th *Thing) *Code {
	c := f.Code(th.Info, th.Text, th.Node.Pos())
	if th.Obj == nil {
		return c
	}
	if sig, ok := th.Obj.Type().(*types.Signature); ok {
		c.generic = sig.TypeParams().Len() > 0 || sig.RecvTypeParams().Len() > 0
	}
	return c
}

// Code returns an editor of source whose first byte is at base.
func (f *File) Code(info *types.Info, text string, base token.Pos) *Code {
	return &Code{f: f, info: info, text: text, base: base, seen: map[ast.Node]bool{}, named: map[*ast.Ident]bool{}, outer: map[*ast.Ident]types.Object{}, inHead: map[ast.Stmt]bool{}, labelled: map[ast.Stmt]bool{}, indexed: map[ast.Expr]bool{}, plain: map[*ast.UnaryExpr]bool{}, pairs: map[*ast.UnaryExpr]bool{}}
}

func (c *Code) insert(pos token.Pos, text string) {
	c.edits = append(c.edits, edit{pos, pos, before, len(c.edits), text})
}

// after inserts behind a node; of several nodes that end in one place, the innermost comes first.
func (c *Code) after(pos token.Pos, text string) {
	c.edits = append(c.edits, edit{pos, pos, behind, -len(c.edits), text})
}

func (c *Code) replace(pos, end token.Pos, text string) {
	c.edits = append(c.edits, edit{pos, end, instead, len(c.edits), text})
}

// between returns the edited source of a part of n.
func (c *Code) between(n ast.Node, from, to token.Pos) string {
	c.indented(from, to)
	c.visit(n)
	slices.SortFunc(c.edits, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.pos, b.pos), cmp.Compare(a.class, b.class), cmp.Compare(a.seq, b.seq))
	})
	var b strings.Builder
	at := from
	for _, e := range c.edits {
		if e.pos < at || e.end > to || e.pos == to && e.class != behind || e.pos == from && e.class == behind {
			continue
		}
		b.WriteString(c.source(at, e.pos))
		b.WriteString(e.text)
		at = e.end
	}
	b.WriteString(c.source(at, to))
	return b.String()
}

func (c *Code) source(from, to token.Pos) string { return c.text[from-c.base : to-c.base] }

// visit makes the edits of a node and of what is in it, once.
func (c *Code) visit(n ast.Node) {
	if n == nil || c.seen[n] {
		return
	}
	c.seen[n] = true
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			c.ident(n)
		case *ast.SelectorExpr:
			return c.selector(n)
		case *ast.CallExpr:
			return c.call(n)
		case *ast.IndexExpr:
			c.tieAround(n, n.X)
		case *ast.IndexListExpr:
			c.tieAround(n, n.X)
		case *ast.KeyValueExpr:
			return c.keyValue(n)
		case *ast.StructType:
			c.structType(n)
		case *ast.FuncLit:
			c.literal(n)
		case *ast.UnaryExpr:
			c.receive(n)
		case *ast.FuncDecl:
			c.entry(n.Body)
		case ast.Stmt:
			return c.stmt(n)
		case *ast.ValueSpec:
			c.ownConst(n)
			if len(n.Names) == 2 && len(n.Values) == 1 {
				c.pair(n.Values[0])
			}
		case *ast.GenDecl:
			c.repeated(n)
			c.localVars(n)
			c.localTypes(n)
		}
		return true
	})
}

// keyValue leaves the names of fields alone.
func (c *Code) keyValue(n *ast.KeyValueExpr) bool {
	id, ok := n.Key.(*ast.Ident)
	if !ok {
		return true
	}
	if v, ok := c.info.Uses[id].(*types.Var); ok && v.IsField() {
		c.visit(n.Value)
		return false
	}
	return true
}

// nameEnd is where an identifier ends in the source: its node may have been renamed.
func (c *Code) nameEnd(id *ast.Ident) token.Pos {
	i := int(id.Pos() - c.base)
	return id.Pos() + token.Pos(wordLen(c.text[i:]))
}

func wordLen(s string) int {
	for i, r := range s {
		if r != '_' && !isLetterOrDigit(r) {
			return i
		}
	}
	return len(s)
}

// ident names what an identifier stands for.
func (c *Code) ident(id *ast.Ident) {
	if c.named[id] {
		return
	}
	c.named[id] = true
	if obj := c.info.Defs[id]; obj != nil {
		c.defined(id, obj)
		return
	}
	obj := c.info.Uses[id]
	if o := c.outer[id]; o != nil {
		obj = o
	}
	if obj == nil {
		if end := c.nameEnd(id); c.consts != "" && id.Name == "_" && c.source(id.Pos(), end) != "_" {
			c.replace(id.Pos(), end, "_") // a constant whose name means something else now
		}
		return
	}
	if name, ok := c.name(id, obj); ok {
		c.replace(id.Pos(), c.nameEnd(id), name+c.inferred(id))
	}
	if n, free, ok := c.f.world.Tie(id); ok && !c.generic {
		c.tie(id, id.Pos(), id.End(), n, free, c.wrapped(id, obj))
	}
}

// ownConst finds uses of a constant in its own definition, which mean one further out. The checker has noted the inner one if the
// definition is repeated for the next name.
func (c *Code) ownConst(n *ast.ValueSpec) {
	for _, v := range n.Values {
		ast.Inspect(v, func(x ast.Node) bool {
			id, ok := x.(*ast.Ident)
			if !ok {
				return true
			}
			if k, ok := c.info.Uses[id].(*types.Const); ok && n.Pos() <= k.Pos() && k.Pos() < n.End() && k.Parent() != nil && k.Parent().Parent() != nil {
				_, c.outer[id] = k.Parent().Parent().LookupParent(id.Name, token.NoPos)
			}
			return true
		})
	}
}

// repeated writes out the values of constants that repeat a definition which names itself: the source would mean the outer one there.
func (c *Code) repeated(d *ast.GenDecl) {
	again := false
	for _, sp := range d.Specs {
		vs, ok := sp.(*ast.ValueSpec)
		if !ok || d.Tok != token.CONST {
			return
		}
		if len(vs.Values) > 0 {
			before := len(c.outer)
			c.ownConst(vs)
			again = len(c.outer) > before
			continue
		}
		if !again {
			continue
		}
		var values []string
		for _, id := range vs.Names {
			value := "0"
			if k, ok := c.info.Defs[id].(*types.Const); ok {
				value = c.f.literal(k)
			}
			values = append(values, value)
		}
		c.after(vs.End(), " = "+strings.Join(values, ", "))
	}
}

// literal writes a constant's value.
func (f *File) literal(k *types.Const) string {
	text := k.Val().ExactString()
	if k.Val().Kind() == constant.Float {
		num, den, ok := strings.Cut(text, "/")
		if ok {
			text = num + ".0/" + den + ".0"
		}
	}
	if b, ok := k.Type().(*types.Basic); ok && b.Info()&types.IsUntyped != 0 {
		return "(" + text + ")"
	}
	return f.typ(k.Type()) + "(" + text + ")"
}

func (c *Code) defined(id *ast.Ident, obj types.Object) {
	if c.consts != "" {
		if k, ok := obj.(*types.Const); ok && id.Name != "_" && c.f.world.Thing(k) != nil {
			c.replace(id.Pos(), c.nameEnd(id), c.source(id.Pos(), c.nameEnd(id))+c.consts)
		}
	}
	if v, ok := obj.(*types.Var); ok && !v.IsField() {
		if low, ok := c.f.world.Var(v); ok {
			c.replace(id.Pos(), id.End(), "(*"+c.f.pointer(low, v.Type())+")")
		}
	}
}

// localTypes counts the types that are declared in functions.
func (c *Code) localTypes(d *ast.GenDecl) {
	for _, sp := range d.Specs {
		ts, ok := sp.(*ast.TypeSpec)
		if ok && c.f.world.Thing(c.info.Defs[ts.Name]) == nil {
			c.f.locals++
		}
	}
}

// name returns what takes an identifier's place, if it is not itself.
func (c *Code) name(id *ast.Ident, obj types.Object) (string, bool) {
	f := c.f
	if p, ok := obj.(*types.PkgName); ok {
		return f.pkg(p.Imported().Path(), p.Imported().Name()), true
	}
	if f.unit != nil {
		if name := f.unit.captured[obj]; name != "" {
			return name, true
		}
		if k, ok := obj.(*types.Const); ok && k.Pkg() != nil && k.Pkg().Path() == "main" && k.Parent() == k.Pkg().Scope() {
			if f.world.OfPlatform(k) {
				f.fail("it uses the constant %s, which is made of the platform (runtime.GOOS, runtime.GOARCH) and so may have another value on an engine: use those themselves in the function", k.Name())
			}
			return f.literal(k), true
		}
	}
	if v, ok := obj.(*types.Var); ok {
		if v.IsField() {
			return "", false
		}
		if low, ok := f.world.Var(v); ok {
			return "(*" + f.pointer(low, v.Type()) + ")", true
		}
		if fn, ok := f.world.Host(v); ok {
			return f.Host() + "." + fn + "()", true
		}
	}
	if th := f.world.Thing(obj); th != nil {
		switch th.Kind {
		case Type:
			return f.typeName(th), true
		case Var:
			return f.variable(th), true
		case Const:
			return f.constant(th, th.nameOf(obj)), true
		case Func:
			return c.function(th), true
		}
		return "", false
	}
	if p := obj.Pkg(); p != nil && p.Path() != "main" && obj.Parent() == p.Scope() { // imported with a dot
		return f.pkg(p.Path(), p.Name()) + "." + id.Name, true
	}
	return "", false
}

func (th *Thing) nameOf(obj types.Object) string { return obj.Name() }

func (c *Code) function(th *Thing) string {
	switch {
	case th.Obj == c.self:
		return c.selfName
	case c.f.direct[th.Obj] != "":
		return c.f.direct[th.Obj]
	case th.Slot:
		return "(*" + c.f.slot(th) + ")"
	}
	return c.f.generic(th)
}

// selector edits the left side; the right is a name of its type or package. Some functions have a stand-in.
func (c *Code) selector(n *ast.SelectorExpr) bool {
	if obj := c.info.Uses[n.Sel]; obj != nil && obj.Pkg() != nil && c.info.Selections[n] == nil {
		if to, ok := c.f.redirect[obj.Pkg().Path()+"."+obj.Name()]; ok {
			c.replace(n.Pos(), n.End(), c.f.Host()+"."+to)
			return false
		}
	}
	if u, free, ok := c.f.world.Tie(n); ok && !c.generic {
		c.tie(n, n.Pos(), n.End(), u, free, nil)
	}
	if args := c.inferred(n.Sel); args != "" && !c.indexed[n] {
		c.after(n.End(), args)
	}
	c.visit(n.X)
	return false
}

// structType keeps the names of embedded fields.
func (c *Code) structType(n *ast.StructType) {
	for _, field := range n.Fields.List {
		if len(field.Names) > 0 {
			continue
		}
		t := field.Type
		if s, ok := t.(*ast.StarExpr); ok {
			t = s.X
		}
		switch x := t.(type) {
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		}
		id, ok := t.(*ast.Ident)
		if !ok {
			continue
		}
		if th := c.f.world.Thing(c.info.Uses[id]); th != nil && th.Kind == Type {
			c.named[id] = true
			c.replace(id.Pos(), id.End(), c.f.plainName(th))
		}
	}
}

package gocode

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/lower"
	"github.com/gocluster/gocluster/internal/gocode/stdlib"
)

// Info describes a name for people.
type Info struct {
	Text, Markdown string
	// Var names the session's variable whose current value belongs to the description, Low is what it is called in lowered code.
	Var, Low string
}

// With adds a part with a heading.
func (i Info) With(heading, code string) Info {
	i.Text += "\n\n" + heading + ": " + code
	i.Markdown += "\n\n" + heading + ":\n\n" + fenced("", code)
	return i
}

// fenced is a block of code in Markdown, whatever is in it.
func fenced(language, code string) string {
	fence := "```"
	for strings.Contains(code, fence) {
		fence += "`"
	}
	return fence + language + "\n" + code + "\n" + fence
}

// note is what an Info is made of.
type note struct {
	signature string
	doc       string // in the syntax of doc comments
	where     string
	extra     string // Go
	full      bool   // the doc comment is not cut
}

// Inspect describes what is at a cursor: its signature and doc comment; at level 1 the whole comment, its source or its members. Among
// the arguments of a call it describes what is called.
func (s *Session) Inspect(src string, cursor, level int) (Info, bool) {
	cursor = max(0, min(cursor, len(src)))
	from, kind := openText(src, cursor)
	if (kind == '"' || kind == '`') && importing(code(src[:from])) {
		return s.inspectPath(src[from+1:], kind, level)
	}
	if kind == 0 {
		if i, ok := s.inspectName(src, cursor, level); ok {
			return i, true
		}
		from = cursor
	}
	if open := called(src[:from]); open > 0 {
		return s.inspectName(src, open, level)
	}
	return Info{}, false
}

// called returns the end of what is called at the end of a text, or 0.
func called(head string) int {
	toks := code(head)
	for i := enclosing(toks); i > 0; i = enclosing(toks[:i]) {
		before := i
		if toks[before-1].tok == token.RBRACK { // f[T](
			before = max(opener(toks, before-1), 1)
		}
		if toks[i].tok == token.LPAREN && toks[before-1].tok == token.IDENT {
			return toks[before-1].end
		}
	}
	return 0
}

func (s *Session) inspectPath(rest string, quote byte, level int) (Info, bool) {
	path, _, _ := strings.Cut(rest, string(quote))
	pkg, err := s.load(path)
	if err != nil {
		return Info{}, false
	}
	return s.packageNote(pkg, level).info(), true
}

// inspectName describes the name around or before the cursor.
func (s *Session) inspectName(src string, cursor, level int) (Info, bool) {
	end, start := cursor, cursor
	for end < len(src) && isName(src[end]) {
		end++
	}
	for start > 0 && isName(src[start-1]) {
		start--
	}
	if start == end {
		return Info{}, false
	}
	name := src[start:end]
	toks := code(src[:start])
	if expr, member := operand(src, toks); member {
		return s.inspectMember(src, start, expr, name, level)
	}
	a := s.understand(src, start, name)
	if a != nil && a.names[name] != nil {
		if i, ok := s.inspectObject(a.names[name], a, level); ok {
			return i, true
		}
	}
	if i, ok := s.session(name, level); ok {
		return i, true
	}
	if pkg := s.packageOf(name, nil); pkg != nil {
		return s.packageNote(pkg, level).info(), true
	}
	if obj := types.Universe.Lookup(name); obj != nil {
		return universe(obj).info(), true
	}
	if doc, ok := keywords[name]; ok {
		return note{signature: name, doc: doc + " See https://go.dev/ref/spec.", full: true}.info(), true
	}
	return Info{}, false
}

// inspectObject describes a name that the cell's own text declares or imports; what earlier cells declare is left to session.
func (s *Session) inspectObject(obj types.Object, a *around, level int) (Info, bool) {
	switch obj := obj.(type) {
	case *types.PkgName:
		return s.packageNote(obj.Imported(), level).info(), true
	case *types.Var:
		if v := s.vars[obj.Name()]; v != nil && v.obj == obj {
			return Info{}, false
		}
	default:
		if e := s.live[obj.Name()]; e != nil && e.objs[obj.Name()] == obj {
			return Info{}, false
		}
	}
	n := note{signature: signature(obj)}
	if level > 0 {
		n.extra = members(obj.Type(), a.pkg)
	}
	return n.info(), true
}

// session describes one of the session's own names.
func (s *Session) session(name string, level int) (Info, bool) {
	if v := s.vars[name]; v != nil {
		n := note{signature: fmt.Sprintf("var %s %s", name, lower.UserType(v.obj.Type())), where: "defined in " + v.pos.String()}
		n.doc, n.extra = s.typeDoc(v.obj.Type(), level)
		i := n.info()
		i.Var, i.Low = name, v.decl.Low
		return i, true
	}
	e := s.live[name]
	if e == nil || e.objs[name] == nil {
		return Info{}, false
	}
	return s.entityNote(e, e.objs[name], level).info(), true
}

// entityNote describes a declaration of the session.
func (s *Session) entityNote(e *entity, obj types.Object, level int) note {
	n := note{signature: signature(obj), doc: e.doc(), where: "defined in " + e.pos.String(), full: level > 0}
	if e.kind == KindType {
		n.signature = "type " + e.chunk.text
	}
	if level == 0 {
		return n
	}
	switch e.kind {
	case KindType:
		n.extra = members(obj.Type(), s.pkg) + layout(obj.Type())
	default:
		n.extra = e.chunk.text
	}
	return n
}

// typeDoc describes the type of a variable, if it has a name.
func (s *Session) typeDoc(t types.Type, level int) (doc, extra string) {
	named := namedOf(t)
	if level == 0 || named == nil || named.Obj().Pkg() == nil {
		return "", ""
	}
	if e := s.live[named.Obj().Name()]; e != nil && named.Obj().Pkg().Path() == "main" {
		doc = e.doc()
	} else {
		doc = s.doc(named.Obj().Pkg().Path(), named.Obj().Name())
	}
	return doc, members(t, s.pkg)
}

// inspectMember describes what is selected from an expression.
func (s *Session) inspectMember(src string, start int, expr, name string, level int) (Info, bool) {
	if _, err := parser.ParseExpr(expr); err != nil {
		return Info{}, false
	}
	if a := s.understand(src, start, expr); a != nil && a.found {
		obj, index, _ := types.LookupFieldOrMethod(a.expr.Type, true, a.pkg, name)
		if obj == nil {
			return Info{}, false
		}
		return s.memberNote(obj, a.expr.Type, index, level).info(), true
	}
	pkg := s.packageOf(expr, nil)
	if pkg == nil {
		return Info{}, false
	}
	obj := pkg.Scope().Lookup(name)
	if obj == nil || !obj.Exported() {
		return Info{}, false
	}
	n := note{signature: signature(obj), doc: s.doc(pkg.Path(), name), full: level > 0}
	if tn, ok := obj.(*types.TypeName); ok && level > 0 {
		n.extra = members(tn.Type(), types.NewPackage("none", "none")) + layout(tn.Type())
	}
	return n.info(), true
}

// memberNote describes a field or method of a type. Its comment belongs to the type that declares it, which may be embedded in t.
func (s *Session) memberNote(obj types.Object, t types.Type, index []int, level int) note {
	for _, i := range index[:len(index)-1] {
		if st, ok := deref(t).Underlying().(*types.Struct); ok && i < st.NumFields() {
			t = st.Field(i).Type()
		}
	}
	n := note{signature: signature(obj), full: level > 0}
	named := namedOf(t)
	if named == nil || named.Obj().Pkg() == nil {
		return n
	}
	method := named.Obj().Name() + "." + obj.Name()
	if e := s.live[method]; e != nil && named.Obj().Pkg().Path() == "main" {
		return s.entityNote(e, obj, level)
	}
	n.doc = s.doc(named.Obj().Pkg().Path(), method)
	return n
}

func (s *Session) packageNote(pkg *types.Package, level int) note {
	n := note{signature: fmt.Sprintf("package %s // import %q", pkg.Name(), pkg.Path()), doc: s.doc(pkg.Path(), ""), full: level > 0}
	if level > 0 {
		for _, it := range packageMembers(pkg) {
			n.extra += it.Text + " " + it.Signature + "\n"
		}
	}
	return n
}

func universe(obj types.Object) note {
	n := note{signature: types.ObjectString(obj, nil), full: true}
	if b, ok := builtins[obj.Name()]; ok {
		n.signature = "func " + obj.Name() + strings.TrimPrefix(b, "func")
		n.doc = builtinDocs[obj.Name()]
	}
	if n.doc == "" {
		n.doc = "Predeclared in Go."
	} else {
		n.doc = "builtin " + obj.Name() + ": " + n.doc
	}
	return n
}

// signature is an object's declaration in one line; a constant's with its value.
func signature(obj types.Object) string {
	if c, ok := obj.(*types.Const); ok {
		return objectText(obj) + " = " + c.Val().String()
	}
	if v, ok := obj.(*types.Var); ok && !v.IsField() {
		return "var " + qualified(obj) + " " + lower.UserType(v.Type())
	}
	return objectText(obj)
}

func qualified(obj types.Object) string {
	if obj.Pkg() == nil || obj.Pkg().Path() == "main" || obj.Parent() != obj.Pkg().Scope() {
		return obj.Name()
	}
	return obj.Pkg().Name() + "." + obj.Name()
}

func objectText(obj types.Object) string {
	return types.ObjectString(obj, func(p *types.Package) string {
		if p.Path() == "main" {
			return ""
		}
		return p.Name()
	})
}

func deref(t types.Type) types.Type {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

func namedOf(t types.Type) *types.Named {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, _ := types.Unalias(t).(*types.Named)
	return n
}

// members lists the methods and fields of a type with a name, a line each.
func members(t types.Type, from *types.Package) string {
	if namedOf(t) == nil {
		return ""
	}
	items := typeMembers(t, from)
	slices.SortStableFunc(items, func(a, b Item) int {
		if a.Kind != b.Kind {
			return strings.Compare(string(a.Kind), string(b.Kind))
		}
		return strings.Compare(a.Text, b.Text)
	})
	var b strings.Builder
	for _, it := range items {
		sig := " " + it.Signature
		if it.Kind == KindMethod {
			sig = strings.TrimPrefix(it.Signature, "func")
		}
		fmt.Fprintf(&b, "%s %s%s\n", it.Kind, it.Text, sig)
	}
	return b.String()
}

// layout says how a struct type lies in memory on the machines that Go's tools assume, 64 bits wide.
func layout(t types.Type) string {
	st, ok := t.Underlying().(*types.Struct)
	named := namedOf(t)
	if !ok || named == nil || named.TypeParams().Len() > 0 && named.TypeArgs().Len() == 0 {
		return ""
	}
	sizes := types.SizesFor("gc", "amd64")
	var fields []*types.Var
	for f := range st.Fields() {
		fields = append(fields, f)
	}
	offsets := sizes.Offsetsof(fields)
	var b strings.Builder
	fmt.Fprintf(&b, "\n// %d bytes, aligned to %d\n", sizes.Sizeof(t), sizes.Alignof(t))
	for i, f := range fields {
		fmt.Fprintf(&b, "// %4d: %s, %d bytes\n", offsets[i], f.Name(), sizes.Sizeof(f.Type()))
	}
	return b.String()
}

// doc returns the doc comment of a declaration.
func (e *entity) doc() string {
	var g *ast.CommentGroup
	switch {
	case e.decl != nil && e.decl.Func != nil:
		g = e.decl.Func.Doc
	case e.decl != nil && e.decl.Type != nil:
		g = e.decl.Type.Doc
	}
	return strings.TrimSpace(g.Text())
}

// attachDocs gives declarations the comments that stand above them in the cell: what is parsed are the cell's pieces, without what is
// between them.
func attachDocs(c Cell, fresh []*entity) {
	lines := strings.Split(c.Source, "\n")
	for _, e := range fresh {
		at := e.pos.Line - max(c.Line, 1)
		if e.decl == nil || e.pos.File != c.Name || at <= 0 || at >= len(lines) {
			continue
		}
		g := commentAbove(lines[:at])
		switch {
		case g == nil:
		case e.decl.Func != nil && e.decl.Func.Doc == nil:
			e.decl.Func.Doc = g
		case e.decl.Type != nil && e.decl.Type.Doc == nil:
			e.decl.Type.Doc = g
		}
	}
}

// commentAbove is the comment that the lines end with, or nil.
func commentAbove(lines []string) *ast.CommentGroup {
	first := len(lines)
	for first > 0 && strings.HasPrefix(strings.TrimSpace(lines[first-1]), "//") {
		first--
	}
	if first == len(lines) && first > 0 && strings.HasSuffix(strings.TrimSpace(lines[first-1]), "*/") {
		for first > 0 {
			first--
			if strings.HasPrefix(strings.TrimSpace(lines[first]), "/*") {
				return &ast.CommentGroup{List: []*ast.Comment{{Text: strings.TrimSpace(strings.Join(lines[first:], "\n"))}}}
			}
		}
		return nil
	}
	if first == len(lines) {
		return nil
	}
	g := &ast.CommentGroup{}
	for _, l := range lines[first:] {
		g.List = append(g.List, &ast.Comment{Text: strings.TrimSpace(l)})
	}
	return g
}

// load returns a package's declarations. Packages of modules only if the session has imported them: getting others takes too long while
// somebody types.
func (s *Session) load(path string) (*types.Package, error) {
	pkg, err := stdlib.Shared.Import(path)
	if err != nil && s.opts.Import != nil {
		return s.importOnly(s.opts.Import, path)
	}
	return pkg, err
}

// importOnly gets a package of a module that the session has imported, and no other.
func (s *Session) importOnly(get func(string) (*types.Package, error), path string) (*types.Package, error) {
	for _, p := range s.env.names {
		if p == path {
			return get(path)
		}
	}
	if slices.Contains(s.env.dots, path) {
		return get(path)
	}
	return nil, fmt.Errorf("package %s has not been imported in this session", path)
}

// doc returns the doc comment of a name in a package.
func (s *Session) doc(path, name string) string {
	if text := stdlib.Doc(path, name); text != "" || s.opts.Doc == nil {
		return text
	}
	return s.opts.Doc(path, name)
}

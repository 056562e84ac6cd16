package gocode

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/lower"
	"github.com/gocluster/gocluster/internal/gocode/stdlib"
)

// Info describes a name for people.
type Info struct {
	Text, Markdown string
}

// Inspect describes what is at a cursor: its kind, type and doc comment; at level 1 also its source or its members.
func (s *Session) Inspect(src string, cursor, level int) (Info, bool) {
	cursor = max(0, min(cursor, len(src)))
	end, start := cursor, cursor
	for end < len(src) && isName(src[end]) {
		end++
	}
	for start > 0 && isName(src[start-1]) {
		start--
	}
	if start == end { // after a bracket: what is called
		if open := openCall(src, cursor); open > 0 {
			return s.Inspect(src, open, level)
		}
		return Info{}, false
	}
	name := src[start:end]
	if expr, member := operandBefore(src, start); member {
		return s.inspectMember(src, start, expr, name, level)
	}
	if d, ok := s.session(name, level); ok {
		return d, true
	}
	if a := s.understand(src, start, name); a != nil && a.found {
		return info(fmt.Sprintf("%s %s", name, lower.UserType(a.expr.Type)), "", ""), true
	}
	if pkg := s.packageOf(name, nil); pkg != nil {
		extra := ""
		if level > 0 {
			for _, it := range packageMembers(pkg) {
				extra += it.Text + " " + it.Signature + "\n"
			}
		}
		return info(fmt.Sprintf("package %s // import %q", pkg.Name(), pkg.Path()), stdlib.Doc(pkg.Path(), ""), extra), true
	}
	if obj := types.Universe.Lookup(name); obj != nil {
		return info(types.ObjectString(obj, nil), "", ""), true
	}
	return Info{}, false
}

// openCall returns the offset of the last letter of what is called around the cursor.
func openCall(src string, at int) int {
	depth := 0
	for i := at - 1; i > 0; i-- {
		switch src[i] {
		case ')':
			depth++
		case '(':
			if depth == 0 {
				if isName(src[i-1]) {
					return i - 1
				}
				return -1
			}
			depth--
		case '\n':
			if depth == 0 {
				return -1
			}
		}
	}
	return -1
}

// session describes one of the session's own names.
func (s *Session) session(name string, level int) (Info, bool) {
	if v := s.vars[name]; v != nil {
		d := v.describe()
		return info(fmt.Sprintf("var %s %s", name, d.Type), "defined in "+v.pos.String(), ""), true
	}
	e := s.live[name]
	if e == nil || e.objs[name] == nil {
		return Info{}, false
	}
	text := types.ObjectString(e.objs[name], func(p *types.Package) string {
		if p.Path() == "main" {
			return ""
		}
		return p.Name()
	})
	extra := ""
	if level > 0 {
		extra = e.chunk.text
		if e.kind == KindType {
			extra = "type " + extra
		}
	}
	return info(text, strings.TrimSpace(e.doc()+"\ndefined in "+e.pos.String()), extra), true
}

// doc returns the doc comment of a declaration.
func (e *entity) doc() string {
	var g *ast.CommentGroup
	if e.decl != nil && e.decl.Func != nil {
		g = e.decl.Func.Doc
	} else if e.decl != nil && e.decl.Type != nil {
		g = e.decl.Type.Doc
	}
	return strings.TrimSpace(g.Text())
}

func (s *Session) inspectMember(src string, start int, expr, name string, level int) (Info, bool) {
	if a := s.understand(src, start, expr); a != nil && a.found {
		obj, _, _ := types.LookupFieldOrMethod(a.expr.Type, true, a.pkg, name)
		if obj == nil {
			return Info{}, false
		}
		doc := ""
		if n := namedOf(a.expr.Type); n != nil && n.Obj().Pkg() != nil {
			doc = stdlib.Doc(n.Obj().Pkg().Path(), n.Obj().Name()+"."+name)
		}
		return info(objectText(obj), doc, ""), true
	}
	pkg := s.packageOf(expr, nil)
	if pkg == nil {
		return Info{}, false
	}
	obj := pkg.Scope().Lookup(name)
	if obj == nil || !obj.Exported() {
		return Info{}, false
	}
	extra := ""
	if tn, ok := obj.(*types.TypeName); ok && level > 0 {
		for _, it := range typeMembers(tn.Type(), types.NewPackage("none", "none")) {
			extra += it.Text + " " + it.Signature + "\n"
		}
	}
	return info(objectText(obj), stdlib.Doc(pkg.Path(), name), extra), true
}

func objectText(obj types.Object) string {
	return types.ObjectString(obj, func(p *types.Package) string {
		if p.Path() == "main" {
			return ""
		}
		return p.Name()
	})
}

func namedOf(t types.Type) *types.Named {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, _ := types.Unalias(t).(*types.Named)
	return n
}

func info(signature, doc, extra string) Info {
	i := Info{Text: signature, Markdown: "```go\n" + signature + "\n```"}
	if doc != "" {
		i.Text += "\n\n" + doc
		i.Markdown += "\n\n" + doc
	}
	if extra = strings.TrimSpace(extra); extra != "" {
		i.Text += "\n\n" + extra
		i.Markdown += "\n\n```go\n" + extra + "\n```"
	}
	return i
}

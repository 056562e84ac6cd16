package interp

import (
	"fmt"
	"go/token"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"unsafe"

	"github.com/traefik/yaegi/interp"
)

// When interpreted code panics, the interpreter says in which functions it was and where these begin, not where in them it was.
// But the Go stack is still there: each interpreted function is a call of runCfg, which calls, step by step, the compiled closures of
// the function's syntax nodes. The closure that is being called is a frame of the stack, and the nodes of the function that have a
// closure of that code are known. Often that is one node, or several of one line.

// place is one interpreted function on the stack: the code of the closure that runs.
type place uintptr

const runCfg = yaegiPath + ".runCfg"

// places lists the interpreted functions on the calling goroutine's stack, innermost first.
func places(pcs []uintptr) []place {
	var out []place
	var called uintptr
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		if f.Function == runCfg && called != 0 {
			out = append(out, place(called))
		}
		if f.Entry != 0 {
			called = f.Entry
		}
		if !more {
			return out
		}
	}
}

// tree knows where in a syntax node of the interpreter is what.
type tree struct {
	child, start, exec, pos, ident, kind uintptr
	kindType                             reflect.Type
	root                                 uintptr // in a Program
	ok                                   bool
}

// nodes is nil-safe: without the fields that we expect, positions are those of the functions.
var nodes = func() tree {
	var t tree
	root, ok := reflect.TypeFor[interp.Program]().FieldByName("root")
	if !ok || root.Type.Kind() != reflect.Pointer {
		return t
	}
	t.root = root.Offset
	node := root.Type.Elem()
	t.ok = true
	at := func(name string, kind reflect.Kind) uintptr {
		f, found := node.FieldByName(name)
		t.ok = t.ok && found && f.Type.Kind() == kind
		if name == "kind" && found {
			t.kindType = f.Type
			t.ok = t.ok && f.Type.Implements(reflect.TypeFor[fmt.Stringer]())
		}
		return f.Offset
	}
	t.child, t.start, t.exec = at("child", reflect.Slice), at("start", reflect.Pointer), at("exec", reflect.Func)
	t.pos, t.ident, t.kind = at("pos", reflect.Int), at("ident", reflect.String), at("kind", reflect.Uint)
	return t
}()

// node is a syntax node of the interpreter.
type node struct{ p unsafe.Pointer }

func (n node) at(offset uintptr) unsafe.Pointer { return unsafe.Add(n.p, offset) }
func (n node) children() []unsafe.Pointer       { return *(*[]unsafe.Pointer)(n.at(nodes.child)) }
func (n node) start() node                      { return node{*(*unsafe.Pointer)(n.at(nodes.start))} }
func (n node) pos() token.Pos                   { return *(*token.Pos)(n.at(nodes.pos)) }
func (n node) ident() string                    { return *(*string)(n.at(nodes.ident)) }

func (n node) kind() string {
	return reflect.NewAt(nodes.kindType, n.at(nodes.kind)).Elem().Interface().(fmt.Stringer).String()
}

// code is the code of the node's closure, 0 if it has none.
func (n node) code() place {
	closure := *(*unsafe.Pointer)(n.at(nodes.exec))
	if closure == nil {
		return 0
	}
	return place(*(*uintptr)(closure))
}

func (n node) function() bool { k := n.kind(); return k == "funcLit" || k == "funcDecl" }

// locate finds, for a function that begins at pos, the lines of its nodes whose closure is being called. callee, if not empty, is the
// name of the function that such a node must call.
func locate(p *interp.Program, fset *token.FileSet, file string, line, col int, at place, callee func(name string) bool) (token.Position, bool) {
	if !nodes.ok || p == nil {
		return token.Position{}, false
	}
	root := node{*(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(p), nodes.root))}
	var found []token.Position
	for _, fn := range functionsAt(root, fset, file, line, col) {
		within(fn, func(n node) {
			if n.code() != at {
				return
			}
			if cs := n.children(); callee != nil && (len(cs) == 0 || !callee((node{cs[0]}).ident())) {
				return
			}
			found = append(found, fset.Position(n.pos()))
		})
	}
	for _, f := range found {
		if f.Line != found[0].Line {
			return token.Position{}, false // it may be any of them
		}
	}
	if len(found) == 0 {
		return token.Position{}, false
	}
	return found[0], true
}

// keeps tells a frame of the literal that makes deferred calls which the host keeps.
func (i *Interp) keeps(f Frame) bool {
	l, ok := i.files.Load(f.File)
	if !ok {
		return false
	}
	lines := strings.Split(l.(loaded).source, "\n")
	return f.Line <= len(lines) && f.Line > 0 && strings.Contains(lines[f.Line-1], ".NewDeferred(); defer ")
}

// functionsAt lists the functions whose first step is at a position, or before the column -col of its line.
func functionsAt(n node, fset *token.FileSet, file string, line, col int) []node {
	var out []node
	if n.p == nil {
		return nil
	}
	if n.function() {
		if cs := n.children(); len(cs) > 3 {
			if s := (node{cs[3]}).start(); s.p != nil {
				if p := fset.Position(s.pos()); p.Filename == file && p.Line == line && (p.Column == col || p.Column < -col) {
					out = append(out, node{cs[3]})
				}
			}
		}
	}
	for _, c := range n.children() {
		out = append(out, functionsAt(node{c}, fset, file, line, col)...)
	}
	return out
}

// within calls f with every node of a function, those of the functions in it excepted.
func within(n node, f func(node)) {
	f(n)
	for _, c := range n.children() {
		if c := (node{c}); c.p != nil && !c.function() {
			within(c, f)
		}
	}
}

// loaded is a file of package main.
type loaded struct {
	program *interp.Program
	source  string
}

// exactly replaces the positions of functions by positions in them where these can be told.
func (i *Interp) exactly(u unwinding) []Frame {
	frames := u.frames
	for k := range frames {
		if k >= len(u.places) {
			break
		}
		f := &frames[k]
		f.Name = i.name(*f)
		l, ok := i.files.Load(f.File)
		if !ok {
			continue
		}
		col := f.Col
		if i.keeps(*f) {
			col = -col
		}
		find := func(callee func(string) bool) bool {
			p, ok := locate(l.(loaded).program, i.y.FileSet(), f.File, f.Line, col, u.places[k], callee)
			if ok {
				f.Line, f.Col = p.Line, p.Column
			}
			return ok
		}
		calls := func(name string) bool { return name == frames[k-1].Name }
		if k == 0 || frames[k-1].Name == "" || !find(calls) {
			find(nil)
		}
	}
	return frames
}

var functionLine = regexp.MustCompile(`^(?:func (\w+)\(|(\w+) = func\()`)

// name is the name of the function around a frame's position. The front end begins functions at the beginnings of lines.
func (i *Interp) name(f Frame) string {
	l, ok := i.files.Load(f.File)
	if !ok {
		return ""
	}
	lines := strings.Split(l.(loaded).source, "\n")
	for n := min(f.Line, len(lines)) - 1; n >= 0; n-- {
		if m := functionLine.FindStringSubmatch(lines[n]); m != nil {
			return m[1] + m[2]
		}
	}
	return ""
}

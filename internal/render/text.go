package render

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

const (
	// MaxText is the length from which a value's text is cut.
	MaxText = 64 << 10
	// maxItems is how many elements of a list or a map are shown.
	maxItems = 1000
	// maxDepth is how deep values in values are shown.
	maxDepth = 24
	// patience is how long the methods of a value's parts may take in all: those that come later are not called.
	patience = 2 * time.Second
)

// Text is a value as a Go prompt shows it, cut where it gets too long to be read.
func Text(v any) string { return text(reflect.ValueOf(&v).Elem(), "", MaxText) }

// Short is Text of about limit bytes at most. Nothing of the session's code is called for it and maps are not looked into: another
// goroutine may be changing them, which would end the process.
func Short(v reflect.Value, limit int) string {
	p := &printer{left: limit, quiet: true}
	p.print(v, 0)
	return p.b.String()
}

func text(v reflect.Value, typeText string, limit int) string {
	p := &printer{left: limit, typeText: typeText, until: time.Now().Add(patience)}
	// A value that is being changed meanwhile may look like anything.
	if err := safely(func() error { p.print(v, 0); return nil }); err != nil {
		p.write(fmt.Sprintf("... (it cannot be shown: %v)", err))
	}
	return p.b.String()
}

// printer writes one value.
type printer struct {
	b        strings.Builder
	left     int    // bytes that may still be written
	typeText string // of the whole value, as it was written
	quiet    bool   // methods of the session's types are not called
	until    time.Time
	way      map[place]bool // what is being printed
	private  int            // how many insides of foreign types are around
}

// place identifies what a pointer, map or slice refers to.
type place struct {
	at  uintptr
	len int
	typ reflect.Type
}

func (p *printer) write(s string) {
	p.b.WriteString(s)
	p.left -= len(s)
}

func (p *printer) print(v reflect.Value, depth int) {
	v = reachable(inside(v))
	if !v.IsValid() {
		p.write("<nil>")
		return
	}
	if depth > maxDepth {
		p.write("...")
		return
	}
	if p.own(v) {
		return
	}
	switch v.Kind() {
	case reflect.Slice:
		p.once(v, place{v.Pointer(), v.Len(), v.Type()}, "[...]", func() { p.list(v, depth) })
	case reflect.Array:
		p.list(v, depth)
	case reflect.Map:
		p.once(v, place{v.Pointer(), 0, v.Type()}, "map[...]", func() { p.table(v, depth) })
	case reflect.Struct:
		p.structure(v, depth)
	case reflect.Pointer:
		p.pointer(v, depth)
	case reflect.Func:
		p.function(v, depth)
	case reflect.Chan:
		p.channel(v, depth)
	default:
		p.leaf(v)
	}
}

// once prints what v refers to, unless that is what it is a part of.
func (p *printer) once(v reflect.Value, at place, instead string, print func()) {
	switch {
	case v.Pointer() == 0 || at.len == 0 && v.Kind() == reflect.Slice:
		print()
		return
	case p.way[at]:
		p.write(instead)
		return
	case p.way == nil:
		p.way = map[place]bool{}
	}
	p.way[at] = true
	print()
	delete(p.way, at)
}

func (p *printer) pointer(v reflect.Value, depth int) {
	switch {
	case v.IsNil():
		p.write("<nil>")
	case p.private > 0:
		p.write("&{...}")
	default:
		p.once(v, place{v.Pointer(), 0, v.Type()}, "&{...}", func() {
			p.write("&")
			p.print(v.Elem(), depth+1)
		})
	}
}

func (p *printer) function(v reflect.Value, depth int) {
	switch {
	case v.IsNil():
		p.write("<nil>")
	case depth == 0:
		p.write(function(v, p.typeText))
	default:
		p.write(function(v, ""))
	}
}

func (p *printer) channel(v reflect.Value, depth int) {
	name := TypeName(v.Type())
	if depth == 0 && strings.Contains(p.typeText, "chan") {
		name = p.typeText
	}
	switch {
	case v.IsNil():
		p.write("<nil>")
	case v.Cap() == 0:
		p.write(name + " (unbuffered)")
	default:
		p.write(fmt.Sprintf("%s (%d of %d)", name, v.Len(), v.Cap()))
	}
}

// own prints values that know how they are printed. Package fmt catches their panics.
func (p *printer) own(v reflect.Value) bool {
	if !v.CanInterface() || p.quiet && !harmless(v.Type()) {
		return false
	}
	switch x := v.Interface().(type) {
	case reflect.Value:
		p.print(x, 1)
	case reflect.Type:
		p.write(GoName(x))
	case error, fmt.Stringer, fmt.Formatter:
		if !p.quiet && time.Now().After(p.until) {
			p.write("...")
			return true
		}
		p.leaf(v)
	default:
		return false
	}
	return true
}

// harmless reports whether methods of a type do nothing but print it, and never call code of cells.
func harmless(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.PkgPath() {
	case "time", "math/big", "net", "net/netip", "net/url", "regexp", "io/fs", "go/token", "syscall":
		return true
	}
	return false
}

func (p *printer) leaf(v reflect.Value) {
	var s string
	switch {
	case v.Kind() == reflect.String && (p.quiet || v.Type().NumMethod() == 0):
		s = v.String()
	case p.quiet && !harmless(v.Type()):
		s = bare(v)
	case v.CanInterface():
		s = fmt.Sprintf("%v", v.Interface())
	default:
		s = fmt.Sprintf("%v", v)
	}
	p.write(cut(s, max(p.left, 64)))
}

// bare is a number or truth value as if its type had no methods.
func bare(v reflect.Value) string {
	switch {
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	case v.CanFloat():
		return fmt.Sprint(v.Float())
	case v.CanComplex():
		return fmt.Sprint(v.Complex())
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	}
	return TypeName(v.Type())
}

// cut shortens a text, and says by how much.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	head := strings.ToValidUTF8(s[:limit], "")
	return head + "... " + thousands(len(s)-len(head)) + " more bytes"
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func (p *printer) list(v reflect.Value, depth int) {
	if v.Kind() == reflect.Array && v.Len() > 0 {
		v = addressable(v)
	}
	p.write("[")
	for i := range v.Len() {
		if p.more(i, v.Len()) {
			break
		}
		p.print(v.Index(i), depth+1)
	}
	p.write("]")
}

// more separates the i-th of n parts from what is before it; if there is no room left it says how many there are, and returns true.
func (p *printer) more(i, n int) bool {
	if i > 0 {
		p.write(" ")
	}
	if p.left > 0 && i < maxItems {
		return false
	}
	p.write("... " + thousands(n-i) + " more")
	return true
}

func (p *printer) table(v reflect.Value, depth int) {
	if p.quiet && v.Len() > 0 {
		p.write("map[... " + thousands(v.Len()) + map[bool]string{true: " entry]", false: " entries]"}[v.Len() == 1])
		return
	}
	p.write("map[")
	for i, e := range entries(v, min(maxItems, max(p.left, 0))+1) {
		if p.more(i, v.Len()) {
			break
		}
		p.print(e.key, depth+1)
		p.write(":")
		p.print(e.value, depth+1)
	}
	p.write("]")
}

func (p *printer) structure(v reflect.Value, depth int) {
	if v.NumField() > 0 {
		v = addressable(v)
	}
	t := v.Type()
	p.write("{")
	written := 0
	for i := range v.NumField() {
		f := t.Field(i)
		if f.Name == "_" {
			continue
		}
		if p.more(written, t.NumField()-i+written) {
			break
		}
		written++
		p.write(FieldName(t, f) + ":")
		private := foreign(t) && !f.IsExported()
		if private {
			p.private++
		}
		p.print(v.Field(i), depth+1)
		if private {
			p.private--
		}
	}
	p.write("}")
}

package session

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"reflect"
	"sort"
	"strings"

	"github.com/gocluster/gocluster/internal/interp"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session/host"
)

// cellValue is what values implement that stand for another value: that is shown instead of them.
type cellValue interface{ CellValue() (any, error) }

// result makes something to show of the values of a cell's last expression; nil if there are none. A trailing error is not a value: nil
// is left out, and any other fails the cell, as does a value that fails to be had.
func (p *process) result(typeText string, values []any) *show {
	if n := len(values); n > 0 && endsInError(typeText) {
		if err, ok := valueOf(interp.Unbox(reflect.ValueOf(&values[n-1]).Elem())).(error); ok {
			p.fail(err)
		}
		values = values[:n-1]
	}
	if len(values) == 0 {
		return nil
	}
	if len(values) == 1 {
		v := valueOf(interp.Unbox(reflect.ValueOf(&values[0]).Elem()))
		if c, ok := v.(cellValue); ok {
			in, err := c.CellValue()
			if err != nil {
				p.fail(err)
				return nil
			}
			v = in
		}
		return encode(richly(v))
	}
	texts := make([]string, len(values))
	for i := range values {
		texts[i] = plainText(values[i])
	}
	return encode(host.Data{MIME: map[string]any{"text/plain": strings.Join(texts, " ")}})
}

// endsInError reports whether the last of an expression's types is error.
func endsInError(typeText string) bool {
	return typeText == "error" || strings.HasPrefix(typeText, "(") && strings.HasSuffix(typeText, " error)")
}

// fail makes err the reason why the cell failed.
func (p *process) fail(err error) {
	f := &failure{Kind: proto.KindUser, Name: errorName(err), Message: err.Error()}
	var remote *proto.Error
	if errors.As(err, &remote) {
		f.Kind = remote.Kind
	}
	p.mu.Lock()
	p.now.Failure = f
	p.mu.Unlock()
}

// richly is a value in all the formats it has.
func richly(v any) host.Data {
	switch v := v.(type) {
	case host.Shown:
		d := v.CellData()
		if d.MIME["text/plain"] == nil {
			if d.MIME == nil {
				d.MIME = map[string]any{}
			}
			d.MIME["text/plain"] = fmt.Sprintf("<%T>", v)
		}
		return d
	case image.Image:
		var b bytes.Buffer
		if err := png.Encode(&b, v); err == nil {
			text := fmt.Sprintf("<image of %d x %d>", v.Bounds().Dx(), v.Bounds().Dy())
			return host.Data{MIME: map[string]any{"image/png": b.Bytes(), "text/plain": text}}
		}
	}
	return host.Data{MIME: map[string]any{"text/plain": plainText(v)}}
}

// plainText is a value as a Go prompt shows it: as fmt prints it with %v, structs with the names of their fields. It is cut where it
// gets too long to be read.
func plainText(v any) string {
	p := &printer{left: maxText}
	p.print(interp.Unbox(reflect.ValueOf(&v).Elem()), 0)
	return p.b.String()
}

// maxText is the length from which a value's text is cut.
const maxText = 64 << 10

type printer struct {
	b    strings.Builder
	left int
}

func (p *printer) write(s string) {
	p.b.WriteString(s)
	p.left -= len(s)
}

func (p *printer) print(v reflect.Value, depth int) {
	if v.IsValid() {
		v = interp.Unbox(v)
	}
	for v.IsValid() && v.Kind() == reflect.Interface && !v.IsNil() {
		v = interp.Unbox(v.Elem())
	}
	if !v.IsValid() || v.Kind() == reflect.Interface {
		p.write("<nil>")
		return
	}
	if depth > maxDepth || p.own(v) {
		return
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		p.list(v, depth)
	case reflect.Map:
		p.table(v, depth)
	case reflect.Struct:
		p.structure(v, depth)
	case reflect.Pointer:
		if depth == 0 && !v.IsNil() && composite(v.Elem().Kind()) {
			p.write("&")
			p.print(v.Elem(), depth+1)
			return
		}
		p.leaf(v)
	default:
		p.leaf(v)
	}
}

func composite(k reflect.Kind) bool {
	return k == reflect.Struct || k == reflect.Slice || k == reflect.Array || k == reflect.Map
}

// own prints values that know how they are printed.
func (p *printer) own(v reflect.Value) bool {
	if !v.CanInterface() {
		return false
	}
	switch v.Interface().(type) {
	case error, fmt.Stringer, fmt.Formatter:
		p.leaf(v)
		return true
	}
	return false
}

func (p *printer) leaf(v reflect.Value) {
	var s string
	if v.CanInterface() {
		s = fmt.Sprintf("%v", v.Interface())
	} else {
		s = fmt.Sprintf("%v", v)
	}
	if len(s) > max(p.left, 0) && len(s) > 64 {
		s = strings.ToValidUTF8(s[:max(p.left, 64)], "") + "..."
	}
	p.write(s)
}

func (p *printer) list(v reflect.Value, depth int) {
	p.write("[")
	for i := range v.Len() {
		if i > 0 {
			p.write(" ")
		}
		if p.left <= 0 {
			p.write(fmt.Sprintf("... %d more", v.Len()-i))
			break
		}
		p.print(v.Index(i), depth+1)
	}
	p.write("]")
}

func (p *printer) table(v reflect.Value, depth int) {
	p.write("map[")
	keys := v.MapKeys()
	sort.Slice(keys, func(i, j int) bool { return less(interp.Unbox(keys[i]), interp.Unbox(keys[j])) })
	for i, k := range keys {
		if i > 0 {
			p.write(" ")
		}
		if p.left <= 0 {
			p.write(fmt.Sprintf("... %d more", len(keys)-i))
			break
		}
		p.print(k, depth+1)
		p.write(":")
		p.print(v.MapIndex(k), depth+1)
	}
	p.write("]")
}

func less(a, b reflect.Value) bool {
	if a.Kind() == b.Kind() {
		switch {
		case a.CanInt():
			return a.Int() < b.Int()
		case a.CanUint():
			return a.Uint() < b.Uint()
		case a.CanFloat():
			return a.Float() < b.Float()
		case a.Kind() == reflect.String:
			return a.String() < b.String()
		}
	}
	return fmt.Sprint(a) < fmt.Sprint(b)
}

func (p *printer) structure(v reflect.Value, depth int) {
	p.write("{")
	for i := range v.NumField() {
		if i > 0 {
			p.write(" ")
		}
		p.write(fieldName(v.Type().Field(i), v.Type().Name() == "") + ":")
		p.print(v.Field(i), depth+1)
	}
	p.write("}")
}

// fieldName is the name that the user wrote: the interpreter, whose struct types have no name, puts an X before names that are not
// exported.
func fieldName(f reflect.StructField, unnamed bool) string {
	if rest := strings.TrimPrefix(f.Name, "X"); unnamed && rest != f.Name && rest != "" && (rest[0] >= 'a' && rest[0] <= 'z' || rest[0] == '_') {
		return rest
	}
	return f.Name
}

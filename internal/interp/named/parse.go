package named

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Types are written like this, so that equal types are written in the same way:
//
//	int, error, ...          as in Go
//	@low;                    the type that was declared under this name
//	$path.Name;              a type of compiled code
//	*T []T [5]T map[K]V      as in Go
//	chan(T) <-chan(T) chan<-(T)
//	func(T,T)(R,R) func...(T,[]T)()
//	struct{"name" T "tag" flags;...}   flags: e embedded, x exported
//	interface{"text" "Name" func()();...}

// parser makes types of their texts.
type parser struct {
	s    *Space
	text string
	at   int
}

var basics = map[string]reflect.Type{}

func init() {
	for _, t := range []reflect.Type{
		reflect.TypeFor[bool](), reflect.TypeFor[string](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int16](),
		reflect.TypeFor[int32](), reflect.TypeFor[int64](), reflect.TypeFor[uint](), reflect.TypeFor[uint8](), reflect.TypeFor[uint16](),
		reflect.TypeFor[uint32](), reflect.TypeFor[uint64](), reflect.TypeFor[uintptr](), reflect.TypeFor[float32](), reflect.TypeFor[float64](),
		reflect.TypeFor[complex64](), reflect.TypeFor[complex128](), reflect.TypeFor[error](),
	} {
		basics[t.String()] = t
	}
}

func (p *parser) take(s string) bool {
	if strings.HasPrefix(p.text[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

func (p *parser) until(end string) string {
	i := strings.Index(p.text[p.at:], end)
	if i < 0 {
		p.fail()
	}
	s := p.text[p.at : p.at+i]
	p.at += i + len(end)
	return s
}

func (p *parser) want(s string) {
	if !p.take(s) {
		p.fail()
	}
}

func (p *parser) fail() {
	panic(fmt.Sprintf("the type %q cannot be read from character %d on", p.text, p.at))
}

func (p *parser) typ() reflect.Type {
	switch {
	case p.take("@"):
		return p.s.declared(p.until(";"))
	case p.take("$"):
		return p.s.compiled[p.until(";")]
	case p.take("*"):
		return reflect.PointerTo(p.typ())
	case p.take("[]"):
		return reflect.SliceOf(p.typ())
	case p.take("["):
		n, _ := strconv.Atoi(p.until("]"))
		return reflect.ArrayOf(n, p.typ())
	case p.take("map["):
		k := p.typ()
		p.want("]")
		return reflect.MapOf(k, p.typ())
	case p.take("chan("):
		return p.channel(reflect.BothDir)
	case p.take("chan<-("):
		return p.channel(reflect.SendDir)
	case p.take("<-chan("):
		return p.channel(reflect.RecvDir)
	case p.take("func..."):
		return p.function(true)
	case p.take("func"):
		return p.function(false)
	case p.take("struct{"):
		return p.structure()
	case p.take("interface{"):
		return p.iface()
	}
	i := p.at
	for i < len(p.text) && (p.text[i] >= 'a' && p.text[i] <= 'z' || p.text[i] >= '0' && p.text[i] <= '9') {
		i++
	}
	t := basics[p.text[p.at:i]]
	if t == nil {
		p.fail()
	}
	p.at = i
	return t
}

func (p *parser) channel(dir reflect.ChanDir) reflect.Type {
	t := reflect.ChanOf(dir, p.typ())
	p.want(")")
	return t
}

func (p *parser) function(variadic bool) reflect.Type {
	in := p.list()
	return reflect.FuncOf(in, p.list(), variadic)
}

func (p *parser) list() []reflect.Type {
	p.want("(")
	var ts []reflect.Type
	for !p.take(")") {
		ts = append(ts, p.typ())
		p.take(",")
	}
	return ts
}

func (p *parser) quoted() string {
	q, err := strconv.QuotedPrefix(p.text[p.at:])
	if err != nil {
		p.fail()
	}
	p.at += len(q)
	p.take(" ")
	s, _ := strconv.Unquote(q)
	return s
}

// structure makes a struct type. Those that package reflect can make are the same as compiled code's.
func (p *parser) structure() reflect.Type {
	from := p.at - len("struct{")
	plain := true
	var fields []Field
	var like []reflect.StructField
	for !p.take("}") {
		f := Field{Name: p.quoted()}
		f.Type = p.typ()
		p.want(" ")
		f.Tag = p.quoted()
		f.Embedded, f.Exported = p.take("e"), p.take("x")
		p.want(";")
		plain = plain && f.Exported && !f.Embedded
		like = append(like, reflect.StructField{Name: "F" + strconv.Itoa(len(fields)), Type: f.Type})
		fields = append(fields, f)
	}
	if plain {
		for i, f := range fields {
			like[i].Name, like[i].Tag = f.Name, reflect.StructTag(f.Tag)
		}
		return reflect.StructOf(like)
	}
	text := p.text[from:p.at]
	return p.s.once(text, func() reflect.Type { return structOf(p.s.pkg, structText(fields), fields, reflect.StructOf(like)) })
}

func structText(fields []Field) string {
	var parts []string
	for _, f := range fields {
		s := f.Type.String()
		if !f.Embedded {
			s = f.Name + " " + s
		}
		if f.Tag != "" {
			s += " " + strconv.Quote(f.Tag)
		}
		parts = append(parts, s)
	}
	return "struct { " + strings.Join(parts, "; ") + " }"
}

// iface makes the type of an interface that compiled code does not know.
func (p *parser) iface() reflect.Type {
	from := p.at - len("interface{")
	if p.take("}") {
		return reflect.TypeFor[any]()
	}
	says := p.quoted()
	for !p.take("}") {
		p.quoted()
		p.typ()
		p.want(";")
	}
	text := p.text[from:p.at]
	return p.s.once(text, func() reflect.Type { return interfaceOf(p.s.pkg, says, false) })
}

// wanted are the methods of an interface type.
type wanted struct {
	name string
	typ  reflect.Type
}

func (p *parser) wanted() []wanted {
	var ms []wanted
	p.want("interface{")
	if p.take("}") {
		return nil
	}
	p.quoted()
	for !p.take("}") {
		ms = append(ms, wanted{p.quoted(), p.typ()})
		p.want(";")
	}
	return ms
}

package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"image"
	"image/color"
	"io/fs"
	"log/slog"
	"math/big"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// named are the types that keep their names in type texts, because both sides have them.
var named = map[string]reflect.Type{"error": errorType, "any": anyType}

// keptNames are the types' texts.
var keptNames = map[reflect.Type]string{}

// namedOf lists the standard library's types that values in interfaces commonly have.
var namedOf = []reflect.Type{
	timeType, reflect.TypeFor[time.Duration](), reflect.TypeFor[time.Month](), reflect.TypeFor[time.Weekday](),
	bigIntType, bigRatType, bigFloatType, reflect.TypeFor[big.Accuracy](), reflect.TypeFor[big.RoundingMode](),
	reflect.TypeFor[json.RawMessage](), reflect.TypeFor[json.Number](), reflect.TypeFor[url.URL](), reflect.TypeFor[url.Values](),
	reflect.TypeFor[netip.Addr](), reflect.TypeFor[netip.AddrPort](), reflect.TypeFor[netip.Prefix](),
	reflect.TypeFor[net.IP](), reflect.TypeFor[net.IPMask](), reflect.TypeFor[net.IPNet](), reflect.TypeFor[net.HardwareAddr](),
	reflect.TypeFor[fs.FileMode](), reflect.TypeFor[slog.Level](), reflect.TypeFor[regexp.Regexp](),
	reflect.TypeFor[rand.PCG](), reflect.TypeFor[rand.ChaCha8](),
	reflect.TypeFor[image.Point](), reflect.TypeFor[image.Rectangle](), reflect.TypeFor[image.RGBA](), reflect.TypeFor[image.NRGBA](), reflect.TypeFor[image.Gray](),
	reflect.TypeFor[color.RGBA](), reflect.TypeFor[color.RGBA64](), reflect.TypeFor[color.NRGBA](), reflect.TypeFor[color.Gray](), reflect.TypeFor[color.Gray16](),
}

func init() {
	for _, t := range []reflect.Type{
		boolType, intType, stringType, float64Type, reflect.TypeFor[int8](), reflect.TypeFor[int16](), reflect.TypeFor[int32](),
		reflect.TypeFor[int64](), reflect.TypeFor[uint](), reflect.TypeFor[uint8](), reflect.TypeFor[uint16](), reflect.TypeFor[uint32](),
		reflect.TypeFor[uint64](), reflect.TypeFor[uintptr](), reflect.TypeFor[float32](), reflect.TypeFor[complex64](), reflect.TypeFor[complex128](),
	} {
		named[t.String()] = t
	}
	for _, t := range append(namedOf, errorTypes...) {
		named[t.String()] = t
	}
	// A system's numbers of errors are not another system's.
	named["syscall.Errno_"+runtime.GOOS] = reflect.TypeFor[syscall.Errno]()
	for name, t := range named {
		keptNames[t] = name
	}
	named["byte"], named["rune"] = named["uint8"], named["int32"]
}

var errRecursive = errors.New("a type that contains itself can only be sent where its type is declared, not inside an interface")

// TypeText returns the text of a type in structural form: names of declared types are replaced by what they stand for, but for
// those of the standard library that values keep (time.Time, *big.Int ...). A type that contains itself, or that cannot leave the
// process, has its Go name.
func TypeText(t reflect.Type) string {
	w := typeWriter{}
	if err := w.write(t, 0); err != nil {
		return t.String()
	}
	return w.String()
}

// typeWriter writes types. With names, a declared type is written by its name, and by a number that tells what it is made of:
//
//	"main.Celsius"#1c2d3e4f   []"example.org/shapes;shapes.Circle"#0a1b2c3d
type typeWriter struct {
	strings.Builder
	names bool
}

func (w *typeWriter) write(t reflect.Type, depth int) error {
	if depth > 50 || w.Len() > maxTypeText {
		return errRecursive
	}
	if n, ok := keptNames[t]; ok {
		w.WriteString(n)
		return nil
	}
	if standard(t) {
		return fmt.Errorf("the other side does not know it inside an interface; convert it to a type of yours or to %s", plain(t))
	}
	if w.names && declared(t) {
		fmt.Fprintf(w, "%q#%08x", NameOf(t), printOf(t))
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		w.WriteString("*")
		return w.write(t.Elem(), depth+1)
	case reflect.Slice:
		w.WriteString("[]")
		return w.write(t.Elem(), depth+1)
	case reflect.Array:
		fmt.Fprintf(w, "[%d]", t.Len())
		return w.write(t.Elem(), depth+1)
	case reflect.Map:
		w.WriteString("map[")
		if err := w.write(t.Key(), depth+1); err != nil {
			return err
		}
		w.WriteString("]")
		return w.write(t.Elem(), depth+1)
	case reflect.Struct:
		return w.structure(t, depth)
	case reflect.Interface:
		if t.NumMethod() == 0 {
			w.WriteString("any")
			return nil
		}
	case reflect.Chan, reflect.Func, reflect.UnsafePointer:
	default:
		w.WriteString(t.Kind().String())
		return nil
	}
	return fmt.Errorf("there is no way to send a %s", t)
}

// plain names what a type of the standard library can be converted to.
func plain(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Interface, reflect.Pointer, reflect.Slice, reflect.Map, reflect.Array:
		return "what it consists of"
	}
	return t.Kind().String()
}

func (w *typeWriter) structure(t reflect.Type, depth int) error {
	w.WriteString("struct{")
	for i := range t.NumField() {
		f := t.Field(i)
		if i > 0 {
			w.WriteString("; ")
		}
		if w.WriteString(f.Name); w.names && f.PkgPath != "" && f.PkgPath != "main" {
			w.WriteString("@" + strconv.Quote(f.PkgPath))
		}
		w.WriteString(" ")
		if err := w.write(f.Type, depth+1); err != nil {
			return err
		}
		if !w.names {
			continue
		}
		if f.Anonymous {
			return fmt.Errorf("a struct type without a name that embeds %s is not known on the other side: declare the type", f.Name)
		}
		if f.Tag != "" {
			w.WriteString(" " + strconv.Quote(string(f.Tag)))
		}
	}
	w.WriteString("}")
	return nil
}

var (
	parsed      sync.Map // text -> reflect.Type, of texts without names of declared types
	parsedCount atomic.Int64
	texts       sync.Map // reflect.Type -> typeName
)

// A type that was made stays for the process's life, so both bound what comes from elsewhere.
const (
	maxTypeText = 10_000
	maxTypes    = 10_000
)

// typeName is a type's text with the names of declared types, or why there is none.
type typeName struct {
	text string
	err  error
}

// nameOf returns the text of a type for the other side, by which it finds its own.
func nameOf(t reflect.Type) typeName {
	if n, ok := texts.Load(t); ok {
		return n.(typeName)
	}
	w := typeWriter{names: true}
	err := w.write(t, 0)
	n := typeName{w.String(), err}
	texts.Store(t, n)
	return n
}

// ParseType is the inverse of TypeText.
func ParseType(text string) (reflect.Type, error) { return Names(nil).parse(text) }

// parse returns the type that a text stands for.
func (n Names) parse(text string) (reflect.Type, error) {
	if t, ok := parsed.Load(text); ok {
		return t.(reflect.Type), nil
	}
	if len(text) > maxTypeText {
		return nil, fmt.Errorf("%w: a type of %d characters", ErrMalformed, len(text))
	}
	if parsedCount.Load() >= maxTypes {
		return nil, fmt.Errorf("more than %d different types", maxTypes)
	}
	p := typeParser{rest: text, names: n}
	t, err := p.typ(0)
	if err == nil && p.rest != "" {
		err = p.wrong()
	}
	if unknown := (*UnknownTypeError)(nil); errors.As(err, &unknown) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: type %q: %v", ErrMalformed, text, err)
	}
	if !p.named {
		if _, known := parsed.LoadOrStore(text, t); !known {
			parsedCount.Add(1)
		}
	}
	return t, nil
}

// typeParser reads what typeWriter has written.
type typeParser struct {
	rest  string
	names Names
	named bool // there were names of declared types
}

func (p *typeParser) wrong() error {
	return fmt.Errorf("%q has no place in a type of values", p.rest)
}

func (p *typeParser) take(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest = rest
	return ok
}

func (p *typeParser) typ(depth int) (reflect.Type, error) {
	if depth > 100 {
		return nil, errRecursive
	}
	p.rest = strings.TrimLeft(p.rest, " ")
	switch {
	case p.take("*"):
		elem, err := p.typ(depth + 1)
		if err != nil {
			return nil, err
		}
		return reflect.PointerTo(elem), nil
	case p.take("[]"):
		elem, err := p.typ(depth + 1)
		if err != nil {
			return nil, err
		}
		return reflect.SliceOf(elem), nil
	case p.take("["):
		return p.array(depth)
	case p.take("map["):
		return p.mapping(depth)
	case p.take("struct"):
		return p.structure(depth)
	case strings.HasPrefix(p.rest, `"`):
		return p.declared()
	}
	name := p.identifier()
	if name != "" && p.take(".") {
		name += "." + p.identifier()
	}
	if name == "" {
		return nil, p.wrong()
	}
	return lookUp(name)
}

func (p *typeParser) identifier() string {
	i := 0
	for i < len(p.rest) && (p.rest[i] == '_' || p.rest[i] >= 0x80 || 'a' <= p.rest[i]|0x20 && p.rest[i]|0x20 <= 'z' || i > 0 && '0' <= p.rest[i] && p.rest[i] <= '9') {
		i++
	}
	name := p.rest[:i]
	p.rest = p.rest[i:]
	return name
}

// quoted reads a quoted text, if there is one.
func (p *typeParser) quoted() string {
	quoted, err := strconv.QuotedPrefix(p.rest)
	if err != nil {
		return ""
	}
	p.rest = p.rest[len(quoted):]
	text, _ := strconv.Unquote(quoted)
	return text
}

// declared reads the name of a declared type.
func (p *typeParser) declared() (reflect.Type, error) {
	name := p.quoted()
	const digits = 8
	if !p.take("#") || len(p.rest) < digits {
		return nil, p.wrong()
	}
	print, err := strconv.ParseUint(p.rest[:digits], 16, 32)
	if err != nil {
		return nil, p.wrong()
	}
	p.rest, p.named = p.rest[digits:], true
	return p.names.find(name, uint32(print))
}

func (p *typeParser) array(depth int) (reflect.Type, error) {
	number, rest, ok := strings.Cut(p.rest, "]")
	if !ok {
		return nil, p.wrong()
	}
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil {
		return nil, errors.New("an array's length must be a number")
	}
	p.rest = rest
	elem, err := p.typ(depth + 1)
	if err != nil {
		return nil, err
	}
	const maxArray = 1 << 28
	if n > maxArray || elem.Size() > 0 && n > maxArray/uint64(elem.Size()) {
		return nil, fmt.Errorf("an array of %s elements is too long", number)
	}
	return reflect.ArrayOf(int(n), elem), nil
}

func (p *typeParser) mapping(depth int) (reflect.Type, error) {
	key, err := p.typ(depth + 1)
	if err != nil {
		return nil, err
	}
	if !key.Comparable() {
		return nil, fmt.Errorf("%s cannot be a map key", key)
	}
	if !p.take("]") {
		return nil, p.wrong()
	}
	elem, err := p.typ(depth + 1)
	if err != nil {
		return nil, err
	}
	return reflect.MapOf(key, elem), nil
}

func (p *typeParser) structure(depth int) (reflect.Type, error) {
	p.rest = strings.TrimLeft(p.rest, " ")
	if !p.take("{") {
		return nil, p.wrong()
	}
	var fields []reflect.StructField
	seen := map[string]bool{}
	for p.rest = strings.TrimLeft(p.rest, "; "); !p.take("}"); p.rest = strings.TrimLeft(p.rest, "; ") {
		f := reflect.StructField{Name: p.identifier()}
		if f.Name == "" || !token.IsIdentifier(f.Name) {
			return nil, p.wrong()
		}
		if seen[f.Name] && f.Name != "_" {
			return nil, fmt.Errorf("two fields %s", f.Name)
		}
		seen[f.Name] = true
		if !token.IsExported(f.Name) {
			f.PkgPath = "main"
			if p.take("@") {
				f.PkgPath = p.quoted()
			}
		}
		var err error
		if f.Type, err = p.typ(depth + 1); err != nil {
			return nil, err
		}
		p.rest = strings.TrimLeft(p.rest, " ")
		f.Tag = reflect.StructTag(p.quoted())
		fields = append(fields, f)
	}
	return reflect.StructOf(fields), nil
}

func lookUp(name string) (reflect.Type, error) {
	if t, ok := named[name]; ok {
		return t, nil
	}
	return nil, fmt.Errorf("unknown type %s", name)
}

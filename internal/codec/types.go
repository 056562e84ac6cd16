package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
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
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// named are the types that keep their names in type texts, because both sides have them.
var named = map[string]reflect.Type{"error": errorType, "any": anyType}

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
	for _, t := range namedOf {
		named[t.String()] = t
	}
	named["byte"], named["rune"] = named["uint8"], named["int32"]
}

var errRecursive = errors.New("a type that contains itself can only be sent where its type is declared, not inside an interface")

// TypeText returns the text of a type in structural form: names of declared types are replaced by what they stand for, but for
// those of the standard library that values keep (time.Time, *big.Int ...). A type that contains itself, or that cannot leave the
// process, has its Go name.
func TypeText(t reflect.Type) string {
	text, err := typeText(t)
	if err != nil {
		return t.String()
	}
	return text
}

func typeText(t reflect.Type) (string, error) {
	var b strings.Builder
	err := writeType(&b, t, 0)
	return b.String(), err
}

func writeType(b *strings.Builder, t reflect.Type, depth int) error {
	if depth > 50 || b.Len() > maxTypeText {
		return errRecursive
	}
	if n, ok := named[t.String()]; ok && n == t {
		b.WriteString(t.String())
		return nil
	}
	if standard(t) {
		return fmt.Errorf("the other side does not know it inside an interface; convert it to a type of yours or to %s", plain(t))
	}
	switch t.Kind() {
	case reflect.Pointer:
		b.WriteString("*")
		return writeType(b, t.Elem(), depth+1)
	case reflect.Slice:
		b.WriteString("[]")
		return writeType(b, t.Elem(), depth+1)
	case reflect.Array:
		fmt.Fprintf(b, "[%d]", t.Len())
		return writeType(b, t.Elem(), depth+1)
	case reflect.Map:
		b.WriteString("map[")
		if err := writeType(b, t.Key(), depth+1); err != nil {
			return err
		}
		b.WriteString("]")
		return writeType(b, t.Elem(), depth+1)
	case reflect.Struct:
		return writeStruct(b, t, depth)
	case reflect.Interface:
		if t.NumMethod() == 0 {
			b.WriteString("any")
			return nil
		}
	case reflect.Chan, reflect.Func, reflect.UnsafePointer:
	default:
		b.WriteString(t.Kind().String())
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

func writeStruct(b *strings.Builder, t reflect.Type, depth int) error {
	b.WriteString("struct{")
	for i := range t.NumField() {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(t.Field(i).Name + " ")
		if err := writeType(b, t.Field(i).Type, depth+1); err != nil {
			return err
		}
	}
	b.WriteString("}")
	return nil
}

var (
	parsed      sync.Map // text -> reflect.Type
	parsedCount atomic.Int64
	texts       sync.Map // reflect.Type -> *rebuilding
)

// A type that was made stays for the process's life, so both bound what comes from elsewhere.
const (
	maxTypeText = 10_000
	maxTypes    = 10_000
)

// rebuilding is what becomes of a type on the other side.
type rebuilding struct {
	text string
	t    reflect.Type
	err  error
}

// rebuilt returns a type's text and the type that the other side makes of it.
func rebuilt(t reflect.Type) *rebuilding {
	if r, ok := texts.Load(t); ok {
		return r.(*rebuilding)
	}
	r := &rebuilding{}
	if r.text, r.err = typeText(t); r.err == nil {
		r.t, r.err = ParseType(r.text)
	}
	texts.Store(t, r)
	return r
}

// ParseType is the inverse of TypeText.
func ParseType(text string) (reflect.Type, error) {
	if t, ok := parsed.Load(text); ok {
		return t.(reflect.Type), nil
	}
	if len(text) > maxTypeText {
		return nil, fmt.Errorf("%w: a type of %d characters", ErrMalformed, len(text))
	}
	if parsedCount.Load() >= maxTypes {
		return nil, fmt.Errorf("more than %d different types", maxTypes)
	}
	expr, err := parser.ParseExpr(text)
	if err != nil {
		return nil, fmt.Errorf("%w: type %q", ErrMalformed, text)
	}
	t, err := buildType(expr)
	if err != nil {
		return nil, fmt.Errorf("%w: type %q: %v", ErrMalformed, text, err)
	}
	if _, known := parsed.LoadOrStore(text, t); !known {
		parsedCount.Add(1)
	}
	return t, nil
}

func buildType(expr ast.Expr) (reflect.Type, error) {
	switch x := expr.(type) {
	case *ast.Ident:
		return lookUp(x.Name)
	case *ast.SelectorExpr:
		if pkg, ok := x.X.(*ast.Ident); ok {
			return lookUp(pkg.Name + "." + x.Sel.Name)
		}
	case *ast.StarExpr:
		elem, err := buildType(x.X)
		if err != nil {
			return nil, err
		}
		return reflect.PointerTo(elem), nil
	case *ast.ArrayType:
		return buildArray(x)
	case *ast.MapType:
		key, err := buildType(x.Key)
		if err != nil {
			return nil, err
		}
		if !key.Comparable() {
			return nil, fmt.Errorf("%s cannot be a map key", key)
		}
		elem, err := buildType(x.Value)
		if err != nil {
			return nil, err
		}
		return reflect.MapOf(key, elem), nil
	case *ast.StructType:
		return buildStruct(x)
	}
	return nil, fmt.Errorf("%T has no place in a type of values", expr)
}

func lookUp(name string) (reflect.Type, error) {
	if t, ok := named[name]; ok {
		return t, nil
	}
	return nil, fmt.Errorf("unknown type %s", name)
}

func buildArray(x *ast.ArrayType) (reflect.Type, error) {
	elem, err := buildType(x.Elt)
	if err != nil {
		return nil, err
	}
	if x.Len == nil {
		return reflect.SliceOf(elem), nil
	}
	lit, ok := x.Len.(*ast.BasicLit)
	if !ok || lit.Kind != token.INT {
		return nil, errors.New("an array's length must be a number")
	}
	n, err := strconv.Atoi(lit.Value)
	const maxArray = 1 << 28
	if err != nil || n > maxArray || elem.Size() > 0 && uintptr(n) > maxArray/elem.Size() {
		return nil, fmt.Errorf("an array of %s elements is too long", lit.Value)
	}
	return reflect.ArrayOf(n, elem), nil
}

func buildStruct(x *ast.StructType) (reflect.Type, error) {
	var fields []reflect.StructField
	seen := map[string]bool{}
	for _, f := range x.Fields.List {
		t, err := buildType(f.Type)
		if err != nil {
			return nil, err
		}
		for _, name := range f.Names {
			if seen[name.Name] && name.Name != "_" {
				return nil, fmt.Errorf("two fields %s", name.Name)
			}
			seen[name.Name] = true
			sf := reflect.StructField{Name: name.Name, Type: t}
			if !name.IsExported() {
				sf.PkgPath = "main"
			}
			fields = append(fields, sf)
		}
	}
	return reflect.StructOf(fields), nil
}

package codec

import (
	"encoding"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/gocluster/gocluster/internal/proto"
)

var (
	timeType     = reflect.TypeFor[time.Time]()
	bigIntType   = reflect.TypeFor[big.Int]()
	bigRatType   = reflect.TypeFor[big.Rat]()
	bigFloatType = reflect.TypeFor[big.Float]()
	errorType    = reflect.TypeFor[error]()
	boolType     = reflect.TypeFor[bool]()
	intType      = reflect.TypeFor[int]()
	float64Type  = reflect.TypeFor[float64]()
	stringType   = reflect.TypeFor[string]()
	anyType      = reflect.TypeFor[any]()
	anySliceType = reflect.TypeFor[[]any]()
	anyMapType   = reflect.TypeFor[map[string]any]()
)

// arrayTag is how a numeric slice is written: RFC 8746's tag for its elements (0 for bytes, which need none).
type arrayTag struct {
	tag  uint64
	elem proto.Elem
	t    reflect.Type
}

var arrayTags = map[reflect.Kind]arrayTag{
	reflect.Uint8:   {0, proto.ElemUint8, reflect.TypeFor[uint8]()},
	reflect.Uint16:  {69, proto.ElemUint16, reflect.TypeFor[uint16]()},
	reflect.Uint32:  {70, proto.ElemUint32, reflect.TypeFor[uint32]()},
	reflect.Uint64:  {71, proto.ElemUint64, reflect.TypeFor[uint64]()},
	reflect.Uint:    {71, proto.ElemUint64, reflect.TypeFor[uint64]()},
	reflect.Int8:    {72, proto.ElemInt8, reflect.TypeFor[int8]()},
	reflect.Int16:   {77, proto.ElemInt16, reflect.TypeFor[int16]()},
	reflect.Int32:   {78, proto.ElemInt32, reflect.TypeFor[int32]()},
	reflect.Int64:   {79, proto.ElemInt64, reflect.TypeFor[int64]()},
	reflect.Int:     {79, proto.ElemInt64, reflect.TypeFor[int64]()},
	reflect.Float32: {85, proto.ElemFloat32, reflect.TypeFor[float32]()},
	reflect.Float64: {86, proto.ElemFloat64, reflect.TypeFor[float64]()},
}

// typeOfTag returns the element type of a typed array.
func typeOfTag(tag uint64) (arrayTag, bool) {
	for kind, a := range arrayTags {
		if a.tag == tag && a.t.Kind() == kind {
			return a, true
		}
	}
	return arrayTag{}, false
}

// numericBytes is a numeric slice's memory. The wire is little-endian, as are all machines that Go's user meets; on others
// the bytes of each element are turned round.
func numericBytes(v reflect.Value) []byte {
	n := v.Len()
	if n == 0 {
		return nil
	}
	size := int(v.Type().Elem().Size())
	b := unsafe.Slice((*byte)(v.UnsafePointer()), n*size)
	if bigEndian && size > 1 {
		b = swapped(b, size)
	}
	return b
}

var bigEndian = func() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 0
}()

func swapped(b []byte, size int) []byte {
	out := make([]byte, len(b))
	for i := 0; i < len(b); i += size {
		for j := range size {
			out[i+j] = b[i+size-1-j]
		}
	}
	return out
}

// refusal says why no value of a type can leave the process; "" if some can.
func refusal(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Chan:
		return "a channel cannot leave the process"
	case reflect.Func:
		return "a function inside a value cannot leave the process; pass it to the view as the function to call"
	case reflect.UnsafePointer:
		return "a memory address means nothing in another process"
	case reflect.Pointer:
		if standard(t.Elem()) && t.Elem().Kind() == reflect.Struct {
			return refusal(t.Elem())
		}
		return ""
	}
	if t.Kind() == reflect.Struct && t.Implements(staysType) {
		return reflect.Zero(t).Interface().(stays).CannotLeave()
	}
	if boxes(t) {
		return "the other side cannot tell which methods an interface's value has; use its own type"
	}
	if !standard(t) {
		return ""
	}
	switch name := t.String(); {
	case strings.HasPrefix(name, "sync.") || strings.HasPrefix(name, "atomic."):
		return "a lock or counter shared between goroutines cannot leave the process"
	case name == "os.File":
		return "an open file cannot leave the process; send its name"
	case strings.HasPrefix(name, "net.") && (strings.HasSuffix(name, "Conn") || strings.HasSuffix(name, "Listener")):
		return "a network connection cannot leave the process; send the address"
	}
	if t.Kind() == reflect.Struct && !known(t) && marshalerOf(t) == noMarshaler && hasUnexported(t) {
		return "its contents are private to package " + t.PkgPath()
	}
	return ""
}

// stays are types that say themselves why their values cannot leave the process.
type stays interface{ CannotLeave() string }

var staysType = reflect.TypeFor[stays]()

// boxes reports whether a type is an interpreter's, for values of interfaces with methods.
func boxes(t reflect.Type) bool {
	if unboxer == nil || t.Kind() != reflect.Struct || t.Name() == "" {
		return false
	}
	_, ok := unboxer(reflect.New(t).Elem())
	return ok
}

func known(t reflect.Type) bool {
	return t == timeType || t == bigIntType || t == bigRatType || t == bigFloatType || slices.Contains(errorTypes, t)
}

func hasUnexported(t reflect.Type) bool {
	for i := range t.NumField() {
		if !t.Field(i).IsExported() {
			return true
		}
	}
	return false
}

// standardRoots are the first path elements of the standard library's packages.
var standardRoots = func() map[string]bool {
	roots := map[string]bool{}
	for _, r := range strings.Fields(`archive bufio bytes cmp compress container context crypto database debug embed encoding errors
		expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime
		slices sort strconv strings structs sync syscall testing text time unicode unique unsafe weak`) {
		roots[r] = true
	}
	return roots
}()

// standard reports whether a type is declared in the standard library: such types mean the same on both sides, and
// what their unexported fields hold is not ours to copy.
func standard(t reflect.Type) bool {
	root, _, _ := strings.Cut(t.PkgPath(), "/")
	return t.Name() != "" && standardRoots[root]
}

type marshaler int

const (
	noMarshaler marshaler = iota
	binaryMarshaler
	textMarshaler
)

var (
	binaryOut = reflect.TypeFor[encoding.BinaryMarshaler]()
	binaryIn  = reflect.TypeFor[encoding.BinaryUnmarshaler]()
	textOut   = reflect.TypeFor[encoding.TextMarshaler]()
	textIn    = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// marshalerOf says how a standard library's type encodes itself. A user's types go by their structure instead, because
// in a session their methods are the interpreter's and not known to reflect.
func marshalerOf(t reflect.Type) marshaler {
	if !standard(t) || known(t) || t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer {
		return noMarshaler
	}
	p := reflect.PointerTo(t)
	switch {
	case p.Implements(binaryOut) && p.Implements(binaryIn):
		return binaryMarshaler
	case p.Implements(textOut) && p.Implements(textIn):
		return textMarshaler
	}
	return noMarshaler
}

// widened is what a slice of ints looks like on the wire where the machine's int has 32 bits.
func widened(elem arrayTag, v reflect.Value) []byte {
	wide := reflect.MakeSlice(reflect.SliceOf(elem.t), v.Len(), v.Len())
	for i := range v.Len() {
		wide.Index(i).Set(v.Index(i).Convert(elem.t))
	}
	return numericBytes(wide)
}

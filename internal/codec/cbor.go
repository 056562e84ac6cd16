package codec

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"unicode/utf8"
)

// The major types of CBOR, in the upper three bits of an item's first byte.
const (
	majorUint  = 0 << 5
	majorInt   = 1 << 5
	majorBytes = 2 << 5
	majorText  = 3 << 5
	majorArray = 4 << 5
	majorMap   = 5 << 5
	majorTag   = 6 << 5
	majorOther = 7 << 5
)

const (
	cborFalse   = 0xf4
	cborTrue    = 0xf5
	cborNull    = 0xf6
	cborFloat16 = 0xf9
	cborFloat32 = 0xfa
	cborFloat64 = 0xfb
)

// The tags in use, as IANA's registry has them.
const (
	tagTime   = 0
	tagBigPos = 2
	tagBigNeg = 3
	tagCBOR   = 24
	tagObject = 27
	tagRat    = 30
)

// maxDepth bounds nesting, of values and of bytes: how many pointers, slices, maps and interfaces lie within each other.
const maxDepth = 10_000

func appendHead(b []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n <= math.MaxUint8:
		return append(b, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}

func appendInt(b []byte, i int64) []byte {
	if i < 0 {
		return appendHead(b, majorInt, uint64(^i))
	}
	return appendHead(b, majorUint, uint64(i))
}

func appendText(b []byte, s string) []byte {
	return append(appendHead(b, majorText, uint64(len(s))), s...)
}

func appendFloat64(b []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(append(b, cborFloat64), math.Float64bits(f))
}

func appendFloat32(b []byte, f float32) []byte {
	return binary.BigEndian.AppendUint32(append(b, cborFloat32), math.Float32bits(f))
}

// reader walks over an encoded value.
type reader struct {
	data  []byte
	pos   int
	depth int
	// memory is how many more bytes decoding may allocate.
	memory int
	// names finds declared types; text and typ are the last one that came in an interface.
	names Names
	text  string
	typ   reflect.Type
}

// What decoding may allocate is bounded by the bytes there are. No value takes much more memory than this for each byte of
// its encoding, so only made-up bytes meet the bound.
const (
	memoryPerByte = 256
	memoryAtLeast = 64 << 10
)

func (r *reader) reset(data []byte) {
	r.data, r.pos, r.depth, r.memory = data, 0, 0, memoryPerByte*len(data)+memoryAtLeast
}

// alloc asks for the memory of n values of a size.
func (r *reader) alloc(n int, size uintptr) error {
	if size > 0 && uintptr(n) > uintptr(r.memory)/size {
		return r.malformed("a value that takes far more memory than its bytes can fill")
	}
	r.memory -= n * int(size)
	return nil
}

func (r *reader) enter() error {
	if r.depth++; r.depth > maxDepth {
		return r.malformed("values nested too deep")
	}
	return nil
}

func (r *reader) leave() { r.depth-- }

func (r *reader) malformed(what string) error {
	return fmt.Errorf("%w: %s at byte %d of %d", ErrMalformed, what, r.pos, len(r.data))
}

// head reads an item's major type and its argument; a float's or simple value's argument is its bits.
func (r *reader) head() (major byte, info byte, n uint64, err error) {
	if r.pos >= len(r.data) {
		return 0, 0, 0, r.malformed("the end")
	}
	first := r.data[r.pos]
	r.pos++
	major, info = first&0xe0, first&0x1f
	size := 0
	switch {
	case info < 24:
		return major, info, uint64(info), nil
	case info <= 27:
		size = 1 << (info - 24)
	default:
		return 0, 0, 0, r.malformed("an item of indefinite length")
	}
	if len(r.data)-r.pos < size {
		return 0, 0, 0, r.malformed("the end within a number")
	}
	for _, c := range r.data[r.pos : r.pos+size] {
		n = n<<8 | uint64(c)
	}
	r.pos += size
	return major, info, n, nil
}

// peek returns the next item's first byte, cborNull at the end.
func (r *reader) peek() byte {
	if r.pos >= len(r.data) {
		return 0xff
	}
	return r.data[r.pos]
}

// null consumes a null, if that is what comes.
func (r *reader) null() bool {
	if r.peek() == cborNull {
		r.pos++
		return true
	}
	return false
}

// take returns the next n bytes, shared with the input.
func (r *reader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.data)-r.pos) {
		return nil, r.malformed("the end within a text")
	}
	b := r.data[r.pos : r.pos+int(n)]
	r.pos += int(n)
	return b, nil
}

// length checks a number of items against the bytes left: each takes at least one.
func (r *reader) length(n uint64) (int, error) {
	if n > uint64(len(r.data)-r.pos) {
		return 0, r.malformed("a list longer than the bytes that are left")
	}
	return int(n), nil
}

// array expects an array and returns its length.
func (r *reader) array() (int, error) { return r.expect(majorArray, "an array") }

func (r *reader) expect(want byte, what string) (int, error) {
	at := r.pos
	major, _, n, err := r.head()
	if err != nil {
		return 0, err
	}
	if major != want {
		r.pos = at
		return 0, &TypeError{Value: r.describe(), Type: what}
	}
	return r.length(n)
}

// text reads a text or a byte string.
func (r *reader) string() ([]byte, error) {
	at := r.pos
	major, _, n, err := r.head()
	if err != nil {
		return nil, err
	}
	if major != majorText && major != majorBytes {
		r.pos = at
		return nil, &TypeError{Value: r.describe(), Type: "string"}
	}
	b, err := r.take(n)
	if err == nil && major == majorText && !utf8.Valid(b) {
		return nil, r.malformed("a text that is not UTF-8")
	}
	return b, err
}

// describe names the next item for an error.
func (r *reader) describe() string {
	first := r.peek()
	switch first & 0xe0 {
	case majorUint, majorInt:
		return "an integer"
	case majorBytes:
		return "bytes"
	case majorText:
		return "a string"
	case majorArray:
		return "a list"
	case majorMap:
		return "a map or struct"
	case majorTag:
		ahead := *r
		_, _, tag, _ := ahead.head()
		return fmt.Sprintf("a value with tag %d", tag)
	}
	switch first {
	case cborNull:
		return "nil"
	case cborTrue, cborFalse:
		return "a bool"
	case cborFloat16, cborFloat32, cborFloat64:
		return "a float"
	}
	return "nothing"
}

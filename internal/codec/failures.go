package codec

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// Errors travel as their texts and, where that is possible, as what they are: then errors.As and errors.Is find on the other side what they
// would have found on this one. Where the other side does not have an error's type, it has a RemoteError.

// RemoteError is an error whose type cannot leave its process or is not known here: the texts of the original's chain, outermost first.
type RemoteError struct {
	Texts []string
	// Rest is what the last of the texts' errors wraps, if that could be sent.
	Rest error
}

func (e *RemoteError) Error() string {
	if len(e.Texts) == 0 {
		return "unknown error"
	}
	return e.Texts[0]
}

// Unwrap returns the rest of the chain.
func (e *RemoteError) Unwrap() error {
	if len(e.Texts) < 2 {
		return e.Rest
	}
	return &RemoteError{Texts: e.Texts[1:], Rest: e.Rest}
}

// plainError is what errors.New returns.
var plainError = reflect.TypeOf(errors.New(""))

// errorTypes are types of the standard library's errors that are encoded by their fields, unexported ones included.
var errorTypes = []reflect.Type{
	plainError.Elem(), reflect.TypeOf(fmt.Errorf("%w", io.EOF)).Elem(), reflect.TypeOf(fmt.Errorf("%w%w", io.EOF, io.EOF)).Elem(),
	reflect.TypeOf(errors.Join(io.EOF)).Elem(), reflect.TypeFor[fs.PathError](), reflect.TypeFor[os.LinkError](), reflect.TypeFor[os.SyscallError](),
	reflect.TypeFor[strconv.NumError](),
}

// sentinels are errors that are compared by identity. These are the same on both sides.
var sentinels = map[string]error{
	"io.EOF": io.EOF, "io.ErrUnexpectedEOF": io.ErrUnexpectedEOF, "io.ErrClosedPipe": io.ErrClosedPipe, "io.ErrNoProgress": io.ErrNoProgress,
	"io.ErrShortBuffer": io.ErrShortBuffer, "io.ErrShortWrite": io.ErrShortWrite,
	"fs.ErrNotExist": fs.ErrNotExist, "fs.ErrExist": fs.ErrExist, "fs.ErrPermission": fs.ErrPermission, "fs.ErrInvalid": fs.ErrInvalid, "fs.ErrClosed": fs.ErrClosed,
	"os.ErrDeadlineExceeded": os.ErrDeadlineExceeded, "os.ErrProcessDone": os.ErrProcessDone,
	"context.Canceled": context.Canceled, "context.DeadlineExceeded": context.DeadlineExceeded,
	"strconv.ErrRange": strconv.ErrRange, "strconv.ErrSyntax": strconv.ErrSyntax, "errors.ErrUnsupported": errors.ErrUnsupported,
	"net.ErrClosed": net.ErrClosed, "bufio.ErrTooLong": bufio.ErrTooLong,
}

var sentinelNames = func() map[error]string {
	names := map[error]string{}
	for name, err := range sentinels {
		names[err] = name
	}
	return names
}()

// error writes what can be sent of an error's values, how many of the chain come before that, and the chain's texts.
func (e *encoder) error(err error) {
	if reflect.ValueOf(err).Comparable() {
		if name, ok := sentinelNames[err]; ok {
			e.objectOf("sentinel")
			e.buf = appendText(e.buf, name)
			return
		}
	}
	var texts []string
	var data []byte
	before := 0
	for ; err != nil && len(texts) < maxChain; err = unwrap(err) {
		if data == nil {
			if data = e.typed(err); data == nil {
				before++
			}
		}
		texts = append(texts, textOf(err))
	}
	e.objectOf("error")
	e.buf = appendHead(e.buf, majorArray, uint64(len(texts)+2))
	e.buf = append(appendHead(appendHead(e.buf, majorTag, tagCBOR), majorBytes, uint64(len(data))), data...)
	e.buf = appendHead(e.buf, majorUint, uint64(before))
	for _, text := range texts {
		e.buf = appendText(e.buf, strings.ToValidUTF8(text, "\ufffd"))
	}
}

// unwrap is errors.Unwrap; a method that panics, as on a nil pointer, wraps nothing.
func unwrap(err error) (next error) {
	defer func() {
		if recover() != nil {
			next = nil
		}
	}()
	return errors.Unwrap(err)
}

// maxError bounds the bytes of an error that travels beside its text.
const maxError = 4 << 10

// EncodeError returns the encoding of an error, of which DecodeError makes it again; nil for a large one.
func EncodeError(err error) []byte {
	var e encoder
	if e.error(err); len(e.buf) > maxError {
		return nil
	}
	return e.buf
}

// DecodeError is the inverse of EncodeError. It returns nil where there is no error.
func DecodeError(data []byte) error {
	var err error
	if len(data) == 0 || Unmarshal(data, &err) != nil {
		return nil
	}
	return err
}

// maxChain bounds how far an error's chain is followed.
const maxChain = 100

// typed encodes an error as the value that it is; nil if it cannot be sent.
func (e *encoder) typed(err error) []byte {
	if e.depth > maxChain { // a chain that goes on for ever, or nearly
		return nil
	}
	v := reflect.ValueOf(err)
	if v.Type() == plainError {
		remember(v)
	}
	sub := encoder{depth: e.depth + 1, path: e.path}
	if sub.named(v) != nil {
		return nil
	}
	return sub.buf
}

// error reads an error.
func (r *reader) error() (reflect.Value, error) {
	n, err := r.array()
	if err != nil {
		return reflect.Value{}, err
	}
	if n < 3 {
		return reflect.Value{}, r.malformed("an error without a text")
	}
	if err := r.tag(tagCBOR, "an encoded error"); err != nil {
		return reflect.Value{}, err
	}
	data, err := r.string()
	if err != nil {
		return reflect.Value{}, err
	}
	_, _, before, err := r.head()
	if err != nil {
		return reflect.Value{}, err
	}
	if before > uint64(n-2) {
		return reflect.Value{}, r.malformed("an error that does not wrap what it says")
	}
	if err := r.alloc(n, stringType.Size()); err != nil {
		return reflect.Value{}, err
	}
	out := &RemoteError{}
	for range n - 2 {
		text, err := r.string()
		if err != nil {
			return reflect.Value{}, err
		}
		out.Texts = append(out.Texts, string(text))
	}
	if len(data) == 0 {
		return reflect.ValueOf(out), nil
	}
	value, err := r.inner(data)
	if errors.Is(err, ErrMalformed) {
		return reflect.Value{}, err
	}
	if err != nil { // its type is not known here
		return reflect.ValueOf(out), nil
	}
	if before == 0 {
		return reflect.ValueOf(value), nil
	}
	out.Texts, out.Rest = out.Texts[:before], value
	return reflect.ValueOf(out), nil
}

// inner decodes an error from bytes within bytes.
func (r *reader) inner(data []byte) (error, error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	sub := reader{data: data, depth: r.depth, memory: r.memory, names: r.names}
	v, err := sub.dynamic()
	r.memory = sub.memory
	r.leave()
	if err != nil {
		return nil, err
	}
	if sub.pos != len(data) {
		return nil, r.malformed("bytes behind an error")
	}
	if v.IsValid() && v.Type() == plainError && !v.IsNil() {
		v = remember(v)
	}
	if value, ok := asError(v); ok {
		return value, nil
	}
	return nil, &TypeError{Value: "what came for an error", Type: "error"}
}

// sentinel reads the name of an error that both sides have.
func (r *reader) sentinel() (reflect.Value, error) {
	name, err := r.string()
	if err != nil {
		return reflect.Value{}, err
	}
	if err := sentinels[string(name)]; err != nil {
		return reflect.ValueOf(err), nil
	}
	return reflect.ValueOf(&RemoteError{Texts: []string{string(name)}}), nil
}

// sent has the errors made by errors.New that this process has sent or received, by their texts. So an error that is sent and comes back,
// wrapped or not, is still the variable that errors.Is compares it with.
var sent = struct {
	sync.Mutex
	byText map[string]error
}{byText: map[string]error{}}

// maxSent bounds how many are kept.
const maxSent = 4096

// remember returns the error that is known by the text of this one.
func remember(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	err := v.Interface().(error)
	sent.Lock()
	defer sent.Unlock()
	if known := sent.byText[err.Error()]; known != nil {
		return reflect.ValueOf(known)
	}
	if len(sent.byText) >= maxSent {
		clear(sent.byText)
	}
	sent.byText[err.Error()] = err
	return v
}

package interp

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// Panic is a panic of interpreted code.
type Panic struct {
	// Value is what was panicked with, Message its text as the Go runtime would print it.
	Value   any
	Message string
	// Frames are the interpreted functions that were running, innermost first.
	Frames []Frame
}

// Frame is an interpreted function that was running.
type Frame struct {
	File string
	Line int
	Col  int
	// Func is the interpreter's name of the function, Name its name in the source, if it is a literal.
	Func, Name string
}

func (p *Panic) Error() string { return "panic: " + p.Message }

// Unwrap returns the error that was panicked with, if it was one.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// panicError makes an error of what recover returned in the goroutine that panicked.
func (i *Interp) panicError(r any) error {
	frames := i.exactly(i.trace.take())
	if v, ok := r.(reflect.Value); ok {
		r = nil
		if v.IsValid() {
			r = Unbox(v).Interface()
		}
	}
	return &Panic{Value: r, Message: message(r), Frames: frames}
}

// likeGo has what reflection says where compiled Go says something else.
var likeGo = []struct {
	pattern *regexp.Regexp
	says    string
}{
	{regexp.MustCompile(`^reflect: (slice|array|string) index out of range`), "runtime error: index out of range"},
	{regexp.MustCompile(`^reflect\.Value\.Slice3?: (slice|string|array) index out of bounds|^reflect\.Value\.Slice: .*out of bounds`), "runtime error: slice bounds out of range"},
	{regexp.MustCompile(`^reflect\.MakeSlice: negative len`), "runtime error: makeslice: len out of range"},
	{regexp.MustCompile(`^reflect\.MakeSlice: (negative cap|len > cap)`), "runtime error: makeslice: cap out of range"},
	{regexp.MustCompile(`^reflect\.MakeChan: negative buffer size`), "makechan: size out of range"},
	{regexp.MustCompile(`^reflect.*(slice overflow|Grow: negative len)`), "runtime error: growslice: len out of range"},
	{regexp.MustCompile(`^reflect: call of reflect\.Value\.\w+ on zero Value|^reflect: call of reflect\.Value\.\w+ on (ptr|interface) Value|^reflect\.Value\.Call: call of nil function|^reflect: call of Call on zero Value|^reflect: Call using zero Value argument|^reflect: Method on nil interface value`), "runtime error: invalid memory address or nil pointer dereference"},
	{regexp.MustCompile(`^reflect: indirection through nil pointer.*|^reflect\.Value\.Elem.*nil.*`), "runtime error: invalid memory address or nil pointer dereference"},
}

// unhashable is what reflection says of keys that cannot be; compiled code says it with other words around it.
var unhashable = regexp.MustCompile(`^hash of unhashable type: (.*)`)

// ownPosition is what the interpreter puts before some messages.
var ownPosition = regexp.MustCompile(`^\S+\.go:\d+:\d+: `)

// PanicText is what a panic value says when a program ends with it.
func PanicText(r any) string { return message(r) }

// message is PanicText.
func message(r any) string {
	var text string
	switch r := r.(type) {
	case *reflect.ValueError:
		text = r.Error()
	case error:
		text = safely(r.Error)
		if reflect.TypeOf(r).String() == "*interp.cfgError" {
			text = ownPosition.ReplaceAllString(text, "")
		}
		if _, ok := r.(runtime.Error); ok {
			text = unhashable.ReplaceAllString(text, "runtime error: hash of unhashable type $1")
		}
		return text
	case string:
		text = r
	case fmt.Stringer:
		return safely(r.String)
	case nil:
		return "panic called with nil argument (use GODEBUG=panicnil=1 to disable)"
	default:
		return safely(func() string { return fmt.Sprintf("%v", r) })
	}
	text = ownPosition.ReplaceAllString(text, "")
	for _, l := range likeGo {
		if l.pattern.MatchString(text) {
			return l.says
		}
	}
	return text
}

// safely contains a user's method that panics while it is asked for a text.
func safely(f func() string) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprintf("(a value whose text cannot be had: %v)", r)
		}
	}()
	return f()
}

// tracer keeps the lines that the interpreter writes about functions that a panic unwinds, for each goroutine.
type tracer struct {
	mu    sync.Mutex
	lines map[uint64]*unwinding
	// keeps tells a frame of the literal in which a function's kept deferred calls are made: it stands for the function.
	keeps func(Frame) bool
}

// unwinding is a panic on its way through interpreted functions. Each of them panics anew on top of the last one's stack, so the stack
// grows as long as it is the same panic.
type unwinding struct {
	depth  int
	frames []Frame
	places []place // what the frames were doing
}

var traceLine = regexp.MustCompile(`^(.+):(\d+):(\d+): panic: (.*)\(\.\.\.\)\s*$`)

// Write takes a line of the interpreter.
func (t *tracer) Write(p []byte) (int, error) {
	m := traceLine.FindSubmatch(p)
	if m == nil {
		return len(p), nil
	}
	line, _ := strconv.Atoi(string(m[2]))
	col, _ := strconv.Atoi(string(m[3]))
	f := Frame{File: string(m[1]), Line: line, Col: col, Func: strings.TrimPrefix(string(m[4]), "main.")}
	pcs := stack()
	id, depth := goroutine(), len(pcs)
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.lines[id]
	// Of a stack that is deeper than we look we cannot tell; it takes an earlier one to get there.
	if u == nil || depth < u.depth || depth == u.depth && depth < maxStack {
		u = &unwinding{places: places(pcs)}
		if t.keeps(f) && len(u.places) > 0 { // it is the function around the literal that panicked
			u.places = u.places[1:]
		}
		t.lines[id] = u
	}
	u.depth = depth
	u.frames = append(u.frames, f)
	return len(p), nil
}

// forget drops what is left of panics that the calling goroutine recovered.
func (t *tracer) forget() {
	id := goroutine()
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.lines, id)
}

// take returns the frames of the panic that the calling goroutine has just recovered.
func (t *tracer) take() unwinding {
	id := goroutine()
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.lines[id]
	delete(t.lines, id)
	if u == nil {
		return unwinding{}
	}
	return *u
}

// maxStack is how deep we look into a stack.
const maxStack = 1 << 12

// stack returns the calling goroutine's stack.
func stack() []uintptr {
	pcs := make([]uintptr, maxStack)
	return pcs[:runtime.Callers(1, pcs)]
}

// goroutine returns the calling goroutine's number; panics are rare enough to parse it.
func goroutine() uint64 {
	buf := make([]byte, 64)
	buf = bytes.TrimPrefix(buf[:runtime.Stack(buf, false)], []byte("goroutine "))
	if i := bytes.IndexByte(buf, ' '); i > 0 {
		n, _ := strconv.ParseUint(string(buf[:i]), 10, 64)
		return n
	}
	return 0
}

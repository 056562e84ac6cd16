package session

import (
	"go/ast"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/gocluster/gocluster/internal/interp"
	"github.com/gocluster/gocluster/internal/light"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
)

// Compiled code carries the positions of cells, so its frames need only be chosen and named.

// maxFrames bounds what is told of a deep stack: more frames are dropped from its middle, so many at a time that functions which call
// each other in turns still do (of up to eight).
const (
	maxFrames = 2048
	dropped   = 840
)

// generatedFile is where the front end puts code that is nobody's.
const generatedFile = "generated.go"

// trace is a list of frames in the making.
type trace struct {
	positions []unit.Position
	funcs     []string
	repeats   []int // how many further frames like it followed
}

// add takes a frame if it is the user's. Compiled cells are in package main; so is the executable's own main function.
func (t *trace) add(function, file string, line int) {
	name, ok := strings.CutPrefix(function, "main.")
	if !ok || name == "main" || line <= 0 || file == generatedFile || strings.HasPrefix(file, "<") || wrapper.MatchString(name) {
		return
	}
	n, user := len(t.funcs), userName(name)
	if method := !ourNames.MatchString(name); method && n > 0 && t.funcs[n-1] == user {
		return // the method of the type, which only calls the session's
	}
	t.frame(unit.Position{File: file, Line: line}, user)
}

// ourNames are those of functions that the front end made of the user's.
var ourNames = regexp.MustCompile(`^(?:[fg]|run|load)__`)

// frame adds a frame. Frames like the one before are counted; of a deep stack, the ends say what happened, and frames in the middle
// are only counted.
func (t *trace) frame(at unit.Position, function string) {
	n := len(t.positions)
	if n > 0 && t.positions[n-1] == at && t.funcs[n-1] == function {
		t.repeats[n-1]++
		return
	}
	if mid := maxFrames / 2; n == maxFrames {
		for _, more := range t.repeats[mid : mid+dropped] {
			t.repeats[mid-1] += 1 + more
		}
		t.positions = slices.Delete(t.positions, mid, mid+dropped)
		t.funcs = slices.Delete(t.funcs, mid, mid+dropped)
		t.repeats = slices.Delete(t.repeats, mid, mid+dropped)
	}
	t.positions, t.funcs, t.repeats = append(t.positions, at), append(t.funcs, function), append(t.repeats, 0)
}

// callers is the calling goroutine's stack, all of it, without the innermost frames.
func callers(skip int) []uintptr {
	for size := 1 << 10; ; size *= 8 {
		pcs := make([]uintptr, size)
		if n := runtime.Callers(skip+1, pcs); n < size || size > 1<<22 {
			return pcs[:n]
		}
	}
}

// running lists the user's functions on a stack.
func running(pcs []uintptr) (t trace) {
	for frames := runtime.CallersFrames(pcs); ; {
		fr, more := frames.Next()
		t.add(fr.Function, fr.File, fr.Line)
		if !more {
			return t
		}
	}
}

// wrapper matches functions that the compiler makes for go and defer statements; the function that they call has the same place.
var wrapper = regexp.MustCompile(`\.(?:defer|go)wrap\d+$`)

// How the front end names functions: run__1a2b3c4d are a cell's statements, f__fib__1a2b3c4d is fib, f__T__ptr__M__1a2b3c4d is (*T).M,
// g__Map__2 a generic Map of a later generation.
var (
	statements    = regexp.MustCompile(`^(?:run|load)__[0-9a-f]{8}\.?`)
	pointerMethod = regexp.MustCompile(`^f__(\w+?)__ptr__(\w+?)(__[0-9a-f]{8})`)
	valueMethod   = regexp.MustCompile(`^f__(\w+?)__dot__(\w+?)(__[0-9a-f]{8})`)
	suffix        = regexp.MustCompile(`^[fg]__|__(?:[0-9a-f]{8}|\d+)\b|\[[^\]]*\]|-fm$`)
)

// userName is what people call a compiled function: "fib", "(*T).M", "func1" of a cell's statements; "" is the statements themselves.
func userName(name string) string {
	name = statements.ReplaceAllString(name, "")
	name = pointerMethod.ReplaceAllString(name, "(*$1).$2$3")
	name = valueMethod.ReplaceAllString(name, "$1.$2$3")
	return suffix.ReplaceAllString(name, "")
}

// userType is what people call a type of a cell.
func userType(t reflect.Type) string {
	return generation.ReplaceAllString(t.String(), "$1")
}

var generation = regexp.MustCompile(`(main\.\w+?)__\d+\b`)

// nativeFailure says what went wrong when compiled code panicked with r; pcs are those of the panic.
func (p *process) nativeFailure(r any, pcs []uintptr) *failure {
	f := &failure{Kind: proto.KindPanic, Name: nativeName(r), Message: bounded(interp.PanicText(r))}
	f.remote(r)
	t := running(pcs)
	p.mu.Lock()
	p.columns.fill(t.positions)
	p.mu.Unlock()
	f.put(t)
	return f
}

// nativeName is the Go type of an error that was panicked with.
func nativeName(r any) string {
	err, ok := r.(error)
	if !ok {
		return PanicName
	}
	t := reflect.TypeOf(err)
	base := t
	if base.Kind() == reflect.Pointer {
		base = base.Elem()
	}
	switch {
	case base.PkgPath() == "runtime":
		return PanicName
	case base.PkgPath() != "main" && !ast.IsExported(base.Name()):
		return "error"
	}
	return userType(t)
}

// crash finds the user's frames in what the runtime prints when it ends the process: those of the goroutine at fault, which is first.
func crash(words string) (t trace) {
	i := strings.Index(words, "\ngoroutine ")
	if i < 0 {
		return t
	}
	block, _, _ := strings.Cut(words[i+1:], "\n\n")
	lines := strings.Split(block, "\n")
	for k := 1; k+1 < len(lines); k++ {
		m := crashPlace.FindStringSubmatch(lines[k+1])
		if m == nil {
			continue
		}
		line, _ := strconv.Atoi(m[2])
		t.add(crashFunction(lines[k]), m[1], line)
		k++
	}
	return t
}

// crashedIn says in which statement of a light cell the process ended, of which no dump tells.
func (c *child) crashedIn(p *light.Program) {
	if p == nil || len(p.Steps) == 0 || len(c.trace.positions) > 0 {
		return
	}
	step := p.Steps[0]
	for _, s := range p.Steps[1:] {
		if s.N <= int(c.step.Load()) {
			step = s
		}
	}
	if len(step.Body) == 0 {
		return
	}
	if at := step.Body[0].At; at.Line > 0 && at.File < len(p.Files) {
		c.trace = trace{[]unit.Position{{File: p.Files[at.File], Line: at.Line, Col: at.Col}}, []string{""}, []int{0}}
	}
}

var crashPlace = regexp.MustCompile(`^\t(.+?):(\d+)(?: .*)?$`)

// crashFunction is the name in a line of a dump: what is before the arguments.
func crashFunction(line string) string {
	line = strings.TrimPrefix(line, "created by ")
	if i := strings.LastIndexByte(line, '('); i > 0 {
		return line[:i]
	}
	name, _, _ := strings.Cut(line, " in goroutine ")
	return name
}

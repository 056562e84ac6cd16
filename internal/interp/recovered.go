package interp

import (
	"reflect"
	"regexp"
	"strings"
)

// unknownIndex is what a fault's text says in place of numbers that only compiled code knows.
const unknownIndex = " (the interpreter does not know the numbers)"

// uncomparable are the run-time errors that name a type which may be the session's, or that say it in other words than an assignment does.
var uncomparable = regexp.MustCompile(`^(?:runtime error: )?(hash of unhashable|comparing uncomparable) type:? .*struct \{`)

// unknownType is what such an error's text says besides.
const unknownType = " (the interpreter does not know how Go calls it)"

// hugeSlice is what reflection says of slices that are too long.
const hugeSlice = "runtime: allocation size out of range"

// unknownMethod is what a fault's text says of a nil pointer that may have been the receiver of a method with a value receiver.
const unknownMethod = " (the interpreter does not know whether it was a method's receiver)"

// fault is a run-time error of interpreted code as compiled code has it.
type fault struct{ text string }

func (f fault) Error() string { return f.text }

// RuntimeError makes fault a runtime.Error.
func (fault) RuntimeError() {}

// Recovered makes what compiled code would have recovered of what interpreted code has: the interpreter hands out its own boxes,
// and reflection's words for run-time errors.
func Recovered(r any) any {
	if v, ok := r.(reflect.Value); ok {
		if r = nil; v.IsValid() {
			r = Unbox(v).Interface()
		}
	}
	switch x := r.(type) {
	case *reflect.ValueError:
	case string:
		if !strings.HasPrefix(ownPosition.ReplaceAllString(x, ""), "reflect") {
			return r
		}
	case error:
		if x.Error() == hugeSlice {
			return fault{"runtime error: makeslice: len out of range (the interpreter does not know whether it is the length or the capacity)"}
		}
		text := message(r)
		if uncomparable.MatchString(text) {
			return fault{text + unknownType}
		}
		if text != x.Error() && unhashable.MatchString(x.Error()) {
			return fault{text}
		}
		if reflect.TypeOf(r).String() != "*interp.cfgError" {
			return r
		}
	default:
		return r
	}
	text := message(r)
	if v, ok := r.(*reflect.ValueError); ok && v.Method == "reflect.Value.Set" && v.Kind == reflect.Invalid {
		text += unknownMethod
	}
	if strings.HasSuffix(text, "index out of range") || strings.HasSuffix(text, "bounds out of range") {
		text += unknownIndex
	}
	return fault{text}
}

// Own tells a panic of the interpreter's own, about values that it has mixed up. A user's code that misuses package reflect looks alike.
func (p *Panic) Own() bool {
	switch r := p.Value.(type) {
	case *reflect.ValueError:
	case string:
		if !strings.HasPrefix(ownPosition.ReplaceAllString(r, ""), "reflect") {
			return false
		}
	default:
		return false
	}
	return strings.HasPrefix(p.Message, "reflect")
}

package proto

import (
	"errors"
	"fmt"
	"strings"
)

// ErrMalformed is wrapped by every error about bytes that are not a message.
var ErrMalformed = errors.New("malformed message")

// ErrorKind tells the user's failures from the machinery's. The values are wire values: do not reorder.
type ErrorKind uint8

// The kinds of error.
const (
	// KindUser is an error that the user's function returned.
	KindUser ErrorKind = iota + 1
	// KindPanic is a panic in the user's function.
	KindPanic
	// KindCompile is source that does not compile.
	KindCompile
	// KindLost is an element whose engines died under it: its worker was killed, crashed or ran out of memory.
	KindLost
	// KindTimeout is an element that ran longer than its job allows.
	KindTimeout
	// KindCancelled is an element whose job was cancelled or interrupted.
	KindCancelled
	// KindValue is a value that cannot be sent, or that does not fit the function's parameter.
	KindValue
	// KindNoEngine is a target that does not exist.
	KindNoEngine
	// KindController is a controller that is gone or refuses.
	KindController
	// KindInternal is a defect of ours.
	KindInternal
)

func (k ErrorKind) String() string {
	names := [...]string{"", "error", "panic", "compile error", "engine lost", "timeout", "cancelled", "bad value", "no such engine", "controller", "internal error"}
	if k > 0 && int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("error kind %d", uint8(k))
}

// Error is a failure that crossed the wire.
type Error struct {
	Kind ErrorKind
	// Message is one line in the words of the Go compiler or runtime where it has some.
	Message string
	// Trace is the rest, for people: positions in cells and lines, the user's frames, the worker's last words.
	Trace string
	// Value is the error that the user's function returned, in the codec's encoding; nil where there is none, or it is too large.
	Value []byte
}

func (e *Error) Error() string { return e.Message }

// Full returns the message with its trace.
func (e *Error) Full() string {
	if e.Trace == "" {
		return e.Message
	}
	return e.Message + "\n" + strings.TrimRight(e.Trace, "\n")
}

// Errorf returns an Error without a trace.
func Errorf(kind ErrorKind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) fields(c *coder) {
	number(c, &e.Kind)
	c.text(&e.Message)
	c.text(&e.Trace)
	c.bytes(&e.Value)
}

// ElementError is the failure of one element of a job.
type ElementError struct {
	// Index is the element's index in its job.
	Index  int
	Engine EngineID
	Error
}

func eachElementError(c *coder, e *ElementError) {
	number(c, &e.Index)
	number(c, &e.Engine)
	e.Error.fields(c)
}

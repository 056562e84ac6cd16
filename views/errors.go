package views

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/proto"
)

// The kinds of failure, for errors.Is.
var (
	// ErrController is a controller that is gone: what it had of jobs is lost.
	ErrController = conn.ErrGone
	// ErrCancelled is a job that was cancelled, or whose cell or context was.
	ErrCancelled = errors.New("cancelled")
	// ErrTimeout is an element that ran longer than the job allows.
	ErrTimeout = errors.New("timeout")
	// ErrEngineLost is an element whose engines died under it.
	ErrEngineLost = errors.New("engine lost")
	// ErrPanic is a panic in the user's function.
	ErrPanic = errors.New("panic")
	// ErrNoEngine is an engine that does not exist.
	ErrNoEngine = errors.New("no such engine")
)

// sentinels are the errors that errors.Is finds by kind.
var sentinels = map[proto.ErrorKind]error{
	proto.KindController: ErrController, proto.KindCancelled: ErrCancelled, proto.KindTimeout: ErrTimeout,
	proto.KindLost: ErrEngineLost, proto.KindPanic: ErrPanic, proto.KindNoEngine: ErrNoEngine,
}

// ElementError is the failure of one element of a map, or of one engine of an Apply or Execute.
type ElementError struct {
	// Index is the element's index in the inputs.
	Index int
	// Value is the element: the function's argument, or a []any of them where it has several. It is nil where there is none.
	Value any
	// Engine is the engine that the element failed on, -1 if it did not get to one.
	Engine int
	// Kind is what kind of failure it is, in a word or two: "error", "panic", "timeout", "engine lost" ...
	Kind string
	// Message is the error's or panic's text.
	Message string
	// Position is where in the user's code it happened, such as "In[3]:2:10"; empty if that is not known.
	Position string
	// Trace is all that is known, for people: the user's frames, or a worker's last words.
	Trace string

	kind   proto.ErrorKind
	mapped bool // of a map
	hasV   bool // Value is the element
	args   int
	// value is the error that the function returned.
	value error
}

func (e *ElementError) Error() string { return e.subject() + ": " + e.detail() }

// subject says which element of what failed.
func (e *ElementError) subject() string {
	on := "no engine"
	if e.Engine >= 0 {
		on = fmt.Sprintf("engine %d", e.Engine)
	}
	switch {
	case !e.mapped:
		return on
	case !e.hasV:
		return fmt.Sprintf("element %d on %s", e.Index, on)
	}
	return fmt.Sprintf("element %d (%s) on %s", e.Index, e.shown(), on)
}

// detail says how it failed and where.
func (e *ElementError) detail() string {
	text := e.Message
	switch e.kind {
	case proto.KindPanic, proto.KindLost, proto.KindTimeout:
		if !strings.Contains(text, e.Kind) {
			text = e.Kind + ": " + text
		}
	}
	if e.Position != "" && !strings.Contains(text, e.Position) {
		text += ", at " + e.Position
	}
	return text
}

// maxShown is how much of a value errors show.
const maxShown = 60

func (e *ElementError) shown() string {
	if values, ok := e.Value.([]any); ok && e.args > 1 {
		var texts []string
		for _, v := range values {
			texts = append(texts, short(v))
		}
		return strings.Join(texts, ", ")
	}
	return short(e.Value)
}

func short(v any) string {
	text := fmt.Sprintf("%v", v)
	if s, ok := v.(string); ok {
		text = fmt.Sprintf("%q", s)
	}
	if r := []rune(text); len(r) > maxShown {
		return string(r[:maxShown]) + "..."
	}
	return text
}

// Is reports whether target is the sentinel of the error's kind.
func (e *ElementError) Is(target error) bool { return sentinels[e.kind] == target }

// Unwrap returns the error that the function returned, as the type that it had there if this side has that type too, for errors.As and errors.Is;
// nil where the element failed in another way.
func (e *ElementError) Unwrap() error { return e.value }

// MapError is what Get returns of a job that did not succeed altogether.
type MapError struct {
	// Failed are the elements that failed, by index.
	Failed []*ElementError
	// Total is how many elements the job had.
	Total int
	// Job is what befell the job as a whole, if anything: it was cancelled, or the controller is gone.
	Job error
}

// maxListed is how many failed elements an error lists.
const maxListed = 3

func (e *MapError) Error() string {
	if e.Job == nil && len(e.Failed) == 1 {
		return e.Failed[0].Error()
	}
	var lines []string
	switch {
	case e.Job != nil && len(e.Failed) == 0:
		return e.Job.Error()
	case e.Job != nil:
		lines = append(lines, e.Job.Error(), fmt.Sprintf("%d of %d elements failed before:", len(e.Failed), e.Total))
	default:
		lines = append(lines, fmt.Sprintf("%d of %d %s failed:", len(e.Failed), e.Total, e.what()))
	}
	for i, f := range e.Failed {
		if i == maxListed {
			lines = append(lines, fmt.Sprintf("  and %d more", len(e.Failed)-i))
			break
		}
		lines = append(lines, "  "+strings.ReplaceAll(f.Error(), "\n", "\n  "))
	}
	return strings.Join(lines, "\n")
}

func (e *MapError) what() string {
	if len(e.Failed) > 0 && !e.Failed[0].mapped {
		return "engines"
	}
	return "elements"
}

// Unwrap returns the job's error and the elements' errors.
func (e *MapError) Unwrap() []error {
	var errs []error
	if e.Job != nil {
		errs = append(errs, e.Job)
	}
	for _, f := range e.Failed {
		errs = append(errs, f)
	}
	return errs
}

// JobError is what befell a job as a whole.
type JobError struct {
	Message string
	kind    proto.ErrorKind
	cause   error
}

func (e *JobError) Error() string { return e.Message }

// Is reports whether target is the sentinel of the error's kind.
func (e *JobError) Is(target error) bool { return sentinels[e.kind] == target }

// Unwrap returns the reason on this side, if there is one.
func (e *JobError) Unwrap() error { return e.cause }

// interrupted is the error of a job whose context ended.
func interrupted(ctx context.Context) error {
	why := context.Cause(ctx)
	return &JobError{Message: "cancelled: " + why.Error(), kind: proto.KindCancelled, cause: why}
}

// jobError makes the error of a job that ended in a state that is not done.
func jobError(state proto.JobState, err *proto.Error, cause error) error {
	switch {
	case cause != nil:
		return &JobError{Message: cause.Error(), kind: proto.KindController, cause: cause}
	case err != nil:
		return &JobError{Message: err.Full(), kind: err.Kind}
	case state == proto.JobCancelled:
		return &JobError{Message: "the job was cancelled", kind: proto.KindCancelled}
	}
	return nil
}

// position finds the innermost place of a trace, whose lines are a tab, the place, and the function.
var position = regexp.MustCompile(`(?m)^\t(.+?:\d+(?::\d+)?)(?: in .*)?$`)

// newElementError makes an element's error out of what came over the wire.
func newElementError(e *proto.ElementError, engine proto.EngineID) *ElementError {
	if e.Engine != proto.NoEngine {
		engine = e.Engine
	}
	out := &ElementError{
		Index: e.Index, Engine: int(engine), Kind: e.Kind.String(), Message: e.Message, Trace: e.Trace, kind: e.Kind, value: codec.DecodeError(e.Error.Value),
	}
	if m := position.FindStringSubmatch(e.Trace); m != nil {
		out.Position = m[1]
	}
	return out
}

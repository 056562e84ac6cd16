package session

import (
	"errors"
	"strings"

	"github.com/gocluster/gocluster/views"
)

// EngineFailure is what went wrong on one engine, or with one element of a map.
type EngineFailure struct {
	// Engine is -1 if no engine got to it.
	Engine int
	// Element is "element 3 (17)", the element's index and value, if it is one of a map.
	Element         string
	Kind, Message   string
	Position, Trace string
}

// remote keeps of an error what failed on engines, so that it can be shown by engine.
func (f *failure) remote(value any) {
	err, ok := value.(error)
	if !ok {
		return
	}
	many, one := (*views.MapError)(nil), (*views.ElementError)(nil)
	switch {
	case errors.As(err, &many):
		f.Elements = many.Total
	case errors.As(err, &one):
		many = &views.MapError{Failed: []*views.ElementError{one}}
		f.Elements = 1
	default:
		return
	}
	if many.Job != nil {
		f.Job = many.Job.Error()
	}
	for _, e := range many.Failed {
		f.Engines = append(f.Engines, NewEngineFailure(e))
	}
}

// NewEngineFailure describes an element's failure.
func NewEngineFailure(e *views.ElementError) EngineFailure {
	element, _, found := strings.Cut(e.Error(), " on ")
	if !found || !strings.HasPrefix(element, "element ") {
		element = ""
	}
	return EngineFailure{e.Engine, element, e.Kind, e.Message, e.Position, e.Trace}
}

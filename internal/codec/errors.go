package codec

import (
	"errors"
	"fmt"
	"strings"
)

// ErrMalformed is wrapped by every error about bytes that are not the encoding of a value.
var ErrMalformed = errors.New("malformed value")

// RefuseError says that a value cannot leave the process.
type RefuseError struct {
	// Path leads from the value to what is refused, such as ".Log[3]"; it is empty when that is the value itself.
	Path string
	Type string
	Why  string
}

func (e *RefuseError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("cannot send a value of type %s: %s", clip(e.Type), e.Why)
	}
	return fmt.Sprintf("cannot send %s: its type is %s, and %s", clip(strings.TrimPrefix(e.Path, ".")), clip(e.Type), e.Why)
}

// clip shortens what can be long, the path into a cycle or a type spelled out, to what people read.
func clip(text string) string {
	const most, head, tail = 100, 60, 30
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:head], "") + " ... " + strings.ToValidUTF8(text[len(text)-tail:], "")
}

// TypeError says that bytes hold a value that does not fit the type it is decoded into.
type TypeError struct {
	Path  string
	Value string
	Type  string
}

func (e *TypeError) Error() string {
	at := ""
	if e.Path != "" {
		at = " (at " + clip(strings.TrimPrefix(e.Path, ".")) + ")"
	}
	return fmt.Sprintf("cannot use %s as %s%s", clip(e.Value), clip(e.Type), at)
}

// within adds the step that leads to a value to the path of the error about it.
func within(step string, err error) error {
	switch e := err.(type) {
	case *RefuseError:
		e.Path = step + e.Path
	case *TypeError:
		e.Path = step + e.Path
	}
	return err
}

// textOf is an error's text; an Error method that panics, as on a nil pointer, says so.
func textOf(err error) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprintf("%T (its Error method panics: %v)", err, p)
		}
	}()
	return err.Error()
}

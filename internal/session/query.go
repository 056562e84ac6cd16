package session

import (
	"context"
	"errors"
	"reflect"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/spool"
)

// Complete lists what may stand at a cursor, a byte offset. Like the other questions about code it may be asked while a cell runs.
func (s *Session) Complete(src string, cursor int) gocode.Completion {
	s.front.Lock()
	defer s.front.Unlock()
	return s.code.Complete(src, cursor)
}

// IsComplete tells whether src can be executed as it is: "complete", "incomplete" with the indentation of the next line, or "invalid".
func (s *Session) IsComplete(src string) (status, indent string) {
	s.front.Lock()
	defer s.front.Unlock()
	return s.code.IsComplete(src)
}

// Bytes are a value in the codec's encoding: Data, or the contents of File, a path, if that is set.
type Bytes struct {
	Data []byte
	File string
}

// decode puts the value into a variable.
func (b Bytes) decode(v reflect.Value) error {
	if b.File == "" {
		return codec.UnmarshalValue(b.Data, v)
	}
	return spool.View(b.File, func(data []byte) error { return codec.UnmarshalValue(data, v) })
}

// Push gives a variable of the namespace a value, in the codec's encoding, declaring it with the type if need be.
func (s *Session) Push(ctx context.Context, name, typeText string, value []byte) error {
	return s.PushBytes(ctx, name, typeText, Bytes{Data: value})
}

// PushBytes is Push of a value that may be in a file.
func (s *Session) PushBytes(ctx context.Context, name, typeText string, value Bytes) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.give()
	ctx, stop := s.running(ctx)
	defer stop()
	if err := s.settle(ctx, false, nil); err != nil {
		return err
	}
	v, err := s.declare(ctx, name, typeText)
	if err != nil {
		return err
	}
	seq := s.next()
	if value.File != "" {
		value.Data = nil
	}
	d, err := s.current().do(ctx, &request{Set: &setRequest{Seq: seq, Var: v, Value: value}}, seq)
	if err != nil {
		return s.lost(ctx, err)
	}
	if d.Failure != nil {
		return d.Failure.cellError()
	}
	return nil
}

// declare returns the lowered name of a new variable.
func (s *Session) declare(ctx context.Context, name, typeText string) (string, error) {
	plan, err := s.plan(func() (*gocode.Plan, error) { return s.code.Declare(name, typeText, false) })
	if err != nil {
		return "", err
	}
	_, _, err = s.run(ctx, plan, nil, s.next())
	if e := (*CellError)(nil); errors.As(err, &e) && e.EName == needsCompiler { // no compiled code has the type yet
		if plan, err = s.plan(func() (*gocode.Plan, error) { return s.code.Declare(name, typeText, true) }); err != nil {
			return "", err
		}
		_, _, err = s.run(ctx, plan, nil, s.next())
	}
	if err != nil {
		return "", err
	}
	for _, d := range plan.Declares {
		if d.Name == name {
			return d.Var, nil
		}
	}
	return "", errors.New("the front end has not declared " + name)
}

// Pull evaluates an expression in the namespace and returns its value, in the codec's encoding, and its type.
func (s *Session) Pull(ctx context.Context, expr string) (typeText string, value []byte, err error) {
	if err := s.take(ctx); err != nil {
		return "", nil, err
	}
	defer s.give()
	ctx, stop := s.running(ctx)
	defer stop()
	if err := s.settle(ctx, false, nil); err != nil {
		return "", nil, err
	}
	plan, err := s.plan(func() (*gocode.Plan, error) { return s.code.Expr(expr) })
	if err != nil {
		return "", nil, err
	}
	d, _, err := s.run(ctx, plan, nil, s.next())
	if err != nil {
		return "", nil, err
	}
	if d.Pulled == nil {
		return "", nil, &CellError{EName: CompileErrorName, Message: expr + " has no value", Trace: []string{CompileErrorName + ": " + expr + " has no value"}}
	}
	return d.PulledType, d.Pulled, nil
}

package session

import (
	"context"
	"errors"
	"reflect"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
	"github.com/gocluster/gocluster/internal/unit"
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
	Size int // of the file
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
	return s.set(ctx, v, value)
}

// Assign is Push to a variable that is there, whose type stays.
func (s *Session) Assign(ctx context.Context, name string, value Bytes) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.give()
	ctx, stop := s.running(ctx)
	defer stop()
	if err := s.settle(ctx, false, nil); err != nil {
		return err
	}
	vars, err := s.lookUp([]string{name})
	if err != nil {
		return err
	}
	return s.set(ctx, vars[0].Low, value)
}

// set gives a variable, by its lowered name, a value. The caller has the turn.
func (s *Session) set(ctx context.Context, low string, value Bytes) error {
	seq := s.next()
	if value.File != "" {
		value.Data = nil
	}
	d, err := s.current().do(ctx, &request{Set: &setRequest{Seq: seq, Var: low, Value: value}}, seq)
	if err != nil {
		return s.lost(ctx, err)
	}
	if d.Failure != nil {
		return d.Failure.cellError()
	}
	return nil
}

// sturdy does something again when the session has become an interpreted one, because nothing can be compiled.
func (s *Session) sturdy(ctx context.Context, do func() error) error {
	err := do()
	cold := coldError{}
	if !errors.As(err, &cold) {
		return err
	}
	if err := s.giveUp(ctx, cold, nil); err != nil {
		return unlessInterrupted(ctx, err)
	}
	return do()
}

// declare returns the lowered name of a new variable.
func (s *Session) declare(ctx context.Context, name, typeText string) (low string, err error) {
	err = s.sturdy(ctx, func() error {
		low, err = s.tryDeclare(ctx, name, typeText)
		return err
	})
	return low, err
}

func (s *Session) tryDeclare(ctx context.Context, name, typeText string) (string, error) {
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

// toFiles leaves large results in files.
func (d *done) toFiles(path string) {
	if path == "" {
		return
	}
	dir := spool.At(path)
	if len(d.Pulled) >= spool.Min {
		if name, err := dir.Write(d.Pulled); err == nil { // else it goes as it is
			d.Pulled, d.PulledFile, d.PulledSize = nil, name, len(d.Pulled)
		}
	}
	if d.Chunk != nil && len(d.Chunk.Errors) == 0 {
		toFiles(dir, d.Chunk.Outputs)
	}
}

func toFiles(dir *spool.Dir, blocks []proto.Block) {
	for i := range blocks {
		b := &blocks[i]
		if len(b.Data) < spool.Min {
			continue
		}
		if name, err := dir.Write(b.Data); err == nil {
			b.Data, b.File, b.Size = nil, name, len(b.Data)
		}
	}
}

// Pull evaluates an expression in the namespace and returns its value, in the codec's encoding, and its type.
func (s *Session) Pull(ctx context.Context, expr string) (typeText string, value []byte, err error) {
	typeText, b, err := s.PullBytes(ctx, expr, "")
	return typeText, b.Data, err
}

// PullBytes is Pull of a value that may be left in a new file in the directory of this path; Bytes.File is its name then.
func (s *Session) PullBytes(ctx context.Context, expr, files string) (typeText string, value Bytes, err error) {
	if err := s.take(ctx); err != nil {
		return "", value, err
	}
	s.files = files
	defer func() {
		s.files = ""
		s.give()
	}()
	ctx, stop := s.running(ctx)
	defer stop()
	if err := s.settle(ctx, false, nil); err != nil {
		return "", value, err
	}
	var d *done
	err = s.sturdy(ctx, func() error {
		plan, err := s.plan(func() (*gocode.Plan, error) { return s.code.Expr(expr) })
		if err == nil {
			d, _, err = s.run(ctx, plan, nil, s.next())
		}
		return err
	})
	if err != nil {
		return "", value, err
	}
	if d.Pulled == nil && d.PulledFile == "" {
		return "", value, &CellError{EName: CompileErrorName, Message: expr + " has no value", Trace: []string{CompileErrorName + ": " + expr + " has no value"}}
	}
	return d.PulledType, Bytes{Data: d.Pulled, File: d.PulledFile, Size: d.PulledSize}, nil
}

// UnitOf returns what a function of the session would be shipped as.
func (s *Session) UnitOf(function string) (*unit.Unit, error) {
	s.front.Lock()
	defer s.front.Unlock()
	u, err := s.code.UnitOf(function)
	if err != nil {
		return nil, compileError(err)
	}
	return u, nil
}

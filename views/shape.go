package views

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sort"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/proto"
)

// shape is how a job's elements look: what they were made from, and what their results are.
type shape struct {
	kind      proto.JobKind
	perEngine bool    // one element per engine
	inputs    []input // of a map: to tell the value of an element that failed
	results   []reflect.Type
}

func (s *shape) elementError(e *proto.ElementError, engine proto.EngineID) *ElementError {
	out := newElementError(e, engine)
	out.args = len(s.inputs)
	if len(s.inputs) == 0 {
		return out
	}
	out.mapped = true
	var values []any
	for _, in := range s.inputs {
		if in.ref != nil {
			values = append(values, *in.ref)
			continue
		}
		if in.seq != nil || e.Index >= in.block.N {
			return out
		}
		v, err := codec.Element(in.block, e.Index, in.param)
		if err != nil {
			return out
		}
		values = append(values, v.Interface())
	}
	out.hasV, out.Value = true, values
	if len(values) == 1 {
		out.Value = values[0]
	}
	return out
}

// failedAt reports whether an element of a piece failed.
func failedAt(p *piece, index int) bool {
	i := sort.Search(len(p.Errors), func(i int) bool { return p.Errors[i].Index >= index })
	return i < len(p.Errors) && p.Errors[i].Index == index
}

// value decodes an element of a piece that did not fail.
func (s *shape) value(p *piece, i int) (any, error) {
	switch s.kind {
	case proto.JobCall:
		return s.called(p, i)
	case proto.JobPull:
		return pulled(p, i)
	case proto.JobExecute:
		return shown(p, i)
	}
	return nil, nil
}

func (s *shape) called(p *piece, i int) (any, error) {
	if len(p.Outputs) < len(s.results) {
		return nil, fmt.Errorf("the result of element %d lacks a value: this is a defect of gocluster", p.First+i)
	}
	one := func(j int) (any, error) {
		v, err := codec.Element(p.Outputs[j], i, s.results[j])
		if err != nil {
			return nil, fmt.Errorf("the result of element %d: %w", p.First+i, err)
		}
		return v.Interface(), nil
	}
	switch len(s.results) {
	case 0:
		return nil, nil
	case 1:
		return one(0)
	}
	values := make([]any, len(s.results))
	for j := range values {
		var err error
		if values[j], err = one(j); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// pulled decodes a value of a type that the engine tells: beside it, or in its encoding.
func pulled(p *piece, i int) (any, error) {
	if len(p.Outputs) == 0 {
		return nil, nil
	}
	v, err := codec.Decode(p.Outputs[0].At(i))
	if unknown := (*codec.UnknownTypeError)(nil); errors.As(err, &unknown) && !unknown.Differs {
		return v, &engineTypeError{unknown}
	}
	if err != nil || len(p.Types) == 0 {
		return v, err
	}
	t, err := codec.ParseType(p.Types[0])
	if err != nil || reflect.TypeOf(v) == t {
		return v, nil // a type that only the engine has a name for
	}
	typed, err := codec.Element(p.Outputs[0], i, t)
	if err != nil {
		return v, nil // the encoding tells more than the type, which is an interface's
	}
	return typed.Interface(), nil
}

// engineTypeError says that what was pulled is of a type that only the engines' sessions have.
type engineTypeError struct{ unknown *codec.UnknownTypeError }

func (e *engineTypeError) Error() string {
	return fmt.Sprintf("it has a value of type %s, which engines know and this side does not: declare it here in the same way, in a cell before this one, or pull parts of it whose types are Go's own",
		e.unknown.Name)
}

// Unwrap returns what is not known.
func (e *engineTypeError) Unwrap() error { return e.unknown }

// Shown is the value of a cell's last expression, as an engine shows it.
type Shown struct {
	// MIME has the value's representations by media type; text/plain is always there.
	MIME     map[string]any
	Metadata map[string]any
	// Count is how many cells the engine's session has run, this one included.
	Count int
	// Value is the value itself, if the option [Keep] asks for it; Unkept says why it could not be sent.
	Value  any
	Unkept string
}

func (s Shown) String() string {
	text, _ := s.MIME["text/plain"].(string)
	return text
}

// shown decodes what Execute brings: nil where the source's last statement has no value.
func shown(p *piece, i int) (any, error) {
	if len(p.Outputs) == 0 || len(p.Outputs[0].At(i)) == 0 {
		return nil, nil
	}
	var s Shown
	if err := json.Unmarshal(p.Outputs[0].At(i), &s); err != nil {
		return nil, fmt.Errorf("the value that an engine shows: %w", err)
	}
	if s.MIME == nil {
		return nil, nil
	}
	if len(p.Outputs) < 2 {
		return s, nil
	}
	kept := &piece{Chunk: proto.Chunk{Outputs: p.Outputs[1:], Types: p.Types}}
	var err error
	if s.Value, err = pulled(kept, i); err != nil {
		s.Unkept = err.Error()
	}
	return s, nil
}

// values decodes a piece into out, which has room for its elements.
func (s *shape) values(p *piece, out []any) error {
	var first error
	for i := range out {
		if failedAt(p, p.First+i) {
			continue
		}
		v, err := s.value(p, i)
		if err != nil && first == nil {
			first = err
		}
		out[i] = v
	}
	return first
}

// into decodes pieces into a slice, or a single value.
func (s *shape) into(pieces []*piece, total int, dst reflect.Value) error {
	single := total == 1 && dst.Kind() != reflect.Interface && s.one() != nil && s.one().AssignableTo(dst.Type())
	if single {
		out := reflect.MakeSlice(reflect.SliceOf(dst.Type()), 1, 1)
		if err := s.fill(pieces, out); err != nil {
			return err
		}
		dst.Set(out.Index(0))
		return nil
	}
	if dst.Kind() != reflect.Slice {
		return fmt.Errorf("Into needs a pointer to a slice for %d values, not to a %s", total, dst.Type())
	}
	if t := s.one(); t != nil && !t.AssignableTo(dst.Type().Elem()) {
		return fmt.Errorf("Into needs a pointer to a []%s, not to a %s", t, dst.Type())
	}
	out := reflect.MakeSlice(dst.Type(), total, total)
	if err := s.fill(pieces, out); err != nil {
		return err
	}
	dst.Set(out)
	return nil
}

// one returns the type of each value where that is known beforehand.
func (s *shape) one() reflect.Type {
	if s.kind == proto.JobCall && len(s.results) == 1 {
		return s.results[0]
	}
	return nil
}

func (s *shape) fill(pieces []*piece, out reflect.Value) error {
	for _, p := range pieces {
		to := min(p.First+p.N, out.Len())
		if err := s.fillPiece(p, out.Slice(p.First, to)); err != nil {
			return err
		}
	}
	return nil
}

func (s *shape) fillPiece(p *piece, out reflect.Value) error {
	if t := s.one(); t == out.Type().Elem() && len(p.Errors) == 0 && len(p.Outputs) == 1 {
		values, err := codec.Values(p.Outputs[0], t)
		if err != nil {
			return err
		}
		reflect.Copy(out, values)
		return nil
	}
	for i := range out.Len() {
		if failedAt(p, p.First+i) {
			continue
		}
		v, err := s.value(p, i)
		if err != nil {
			return err
		}
		x, err := likened(reflect.ValueOf(v), out.Type().Elem())
		if err != nil {
			return fmt.Errorf("value %d %w", p.First+i, err)
		}
		out.Index(i).Set(x)
	}
	return nil
}

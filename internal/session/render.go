package session

import (
	"errors"
	"reflect"
	"strings"

	"github.com/gocluster/gocluster/internal/interp"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/render"
	"github.com/gocluster/gocluster/internal/session/host"
)

// Values of the interpreter's come in boxes; package render sees through them.
func init() { render.SetUnboxer(interp.Unboxed) }

// cellValue is what values implement that stand for another value: that is shown instead of them.
type cellValue interface{ CellValue() (any, error) }

// result makes something to show of the values of a cell's last expression; nil if there are none. A trailing error is not a value: nil
// is left out, and any other fails the cell, as does a value that fails to be had.
func (p *process) result(typeText string, values []any) *show {
	if n := len(values); n > 0 && endsInError(typeText) {
		if err, ok := unboxed(&values[n-1]).(error); ok {
			p.fail(err)
		}
		values = values[:n-1]
	}
	switch len(values) {
	case 0:
		return nil
	case 1:
		return p.single(typeText, &values[0])
	}
	texts := make([]string, len(values))
	for i := range values {
		texts[i] = render.Text(values[i])
	}
	return encode(host.Data{MIME: map[string]any{"text/plain": "(" + strings.Join(texts, ", ") + ")"}})
}

// single shows one value.
func (p *process) single(typeText string, value *any) *show {
	v := unboxed(value)
	if c, ok := v.(cellValue); ok {
		in, err := c.CellValue()
		if b, ok := in.(host.Becoming); ok && err == nil {
			if p.lasting && !p.owners.cell().final.Load() {
				to := p.here()
				b.Follow(to, to.settled)
				return nil
			}
			in, err = b.Settle(p.Here())
		}
		if err != nil {
			p.fail(err)
			return nil
		}
		v, typeText = in, ""
	}
	return encode(render.Value(v, typeText))
}

// settled makes something to show of what a cell's value has become when the cell has ended. An error is shown as errors are.
func (s screen) settled(v any, err error) (d host.Data, instead bool) {
	if err == nil {
		return render.Value(v, ""), true
	}
	s.p.out.send(s.seq, &event{Late: failureOf(err)})
	return d, false
}

func unboxed(v *any) any { return valueOf(interp.Unbox(reflect.ValueOf(v).Elem())) }

// endsInError reports whether the last of an expression's types is error.
func endsInError(typeText string) bool {
	return typeText == "error" || strings.HasPrefix(typeText, "(") && strings.HasSuffix(typeText, " error)")
}

// fail makes err the reason why the cell failed.
func (p *process) fail(err error) {
	f := failureOf(err)
	p.note(func(d *done) { d.Failure = f })
}

func failureOf(err error) *failure {
	f := &failure{Kind: proto.KindUser, Name: errorName(err), Message: err.Error(), Returned: true}
	f.remote(err)
	var remote *proto.Error
	if errors.As(err, &remote) {
		f.Kind = remote.Kind
	}
	return f
}

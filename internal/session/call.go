package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
)

// units remembers the hashes of units and captured values by identity: whoever calls again passes the same ones.
type units struct {
	mu       sync.Mutex
	keys     map[*unit.Unit]proto.Hash
	captured map[*byte]captured
}

type captured struct {
	len  int
	hash proto.Hash
}

// keepKeys bounds what is remembered.
const keepKeys = 256

func (k *units) unit(u *unit.Unit) proto.Hash {
	k.mu.Lock()
	defer k.mu.Unlock()
	h, ok := k.keys[u]
	if !ok {
		if len(k.keys) >= keepKeys || k.keys == nil {
			k.keys = map[*unit.Unit]proto.Hash{}
		}
		h = proto.HashOf(u.Encode())
		k.keys[u] = h
	}
	return h
}

func (k *units) captures(b []byte) proto.Hash {
	if len(b) == 0 {
		return proto.Hash{}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.captured[&b[0]]
	if !ok || c.len != len(b) {
		if len(k.captured) >= keepKeys || k.captured == nil {
			k.captured = map[*byte]captured{}
		}
		c = captured{len(b), proto.HashOf(b)}
		k.captured[&b[0]] = c
	}
	return c.hash
}

// Call runs a shipped function for the call's elements, one after the other. The chunk has a result or an error for each of them. The
// error is a *CellError if the process died (SessionLost), or if there was no result at all. Cancelling ctx interrupts the call: the
// elements that have no result then have an error that says so. The unit and the captured values must not be changed afterwards.
func (s *Session) Call(ctx context.Context, c Call, out Output) (proto.Chunk, error) {
	if c.Unit == nil {
		return proto.Chunk{}, errors.New("a call without a unit")
	}
	if err := s.take(ctx); err != nil {
		return proto.Chunk{}, err
	}
	defer s.give()
	ctx, stop := s.running(ctx)
	defer stop()
	vars, err := s.lookUp(c.Names)
	if err != nil {
		return proto.Chunk{}, err
	}
	seq := s.next()
	kept := &capture{out: out}
	s.router.begin(seq, kept)
	d, err := s.call(ctx, c, vars, seq)
	if err != nil {
		return proto.Chunk{}, s.lost(ctx, err)
	}
	if d.Failure != nil {
		return proto.Chunk{}, d.Failure.cellError()
	}
	if d.Chunk == nil {
		return proto.Chunk{}, fmt.Errorf("the session's process answered a call without a result")
	}
	d.Chunk.Stdout, d.Chunk.Stderr = kept.take()
	return *d.Chunk, nil
}

// NoVariableError says that the namespace has no variable of a name.
type NoVariableError struct{ Name string }

func (e *NoVariableError) Error() string {
	return fmt.Sprintf("there is no variable %s here: Push, Scatter or Execute makes one", e.Name)
}

// lookUp finds variables; what has no name is none.
func (s *Session) lookUp(names []string) ([]variable, error) {
	if names == nil {
		return nil, nil
	}
	s.front.Lock()
	defer s.front.Unlock()
	vars := make([]variable, len(names))
	for i, name := range names {
		if name == "" {
			continue
		}
		v, ok := s.code.Variable(name)
		if !ok {
			return nil, &NoVariableError{name}
		}
		vars[i] = variable{name, v.Var}
	}
	return vars, nil
}

// Has reports whether the namespace has a variable.
func (s *Session) Has(name string) bool {
	s.front.Lock()
	defer s.front.Unlock()
	_, ok := s.code.Variable(name)
	return ok
}

func (s *Session) call(ctx context.Context, c Call, vars []variable, seq int) (*done, error) {
	ch := s.current()
	r := &callRequest{
		Seq: seq, Key: s.unitKey.unit(c.Unit), CapturesKey: s.unitKey.captures(c.Captures), Inputs: c.Inputs, Vars: vars, First: c.First, Count: c.N, Timeout: c.Timeout,
	}
	ch.prepare(r, c)
	return ch.do(ctx, &request{Call: r, Files: c.Files}, seq)
}

// sentUnit is a function that the child has.
type sentUnit struct{ key, captures proto.Hash }

// keepUnits is how many functions a child keeps: each takes a few megabytes.
const keepUnits = 32

// prepare adds to a request what the child has not got, and has it forget what has not been called for long.
func (c *child) prepare(r *callRequest, call Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.units, func(u sentUnit) bool { return u.key == r.Key })
	u := sentUnit{key: r.Key}
	if i < 0 {
		r.Unit = call.Unit.Encode()
	} else {
		u = c.units[i]
		c.units = slices.Delete(c.units, i, i+1)
	}
	if i < 0 || u.captures != r.CapturesKey {
		r.Captures, r.HasCaptures = call.Captures, true
		u.captures = r.CapturesKey
	}
	c.units = append(c.units, u)
	for len(c.units) > keepUnits {
		r.Forget = append(r.Forget, c.units[0].key)
		c.units = slices.Delete(c.units, 0, 1)
	}
}

// capture keeps what a call prints, and passes it on.
type capture struct {
	out  Output
	mu   sync.Mutex
	text [2][]byte
}

// maxCaptured bounds what is kept of each of a call's streams.
const maxCaptured = 1 << 20

func (k *capture) keep(stream int, text string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if room := maxCaptured - len(k.text[stream]); room > 0 {
		k.text[stream] = append(k.text[stream], text[:min(room, len(text))]...)
		if len(text) >= room {
			k.text[stream] = append(k.text[stream], "\n... what follows was not kept\n"...)
		}
	}
}

func (k *capture) take() (stdout, stderr string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return string(k.text[0]), string(k.text[1])
}

// Stdout keeps text of standard output.
func (k *capture) Stdout(text string) {
	k.keep(0, text)
	if k.out != nil {
		k.out.Stdout(text)
	}
}

// Stderr keeps text of standard error.
func (k *capture) Stderr(text string) {
	k.keep(1, text)
	if k.out != nil {
		k.out.Stderr(text)
	}
}

// Display passes on what is shown.
func (k *capture) Display(d Data) {
	if k.out != nil {
		k.out.Display(d)
	}
}

// Clear passes on.
func (k *capture) Clear(wait bool) {
	if k.out != nil {
		k.out.Clear(wait)
	}
}

// Far passes on how far the call is.
func (k *capture) Far(done, failed int) {
	if o, ok := k.out.(FarOutput); ok {
		o.Far(done, failed)
	}
}

// Input asks, if there is somebody to ask.
func (k *capture) Input(prompt string, password bool) (string, error) {
	if k.out == nil {
		return "", errNobody
	}
	return k.out.Input(prompt, password)
}

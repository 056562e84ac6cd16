package session

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/gocluster/gocluster/internal/session/host"
)

// CommMessage is a message of a comm, in either direction.
type CommMessage = host.CommMessage

// CommKind is what a message does to its comm.
type CommKind = host.CommKind

// The kinds of messages of comms.
const (
	CommOpen  = host.CommOpen
	CommMsg   = host.CommMsg
	CommClose = host.CommClose
)

// CommOutput is an Output that takes messages of comms, if Options.Comms says that there are any.
type CommOutput interface {
	Output
	// Comm takes a message to the client.
	Comm(CommMessage)
	// CallbackFailed tells why a callback of a comm that was opened by the cell has failed.
	CallbackFailed(error)
}

// commRequest is a client's message.
type commRequest struct {
	Seq     int
	Message CommMessage
	// Beside tells that it does not wait for its turn.
	Beside bool
}

// commEvent is a message to the client, of a request's code.
type commEvent struct {
	Owner   int
	Message CommMessage
}

// Comm hands a client's message to the code that has the comm, and returns when its callbacks have ended. They run in turn with the cells,
// or beside them. Messages that they send go to out; what they print and show, and why they fail, goes to the Output of the cell that
// has opened the comm. The error is that of a session that cannot take the message. Cancelling ctx interrupts the callbacks.
func (s *Session) Comm(ctx context.Context, m CommMessage, out CommOutput, beside bool) error {
	if !beside {
		if err := s.take(ctx); err != nil {
			return err
		}
		defer s.give()
		var stop func()
		ctx, stop = s.running(ctx)
		defer stop()
	}
	seq := s.next()
	cb := s.router.beginCallback(seq, m, out)
	d, err := s.current().do(ctx, &request{Comm: &commRequest{Seq: seq, Message: m, Beside: beside}}, seq)
	switch {
	case err != nil && beside && errors.Is(err, errDied):
		cb.CallbackFailed(lostError(s.current().reason, ctx.Err() != nil, nil, nil)) // who has the turn sees to the rest
	case err != nil:
		cb.CallbackFailed(s.lost(ctx, err))
	case d.Failure != nil:
		cb.CallbackFailed(d.Failure.cellError())
	}
	return nil
}

// Comms returns the targets of the comms that are open, by the comms' ids.
func (s *Session) Comms() map[string]string { return s.router.comms.targets() }

// comms are the comms that are open.
type comms struct {
	mu   sync.Mutex
	open map[string]openComm
}

// openComm is a comm with the Output of the cell that opened it.
type openComm struct {
	target string
	home   CommOutput
}

func (c *comms) targets() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]string{}
	for id, o := range c.open {
		out[id] = o.target
	}
	return out
}

// note keeps account of a message in either direction.
func (c *comms) note(m CommMessage, home CommOutput) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch m.Kind {
	case CommOpen:
		if c.open == nil {
			c.open = map[string]openComm{}
		}
		c.open[m.ID] = openComm{m.Target, home}
	case CommClose:
		delete(c.open, m.ID)
	}
}

func (c *comms) home(id string) CommOutput {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open[id].home
}

// close tells the client that there is nobody any more who has the comms.
func (c *comms) close() {
	c.mu.Lock()
	open := c.open
	c.open = nil
	c.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(open)) {
		open[id].home.Comm(CommMessage{Kind: CommClose, ID: id, Data: []byte("{}")})
	}
}

// callback is the Output of a callback.
type callback struct {
	CommOutput            // of the cell that has opened the comm
	own        CommOutput // of the message that is answered
}

// Comm sends a message in answer to the client's.
func (c callback) Comm(m CommMessage) { c.own.Comm(m) }

var errNoQuestions = errors.New("a callback cannot ask for input: there is no cell that waits for the answer")

// Input refuses.
func (callback) Input(string, bool) (string, error) { return "", errNoQuestions }

// beginCallback makes a request the callback of a message.
func (r *router) beginCallback(seq int, m CommMessage, out CommOutput) callback {
	cb := callback{CommOutput: r.comms.home(m.ID), own: out}
	if cb.CommOutput == nil {
		cb.CommOutput = out
	}
	r.comms.note(m, out)
	r.beginBeside(seq, cb)
	return cb
}

// comm passes a message on to the client.
func (r *router) comm(seq int, m CommMessage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, ok := r.out(seq).(CommOutput)
	if !ok {
		return
	}
	home := o
	if cb, ok := o.(callback); ok {
		home = cb.CommOutput
	}
	r.comms.note(m, home)
	o.Comm(m)
}

// Comm sends a message to the client.
func (p *process) Comm(m host.CommMessage) error {
	if !p.comms {
		return host.ErrNoComms
	}
	p.out.tell(&event{Comm: &commEvent{p.owners.current(), m}})
	return nil
}

// HasComms reports whether the session has a client that takes messages.
func (p *process) HasComms() bool { return p.comms }

// receiveComm calls the callbacks of a client's message.
func (p *process) receiveComm(m CommMessage) *failure {
	if p.cells == nil {
		return p.guard(func() { host.ReceiveComm(m) })
	}
	if err := p.cells.Run(func() { host.ReceiveComm(m) }); err != nil {
		return p.failure(err, nil)
	}
	return nil
}

package comm

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/gocluster/gocluster/internal/session/host"
)

var (
	// ErrNone is the error of opening a comm where no client takes messages: in programs, at prompts, on engines.
	ErrNone = host.ErrNoComms
	// ErrClosed is the error of using a comm that either side has closed.
	ErrClosed = errors.New("the comm is closed")
)

// Message is what came over a comm.
type Message struct {
	// Data and Metadata are JSON objects.
	Data, Metadata []byte
	// Buffers are bytes that came beside them.
	Buffers [][]byte
}

// Read decodes the message's data into what v points to.
func (m Message) Read(v any) error {
	if err := json.Unmarshal(m.Data, v); err != nil {
		return fmt.Errorf("the comm's message is not what was expected: %w", err)
	}
	return nil
}

// Option is something more to send than data.
type Option func(*host.CommMessage) error

// Buffers are bytes that are sent beside the data.
func Buffers(buffers ...[]byte) Option {
	return func(m *host.CommMessage) error {
		m.Buffers = append(m.Buffers, buffers...)
		return nil
	}
}

// Metadata is sent beside the data: anything that encodes as a JSON object.
func Metadata(v any) Option {
	return func(m *host.CommMessage) (err error) {
		m.Metadata, err = object(v)
		return err
	}
}

// Comm is one of the two ends of a comm. Its methods may be called by several goroutines.
type Comm struct {
	id, target string

	mu        sync.Mutex
	closed    bool
	onMessage func(Message)
	onClose   func(Message)
}

// all are the comms that are open, and who is given those that the client opens.
var all struct {
	sync.Mutex
	comms   map[string]*Comm
	targets map[string]func(*Comm, Message)
}

func init() { host.OnComm(receive) }

// Available reports whether there is a client that takes messages.
func Available() bool { return host.HasComms() }

// Open opens a comm for something that the client knows by the target's name. data is anything that encodes as a JSON object, or nil.
func Open(target string, data any, options ...Option) (*Comm, error) {
	return OpenAs(rand.Text(), target, data, options...)
}

// OpenAs is Open for a comm whose id has been chosen.
func OpenAs(id, target string, data any, options ...Option) (*Comm, error) {
	c := &Comm{id: id, target: target}
	all.Lock()
	if all.comms[id] != nil {
		all.Unlock()
		return nil, fmt.Errorf("cannot open a comm for %s: there is one with the id %s", target, id)
	}
	add(c)
	all.Unlock()
	if err := c.send(host.CommOpen, data, options); err != nil {
		c.forget()
		return nil, err
	}
	return c, nil
}

// add makes a comm known. The caller holds all.
func add(c *Comm) {
	if all.comms == nil {
		all.comms = map[string]*Comm{}
	}
	all.comms[c.id] = c
}

// Register has f called with each comm that the client opens for a target, and with what it says by it. Another f takes the place of the
// one before, nil leaves the target to nobody.
func Register(target string, f func(c *Comm, opening Message)) {
	all.Lock()
	defer all.Unlock()
	if all.targets == nil {
		all.targets = map[string]func(*Comm, Message){}
	}
	all.targets[target] = f
}

// ID is the comm's name, the same on both ends.
func (c *Comm) ID() string { return c.id }

// Target is what the comm was opened for.
func (c *Comm) Target() string { return c.target }

// Send sends a message. data is anything that encodes as a JSON object, or nil.
func (c *Comm) Send(data any, options ...Option) error {
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return fmt.Errorf("cannot send on a comm for %s: %w", c.target, ErrClosed)
	}
	return c.send(host.CommMsg, data, options)
}

// Close closes the comm, with a last word that may be nil. Closing it again does nothing.
func (c *Comm) Close(data any, options ...Option) error {
	if !c.forget() {
		return nil
	}
	return c.send(host.CommClose, data, options)
}

// OnMessage has f called with each message of the client's, one after the other. Another f takes its place.
func (c *Comm) OnMessage(f func(Message)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onMessage = f
}

// OnClose has f called when the client closes the comm. Another f takes its place.
func (c *Comm) OnClose(f func(Message)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onClose = f
}

func (c *Comm) send(kind host.CommKind, data any, options []Option) error {
	m := host.CommMessage{Kind: kind, ID: c.id, Target: c.target}
	var err error
	if m.Data, err = object(data); err != nil {
		return fmt.Errorf("cannot send on a comm for %s: %w", c.target, err)
	}
	for _, o := range options {
		if err := o(&m); err != nil {
			return fmt.Errorf("cannot send on a comm for %s: %w", c.target, err)
		}
	}
	return host.SendComm(m)
}

// forget makes the comm one that is closed, and reports whether it was not.
func (c *Comm) forget() bool {
	all.Lock()
	delete(all.comms, c.id)
	all.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.closed
	c.closed = true
	return !was
}

// object is a value as a JSON object.
func object(v any) ([]byte, error) {
	if v == nil {
		return []byte("{}"), nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if len(b) == 0 || b[0] != '{' {
		return nil, fmt.Errorf("%T is no JSON object: send a map or a struct", v)
	}
	return b, nil
}

// receive gives a message to whom it is for.
func receive(m host.CommMessage) {
	msg := Message{Data: m.Data, Metadata: m.Metadata, Buffers: m.Buffers}
	all.Lock()
	c, f := all.comms[m.ID], all.targets[m.Target]
	if m.Kind == host.CommOpen && c == nil && f != nil {
		c = &Comm{id: m.ID, target: m.Target}
		add(c)
	}
	all.Unlock()
	switch {
	case m.Kind == host.CommOpen && f != nil:
		f(c, msg)
	case m.Kind == host.CommOpen:
		_ = host.SendComm(host.CommMessage{Kind: host.CommClose, ID: m.ID, Data: []byte("{}")}) // a client that is gone needs no answer
	case c == nil: // closed meanwhile, or never opened
	case m.Kind == host.CommClose:
		c.forget()
		c.call(c.closer(), msg)
	default:
		c.call(c.taker(), msg)
	}
}

func (c *Comm) taker() func(Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.onMessage
}

func (c *Comm) closer() func(Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.onClose
}

func (*Comm) call(f func(Message), m Message) {
	if f != nil {
		f(m)
	}
}

package link

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/zmtp"
)

// linger is how long a connection may take to send what is queued when the link is closed.
const linger = 3 * time.Second

// pair is the two connections of a link, seen from either end.
type pair struct {
	// deliver is called for every message that is not the link's own business, by the connections' readers.
	deliver func(proto.Message)
	// gone is called once, when the last of the connections has ended.
	gone func()
	// ready is closed when messages may be delivered.
	ready chan struct{}
	// ended is closed behind gone.
	ended chan struct{}
	// failed ends when the connections are being torn down.
	failed context.Context
	tear   context.CancelFunc

	heard atomic.Int64 // when the control connection last said something, in nanoseconds since 1970
	busy  atomic.Int32 // control messages being handled
	pings atomic.Uint64

	mu       sync.Mutex
	channels [proto.Data + 1]*channel
	alive    int
	cause    error // why the link ended, the first reason
	parting  bool  // one side has said goodbye: the connections end one by one
}

func (p *pair) init(deliver func(proto.Message), gone func()) {
	p.deliver, p.gone = deliver, gone
	p.ready, p.ended = make(chan struct{}), make(chan struct{})
	p.failed, p.tear = context.WithCancel(context.Background())
	p.heardNow()
}

func (p *pair) heardNow() { p.heard.Store(time.Now().UnixNano()) }

// attach adds a connection; full reports whether it was the last that was missing.
func (p *pair) attach(c *channel) (full bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.cause != nil:
		return false, p.cause
	case p.channels[c.which] != nil:
		return false, fmt.Errorf("%w: the same channel twice", proto.ErrMalformed)
	}
	p.channels[c.which] = c
	p.alive++
	return p.channels[proto.Control] != nil && p.channels[proto.Data] != nil, nil
}

// all returns the connections there are.
func (p *pair) all() (cs []*channel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.channels {
		if c != nil {
			cs = append(cs, c)
		}
	}
	return cs
}

// channelFor returns the connection for messages like m, or why there is none.
func (p *pair) channelFor(m proto.Message) (*channel, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.channels[proto.ChannelOf(m.Type())]
	switch {
	case p.cause != nil:
		return nil, p.cause
	case c == nil:
		return nil, ErrDown
	case m.Type() <= proto.TypeFragment:
		return nil, fmt.Errorf("a %T is the link's own business", m)
	}
	return c, nil
}

func (p *pair) send(m proto.Message) error {
	c, err := p.channelFor(m)
	if err != nil {
		return err
	}
	return c.send(m)
}

// sendHeld is send for a message that may wait for flush.
func (p *pair) sendHeld(m proto.Message) error {
	c, err := p.channelFor(m)
	if err != nil {
		return err
	}
	return c.sendHeld(m)
}

// flush has what is held on the data connection sent.
func (p *pair) flush(how func(*zmtp.Peer)) {
	p.mu.Lock()
	c := p.channels[proto.Data]
	p.mu.Unlock()
	if c != nil {
		how(c.z)
	}
}

func (p *pair) sendWait(ctx context.Context, m proto.Message) error {
	c, err := p.channelFor(m)
	if err != nil {
		return err
	}
	return c.sendWait(ctx, m)
}

// queued returns the bytes that wait to be sent.
func (p *pair) queued() (n int) {
	for _, c := range p.all() {
		n += c.z.Queued()
	}
	return n
}

// message handles what came on a connection.
func (p *pair) message(c *channel, frames [][]byte) {
	if c.which == proto.Control {
		p.heardNow()
		p.busy.Add(1)
		defer func() {
			p.heardNow()
			p.busy.Add(-1)
		}()
	}
	var err error
	if proto.IsPacked(frames) {
		err = c.dec.Unpack(frames, func(m proto.Message) error { p.take(c, m); return nil })
	} else {
		var m proto.Message
		if m, err = c.decode(frames); err == nil {
			p.take(c, m)
		}
	}
	if err != nil {
		p.close(&proto.Refuse{Error: *proto.Errorf(proto.KindController, "%v", err), Code: proto.RefuseMalformed}, err)
	}
}

// take handles a message; nil is a piece of one that is not complete.
func (p *pair) take(c *channel, m proto.Message) {
	switch m := m.(type) {
	case nil:
	case *proto.Ping:
		// A full queue means that the other side does not read; it will see that itself.
		_ = c.z.Send(proto.Encode(&proto.Pong{Seq: m.Seq}))
	case *proto.Pong:
	case *proto.Bye:
		p.part(&LeftError{Reason: m.Reason, Final: m.Final})
	case *proto.Refuse:
		p.part(&RefusedError{Reason: m.Error, Code: m.Code})
	case *proto.Hello, *proto.Welcome:
		p.fail(fmt.Errorf("%w: a second %T", proto.ErrMalformed, m))
	default:
		if p.isReady() {
			p.deliver(m)
		}
	}
}

// isReady waits until messages may be delivered; it reports false if they will never be.
func (p *pair) isReady() bool {
	select {
	case <-p.ready:
		return true
	default:
	}
	select {
	case <-p.ready:
		return true
	case <-p.failed.Done():
		return false
	}
}

// part notes that the other side takes its leave: what is under way on its connections still counts.
func (p *pair) part(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.parting = true
	if p.cause == nil {
		p.cause = why
	}
}

// fail tears the link down at once.
func (p *pair) fail(err error) {
	p.mu.Lock()
	if p.cause == nil {
		p.cause = err
	}
	p.mu.Unlock()
	p.tear()
	for _, c := range p.all() {
		c.z.Abort(err)
	}
}

// close sends a last message on each connection behind what is queued, and closes them. It does not wait.
func (p *pair) close(last proto.Message, err error) {
	p.part(err)
	for _, c := range p.all() {
		// Where this fails the connection has ended.
		_ = c.z.SendAnyway(proto.Encode(last))
		c.z.Close(err)
	}
}

// down is told that one of the connections has ended.
func (p *pair) down(err error) {
	p.mu.Lock()
	p.alive--
	last, parting := p.alive == 0, p.parting
	if p.cause == nil {
		p.cause = lost(err)
	}
	p.mu.Unlock()
	switch {
	case last:
		p.tear()
		p.gone()
		close(p.ended)
	case parting:
		time.AfterFunc(linger, func() { p.fail(err) })
	default:
		p.fail(err)
	}
}

// lost says in this package's words why a connection ended.
func lost(err error) error {
	if errors.Is(err, zmtp.ErrClosed) {
		return ErrClosed
	}
	return fmt.Errorf("the connection broke: %w", err)
}

// reason returns why the link ended, nil as long as it has not.
func (p *pair) reason() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cause
}

// beat sends a heartbeat, or tears the link down when the other side's have not come for longer than silence.
func (p *pair) beat(now time.Time, silence time.Duration) {
	last := time.Unix(0, p.heard.Load())
	if p.busy.Load() == 0 && now.Sub(last) > silence {
		p.fail(fmt.Errorf("%w for %v", ErrSilent, now.Sub(last).Round(time.Millisecond)))
		return
	}
	p.mu.Lock()
	c := p.channels[proto.Control]
	p.mu.Unlock()
	if c != nil {
		_ = c.z.Send(proto.Encode(&proto.Ping{Seq: p.pings.Add(1)}))
	}
}

// heartbeat is the rhythm in which an end looks after its links. Who was itself suspended must not blame the others: late
// reports a beat that came far too late.
type heartbeat struct {
	every time.Duration
	last  time.Time
}

func (h *heartbeat) late(now time.Time) bool {
	gap := now.Sub(h.last)
	h.last = now
	return gap > 2*h.every
}

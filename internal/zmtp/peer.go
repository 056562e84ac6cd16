package zmtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"

	"github.com/gocluster/gocluster/internal/group"
)

// farewell is how long a connection that we close may take to see that.
const farewell = time.Second

// errAside says that a connection is dealt with, and was not to become a peer.
var errAside = errors.New("no peer")

// Peer is one connection whose handshake is done.
type Peer struct {
	id    string
	typ   SocketType
	g     *guard
	zc    *zmq4.Conn
	q     *queue
	tls   *tls.ConnectionState
	lim   Limits
	h     Handler
	raw   syscall.RawConn // for Flush, with Options.Direct
	one   [1][]byte       // the writer's
	done  chan struct{}   // closed after Down
	drain chan struct{}   // closed when the writer has ended

	mu     sync.Mutex
	cause  error // why the connection ended, the first reason
	topics map[string]int
}

// open shakes hands over raw, which it closes if that fails. It never panics and takes no longer than Limits.Handshake, and a
// little for the farewell.
func open(ctx context.Context, raw net.Conn, typ zmq4.SocketType, server bool, o Options, arriving *budget) (p *Peer, err error) {
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrProtocol, r)
		}
		if err != nil && server {
			hangUp(raw, o.Limits)
		}
		if err != nil {
			_ = raw.Close()
		}
	}()
	_ = raw.SetDeadline(time.Now().Add(o.Limits.Handshake))
	c, under, state, err := secure(ctx, raw, server, o)
	if err != nil {
		return nil, err
	}
	if server && o.Aside != nil && !o.local && o.Aside(ctx, c, state) {
		return nil, errAside
	}
	g := newGuard(c, o.Limits, arriving)
	zc, err := zmq4.Open(g, null.Security(), typ, zmq4.SocketIdentity(o.Identity), server, nil)
	if err != nil {
		return nil, handshakeError(err)
	}
	p = &Peer{
		id: zc.Peer.Meta["Identity"], typ: SocketType(typ), g: g, zc: zc, q: newQueue(o.Limits.Queue), tls: state, lim: o.Limits,
		done: make(chan struct{}), drain: make(chan struct{}), topics: map[string]int{},
	}
	if o.Direct {
		p.goDirect(c, under)
	}
	g.command = p.command
	_ = c.SetDeadline(time.Time{})
	g.up.Store(true)
	return p, nil
}

// hangUp takes leave of a connection whose handshake failed: before it is closed it reads for a moment what the other side has sent. A
// close with unread bytes resets the connection, and the reason (a TLS alert) would be lost with it.
func hangUp(c net.Conn, lim Limits) {
	w, ok := c.(interface{ CloseWrite() error })
	if !ok || w.CloseWrite() != nil {
		return
	}
	_ = c.SetReadDeadline(time.Now().Add(min(farewell, lim.Handshake)))
	_, _ = io.CopyN(io.Discard, c, maxCommand)
}

// secure begins TLS, where it is wanted, over a cork where senders are to write themselves.
func secure(ctx context.Context, c net.Conn, server bool, o Options) (net.Conn, *cork, *tls.ConnectionState, error) {
	if o.TLS == nil {
		return c, nil, nil, nil
	}
	if o.local {
		state, err := Identify(ctx, c, server, o.TLS)
		return c, nil, state, err
	}
	var under *cork
	if o.Direct {
		if under = newCork(c); under != nil {
			c = under
		}
	}
	var t *tls.Conn
	if server {
		t = tls.Server(c, o.TLS)
	} else {
		t = tls.Client(c, o.TLS)
	}
	if err := t.HandshakeContext(ctx); err != nil {
		return nil, nil, nil, fmt.Errorf("TLS handshake: %w", err)
	}
	state := t.ConnectionState()
	return t, under, &state, nil
}

// handshakeError tells what is no ZMTP from a connection that broke.
func handshakeError(err error) error {
	var netErr net.Error
	if errors.Is(err, ErrLimit) || errors.Is(err, ErrProtocol) || errors.Is(err, io.EOF) || errors.As(err, &netErr) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrProtocol, err)
}

// start runs the peer's goroutines in g until the connection ends.
func (p *Peer) start(g *group.Group, h Handler, down func()) error {
	p.h = h
	if err := g.Go("zmtp writer", func(context.Context) error { p.write(); return nil }); err != nil {
		_ = p.g.Conn.Close()
		return err
	}
	return g.Go("zmtp reader", func(context.Context) error {
		p.read()
		<-p.drain
		down()
		h.Down(p, p.reason())
		close(p.done)
		return nil
	})
}

// ID returns the peer's ZMTP identity.
func (p *Peer) ID() string { return p.id }

// TLS returns the connection's state, nil for a plain one.
func (p *Peer) TLS() *tls.ConnectionState { return p.tls }

// RemoteAddr returns the address of the other side.
func (p *Peer) RemoteAddr() net.Addr { return p.g.RemoteAddr() }

// Queued returns the bytes that wait to be sent.
func (p *Peer) Queued() int { return p.q.waiting() }

// Sent returns the bytes that the network has taken since the handshake. Where they grow the peer reads.
func (p *Peer) Sent() int64 { return p.g.sent.Load() }

// Done is closed when the connection has ended and Down has been called.
func (p *Peer) Done() <-chan struct{} { return p.done }

// Send queues a message, which must not be changed afterwards. It never blocks: the error is ErrFull, or why the connection has ended.
func (p *Peer) Send(frames [][]byte) error {
	err := p.q.put(frames)
	p.Flush()
	return err
}

// SendWait queues a message, waiting for room.
func (p *Peer) SendWait(ctx context.Context, frames [][]byte) error {
	err := p.q.putWait(ctx, frames)
	p.Flush()
	return err
}

// SendBatch queues several messages, all or none, as Send does one.
func (p *Peer) SendBatch(messages [][][]byte) error { return p.q.putBatch(messages) }

// Gather has add append a part to a message of one frame that waits to be sent, or to a new one, which is empty; many small things that are
// sent one after the other become one message so, while one that is alone goes at once. It reports false where add does, which must not have
// changed the message then. The error is as Send's. The part must not be more than some thousand bytes.
func (p *Peer) Gather(add func(message []byte) ([]byte, bool)) (bool, error) {
	added, _, err := p.q.gather(add)
	p.FlushSoon()
	return added, err
}

// GatherHeld is Gather for a part that may wait for what follows it: it is sent with the next message, or by Flush, which must be called.
func (p *Peer) GatherHeld(add func(message []byte) ([]byte, bool)) (bool, error) {
	added, _, err := p.q.gather(add)
	return added, err
}

// GatherWait is Gather, waiting for room.
func (p *Peer) GatherWait(ctx context.Context, add func(message []byte) ([]byte, bool)) (bool, error) {
	added, err := p.q.gatherWait(ctx, add)
	p.FlushSoon()
	return added, err
}

// SendAnyway queues a message even where the queue is full: a small one that must not be lost, as a farewell.
func (p *Peer) SendAnyway(frames [][]byte) error {
	_, err := p.q.tryPut(frames, true)
	p.Flush()
	return err
}

// Abort ends the connection at once, without sending what is queued; err is the reason that Down is given.
func (p *Peer) Abort(err error) { p.abort(err) }

// Close sends what is queued, for no longer than Limits.Linger, and then closes the connection; err is the reason that Down is given,
// ErrClosed if it is nil. It does not wait; Done does.
func (p *Peer) Close(err error) {
	if err == nil {
		err = ErrClosed
	}
	p.setReason(err)
	if p.q.close() {
		time.AfterFunc(p.lim.Linger, func() { p.abort(err) })
	}
}

func (p *Peer) setReason(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cause == nil {
		p.cause = err
	}
}

func (p *Peer) reason() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cause
}

// abort ends the connection at once.
func (p *Peer) abort(err error) {
	p.setReason(err)
	p.q.fail(p.reason())
	_ = p.g.Conn.Close()
}

func (p *Peer) write() {
	defer close(p.drain)
	var batch []queued
	for {
		items, pong, done := p.q.take(batch)
		if done {
			break
		}
		if err := p.writeBatch(items, pong); err != nil {
			p.abort(err)
			return
		}
		batch = items
	}
	if p.g.Flush() == nil {
		p.g.closeWrite()
	}
	// The peer has until then to read what is left and to close its side; a close with unread bytes would destroy them.
	_ = p.g.SetReadDeadline(time.Now().Add(farewell))
}

func (p *Peer) writeBatch(items []queued, pong []byte) error {
	if pong != nil {
		if err := p.zc.SendCmd(zmq4.CmdPong, pong); err != nil {
			return err
		}
	}
	n := 0
	for _, m := range items {
		frames := m.frames
		if m.parts != nil {
			p.one[0] = m.parts.buf
			frames = p.one[:]
		}
		n += size(frames)
		if err := p.zc.SendMsg(zmq4.Msg{Frames: frames}); err != nil {
			return err
		}
		if m.parts != nil {
			m.parts.free()
		}
	}
	clear(items)
	if p.q.sent(n) {
		return p.g.Flush()
	}
	return nil
}

func (p *Peer) read() {
	if h, ok := p.h.(IdleHandler); ok {
		p.g.source.idle = h.Idle
	}
	for {
		frames, err := p.receive()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.EOF
			}
			p.abort(err)
			return
		}
		if len(frames) == 0 {
			continue
		}
		if p.typ == XPub && p.subscription(frames) {
			continue
		}
		if err := p.handle(frames); err != nil {
			p.abort(err)
			return
		}
	}
}

// handle calls the handler, whose defects cost this peer and no other.
func (p *Peer) handle(frames [][]byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &group.PanicError{Name: "handling a message", Value: r, Stack: debug.Stack()}
		}
	}()
	p.h.Message(p, frames)
	return nil
}

func (p *Peer) receive() (frames [][]byte, err error) {
	defer func() {
		p.g.arrived()
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrProtocol, r)
		}
	}()
	m, err := p.zc.RecvMsg()
	return m.Frames, err
}

// command handles a ZMTP command that comes after the handshake.
func (p *Peer) command(body []byte) error {
	switch {
	case hasPrefix(body, pingCommand):
		rest := body[len(pingCommand):]
		if len(rest) < pingTTL || len(rest) > pingTTL+maxPingEcho {
			return fmt.Errorf("%w: a PING of %d bytes", ErrProtocol, len(body))
		}
		p.q.setPong(rest[pingTTL:])
	case hasPrefix(body, subscribeName):
		return p.subscribe(body[len(subscribeName):], true)
	case hasPrefix(body, cancelName):
		return p.subscribe(body[len(cancelName):], false)
	}
	return nil
}

func hasPrefix(b []byte, s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }

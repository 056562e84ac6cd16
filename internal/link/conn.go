package link

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/zmtp"
)

// ClientHandler is told what happens on a Conn. Its methods must not call the Conn's Close.
//
// Up comes at every connection, for the first before Dial returns, and before the messages of that connection. Messages come from one
// goroutine for each of the two channels; while one is handled, nothing further is read from that channel. Down comes when a
// connection has broken and behind its messages; when final is set there will be no other, and nothing follows.
type ClientHandler interface {
	Up(welcome proto.Welcome)
	Message(m proto.Message)
	Down(err error, final bool)
}

// End is a peer's end of a link: a Conn, or what stands for one in tests.
type End interface {
	Send(m proto.Message) error
	SendHeld(m proto.Message) error
	Flush()
	SendWait(ctx context.Context, m proto.Message) error
	Close(reason string) error
}

// Dialer makes a link: it connects, and says why if it cannot.
type Dialer func(ctx context.Context, h ClientHandler) (End, error)

// Conn is a peer's end of a link. It connects again whenever its connection breaks, until Close, a refusal, a final goodbye, or
// GiveUp. Its methods may be called concurrently.
type Conn struct {
	cfg   DialConfig
	group *group.Group
	epoch uint64 // of Dial and then of run
	done  chan struct{}

	mu      sync.Mutex
	s       *session // nil while there is no connection
	final   error    // why there will be none
	closing bool
}

// Dial connects to a controller. The error of a failure is a DialError or a RefusedError, which say what to do. ctx bounds only this first
// connection; the Conn lives until Close.
func Dial(ctx context.Context, cfg DialConfig) (*Conn, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Conn{cfg: cfg, group: group.New(context.WithoutCancel(ctx)), done: make(chan struct{})}
	s, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	c.up(s)
	if err := c.group.Go("link", func(ctx context.Context) error { c.run(ctx, s); return nil }); err != nil {
		return nil, err
	}
	return c, nil
}

// up makes a session the current one and lets its messages come. A closing Conn wants none.
func (c *Conn) up(s *session) {
	c.mu.Lock()
	c.s = s
	closing := c.closing
	c.mu.Unlock()
	if closing {
		s.fail(ErrClosed)
		return
	}
	s.heardNow()
	c.cfg.Handler.Up(s.welcome)
	close(s.ready)
}

// run looks after the current connection, and makes another when it has ended.
func (c *Conn) run(ctx context.Context, s *session) {
	defer close(c.done)
	for {
		err := c.attend(s)
		c.mu.Lock()
		c.s = nil
		c.mu.Unlock()
		if c.isFinal(err) {
			c.finish(err)
			return
		}
		c.cfg.Handler.Down(err, false)
		if s, err = c.reconnect(ctx); err != nil {
			c.finish(err)
			return
		}
		c.up(s)
	}
}

func (c *Conn) finish(err error) {
	c.mu.Lock()
	if c.closing {
		err = ErrClosed
	}
	c.final = err
	c.mu.Unlock()
	c.cfg.Handler.Down(err, true)
}

// attend keeps the rhythm of a session until it has ended, and returns why.
func (c *Conn) attend(s *session) error {
	every := s.welcome.Heartbeat
	if every <= 0 {
		every = DefaultHeartbeat
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	h := heartbeat{every: every, last: time.Now()}
	for {
		select {
		case <-s.ended:
			return s.reason()
		case <-tick.C:
			now := time.Now()
			if h.late(now) {
				s.heardNow()
			}
			s.beat(now, max(s.welcome.Silence, 2*every))
		}
	}
}

// isFinal reports whether a connection that ended with err is not to be made again.
func (c *Conn) isFinal(err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	var left *LeftError
	return c.closing || errors.Is(err, ErrRefused) || errors.As(err, &left) && left.Final
}

// reconnect tries to connect until it succeeds, or it makes no sense any more.
func (c *Conn) reconnect(ctx context.Context) (*session, error) {
	if c.cfg.GiveUp > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.cfg.GiveUp)
		defer cancel()
	}
	var err error
	for delay := c.cfg.Backoff.Min; ; delay = min(2*delay, c.cfg.Backoff.Max) {
		select {
		case <-time.After(delay/2 + rand.N(delay)):
		case <-ctx.Done():
			return nil, c.gaveUp(ctx, err)
		}
		var s *session
		if s, err = c.connect(ctx); err == nil {
			return s, nil
		}
		// A controller with another authority is another cluster: ours is gone.
		if c.isFinal(err) || isForeign(err) {
			return nil, err
		}
	}
}

func (c *Conn) gaveUp(ctx context.Context, err error) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ErrClosed
	}
	if err == nil {
		return fmt.Errorf("%w after %v", ErrGaveUp, c.cfg.GiveUp)
	}
	return fmt.Errorf("%w after %v: %w", ErrGaveUp, c.cfg.GiveUp, err)
}

// session returns the current connection, or why there is none.
func (c *Conn) session() (*session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.final != nil:
		return nil, c.final
	case c.closing:
		return nil, ErrClosed
	case c.s == nil:
		return nil, ErrDown
	}
	return c.s, nil
}

// Send queues a message, whose bulk bytes must not be changed afterwards. It never blocks: the error is ErrFull, ErrTooBig, ErrDown while there is no connection, or why there will be none.
func (c *Conn) Send(m proto.Message) error {
	s, err := c.session()
	if err != nil {
		return err
	}
	return s.explain(s.send(m))
}

// SendHeld is Send for a data message that may wait for what is sent after it, or for Flush, which must be called.
func (c *Conn) SendHeld(m proto.Message) error {
	s, err := c.session()
	if err != nil {
		return err
	}
	return s.explain(s.sendHeld(m))
}

// Flush sends what is held, if there is a connection: at once, or a little later with what follows where it comes fast.
func (c *Conn) Flush() {
	if s, err := c.session(); err == nil {
		s.flush((*zmtp.Peer).FlushSoon)
	}
}

// SendWait queues a message, waiting for room but not for a connection: where there is none the error is as Send's. Messages that others
// send meanwhile may pass a big one.
func (c *Conn) SendWait(ctx context.Context, m proto.Message) error {
	s, err := c.session()
	if err != nil {
		return err
	}
	return s.explain(s.sendWait(ctx, m))
}

// explain makes what failed because the connection has ended an ErrDown.
func (s *session) explain(err error) error {
	why := s.reason()
	if err == nil || why == nil || errors.Is(err, ErrTooBig) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDown, why)
}

// Queued returns the bytes that wait to be sent.
func (c *Conn) Queued() int {
	s, err := c.session()
	if err != nil {
		return 0
	}
	return s.queued()
}

// Peer returns the name of this process.
func (c *Conn) Peer() proto.PeerID { return c.cfg.Peer }

// Done is closed behind the final Down.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Close sends what is queued and a final goodbye, for a few seconds at most, and waits until all has ended.
func (c *Conn) Close(reason string) error {
	c.mu.Lock()
	c.closing = true
	s := c.s
	c.mu.Unlock()
	if s != nil {
		s.close(&proto.Bye{Reason: reason, Final: true}, ErrClosed)
	}
	return c.group.Stop()
}

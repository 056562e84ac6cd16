package link

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/zmtp"
)

// DialConfig configures a peer's end.
type DialConfig struct {
	// Addrs are the controller's addresses ("host:port"), tried in order.
	Addrs []string
	// Local is the path of a Unix socket of the controller's, which is tried first; empty: there is none. Where it does not lead to the
	// controller, that is no error.
	Local string
	// TLS has the peer's certificate and the authority of the cluster.
	TLS *tls.Config
	// Peer is this process; the zero one stands for a fresh one.
	Peer proto.PeerID
	Role proto.Role
	// Name is the host name, for people.
	Name    string
	Handler ClientHandler
	// DialFunc opens connections in place of TCP.
	DialFunc func(ctx context.Context, addr string) (net.Conn, error)
	// Backoff is how long to wait between tries to connect again.
	Backoff Backoff
	// GiveUp is how long to go on trying when the connection has broken, 0 for ever.
	GiveUp time.Duration
	Limits Limits
}

// Backoff is how long to wait between tries: at first about Min, then twice as long every time, and about Max at most.
type Backoff struct{ Min, Max time.Duration }

// addressTimeout bounds the wait for one of several addresses.
const addressTimeout = 4 * time.Second

func (cfg DialConfig) withDefaults() (DialConfig, error) {
	switch {
	case len(cfg.Addrs) == 0:
		return cfg, errors.New("link: no address to connect to")
	case cfg.TLS == nil:
		return cfg, errors.New("link: a peer needs a certificate")
	case cfg.Handler == nil:
		return cfg, errors.New("link: a peer needs a handler")
	}
	if cfg.Peer == (proto.PeerID{}) {
		cfg.Peer = NewPeerID()
	}
	if cfg.Backoff.Min <= 0 {
		cfg.Backoff.Min = 50 * time.Millisecond
	}
	if cfg.Backoff.Max < cfg.Backoff.Min {
		cfg.Backoff.Max = max(2*time.Second, cfg.Backoff.Min)
	}
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.DialFunc == nil && len(cfg.Addrs) > 1 {
		// One address that is not reachable from here must not cost the time of all.
		d := net.Dialer{Timeout: addressTimeout}
		cfg.DialFunc = func(ctx context.Context, addr string) (net.Conn, error) { return d.DialContext(ctx, "tcp", addr) }
	}
	return cfg, nil
}

// session is one life of a Conn's connections.
type session struct {
	pair
	welcomes chan proto.Welcome
	welcome  proto.Welcome
}

// clientHalf is one of a session's connections.
type clientHalf struct {
	s        *session
	c        *channel
	attached bool
	welcomed bool
}

// Up makes the connection part of its session.
func (h *clientHalf) Up(z *zmtp.Peer) {
	h.c.z = z
	_, err := h.s.attach(h.c)
	if h.attached = err == nil; !h.attached {
		z.Abort(err)
	}
}

// Message takes the answer to Hello, and then hands on what comes.
func (h *clientHalf) Message(_ *zmtp.Peer, frames [][]byte) {
	if h.welcomed {
		h.s.message(h.c, frames)
		return
	}
	m, err := proto.Decode(frames)
	switch m := m.(type) {
	case *proto.Welcome:
		if m.Version != proto.Version {
			h.s.fail(fmt.Errorf("%w: it speaks version %d of the protocol, we speak %d", ErrVersion, m.Version, proto.Version))
			return
		}
		h.welcomed = true
		h.s.welcomes <- *m
	case *proto.Refuse:
		h.s.fail(&RefusedError{Reason: m.Error, Code: m.Code})
	case *proto.Bye:
		h.s.fail(&LeftError{Reason: m.Reason, Final: m.Final})
	default:
		h.s.fail(fmt.Errorf("%w: it answers Hello with %T (%v)", ErrNotController, m, err))
	}
}

// Down tells the session that the connection has ended.
func (h *clientHalf) Down(_ *zmtp.Peer, err error) {
	if h.attached {
		h.s.down(err)
	}
}

// connect tries the addresses in order.
func (c *Conn) connect(ctx context.Context) (*session, error) {
	if s, err := c.connectLocally(ctx); s != nil || errors.Is(err, ErrRefused) {
		return s, err
	}
	var errs []error
	for _, addr := range c.cfg.Addrs {
		s, err := c.connectTo(ctx, addr, zmtp.Dial)
		if err == nil {
			return s, nil
		}
		errs = append(errs, err)
		if errors.Is(err, ErrRefused) || ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(errs...)
}

// connectLocally tries the controller's Unix socket. Why that did not succeed is of no interest unless the controller has refused us: this may be
// another machine, or the socket another user's.
func (c *Conn) connectLocally(ctx context.Context) (*session, error) {
	if c.cfg.Local == "" || !zmtp.LocalWorks {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, addressTimeout)
	defer cancel()
	return c.connectTo(ctx, c.cfg.Local, zmtp.DialLocal)
}

// dialFunc is zmtp.Dial or zmtp.DialLocal.
type dialFunc func(ctx context.Context, addr string, h zmtp.Handler, o zmtp.Options) (*zmtp.Peer, error)

// connectTo makes both connections to an address and has them welcomed.
func (c *Conn) connectTo(ctx context.Context, addr string, dial dialFunc) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Limits.Handshake)
	defer cancel()
	s := &session{welcomes: make(chan proto.Welcome, 2)}
	s.init(c.cfg.Handler.Message, func() {})
	defer context.AfterFunc(ctx, func() { s.fail(context.Cause(ctx)) })()
	err := c.greet(s, addr, dial)
	if err == nil {
		err = s.awaitWelcome()
	}
	if err == nil {
		return s, nil
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	s.fail(err)
	if len(s.all()) > 0 {
		<-s.ended
	}
	return nil, dialError(addr, err)
}

// greet opens the connections and says Hello on them.
func (c *Conn) greet(s *session, addr string, dial dialFunc) error {
	c.epoch = max(c.epoch+1, uint64(time.Now().UnixNano()))
	for _, which := range []proto.Channel{proto.Control, proto.Data} {
		h := &clientHalf{s: s, c: newChannel(which, c.cfg.Limits.Message)}
		z, err := dial(s.failed, addr, h, zmtp.Options{
			TLS: c.cfg.TLS, Direct: true, Limits: c.cfg.Limits.zmtp(), DialFunc: c.cfg.DialFunc,
		})
		if err != nil {
			if cause := s.reason(); cause != nil {
				return cause
			}
			return err
		}
		if !hasRole(z.TLS(), proto.RoleController) {
			return fmt.Errorf("%w: it is for %q, not for a controller", ErrCertificate, rolesIn(z.TLS()))
		}
		hello := &proto.Hello{
			Version: proto.Version, Peer: c.cfg.Peer, Epoch: c.epoch, Channel: which, Role: c.cfg.Role, Name: c.cfg.Name,
		}
		if err := z.Send(proto.Encode(hello)); err != nil {
			return err
		}
	}
	return nil
}

// awaitWelcome waits until both connections are welcome.
func (s *session) awaitWelcome() error {
	for range 2 {
		select {
		case s.welcome = <-s.welcomes:
		case <-s.failed.Done():
			return s.reason()
		}
	}
	return nil
}

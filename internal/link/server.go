package link

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
	"github.com/gocluster/gocluster/internal/zmtp"
)

// Limits bound what a peer may cost. Zero ones are the default ones.
type Limits struct {
	// Queue bounds the bytes that wait to be sent to a peer on each of its connections; a single message may exceed it when
	// nothing waits.
	Queue int
	// Message bounds a message's bytes. Of a peer, twice as many can be half received.
	Message uint64
	// Stall is how long a peer may make no progress while it is sent to, or within a message of its own.
	Stall time.Duration
	// Handshake bounds the time until both connections of a peer are welcome.
	Handshake time.Duration
}

// DefaultLimits are the limits where none are given.
var DefaultLimits = Limits{Queue: 64 << 20, Message: 2 << 30, Stall: 30 * time.Second, Handshake: 20 * time.Second}

func (l Limits) withDefaults() Limits {
	if l.Queue == 0 {
		l.Queue = DefaultLimits.Queue
	}
	if l.Message == 0 {
		l.Message = DefaultLimits.Message
	}
	if l.Stall == 0 {
		l.Stall = DefaultLimits.Stall
	}
	if l.Handshake == 0 {
		l.Handshake = DefaultLimits.Handshake
	}
	return l
}

// zmtp returns the limits of a single connection: every message on it fits into a fragment.
func (l Limits) zmtp() zmtp.Limits {
	return zmtp.Limits{
		Frame: 2 * fragmentSize, Message: 4 * fragmentSize, Frames: 2 * fragmentFrames, Queue: l.Queue, Handshake: l.Handshake,
		Stall: l.Stall, Linger: linger, Pending: 4096, Peers: 20_000, Arriving: 8 << 30,
	}
}

// The default rhythm.
const (
	DefaultHeartbeat = 2 * time.Second
	DefaultSilence   = 8 * time.Second
)

// ServerConfig configures the controller's end.
type ServerConfig struct {
	// TLS must ask for and verify the peers' certificates.
	TLS *tls.Config
	// Cluster is the cluster's name, told to peers.
	Cluster string
	// Heartbeat and Silence are the rhythm of pings, and the time after which a peer that sent none is lost.
	Heartbeat, Silence time.Duration
	Limits             Limits
	// Listener is listened on in place of an address.
	Listener net.Listener
	// Local, where set, is a Unix socket that is listened on, too, for processes of this user.
	Local net.Listener
	// Join, where set, serves hosts that come without a certificate, to join with an invitation. They reach nothing else. What it may take is
	// bounded by Limits.Handshake, and the connection ends when it returns.
	Join func(ctx context.Context, c net.Conn)
	// Spool is where peers of this machine may leave large values, nil: nowhere.
	Spool *spool.Dir
}

// ServerHandler is told what happens to peers. For one peer Up comes first and Down last, and a peer that has replaced an older
// connection of its own comes up after that one's Down. Messages come from one goroutine for each of the peer's connections; while one is
// handled, nothing further is read from that connection.
type ServerHandler interface {
	Up(p *Peer)
	Message(p *Peer, m proto.Message)
	Down(p *Peer, err error)
}

// IdleHandler is a ServerHandler that is told when all is handled that has come on a connection, before that waits for more. Messages that came
// together have all been handled then.
type IdleHandler interface{ Idle() }

// Server is the controller's end of all links.
type Server struct {
	cfg   ServerConfig
	h     ServerHandler
	z     *zmtp.Server
	group *group.Group

	mu      sync.Mutex
	peers   map[proto.PeerID]*Peer
	halves  map[*zmtp.Peer]*half // all connections
	closing bool
}

// Listen serves peers on addr ("host:port") until Close is called or ctx ends.
func Listen(ctx context.Context, addr string, cfg ServerConfig, h ServerHandler) (*Server, error) {
	if cfg.TLS == nil || cfg.TLS.ClientAuth != tls.RequireAndVerifyClientCert {
		return nil, errors.New("link: a controller needs a certificate and must ask for its peers'")
	}
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.Heartbeat == 0 {
		cfg.Heartbeat = DefaultHeartbeat
	}
	if cfg.Silence == 0 {
		cfg.Silence = max(DefaultSilence, 4*cfg.Heartbeat)
	}
	ln := cfg.Listener
	if ln == nil {
		var err error
		if ln, err = (&net.ListenConfig{}).Listen(ctx, "tcp", addr); err != nil {
			return nil, fmt.Errorf("listening for engines and clients: %w", err)
		}
	}
	s := &Server{
		cfg: cfg, h: h, group: group.New(context.WithoutCancel(ctx)),
		peers: map[proto.PeerID]*Peer{}, halves: map[*zmtp.Peer]*half{},
	}
	z, err := zmtp.Serve(context.WithoutCancel(ctx), ln, zmtp.Router, (*acceptor)(s), zmtp.Options{
		TLS: cfg.door(), Direct: true, Aside: cfg.aside, Local: cfg.Local, Limits: cfg.Limits.zmtp(),
	})
	if err != nil {
		return nil, err
	}
	s.z = z
	if err := s.group.Go("link heartbeats", s.beat); err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = s.Close() })
	return s, nil
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.z.Addr() }

// Peers returns the peers that are up.
func (s *Server) Peers() []*Peer {
	return slices.DeleteFunc(s.all(), func(p *Peer) bool { return !p.isUp() })
}

// all returns the peers that are up or coming up.
func (s *Server) all() []*Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Peer, 0, len(s.peers))
	for _, p := range s.peers {
		all = append(all, p)
	}
	return all
}

// Close says a final goodbye to all peers and waits until their queues are sent, for a few seconds at most.
func (s *Server) Close() error { return s.Shutdown("the controller was stopped", true) }

// Shutdown is Close with a reason. Unless it is final, peers try to connect again.
func (s *Server) Shutdown(reason string, final bool) error {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	for _, p := range s.all() {
		p.close(&proto.Bye{Reason: reason, Final: final}, ErrClosed)
	}
	err := s.z.Close()
	return errors.Join(err, s.group.Stop())
}

// beat looks after all peers, and after connections that do not become one.
func (s *Server) beat(ctx context.Context) error {
	tick := time.NewTicker(s.cfg.Heartbeat)
	defer tick.Stop()
	h := heartbeat{every: s.cfg.Heartbeat, last: time.Now()}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := time.Now()
		late := h.late(now)
		s.dropUnfinished(now)
		for _, p := range s.Peers() {
			if late {
				p.heardNow()
			}
			p.beat(now, s.cfg.Silence)
		}
	}
}

// dropUnfinished ends connections that have not become part of a peer in time.
func (s *Server) dropUnfinished(now time.Time) {
	why := fmt.Errorf("%w within %v", ErrNoAnswer, s.cfg.Limits.Handshake)
	s.mu.Lock()
	var drop []func(error)
	for z, h := range s.halves {
		switch {
		case now.Sub(h.since) <= s.cfg.Limits.Handshake:
		case h.peer == nil:
			drop = append(drop, z.Abort)
		case !h.peer.isUp():
			drop = append(drop, h.peer.fail)
		}
	}
	s.mu.Unlock()
	for _, f := range drop {
		f(why)
	}
}

// half is a connection: of nobody yet, or of a peer.
type half struct {
	since time.Time
	c     *channel
	peer  *Peer // nil before Hello
}

// acceptor is the Server as the handler of its connections.
type acceptor Server

// Up notes a new connection, which has to say Hello.
func (a *acceptor) Up(z *zmtp.Peer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.halves[z] = &half{since: time.Now()}
}

// Message hands what comes to the connection's peer; the first must be a Hello.
func (a *acceptor) Message(z *zmtp.Peer, frames [][]byte) {
	s := (*Server)(a)
	s.mu.Lock()
	h := s.halves[z]
	peer := h.peer
	s.mu.Unlock()
	if peer != nil {
		peer.message(h.c, frames)
		return
	}
	if refusal := s.hello(z, h, frames); refusal != nil {
		_ = z.SendAnyway(proto.Encode(refusal))
		z.Close(errors.New(refusal.Error.Message))
	}
}

// Idle is the handler's.
func (a *acceptor) Idle() {
	if h, ok := a.h.(IdleHandler); ok {
		h.Idle()
	}
}

// Down forgets a connection.
func (a *acceptor) Down(z *zmtp.Peer, err error) {
	a.mu.Lock()
	h := a.halves[z]
	delete(a.halves, z)
	a.mu.Unlock()
	if h.peer != nil {
		h.peer.down(err)
	}
}

// hello makes a connection part of a peer, or says why not.
func (s *Server) hello(z *zmtp.Peer, h *half, frames [][]byte) *proto.Refuse {
	m, err := proto.Decode(frames)
	hello, ok := m.(*proto.Hello)
	if err != nil || !ok {
		return refusal(proto.RefuseMalformed, "the first message must be Hello")
	}
	if r := check(hello, z.TLS()); r != nil {
		return r
	}
	c := newChannel(hello.Channel, s.cfg.Limits.Message)
	c.z = z
	p, r := s.peerOf(hello)
	if r != nil {
		return r
	}
	full, err := p.attach(c)
	if err != nil {
		// The peer's other connection has broken meanwhile, or it makes no sense: no reason not to try again.
		z.Abort(err)
		return nil
	}
	s.mu.Lock()
	h.c, h.peer = c, p
	closing := s.closing
	s.mu.Unlock()
	switch {
	case closing:
		p.close(&proto.Bye{Reason: "the controller is stopping"}, ErrClosed)
	case full:
		s.welcome(p)
	}
	return nil
}

func refusal(code proto.RefuseCode, format string, args ...any) *proto.Refuse {
	return &proto.Refuse{Error: *proto.Errorf(proto.KindController, format, args...), Code: code}
}

// check says why a Hello is not acceptable with the certificate that came before it.
func check(m *proto.Hello, state *tls.ConnectionState) *proto.Refuse {
	switch {
	case m.Version != proto.Version:
		return refusal(proto.RefuseVersion, "it speaks version %d of the protocol, the peer version %d; %s", proto.Version, m.Version, adviceVersion)
	case m.Channel != proto.Control && m.Channel != proto.Data:
		return refusal(proto.RefuseMalformed, "there is no channel %d", m.Channel)
	case m.Role != proto.RoleEngineHost && m.Role != proto.RoleClient:
		return refusal(proto.RefuseRole, "a peer is an engine or a client, not %v", m.Role)
	case !hasRole(state, m.Role):
		return refusal(proto.RefuseRole, "the peer wants to be %q but its certificate is for %q; use the %[1]s connection file",
			m.Role, rolesIn(state))
	}
	return nil
}

// hasRole reports whether the other side's certificate is for a role.
func hasRole(state *tls.ConnectionState, role proto.Role) bool {
	return slices.Contains(rolesIn(state), role.String())
}

func rolesIn(state *tls.ConnectionState) []string {
	if state == nil || len(state.PeerCertificates) == 0 {
		return nil
	}
	return state.PeerCertificates[0].Subject.OrganizationalUnit
}

// peerOf returns the peer that a Hello belongs to: that of the other channel, or a new one, which replaces an older one of that name.
func (s *Server) peerOf(m *proto.Hello) (*Peer, *proto.Refuse) {
	s.mu.Lock()
	old := s.peers[m.Peer]
	switch {
	case old != nil && old.role != m.Role:
		s.mu.Unlock()
		return nil, refusal(proto.RefuseRole, "peer %v is no %v", m.Peer, m.Role)
	case old != nil && old.epoch == m.Epoch:
		s.mu.Unlock()
		return old, nil
	case old != nil && old.epoch > m.Epoch:
		s.mu.Unlock()
		return nil, refusal(proto.RefuseReplaced, "%v", ErrReplaced)
	}
	p := newPeer(s, m, old)
	s.peers[m.Peer] = p
	s.mu.Unlock()
	if old != nil {
		old.fail(ErrReplaced)
	}
	return p, nil
}

// welcome brings a peer up whose connections are both there.
func (s *Server) welcome(p *Peer) {
	for _, ended := range p.after {
		<-ended
	}
	m := &proto.Welcome{Version: proto.Version, Cluster: s.cfg.Cluster, Heartbeat: s.cfg.Heartbeat, Silence: s.cfg.Silence}
	if s.cfg.Spool != nil {
		m.Spool, m.Proof = s.cfg.Spool.Path(), s.cfg.Spool.Proof()
	}
	w := proto.Encode(m)
	for _, c := range p.all() {
		// Where this fails the connection has ended, and Down follows.
		_ = c.z.SendAnyway(w)
	}
	p.heardNow()
	p.setUp()
	s.h.Up(p)
	close(p.ready)
}

// gone is called when a peer's last connection has ended.
func (s *Server) gone(p *Peer) {
	if p.isUp() {
		s.h.Down(p, p.reason())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.peers[p.id] == p {
		delete(s.peers, p.id)
	}
}

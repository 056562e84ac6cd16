package zmtp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"

	"github.com/gocluster/gocluster/internal/group"
)

// Server is a socket that peers connect to.
type Server struct {
	ln  net.Listener
	typ SocketType
	h   Handler
	o   Options
	g   *group.Group

	arriving budget

	mu      sync.Mutex
	peers   map[string]*Peer
	pending []net.Conn
	closed  bool
}

// acceptPause is how long to wait when the process has no descriptors left.
const acceptPause = 50 * time.Millisecond

// Serve accepts peers on ln, which it owns from now on, until ctx ends or Close is called.
func Serve(ctx context.Context, ln net.Listener, typ SocketType, h Handler, o Options) (*Server, error) {
	s := &Server{ln: ln, typ: typ, h: h, o: o.withDefaults(), g: group.New(context.WithoutCancel(ctx)), peers: map[string]*Peer{}}
	s.arriving.max = s.o.Limits.Arriving
	context.AfterFunc(ctx, func() { _ = s.Close() })
	for _, ln := range s.listeners() {
		if err := s.g.Go("zmtp accept", func(ctx context.Context) error { s.accept(ctx, ln); return nil }); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// listeners returns all that the server listens on.
func (s *Server) listeners() []net.Listener {
	if s.o.Local == nil {
		return []net.Listener{s.ln}
	}
	return []net.Listener{s.ln, s.o.Local}
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.ln.Addr() }

// Peer returns the peer with an identity.
func (s *Server) Peer(id string) (*Peer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.peers[id]
	return p, ok
}

// Peers returns the peers that are up.
func (s *Server) Peers() []*Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Peer, 0, len(s.peers))
	for _, p := range s.peers {
		all = append(all, p)
	}
	return all
}

// Send queues a message for the peer with an identity, as Peer.Send does; the error is ErrUnknown where there is none.
func (s *Server) Send(id string, frames [][]byte) error {
	p, ok := s.Peer(id)
	if !ok {
		return ErrUnknown
	}
	return p.Send(frames)
}

// Close stops accepting, lets the peers' queues drain for Limits.Linger, and waits until all has ended.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	pending := s.pending
	s.pending = nil
	s.mu.Unlock()
	var err error
	for _, ln := range s.listeners() {
		if closed := ln.Close(); !errors.Is(closed, net.ErrClosed) {
			err = errors.Join(err, closed)
		}
	}
	for _, c := range pending {
		_ = c.Close()
	}
	for _, p := range s.Peers() {
		p.Close(nil)
	}
	_ = s.g.Wait()
	return errors.Join(err, s.g.Stop())
}

func (s *Server) accept(ctx context.Context, ln net.Listener) {
	o := s.o
	o.local = o.Local != nil && ln == o.Local
	for {
		c, err := ln.Accept()
		switch {
		case err == nil:
			if o.local {
				c = quietly(c)
			}
			s.begin(c, o)
		case s.isClosed() || errors.Is(err, net.ErrClosed):
			return
		default:
			if !pause(ctx, acceptPause) {
				return
			}
		}
	}
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// begin shakes hands with a connection in a goroutine of its own. Of too many at once the oldest is dropped: who means well is quick.
func (s *Server) begin(c net.Conn, o Options) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		_ = c.Close()
		return
	}
	if len(s.pending) >= s.o.Limits.Pending {
		_ = s.pending[0].Close()
		s.pending = s.pending[1:]
	}
	s.pending = append(s.pending, c)
	s.mu.Unlock()
	err := s.g.Go("zmtp handshake", func(ctx context.Context) error {
		s.handshake(ctx, c, o)
		return nil
	})
	if err != nil {
		_ = c.Close()
	}
}

func (s *Server) handshake(ctx context.Context, c net.Conn, o Options) {
	p, err := open(ctx, c, zmq4.SocketType(s.typ), true, o, &s.arriving)
	s.mu.Lock()
	if i := slices.Index(s.pending, c); i >= 0 {
		s.pending = slices.Delete(s.pending, i, i+1)
	}
	s.mu.Unlock()
	if err != nil {
		return
	}
	if p.id == "" {
		p.id = freshIdentity()
	}
	if err := s.admit(p); err != nil {
		_ = p.g.Conn.Close()
		return
	}
	s.h.Up(p)
	if err := p.start(s.g, s.h, func() { s.remove(p) }); err != nil {
		s.remove(p)
		s.h.Down(p, err)
	}
}

// admit enters a peer in the routing table, in place of an older one with its identity.
func (s *Server) admit(p *Peer) error {
	s.mu.Lock()
	old := s.peers[p.id]
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	if old == nil && len(s.peers) >= s.o.Limits.Peers {
		s.mu.Unlock()
		return fmt.Errorf("%w: %d peers are connected", ErrLimit, s.o.Limits.Peers)
	}
	s.peers[p.id] = p
	s.mu.Unlock()
	if old != nil {
		old.abort(ErrReplaced)
	}
	return nil
}

func (s *Server) remove(p *Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.peers[p.id] == p {
		delete(s.peers, p.id)
	}
}

func freshIdentity() string { return "\x00" + rand.Text() }

package link

import (
	"context"
	"crypto/x509"
	"net"
	"sync/atomic"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/zmtp"
)

// Peer is an engine host or a client that is connected to a Server.
type Peer struct {
	pair
	id    proto.PeerID
	epoch uint64
	role  proto.Role
	name  string
	after []<-chan struct{} // ends of the connections that this one replaces: it comes up after them
	up    atomic.Bool
}

func newPeer(s *Server, m *proto.Hello, old *Peer) *Peer {
	p := &Peer{id: m.Peer, epoch: m.Epoch, role: m.Role, name: m.Name}
	if old != nil {
		for _, ended := range append(old.after, old.ended) {
			select {
			case <-ended:
			default:
				p.after = append(p.after, ended)
			}
		}
	}
	p.init(func(m proto.Message) { s.h.Message(p, m) }, func() { s.gone(p) })
	return p
}

// ID returns the name that the peer's process has chosen for itself.
func (p *Peer) ID() proto.PeerID { return p.id }

// Role returns what the peer may do; its certificate says so too.
func (p *Peer) Role() proto.Role { return p.role }

// Name returns the peer's host name, for people.
func (p *Peer) Name() string { return p.name }

// RemoteAddr returns where the peer connects from.
func (p *Peer) RemoteAddr() net.Addr {
	if cs := p.all(); len(cs) > 0 {
		return cs[0].z.RemoteAddr()
	}
	return nil
}

// Certificates are what the peer's connections have shown who it is with.
func (p *Peer) Certificates() (certs []*x509.Certificate) {
	for _, c := range p.all() {
		if s := c.z.TLS(); s != nil && len(s.PeerCertificates) > 0 {
			certs = append(certs, s.PeerCertificates[0])
		}
	}
	return certs
}

// Send queues a message, whose bulk bytes must not be changed afterwards. It never blocks: the error is ErrFull, ErrTooBig, or why the
// link has ended.
func (p *Peer) Send(m proto.Message) error { return p.send(m) }

// SendHeld is Send for a message that may wait for what is sent after it, or for Flush, which must be called.
func (p *Peer) SendHeld(m proto.Message) error { return p.sendHeld(m) }

// Flush sends what is held on the data connection.
func (p *Peer) Flush() { p.flush((*zmtp.Peer).Flush) }

// SendWait queues a message, waiting for room. Messages that others send meanwhile may pass a big one.
func (p *Peer) SendWait(ctx context.Context, m proto.Message) error { return p.sendWait(ctx, m) }

// Queued returns the bytes that wait to be sent.
func (p *Peer) Queued() int { return p.queued() }

// Done is closed when the peer is down.
func (p *Peer) Done() <-chan struct{} { return p.ended }

// Close sends what is queued and then the refusal, or a final goodbye where it is nil, and closes. It does not wait; Done does.
func (p *Peer) Close(refusal *proto.Error) {
	if refusal == nil {
		p.close(&proto.Bye{Reason: "closed by the controller", Final: true}, ErrClosed)
		return
	}
	p.close(&proto.Refuse{Error: *refusal}, refusal)
}

func (p *Peer) setUp()     { p.up.Store(true) }
func (p *Peer) isUp() bool { return p.up.Load() }

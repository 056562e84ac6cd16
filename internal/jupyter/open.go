package jupyter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/zmtp"
)

// linger is how long the sockets' end may wait for a client that reads nothing.
const linger = time.Second

// What clients may cost. Nothing but the signature tells a client from a stranger who has reached the port, and that is known
// only when a message is there as a whole.
var (
	requestLimits = zmtp.Limits{Frame: 64 << 20, Message: 64 << 20, Arriving: 256 << 20, Peers: 128, Pending: 64, Stall: Patience, Linger: linger}
	inputLimits   = zmtp.Limits{Frame: 1 << 20, Message: 4 << 20, Arriving: 64 << 20, Peers: 128, Pending: 64, Stall: Patience, Linger: linger}
	iopubLimits   = zmtp.Limits{Frame: 4 << 10, Message: 4 << 10, Peers: 128, Pending: 64, Stall: Patience, Linger: linger}
	beatLimits    = zmtp.Limits{Frame: 4 << 10, Message: 16 << 10, Frames: 8, Queue: 64 << 10, Peers: 128, Pending: 64, Linger: linger}
)

// Open listens where the connection says and hands what comes to h. The sockets live until they are closed.
func Open(ctx context.Context, c *Connection, author *Author, h Handler, log *slog.Logger) (*Sockets, error) {
	signer, err := NewSigner(c.SignatureScheme, c.Key)
	if err != nil {
		return nil, err
	}
	if c.Key == "" {
		log.Warn("the connection file has no key: anybody who reaches the ports can execute code")
	}
	s := newSockets(author, signer, log)
	for _, socket := range []struct {
		name   string
		port   int
		typ    zmtp.SocketType
		limits zmtp.Limits
		h      zmtp.Handler
	}{
		{"heartbeat", c.HeartbeatPort, zmtp.Rep, beatLimits, echo{}},
		{"iopub", c.IOPubPort, zmtp.XPub, iopubLimits, &subscribers{s}},
		{"stdin", c.StdinPort, zmtp.Router, inputLimits, &requests{s, Stdin, h}},
		{"control", c.ControlPort, zmtp.Router, requestLimits, &requests{s, Control, h}},
		{"shell", c.ShellPort, zmtp.Router, requestLimits, &requests{s, Shell, h}},
	} {
		server, err := serve(ctx, c, socket.port, socket.typ, socket.h, socket.limits)
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("the %s socket: %w", socket.name, err)
		}
		s.servers = append(s.servers, server)
	}
	return s, nil
}

func serve(ctx context.Context, c *Connection, port int, typ zmtp.SocketType, h zmtp.Handler, limits zmtp.Limits) (*zmtp.Server, error) {
	ln, err := c.listen(ctx, port)
	if err != nil {
		return nil, err
	}
	// What a cell said last is sent after the end of ctx; Close ends the sockets.
	return zmtp.Serve(context.WithoutCancel(ctx), ln, typ, h, zmtp.Options{Limits: limits, Direct: true})
}

// Close sends what is queued and closes the sockets, all at once: a client that reads nothing costs the end one linger, not five.
func (s *Sockets) Close() error {
	g := group.New(context.Background())
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, g.Go("close", func(context.Context) error { return server.Close() }))
	}
	return errors.Join(append(errs, g.Wait())...)
}

// echo is the heartbeat: what comes goes back.
type echo struct{}

func (echo) Up(*zmtp.Peer)                         {}
func (echo) Down(*zmtp.Peer, error)                {}
func (echo) Message(p *zmtp.Peer, frames [][]byte) { _ = p.Send(frames) } // who does not read his echoes loses them

// requests is shell, control or stdin.
type requests struct {
	s  *Sockets
	ch Channel
	h  Handler
}

func (r *requests) Up(p *zmtp.Peer) {
	if r.ch == Stdin {
		r.s.stdinUp(p)
	}
}

func (r *requests) Down(p *zmtp.Peer, _ error) {
	if r.ch == Stdin {
		r.s.stdinDown(p)
	}
}

func (r *requests) Message(p *zmtp.Peer, frames [][]byte) { r.s.receive(r.ch, p, frames, r.h) }

// subscribers is iopub.
type subscribers struct{ s *Sockets }

func (h *subscribers) Up(*zmtp.Peer)                {}
func (h *subscribers) Down(p *zmtp.Peer, _ error)   { h.s.unsubscribed(p) }
func (h *subscribers) Message(*zmtp.Peer, [][]byte) {} // subscribers have nothing to say
func (h *subscribers) Subscribed(p *zmtp.Peer, topic []byte, on bool) {
	h.s.subscribed(p, string(topic), on)
}

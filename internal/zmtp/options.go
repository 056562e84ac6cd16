package zmtp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/go-zeromq/zmq4"
)

// SocketType is the kind of socket that a server is.
type SocketType string

// The socket types that are served.
const (
	Router SocketType = SocketType(zmq4.Router)
	XPub   SocketType = SocketType(zmq4.XPub)
	Rep    SocketType = SocketType(zmq4.Rep)
)

// The errors of this package.
var (
	// ErrFull says that a peer's queue has no room: it reads more slowly than it is sent to.
	ErrFull = errors.New("the peer's queue is full")
	// ErrClosed says that the connection has been closed from our side.
	ErrClosed = net.ErrClosed
	// ErrLimit says that a peer exceeded a limit.
	ErrLimit = errors.New("the peer exceeds a limit")
	// ErrProtocol says that a peer does not speak ZMTP.
	ErrProtocol = errors.New("the peer does not speak ZMTP")
	// ErrReplaced says that another connection has taken the peer's identity.
	ErrReplaced = errors.New("replaced by a newer connection of the same peer")
	// ErrEmpty says that a message has no frames.
	ErrEmpty = errors.New("a message needs a frame at least")
	// ErrUnknown says that no peer has an identity.
	ErrUnknown = errors.New("no such peer")
)

// Limits bound what a peer may cost.
type Limits struct {
	// Frame and Message bound the bytes of a frame and of all frames of a message; Frames their number.
	Frame, Message uint64
	Frames         int
	// Queue bounds the bytes that wait to be sent to a peer; a single message may exceed it when nothing waits.
	Queue int
	// Handshake bounds the time until a connection is a peer, TLS included.
	Handshake time.Duration
	// Stall is how long a peer may make no progress while it is sent to, or within a message of its own.
	Stall time.Duration
	// Linger is how long a closing connection may take to send what is queued.
	Linger time.Duration
	// Pending bounds the connections that are still shaking hands (the oldest is dropped for a newer one), Peers those that are up.
	Pending, Peers int
	// Topics bounds a subscriber's subscriptions.
	Topics int
	// Arriving bounds the bytes announced by large messages that are half there, over all peers of a server: zmq4 allocates a
	// frame when it is announced.
	Arriving int64
}

// DefaultLimits suit a cluster's links.
var DefaultLimits = Limits{
	Frame: 4 << 20, Message: 8 << 20, Frames: 1024, Queue: 64 << 20, Handshake: 10 * time.Second, Stall: 30 * time.Second,
	Linger: 2 * time.Second, Pending: 512, Peers: 20_000, Topics: 1024, Arriving: 512 << 20,
}

// Options of Serve and Dial. Zero limits are the default ones.
type Options struct {
	Limits Limits
	// TLS, where set, wraps every connection.
	TLS *tls.Config
	// Aside, where set, may take connections of a server that are not to become peers: it is given each after TLS's handshake, and
	// those that it reports true for end when it returns. Limits.Handshake bounds that too.
	Aside func(ctx context.Context, c net.Conn, state *tls.ConnectionState) bool
	// Identity is what Dial calls itself.
	Identity string
	// Direct has senders write themselves, without a goroutine being woken for it, what is small and has nothing before it that waits.
	// Windows does not have it.
	Direct bool
	// DialFunc opens Dial's connection, in place of TCP.
	DialFunc func(ctx context.Context, addr string) (net.Conn, error)
	// Local is a Unix socket that a server listens on, too, for processes of its user. Its connections begin with TLS's handshake as the
	// others do, and what follows is not encrypted. DialLocal is the other end.
	Local net.Listener

	local bool // of a connection: it is such a one
}

func (o Options) withDefaults() Options {
	d, l := DefaultLimits, &o.Limits
	set(&l.Frame, d.Frame)
	set(&l.Message, d.Message)
	set(&l.Frames, d.Frames)
	set(&l.Queue, d.Queue)
	set(&l.Handshake, d.Handshake)
	set(&l.Stall, d.Stall)
	set(&l.Linger, d.Linger)
	set(&l.Pending, d.Pending)
	set(&l.Peers, d.Peers)
	set(&l.Topics, d.Topics)
	set(&l.Arriving, d.Arriving)
	return o
}

func set[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// Handler is told what happens to peers. For one peer, Up comes first and Down last; Message is called from the peer's reader
// goroutine, in order. The frames belong to the handler.
type Handler interface {
	Up(p *Peer)
	Message(p *Peer, frames [][]byte)
	Down(p *Peer, err error)
}

// IdleHandler is a Handler that a peer's reader calls before it reads from the network: all messages that are there have been handled.
type IdleHandler interface{ Idle() }

// SubscriptionHandler is a Handler that an XPub tells of its peers' subscriptions.
type SubscriptionHandler interface {
	Subscribed(p *Peer, topic []byte, on bool)
}

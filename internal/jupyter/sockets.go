package jupyter

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocluster/gocluster/internal/zmtp"
)

// Channel is one of the sockets on which clients send.
type Channel string

// The channels that carry requests and replies.
const (
	Shell   Channel = "shell"
	Control Channel = "control"
	Stdin   Channel = "stdin"
)

// Request is a message from a client, with the way back.
type Request struct {
	Message
	Channel  Channel
	Received time.Time
	// Decoded is for the handler to keep what it has read of the content.
	Decoded any

	from peer
	ids  [][]byte
}

// Client names the client's sockets: shell, control and stdin of one client have the same name. A request that came from
// no socket has none.
func (r *Request) Client() string {
	if r.from == nil {
		return ""
	}
	return r.from.ID()
}

// Handler receives what clients send. It is called on the goroutine that reads from the client's connection: it must not
// wait for the client, and what it does holds up that connection alone.
type Handler interface {
	// Request is a right message on shell or control.
	Request(r *Request)
	// Input is a right message on stdin.
	Input(r *Request)
}

// peer is a client's connection to one socket.
type peer interface {
	// ID is the identity that the client gave, the same on all its sockets.
	ID() string
	Send(frames [][]byte) error
	SendWait(ctx context.Context, frames [][]byte) error
	Hold(frames [][]byte) error
	Flush()
	Sent() int64
	Abort(err error)
}

// Patience is how long a client may read nothing before it is disconnected. Until then what does not fit into its queue
// waits: nothing is dropped. Courtesy shortens that where others wait for it.
const Patience = 60 * time.Second

// Courtesy is how long a client whose queue is full may read nothing while others wait for it. One that stands still for half a minute
// misses nothing.
const Courtesy = 40 * time.Second

var errStalled = errors.New("it reads nothing, and others wait for it")

// ErrNoInput is the error of asking a client that has no stdin connection.
var ErrNoInput = errors.New("the client has no stdin connection")

// Sockets are a kernel's five sockets. Publish is called by one goroutine at a time; the rest is safe for concurrent use.
type Sockets struct {
	author  *Author
	signer  *Signer
	log     *slog.Logger
	drops   *Limiter
	servers []*zmtp.Server

	courtesy time.Duration
	holders  atomic.Int32 // calls of Together that have not ended

	mu          sync.Mutex
	subscribers map[peer]map[string]bool // topics by subscriber
	stdin       map[string]peer          // by client
	held        []peer                   // that messages have been held for
}

func newSockets(author *Author, signer *Signer, log *slog.Logger) *Sockets {
	return &Sockets{author: author, signer: signer, log: log, drops: NewLimiter(log), courtesy: Courtesy,
		subscribers: map[peer]map[string]bool{}, stdin: map[string]peer{}}
}

// Reply sends m to where r came from.
func (s *Sockets) Reply(ctx context.Context, r *Request, m *Message) error {
	return s.send(ctx, r.from, r.ids, m)
}

// Ask sends m on stdin to the client that sent r.
func (s *Sockets) Ask(ctx context.Context, r *Request, m *Message) error {
	s.mu.Lock()
	p, ok := s.stdin[r.Client()]
	s.mu.Unlock()
	if !ok {
		return ErrNoInput
	}
	return s.send(ctx, p, r.ids, m)
}

func (s *Sockets) send(ctx context.Context, p peer, ids [][]byte, m *Message) error {
	return s.post(ctx, p, s.signer.Encode(m, ids...))
}

func (s *Sockets) post(ctx context.Context, p peer, frames [][]byte) error {
	err := s.offer(p, frames)
	if errors.Is(err, zmtp.ErrFull) {
		err = p.SendWait(ctx, frames)
	}
	return err
}

// offer sends frames, or holds them for the end of Together, if there is room in the peer's queue.
func (s *Sockets) offer(p peer, frames [][]byte) error {
	if s.holders.Load() == 0 {
		return p.Send(frames)
	}
	err := p.Hold(frames)
	s.mu.Lock()
	if !slices.Contains(s.held, p) {
		s.held = append(s.held, p)
	}
	s.mu.Unlock()
	if s.holders.Load() == 0 {
		s.flush() // Together ended meanwhile, perhaps without seeing this message
	}
	return err
}

// Together has the messages that are sent while do runs go out in one piece for each socket: few packets, and few wake-ups of the client.
// What do does must be brief.
func (s *Sockets) Together(do func()) {
	s.holders.Add(1)
	defer func() {
		if s.holders.Add(-1) == 0 {
			s.flush()
		}
	}()
	do()
}

// flush sends what is held.
func (s *Sockets) flush() {
	s.mu.Lock()
	held := s.held
	s.held = nil
	s.mu.Unlock()
	for _, p := range held {
		p.Flush()
	}
}

// Publish sends m to every subscriber of its topic, in the order of the calls. It waits for slow subscribers, but for one that reads
// nothing while there are others no longer than Courtesy: it is disconnected then.
func (s *Sockets) Publish(ctx context.Context, topic string, m *Message) error {
	frames := s.signer.Encode(m, []byte(topic))
	to := s.audience(topic)
	var full []peer
	for _, p := range to {
		if errors.Is(s.offer(p, frames), zmtp.ErrFull) { // any other error: its connection is down, the others go on
			full = append(full, p)
		}
	}
	for _, p := range full {
		s.wait(ctx, p, frames, len(to) > 1)
	}
	return nil
}

// wait sends when there is room.
func (s *Sockets) wait(ctx context.Context, p peer, frames [][]byte, company bool) {
	for read := p.Sent(); ; read = p.Sent() {
		limited, cancel := ctx, func() {}
		if company {
			limited, cancel = context.WithTimeout(ctx, s.courtesy)
		}
		err := p.SendWait(limited, frames)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			return
		}
		if p.Sent() == read {
			s.log.Warn("disconnected a client that reads nothing of what is published, since it holds up the others", "for", s.courtesy)
			p.Abort(errStalled)
			return
		}
	}
}

func (s *Sockets) audience(topic string) []peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	var to []peer
	for p, topics := range s.subscribers {
		for prefix := range topics {
			if len(topic) >= len(prefix) && topic[:len(prefix)] == prefix {
				to = append(to, p)
				break
			}
		}
	}
	return to
}

// subscribed notes a subscription. A new subscriber is greeted first, and so knows that nothing published from then on
// passes it by.
func (s *Sockets) subscribed(p peer, topic string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	topics := s.subscribers[p]
	if topics == nil {
		topics = map[string]bool{}
		s.subscribers[p] = topics
	}
	if !on {
		delete(topics, topic)
		return
	}
	s.welcome(p, topic)
	topics[topic] = true
}

func (s *Sockets) welcome(p peer, topic string) {
	m, err := s.author.New("iopub_welcome", nil, map[string]string{"subscription": topic})
	if err != nil {
		return
	}
	_ = p.Send(s.signer.Encode(m, []byte(topic))) // it is gone again, or has a full queue and needs no welcome
}

func (s *Sockets) unsubscribed(p peer) {
	s.mu.Lock()
	delete(s.subscribers, p)
	s.mu.Unlock()
}

func (s *Sockets) stdinUp(p peer) {
	s.mu.Lock()
	s.stdin[p.ID()] = p
	s.mu.Unlock()
}

func (s *Sockets) stdinDown(p peer) {
	s.mu.Lock()
	if s.stdin[p.ID()] == p {
		delete(s.stdin, p.ID())
	}
	s.mu.Unlock()
}

// receive checks frames from p and hands them on.
func (s *Sockets) receive(ch Channel, p peer, frames [][]byte, h Handler) {
	ids, m, err := s.signer.Decode(frames)
	if err != nil {
		s.drops.Warn("dropped what is no message of ours", "channel", ch, "why", err)
		return
	}
	r := &Request{Message: *m, Channel: ch, Received: time.Now(), from: p, ids: ids}
	if ch == Stdin {
		h.Input(r)
		return
	}
	h.Request(r)
}

package link_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/link/linktest"
	"github.com/gocluster/gocluster/internal/proto"
)

// ZMTP by hand.

func greeting() []byte {
	g := make([]byte, 64)
	g[0], g[9], g[10] = 0xff, 0x7f, 3
	copy(g[12:], "NULL")
	return g
}

func ready(socketType string) []byte {
	body := "\x05READY\x0bSocket-Type" + string(binary.BigEndian.AppendUint32(nil, uint32(len(socketType)))) + socketType
	return append([]byte{4, byte(len(body))}, body...)
}

func shaken() []byte { return append(greeting(), ready("DEALER")...) }

// wire returns the bytes of messages on a connection.
func wire(messages ...proto.Message) []byte {
	var b []byte
	for _, m := range messages {
		frames := proto.Encode(m)
		for i, f := range frames {
			flags := byte(2)
			if i < len(frames)-1 {
				flags |= 1
			}
			b = binary.BigEndian.AppendUint64(append(b, flags), uint64(len(f)))
			b = append(b, f...)
		}
	}
	return b
}

func hello(role proto.Role, which proto.Channel, epoch uint64) *proto.Hello {
	return &proto.Hello{Version: proto.Version, Peer: proto.PeerID{1}, Epoch: epoch, Channel: which, Role: role}
}

func announce(flags byte, size uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{flags | 2}, size)
}

// forever writes the same bytes until the other side has had enough.
func forever(c net.Conn, b []byte) {
	many := bytes.Repeat(b, 64<<10/len(b)+1)
	for {
		if _, err := c.Write(many); err != nil {
			return
		}
	}
}

// attack is what somebody does who has reached the controller's port.
type attack struct {
	name string
	// key is what the attacker authenticates with: nil for plain TCP.
	key func(a *linktest.Authority) *tls.Config
	do  func(c net.Conn)
	// deaf attackers do not even read.
	deaf bool
}

func engineKey(a *linktest.Authority) *tls.Config { return a.Client(proto.RoleEngineHost) }

// says is an attack that consists of some bytes.
func says(name string, key func(*linktest.Authority) *tls.Config, parts ...[]byte) attack {
	all := bytes.Join(parts, nil)
	return attack{name: name, key: key, do: func(c net.Conn) { _, _ = c.Write(all) }}
}

func attacks(t *testing.T) []attack {
	other := linktest.NewAuthority(t, "c1")
	engine, control := proto.RoleEngineHost, proto.Control
	list := []attack{
		says("silence", nil),
		says("plain ZMTP", nil, shaken()),
		says("HTTP", nil, []byte("GET / HTTP/1.1\r\n\r\n")),
		says("half a TLS record", nil, []byte{0x16, 3, 1, 2, 0, 1}),
		says("no key", keyless, shaken()),
		says("a key of another cluster", func(a *linktest.Authority) *tls.Config { return mixed(a, other) }, shaken()),
		says("silence with a key", engineKey),
		says("half a greeting", engineKey, greeting()[:20]),
		says("a READY that is cut", engineKey, greeting(), []byte{4, 9, 5, 'R', 'E', 'A', 'D', 'Y', 200, 1, 2}),
		says("an unknown socket type", engineKey, greeting(), ready("BOGUS")),
		says("an empty READY", engineKey, greeting(), []byte{4, 0}),
		says("no Hello", engineKey, shaken()),
		says("a frame of 2^40 bytes", engineKey, shaken(), announce(0, 1<<40)),
		says("a frame of 2^62 bytes", engineKey, shaken(), announce(0, 1<<62)),
		says("another message before Hello", engineKey, shaken(), wire(&proto.StatusRequest{})),
		says("what is no message", engineKey, shaken(), announce(0, 3), []byte{0xff, 0xff, 0xff}),
		says("another version", engineKey, shaken(), wire(&proto.Hello{Version: 99, Channel: control, Role: engine})),
		says("a client's role with an engine's key", engineKey, shaken(), wire(hello(proto.RoleClient, control, 1))),
		says("the controller's role", engineKey, shaken(), wire(hello(proto.RoleController, control, 1))),
		says("a third channel", engineKey, shaken(), wire(hello(engine, 3, 1))),
		says("one channel only", engineKey, shaken(), wire(hello(engine, control, 1))),
		says("two Hellos", engineKey, shaken(), wire(hello(engine, control, 1), hello(engine, control, 2))),
		says("a message of 2^60 bytes", engineKey, shaken(), wire(hello(engine, control, 1), &proto.Fragment{Message: 1, Sizes: []uint64{1 << 60}, Part: []byte("x")})),
		says("pieces of nothing", engineKey, shaken(), wire(hello(engine, control, 1), &proto.Fragment{Message: 1, Part: []byte("x")})),
		{name: "endless frames", key: engineKey, do: func(c net.Conn) {
			_, _ = c.Write(shaken())
			forever(c, []byte{1, 1, 'x'})
		}},
		{name: "endless messages begun", key: engineKey, do: func(c net.Conn) {
			_, _ = c.Write(append(shaken(), wire(hello(engine, control, 1))...))
			for n := uint64(1); ; n++ {
				if _, err := c.Write(wire(&proto.Fragment{Message: n, Sizes: []uint64{1 << 20}, Part: []byte("x")})); err != nil {
					return
				}
			}
		}},
		{name: "ZMTP pings, answers unread", key: engineKey, deaf: true, do: func(c net.Conn) {
			_, _ = c.Write(shaken())
			forever(c, []byte("\x04\x09\x04PING\x00\x00ab"))
		}},
		{name: "our pings, answers unread", key: engineKey, deaf: true, do: func(c net.Conn) {
			_, _ = c.Write(append(shaken(), wire(hello(engine, control, 1))...))
			forever(c, wire(&proto.Ping{}))
		}},
	}
	return list
}

// Each attack ends with the attacker's connection closed, while a well-behaved peer's round trips go on and memory stays where it was.
func TestAttacks(t *testing.T) {
	a := linktest.NewAuthority(t, "c1")
	h := newServer()
	h.message = func(p *link.Peer, m proto.Message) {
		if _, ok := m.(*proto.StatusRequest); ok {
			_ = p.Send(&proto.Status{})
		}
	}
	s := a.Listen(link.ServerConfig{
		Heartbeat: 50 * time.Millisecond, Silence: time.Second,
		Limits: link.Limits{Handshake: 500 * time.Millisecond, Stall: 500 * time.Millisecond, Queue: 4 << 20},
	}, h)
	job := startJob(t, a, s)
	for _, attack := range attacks(t) {
		t.Run(attack.name, func(t *testing.T) {
			before := heap()
			c, err := net.Dial("tcp", s.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			refused := make(chan error, 1)
			go func() { refused <- perform(a, c, attack) }()
			if err := next(t, refused); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the attacker was not refused")
			}
			if grown := heap() - before; grown > 32<<20 {
				t.Errorf("the heap has grown by %d MB", grown>>20)
			}
			job.goesOn(t)
		})
	}
}

// perform carries an attack out and waits for its end.
func perform(a *linktest.Authority, c net.Conn, attack attack) error {
	_ = c.SetDeadline(time.Now().Add(40 * time.Second))
	if attack.key != nil {
		secure := tls.Client(c, attack.key(a))
		if err := secure.Handshake(); err != nil {
			return err
		}
		c = secure
	}
	attack.do(c)
	if attack.deaf {
		return nil // forever has ended
	}
	_, err := io.Copy(io.Discard, c)
	return err
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// job is a peer that makes round trips all the time.
type job struct {
	rounds chan time.Duration // the latest
	down   chan error
}

func startJob(t *testing.T, a *linktest.Authority, s *link.Server) *job {
	mine := newClient()
	c := a.Dial(s.Addr(), proto.RoleClient, link.DialConfig{Handler: mine})
	j := &job{rounds: make(chan time.Duration), down: mine.down}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	t.Cleanup(func() { cancel(); <-ended })
	go func() {
		defer close(ended)
		for {
			start := time.Now()
			_ = c.Send(&proto.StatusRequest{})
			select {
			case <-mine.messages:
			case <-ctx.Done():
				return
			}
			select {
			case j.rounds <- time.Since(start):
			case <-ctx.Done():
				return
			}
		}
	}()
	return j
}

// goesOn checks that round trips are made, on the same connection.
func (j *job) goesOn(t *testing.T) {
	t.Helper()
	for range 10 {
		if d := next(t, j.rounds); d > 5*time.Second {
			t.Errorf("a round trip took %v", d)
		}
	}
	select {
	case err := <-j.down:
		t.Errorf("the good peer lost its connection: %v", err)
	default:
	}
}

func TestAStoppedPeerIsDropped(t *testing.T) {
	a := linktest.NewAuthority(t, "c1")
	h := newServer()
	s := a.Listen(link.ServerConfig{
		Heartbeat: 50 * time.Millisecond, Silence: 500 * time.Millisecond, Limits: link.Limits{Queue: 4 << 20},
	}, h)
	proxy := newProxy(t, s.Addr().String())
	a.Dial(proxy.ln.Addr(), proto.RoleEngineHost, link.DialConfig{Handler: newClient(), GiveUp: time.Second})
	p := next(t, h.up)
	proxy.freeze()
	full := false
	for {
		err := p.Send(&proto.Object{Data: make([]byte, 1<<20)})
		if full = full || errors.Is(err, link.ErrFull); err != nil && !errors.Is(err, link.ErrFull) {
			break
		}
		if got := p.Queued(); got > 6<<20 {
			t.Fatalf("%d bytes wait", got)
		}
	}
	if err := next(t, h.down); !errors.Is(err, link.ErrSilent) || !full {
		t.Errorf("got %v, full: %v", err, full)
	}
}

package zmtp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
)

// recorder is a Handler that hands everything to channels.
type recorder struct {
	up       chan *Peer
	messages chan received
	down     chan error
	topics   chan string
	echo     bool
}

type received struct {
	peer   *Peer
	frames [][]byte
}

func newRecorder() *recorder {
	return &recorder{make(chan *Peer, 100), make(chan received, 100), make(chan error, 100), make(chan string, 100), false}
}

func (r *recorder) Up(p *Peer)              { r.up <- p }
func (r *recorder) Down(_ *Peer, err error) { r.down <- err }
func (r *recorder) Subscribed(_ *Peer, topic []byte, on bool) {
	r.topics <- fmt.Sprintf("%s %v", topic, on)
}

func (r *recorder) Message(p *Peer, frames [][]byte) {
	if r.echo {
		_ = p.Send(frames)
		return
	}
	r.messages <- received{p, frames}
}

func next[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(time.Minute):
		buf := make([]byte, 1<<16)
		t.Fatalf("nothing came\n%s", buf[:runtime.Stack(buf, true)])
	}
	panic("unreachable")
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func serve(t *testing.T, typ SocketType, h Handler, o Options) *Server {
	t.Helper()
	s, err := Serve(t.Context(), listen(t), typ, h, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the server: %v", err)
		}
	})
	return s
}

func text(frames [][]byte) string {
	var parts []string
	for _, f := range frames {
		parts = append(parts, string(f))
	}
	return strings.Join(parts, "|")
}

func frames(parts ...string) [][]byte {
	var out [][]byte
	for _, p := range parts {
		out = append(out, []byte(p))
	}
	return out
}

func TestADealerAndARouterTalk(t *testing.T) {
	h, mine := newRecorder(), newRecorder()
	s := serve(t, Router, h, Options{})
	p, err := Dial(t.Context(), s.Addr().String(), mine, Options{Identity: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	if got := next(t, h.up).ID(); got != "alice" {
		t.Errorf("got identity %q", got)
	}
	big := strings.Repeat("x", 3<<20)
	for _, m := range []string{"one", "", big} {
		if err := p.Send(frames("head", m)); err != nil {
			t.Fatal(err)
		}
		if got := text(next(t, h.messages).frames); got != "head|"+m {
			t.Errorf("got %.40q, want head|%.40s", got, m)
		}
	}
	if err := s.Send("alice", frames("back")); err != nil {
		t.Fatal(err)
	}
	if got := text(next(t, mine.messages).frames); got != "back" {
		t.Errorf("got %q", got)
	}
	if err := s.Send("bob", frames("x")); !errors.Is(err, ErrUnknown) {
		t.Errorf("to an unknown peer: got %v", err)
	}
	p.Close(nil)
	if err := next(t, h.down); !errors.Is(err, io.EOF) {
		t.Errorf("the server saw %v, want the end", err)
	}
	<-p.Done()
}

func TestCloseSendsWhatIsQueued(t *testing.T) {
	h := newRecorder()
	s := serve(t, Router, h, Options{})
	p, err := Dial(t.Context(), s.Addr().String(), newRecorder(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if err := p.Send(frames(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	p.Close(nil)
	for i := range 50 {
		if got := text(next(t, h.messages).frames); got != fmt.Sprint(i) {
			t.Fatalf("message %d: got %q", i, got)
		}
	}
}

func TestTheNewestOfTwoWithOneIdentityWins(t *testing.T) {
	h := newRecorder()
	s := serve(t, Router, h, Options{})
	first, second := newRecorder(), newRecorder()
	if _, err := Dial(t.Context(), s.Addr().String(), first, Options{Identity: "x"}); err != nil {
		t.Fatal(err)
	}
	next(t, h.up)
	if _, err := Dial(t.Context(), s.Addr().String(), second, Options{Identity: "x"}); err != nil {
		t.Fatal(err)
	}
	if err := next(t, h.down); !errors.Is(err, ErrReplaced) {
		t.Errorf("got %v, want %v", err, ErrReplaced)
	}
	next(t, first.down)
	next(t, h.up)
	if err := s.Send("x", frames("hello")); err != nil {
		t.Fatal(err)
	}
	if got := text(next(t, second.messages).frames); got != "hello" {
		t.Errorf("got %q", got)
	}
}

func TestAQueueIsBoundedInBytes(t *testing.T) {
	h := newRecorder()
	s := serve(t, Router, h, Options{Limits: Limits{Queue: 1 << 20, Linger: time.Millisecond}})
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	shake(t, c, "DEALER", "")
	p := next(t, h.up)
	chunk := frames(strings.Repeat("x", 100<<10))
	var full error
	for range 1000 {
		if full = p.Send(chunk); full != nil {
			break
		}
	}
	if !errors.Is(full, ErrFull) {
		t.Fatalf("a peer that does not read: got %v, want ErrFull", full)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.SendWait(ctx, chunk); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	waited := make(chan error, 1)
	go func() { waited <- p.SendWait(t.Context(), chunk) }()
	go func() { _, _ = io.Copy(io.Discard, c) }()
	if err := next(t, waited); err != nil {
		t.Errorf("once it reads: %v", err)
	}
}

func TestForeignSocketsAreUnderstood(t *testing.T) {
	t.Run("sub", func(t *testing.T) {
		h := newRecorder()
		s := serve(t, XPub, h, Options{})
		sub := zmq4.NewSub(t.Context())
		defer sub.Close()
		if err := sub.Dial("tcp://" + s.Addr().String()); err != nil {
			t.Fatal(err)
		}
		if err := sub.SetOption(zmq4.OptionSubscribe, "news"); err != nil {
			t.Fatal(err)
		}
		p := next(t, h.up)
		if got := next(t, h.topics); got != "news true" {
			t.Errorf("got %q", got)
		}
		if p.Subscribed([]byte("other")) || !p.Subscribed([]byte("news.today")) {
			t.Error("a subscription is a prefix")
		}
		if err := p.Send(frames("news.today", "rain")); err != nil {
			t.Fatal(err)
		}
		if m, err := sub.Recv(); err != nil || text(m.Frames) != "news.today|rain" {
			t.Errorf("got %v, %v", m, err)
		}
	})
	t.Run("req", func(t *testing.T) {
		h := newRecorder()
		h.echo = true
		s := serve(t, Rep, h, Options{})
		req := zmq4.NewReq(t.Context())
		defer req.Close()
		if err := req.Dial("tcp://" + s.Addr().String()); err != nil {
			t.Fatal(err)
		}
		if err := req.Send(zmq4.NewMsgString("ping")); err != nil {
			t.Fatal(err)
		}
		if m, err := req.Recv(); err != nil || text(m.Frames) != "ping" {
			t.Errorf("got %v, %v", m, err)
		}
	})
}

func greeting() []byte {
	g := make([]byte, greetingSize)
	g[0], g[9], g[10] = 0xff, 0x7f, 3
	copy(g[12:], "NULL")
	return g
}

func ready(socketType, identity string) []byte {
	body := []byte("\x05READY")
	for _, kv := range [][2]string{{"Socket-Type", socketType}, {"Identity", identity}} {
		body = append(body, byte(len(kv[0])))
		body = append(body, kv[0]...)
		body = binary.BigEndian.AppendUint32(body, uint32(len(kv[1])))
		body = append(body, kv[1]...)
	}
	return append([]byte{flagCommand, byte(len(body))}, body...)
}

// shake does a handshake by hand.
func shake(t *testing.T, c net.Conn, socketType, identity string) {
	t.Helper()
	if _, err := c.Write(append(greeting(), ready(socketType, identity)...)); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, greetingSize+2)
	if _, err := io.ReadFull(c, head); err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, c, int64(head[greetingSize+1])); err != nil {
		t.Fatal(err)
	}
}

func long(flags byte, size uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{flags | flagLong}, size)
}

// Each attack must end with the attacker refused, while a well-behaved peer goes on and memory stays where it was.
func TestAttacks(t *testing.T) {
	ping := func(n int) []byte {
		body := append([]byte(pingCommand), make([]byte, n)...)
		return append([]byte{flagCommand, byte(len(body))}, body...)
	}
	for _, a := range []struct {
		name  string
		shake bool
		send  func(c net.Conn) error
	}{
		{"a frame of 2^40 bytes", true, func(c net.Conn) error { _, err := c.Write(long(0, 1<<40)); return err }},
		{"a frame of 2^62 bytes", true, func(c net.Conn) error { _, err := c.Write(long(0, 1<<62)); return err }},
		{"a frame of 2^64-1 bytes", true, func(c net.Conn) error { _, err := c.Write(long(0, 1<<64-1)); return err }},
		{"endless frames of a message", true, func(c net.Conn) error { return flood(c, []byte{flagMore, 1, 'x'}) }},
		{"endless empty frames of a message", true, func(c net.Conn) error { return flood(c, []byte{flagMore, 0}) }},
		{"reserved flags", true, func(c net.Conn) error { _, err := c.Write([]byte{0xf0, 1, 1}); return err }},
		{"a command of many frames", true, func(c net.Conn) error { _, err := c.Write([]byte{flagCommand | flagMore, 1, 1}); return err }},
		{"a huge command", true, func(c net.Conn) error { _, err := c.Write(long(flagCommand, 1<<40)); return err }},
		{"a long PING", true, func(c net.Conn) error { _, err := c.Write(ping(100)); return err }},
		{"a short PING", true, func(c net.Conn) error { _, err := c.Write(ping(0)); return err }},
		{"an unknown socket type", false, func(c net.Conn) error { _, err := c.Write(append(greeting(), ready("BOGUS", "")...)); return err }},
		{"an incompatible socket type", false, func(c net.Conn) error { _, err := c.Write(append(greeting(), ready("PULL", "")...)); return err }},
		{"a READY that is cut", false, func(c net.Conn) error {
			_, err := c.Write(append(greeting(), flagCommand, 9, 5, 'R', 'E', 'A', 'D', 'Y', 200, 1, 2))
			return err
		}},
		{"an empty READY", false, func(c net.Conn) error { _, err := c.Write(append(greeting(), flagCommand, 0)); return err }},
		{"endless commands in the handshake", false, func(c net.Conn) error {
			if _, err := c.Write(greeting()); err != nil {
				return err
			}
			return flood(c, append([]byte{flagCommand, 7}, "\x06NOTHIN"...))
		}},
		{"a message before READY", false, func(c net.Conn) error { _, err := c.Write(append(greeting(), 0, 1, 'x')); return err }},
		{"HTTP", false, func(c net.Conn) error {
			_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"+strings.Repeat(" ", 100))
			return err
		}},
		{"silence", false, func(net.Conn) error { return nil }},
		{"half a greeting", false, func(c net.Conn) error { _, err := c.Write(greeting()[:20]); return err }},
		{"half a frame", true, func(c net.Conn) error { _, err := c.Write([]byte{0, 100, 'x'}); return err }},
		{"half a message", true, func(c net.Conn) error { _, err := c.Write([]byte{flagMore, 1, 'x'}); return err }},
	} {
		t.Run(a.name, func(t *testing.T) {
			h := newRecorder()
			h.echo = true
			s := serve(t, Router, h, Options{Limits: Limits{Handshake: time.Second, Stall: time.Second}})
			good := newRecorder()
			p, err := Dial(t.Context(), s.Addr().String(), good, Options{Identity: "good"})
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			c, err := net.Dial("tcp", s.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if a.shake {
				shake(t, c, "DEALER", "bad")
			}
			_ = a.send(c)
			_ = c.SetReadDeadline(time.Now().Add(40 * time.Second))
			if _, err := io.Copy(io.Discard, c); errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
				t.Error("the attacker was not refused")
			}
			runtime.ReadMemStats(&after)
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
				t.Errorf("%d MB were allocated", grown>>20)
			}
			if err := p.Send(frames("still there")); err != nil {
				t.Fatal(err)
			}
			if got := text(next(t, good.messages).frames); got != "still there" {
				t.Errorf("got %q", got)
			}
		})
	}
}

func isTimeout(err error) bool {
	var netErr net.Error
	return errors.As(err, &netErr) && netErr.Timeout()
}

// flood writes the same bytes until the other side has had enough.
func flood(c net.Conn, b []byte) error {
	many := []byte(strings.Repeat(string(b), 1000))
	for range 10_000 {
		if _, err := c.Write(many); err != nil {
			return err
		}
	}
	return nil
}

func TestAFloodOfPingsQueuesNothing(t *testing.T) {
	h := newRecorder()
	s := serve(t, Router, h, Options{})
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	shake(t, c, "DEALER", "")
	p := next(t, h.up)
	one := append([]byte{flagCommand, 9}, pingCommand+"\x00\x00ab"...)
	many := []byte(strings.Repeat(string(one), 10_000))
	// Nobody reads the answers: the writer stalls at some point, and what waits must still be a single PONG.
	for range 50 {
		_ = c.SetWriteDeadline(time.Now().Add(5 * time.Second))
		if _, err := c.Write(many); err != nil {
			break
		}
	}
	if got := p.Queued(); got > 1000 {
		t.Errorf("%d bytes wait", got)
	}
}

func TestManySilentConnectionsDoNotKeepOthersOut(t *testing.T) {
	h := newRecorder()
	s := serve(t, Router, h, Options{Limits: Limits{Pending: 16}})
	for range 64 {
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	if _, err := Dial(t.Context(), s.Addr().String(), newRecorder(), Options{Identity: "good"}); err != nil {
		t.Fatal(err)
	}
	if got := next(t, h.up).ID(); got != "good" {
		t.Errorf("got %q", got)
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte{0, 1, 'x'}, true)
	f.Add(long(0, 1<<40), true)
	f.Add(append(greeting(), ready("DEALER", "x")...), false)
	f.Fuzz(func(t *testing.T, data []byte, shaken bool) {
		ours, theirs := net.Pipe()
		if shaken {
			data = append(append(greeting(), ready("DEALER", "")...), data...)
		}
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		go func() {
			_, _ = theirs.Write(data)
			_ = theirs.Close()
		}()
		p, err := open(t.Context(), ours, zmq4.Router, true, Options{}.withDefaults(), &budget{max: 16 << 20})
		if err != nil {
			return
		}
		for err == nil {
			_, err = p.receive()
		}
		_ = ours.Close()
	})
}

func BenchmarkMessages64B(b *testing.B) {
	h := newRecorder()
	count := make(chan struct{})
	n := 0
	counting := counter{h, func() {
		if n++; n == b.N {
			close(count)
		}
	}}
	s, err := Serve(b.Context(), func() net.Listener { ln, _ := net.Listen("tcp", "127.0.0.1:0"); return ln }(), Router, counting, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	p, err := Dial(b.Context(), s.Addr().String(), newRecorder(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	msg := [][]byte{make([]byte, 64)}
	b.ResetTimer()
	for range b.N {
		if err := p.SendWait(b.Context(), msg); err != nil {
			b.Fatal(err)
		}
	}
	<-count
}

type counter struct {
	*recorder
	count func()
}

func (c counter) Message(*Peer, [][]byte) { c.count() }

package zmtp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/group"
)

// raw connects and shakes hands by hand.
func raw(t *testing.T, s *Server, socketType string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	shake(t, c, socketType, "")
	return c
}

func TestAPeerThatStopsReadingIsDropped(t *testing.T) {
	for _, direct := range []bool{false, true} {
		t.Run(fmt.Sprintf("direct %v", direct), func(t *testing.T) { testDropped(t, direct) })
	}
}

func testDropped(t *testing.T, direct bool) {
	h := newRecorder()
	s := serve(t, Router, h, Options{Direct: direct, Limits: Limits{Queue: 1 << 20, Stall: 200 * time.Millisecond}})
	raw(t, s, "DEALER")
	stopped := next(t, h.up)
	good := newRecorder()
	if _, err := Dial(t.Context(), s.Addr().String(), good, Options{Identity: "good"}); err != nil {
		t.Fatal(err)
	}
	next(t, h.up)
	for n := 0; ; n++ {
		size := []int{300 << 10, 10 << 10}[n%2]
		if err := stopped.SendWait(t.Context(), frames(strings.Repeat("x", size))); err != nil {
			break
		}
		if got := stopped.Queued(); got > 2<<20 {
			t.Fatalf("%d bytes wait", got)
		}
		if err := s.Send("good", frames("tick")); err != nil {
			t.Fatal(err)
		}
		next(t, good.messages)
	}
	if err := next(t, h.down); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want a timeout", err)
	}
}

func TestARequesterThatDoesNotReadHoldsUpNobody(t *testing.T) {
	h := newRecorder()
	h.echo = true
	s := serve(t, Rep, h, Options{Limits: Limits{Queue: 1 << 20, Stall: 500 * time.Millisecond}})
	bad := raw(t, s, "REQ")
	go func() {
		request := append([]byte{flagMore, 0}, long(0, 1<<20)...)
		request = append(request, make([]byte, 1<<20)...)
		for {
			if _, err := bad.Write(request); err != nil {
				return
			}
		}
	}()
	next(t, h.up)
	good := raw(t, s, "REQ")
	answer := make([]byte, 7)
	for range 1000 {
		if _, err := good.Write([]byte("\x01\x00\x00\x03abc")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(good, answer); err != nil || string(answer) != "\x01\x00\x00\x03abc" {
			t.Fatalf("got %q, %v", answer, err)
		}
	}
}

func TestASlowSubscriberCostsTheOthersNothing(t *testing.T) {
	h := newRecorder()
	s := serve(t, XPub, h, Options{Limits: Limits{Queue: 1 << 20}})
	slow, good := raw(t, s, "SUB"), raw(t, s, "SUB")
	// Pings before and after change nothing for subscriptions.
	ping := string([]byte{flagCommand, 7}) + pingCommand + "\x00\x00"
	for _, c := range []net.Conn{slow, good} {
		if _, err := io.WriteString(c, strings.Repeat(ping, 20)+"\x00\x01\x01"); err != nil {
			t.Fatal(err)
		}
		next(t, h.topics)
	}
	const n, size = 200, 1 << 20
	done := make(chan error, 1)
	go func() {
		_, err := io.CopyN(io.Discard, good, n*size)
		done <- err
	}()
	dropped := 0
	for range n {
		for _, p := range s.Peers() {
			m := frames(strings.Repeat("x", size))
			if p.RemoteAddr().String() == good.LocalAddr().String() {
				if err := p.SendWait(t.Context(), m); err != nil {
					t.Fatal(err)
				}
			} else if err := p.Send(m); errors.Is(err, ErrFull) {
				dropped++
			}
			if got := p.Queued(); got > 3<<20 {
				t.Fatalf("%d bytes wait", got)
			}
		}
	}
	if err := next(t, done); err != nil {
		t.Fatal(err)
	}
	if dropped == 0 {
		t.Error("nothing was dropped for the slow one")
	}
}

func TestSubscriptionsComeAsCommandsToo(t *testing.T) {
	h := newRecorder()
	s := serve(t, XPub, h, Options{Limits: Limits{Topics: 3}})
	c := raw(t, s, "SUB")
	command := func(name, topic string) string {
		return string([]byte{flagCommand, byte(len(name) + len(topic))}) + name + topic
	}
	p := next(t, h.up)
	for _, step := range []struct{ send, event string }{
		{command(subscribeName, "a"), "a true"},
		{command(subscribeName, "a"), "a true"},
		{command(cancelName, "a"), "a false"},
		{command(cancelName, "never"), "never false"},
		{"\x00\x02\x01b", "b true"},
		{command(cancelName, "b"), "b false"},
	} {
		if _, err := io.WriteString(c, step.send); err != nil {
			t.Fatal(err)
		}
		if got := next(t, h.topics); got != step.event {
			t.Errorf("got %q, want %q", got, step.event)
		}
	}
	if !p.Subscribed([]byte("abc")) || p.Subscribed([]byte("b")) {
		t.Error("subscribed twice and cancelled once is subscribed; subscribed and cancelled is not")
	}
	for i := range 10 {
		_, _ = io.WriteString(c, command(subscribeName, fmt.Sprint(i)))
	}
	if err := next(t, h.down); !errors.Is(err, ErrLimit) {
		t.Errorf("too many topics: got %v", err)
	}
}

func TestAllPeersTogetherAreBounded(t *testing.T) {
	h := newRecorder()
	s := serve(t, Router, h, Options{Limits: Limits{Frame: 8 << 20, Arriving: 20 << 20}})
	conns := make([]net.Conn, 3)
	for i := range conns {
		conns[i] = raw(t, s, "DEALER")
		next(t, h.up)
		if _, err := conns[i].Write(long(0, 8<<20)); err != nil {
			t.Fatal(err)
		}
		if i == 2 {
			break
		}
		if _, err := conns[i].Write(make([]byte, 1<<20)); err != nil { // has been seen once this is through
			t.Fatal(err)
		}
	}
	if err := next(t, h.down); !errors.Is(err, ErrLimit) {
		t.Errorf("got %v, want %v", err, ErrLimit)
	}
	// What has arrived no longer counts.
	for _, c := range conns {
		_, _ = c.Write(make([]byte, 7<<20))
	}
	next(t, h.messages)
	next(t, h.messages)
	c := raw(t, s, "DEALER")
	if _, err := c.Write(append(long(0, 8<<20), make([]byte, 8<<20)...)); err != nil {
		t.Fatal(err)
	}
	if got := next(t, h.messages); len(got.frames[0]) != 8<<20 {
		t.Errorf("got %d bytes", len(got.frames[0]))
	}
}

type panicking struct{ *recorder }

func (p panicking) Message(*Peer, [][]byte) { panic("oh") }

func TestAHandlersPanicCostsOnePeer(t *testing.T) {
	h := panicking{newRecorder()}
	s := serve(t, Router, h, Options{})
	c := raw(t, s, "DEALER")
	raw(t, s, "DEALER")
	next(t, h.up)
	next(t, h.up)
	if _, err := io.WriteString(c, "\x00\x01x"); err != nil {
		t.Fatal(err)
	}
	var panicked *group.PanicError
	if err := next(t, h.down); !errors.As(err, &panicked) || panicked.Value != "oh" {
		t.Errorf("got %v", err)
	}
	if got := len(s.Peers()); got != 1 {
		t.Errorf("%d peers are left, want 1", got)
	}
}

// exhausted is a listener that at first has no descriptors.
type exhausted struct {
	net.Listener
	failures atomic.Int32
}

func (l *exhausted) Accept() (net.Conn, error) {
	if l.failures.Add(1) <= 3 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

func TestAcceptingGoesOnWhenDescriptorsRanOut(t *testing.T) {
	ln := &exhausted{Listener: listen(t)}
	h := newRecorder()
	s, err := Serve(t.Context(), ln, Router, h, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	raw(t, s, "DEALER")
	next(t, h.up)
	// It must wait between tries, not spin.
	if got := ln.failures.Load(); got > 10 {
		t.Errorf("accept was called %d times", got)
	}
}

func TestEmptyMessagesAreRefused(t *testing.T) {
	h := newRecorder()
	s := serve(t, Router, h, Options{})
	raw(t, s, "DEALER")
	p := next(t, h.up)
	for name, err := range map[string]error{
		"Send": p.Send(nil), "SendWait": p.SendWait(t.Context(), nil), "SendBatch": p.SendBatch([][][]byte{frames("a"), nil}),
	} {
		if !errors.Is(err, ErrEmpty) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

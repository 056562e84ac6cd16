package link_test

import (
	"sync/atomic"
	"testing"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/link/linktest"
	"github.com/gocluster/gocluster/internal/proto"
)

// count calls done when n messages have come.
func count(h *server, n int, done chan<- struct{}) {
	var got atomic.Int64
	h.message = func(*link.Peer, proto.Message) {
		if got.Add(1) == int64(n) {
			done <- struct{}{}
		}
	}
}

func BenchmarkSmallMessages(b *testing.B) {
	a, h, done := linktest.NewAuthority(b, "c1"), newServer(), make(chan struct{}, 1)
	count(h, b.N, done)
	s := a.Listen(link.ServerConfig{}, h)
	c := a.Dial(s.Addr(), proto.RoleEngineHost, link.DialConfig{Handler: newClient()})
	m := &proto.TaskStarted{Task: 1 << 20, Attempt: 1}
	b.ResetTimer()
	for range b.N {
		if err := c.SendWait(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
	<-done
}

func BenchmarkRoundTrip(b *testing.B) {
	a, h, mine := linktest.NewAuthority(b, "c1"), newServer(), newClient()
	h.message = func(p *link.Peer, m proto.Message) { _ = p.Send(m) }
	s := a.Listen(link.ServerConfig{}, h)
	c := a.Dial(s.Addr(), proto.RoleEngineHost, link.DialConfig{Handler: mine})
	m := &proto.TaskStarted{Task: 1 << 20, Attempt: 1}
	b.ResetTimer()
	for range b.N {
		if err := c.Send(m); err != nil {
			b.Fatal(err)
		}
		<-mine.messages
	}
}

func BenchmarkObject100MB(b *testing.B) {
	a, h, done := linktest.NewAuthority(b, "c1"), newServer(), make(chan struct{}, 1)
	count(h, b.N, done)
	s := a.Listen(link.ServerConfig{}, h)
	c := a.Dial(s.Addr(), proto.RoleClient, link.DialConfig{Handler: newClient()})
	m := &proto.Object{Data: make([]byte, 100<<20)}
	b.SetBytes(int64(len(m.Data)))
	b.ResetTimer()
	for range b.N {
		if err := c.SendWait(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
	<-done
}

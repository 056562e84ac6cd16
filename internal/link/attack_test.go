package link_test

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/link/linktest"
	"github.com/gocluster/gocluster/internal/proto"
)

// Each attack ends with the attacker's connection closed, while a well-behaved peer's round trips go on and memory stays where it was.
func TestAttacks(t *testing.T) {
	t.Run("TCP", func(t *testing.T) { testAttacks(t, nil) })
	t.Run("ipc", func(t *testing.T) { testAttacks(t, unixSocket(t)) })
}

// testAttacks attacks the port of a server, or its Unix socket, while a well-behaved peer has the same.
func testAttacks(t *testing.T, local net.Listener) {
	a := linktest.NewAuthority(t, "c1")
	h := newServer()
	h.message = func(p *link.Peer, m proto.Message) {
		if _, ok := m.(*proto.StatusRequest); ok {
			_ = p.Send(&proto.Status{})
		}
	}
	s := a.Listen(link.ServerConfig{
		Heartbeat: 50 * time.Millisecond, Silence: time.Second, Local: local,
		Limits: link.Limits{Handshake: 500 * time.Millisecond, Stall: 500 * time.Millisecond, Queue: 4 << 20},
	}, h)
	target := s.Addr()
	if local != nil {
		target = local.Addr()
	}
	job := startJob(t, a, s.Addr(), pathOf(local))
	for _, attack := range linktest.Attacks(a) {
		t.Run(attack.Name, func(t *testing.T) {
			before := heap()
			c, err := net.Dial(target.Network(), target.String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			refused := make(chan error, 1)
			go func() { refused <- attack.Perform(c) }()
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

func startJob(t *testing.T, a *linktest.Authority, addr net.Addr, local string) *job {
	mine := newClient()
	c := a.Dial(addr, proto.RoleClient, link.DialConfig{Handler: mine, Local: local})
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

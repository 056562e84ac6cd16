package link_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/link/linktest"
	"github.com/gocluster/gocluster/internal/proto"
)

// inMemory runs f with a server and one peer of it on a network without a kernel, in synthetic time.
func inMemory(t *testing.T, scfg link.ServerConfig, dcfg link.DialConfig, f func(t *testing.T, n *network)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := &network{Memory: linktest.NewMemory(), h: newServer(), mine: newClient()}
		n.a = linktest.NewAuthority(t, "c1")
		scfg.Listener = n.Memory
		n.s = n.a.Listen(scfg, n.h)
		dcfg.Handler, dcfg.DialFunc = n.mine, n.Memory.Dial
		n.c = n.a.Dial(n.Addr(), proto.RoleEngineHost, dcfg)
		n.p = next(t, n.h.up)
		next(t, n.mine.up)
		f(t, n)
	})
}

type network struct {
	*linktest.Memory
	a    *linktest.Authority
	h    *server
	s    *link.Server
	p    *link.Peer
	mine *client
	c    *link.Conn
}

func TestAnIdleLinkStays(t *testing.T) {
	inMemory(t, link.ServerConfig{}, link.DialConfig{}, func(t *testing.T, n *network) {
		select {
		case err := <-n.h.down:
			t.Errorf("the controller dropped the peer: %v", err)
		case err := <-n.mine.down:
			t.Errorf("the peer dropped the controller: %v", err)
		case <-time.After(time.Hour):
		}
	})
}

func TestSilenceEndsALink(t *testing.T) {
	const heartbeat, silence, giveUp = 2 * time.Second, 8 * time.Second, time.Minute
	inMemory(t, link.ServerConfig{Heartbeat: heartbeat, Silence: silence}, link.DialConfig{GiveUp: giveUp}, func(t *testing.T, n *network) {
		start := time.Now()
		n.Freeze()
		_ = n.Close()
		if err := <-n.h.down; !errors.Is(err, link.ErrSilent) {
			t.Errorf("the controller: got %v", err)
		}
		if err := <-n.mine.down; !errors.Is(err, link.ErrSilent) {
			t.Errorf("the peer: got %v", err)
		}
		if d := time.Since(start); d < silence-heartbeat || d > silence+2*heartbeat {
			t.Errorf("it took %v", d)
		}
		if err := n.c.Send(&proto.HostStats{}); !errors.Is(err, link.ErrDown) {
			t.Errorf("while it is down: got %v", err)
		}
		start = time.Now()
		if err := <-n.mine.final; !errors.Is(err, link.ErrGaveUp) || !errors.Is(err, link.ErrNobody) {
			t.Errorf("got %v", err)
		}
		if d := time.Since(start); d != giveUp {
			t.Errorf("it gave up after %v, not %v", d, giveUp)
		}
	})
}

func TestAHandlerThatTakesItsTimeIsNotSilence(t *testing.T) {
	inMemory(t, link.ServerConfig{}, link.DialConfig{}, func(t *testing.T, n *network) {
		n.h.message = func(*link.Peer, proto.Message) { <-time.After(time.Hour) }
		start := time.Now()
		if err := n.c.Send(&proto.HostStats{}); err != nil {
			t.Fatal(err)
		}
		// The peer hears the controller's pings all the time, the controller reads no pong for an hour.
		select {
		case err := <-n.h.down:
			t.Errorf("dropped after %v: %v", time.Since(start), err)
		case <-time.After(2 * time.Hour):
		}
	})
}

func TestAPeerComesBackAsSoonAsThereIsAController(t *testing.T) {
	inMemory(t, link.ServerConfig{}, link.DialConfig{Backoff: link.Backoff{Min: time.Second, Max: 10 * time.Second}}, func(t *testing.T, n *network) {
		start := time.Now()
		for range 5 {
			n.Cut()
			if err := <-n.mine.down; errors.Is(err, link.ErrClosed) {
				t.Errorf("got %v", err)
			}
			<-n.h.down
			<-n.mine.up
			<-n.h.up
		}
		if d := time.Since(start); d < 5*time.Second/2 || d > 10*time.Second {
			t.Errorf("5 times took %v", d)
		}
	})
}

func TestAConnectionThatIsNotCompletedIsDropped(t *testing.T) {
	inMemory(t, link.ServerConfig{Limits: link.Limits{Handshake: time.Minute}}, link.DialConfig{}, func(t *testing.T, n *network) {
		c, err := n.Memory.Dial(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("the server spoke first")
		}
		if d := time.Since(start); d < time.Minute || d > time.Minute+10*time.Second {
			t.Errorf("it took %v", d)
		}
	})
}

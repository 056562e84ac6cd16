package link_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/link/linktest"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/zmtp"
)

// unixSocket listens on a Unix socket; nil where the system has no local connections.
func unixSocket(t *testing.T) net.Listener {
	t.Helper()
	if !zmtp.LocalWorks {
		return nil
	}
	dir, err := os.MkdirTemp("", "l") // a test's own has too long a path on some systems
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	ln, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func pathOf(ln net.Listener) string {
	if ln == nil {
		return ""
	}
	return ln.Addr().String()
}

// isLocal reports whether a peer has come over a Unix socket.
func isLocal(p *link.Peer) bool { return p.RemoteAddr().Network() == "unix" }

func TestPeersOfThisMachineComeOverAUnixSocket(t *testing.T) {
	ln := unixSocket(t)
	a := linktest.NewAuthority(t, "c1")
	h := newServer()
	s := a.Listen(link.ServerConfig{Local: ln}, h)
	for _, role := range []proto.Role{proto.RoleClient, proto.RoleEngineHost} {
		mine := newClient()
		c := a.Dial(s.Addr(), role, link.DialConfig{Handler: mine, Local: pathOf(ln), Name: "host7"})
		p := next(t, h.up)
		if isLocal(p) != zmtp.LocalWorks || p.Role() != role || p.Name() != "host7" || p.ID() != c.Peer() || len(p.Certificates()) != 2 {
			t.Errorf("%v: got %v %q from %v", role, p.Role(), p.Name(), p.RemoteAddr())
		}
		if got := next(t, mine.up).Cluster; got != "c1" {
			t.Errorf("welcomed to %q", got)
		}
		for _, size := range []int{0, 511, 1 << 20, 9<<20 + 5} {
			if err := c.SendWait(t.Context(), &proto.Object{Data: make([]byte, size)}); err != nil {
				t.Fatal(err)
			}
			if got, ok := next(t, h.messages).(*proto.Object); !ok || len(got.Data) != size {
				t.Errorf("%d bytes did not arrive", size)
			}
		}
	}
}

func TestWhoIsRefusedOverAUnixSocketIsToldWhy(t *testing.T) {
	ln := unixSocket(t)
	a := linktest.NewAuthority(t, "c1")
	s := a.Listen(link.ServerConfig{Local: ln}, newServer())
	_, err := link.Dial(t.Context(), link.DialConfig{
		Addrs: []string{s.Addr().String()}, Local: pathOf(ln), TLS: a.Client(proto.RoleEngineHost), Role: proto.RoleClient, Handler: newClient(),
	})
	if !errors.Is(err, link.ErrRefused) {
		t.Errorf("an engine's certificate used by a client: %v", err)
	}
}

// What the Unix socket of a connection file leads to elsewhere is no concern of the user's.
func TestWhereTheUnixSocketDoesNotLeadToTheControllerTCPDoes(t *testing.T) {
	a, other := linktest.NewAuthority(t, "c1"), linktest.NewAuthority(t, "c1")
	h := newServer()
	s := a.Listen(link.ServerConfig{}, h)
	theirs, deaf, plain := unixSocket(t), unixSocket(t), unixSocket(t)
	other.Listen(link.ServerConfig{Local: theirs}, newServer())
	if plain != nil {
		newProxyOn(t, plain, "tcp", s.Addr().String())
		t.Cleanup(func() { _ = deaf.Close() }) // nobody accepts there
	}
	for name, path := range map[string]string{
		"there is none":                        filepath.Join(t.TempDir(), "none"),
		"a file":                               os.Args[0],
		"a path that is too long":              "/" + string(make([]byte, 300)),
		"another cluster's":                    pathOf(theirs),
		"one that leads to the port":           pathOf(plain),
		"one that somebody has, and is silent": pathOf(deaf),
	} {
		t.Run(name, func(t *testing.T) {
			c := a.Dial(s.Addr(), proto.RoleClient, link.DialConfig{Handler: newClient(), Local: path})
			if p := next(t, h.up); isLocal(p) || p.ID() != c.Peer() {
				t.Errorf("got %v from %v", p.ID(), p.RemoteAddr())
			}
		})
	}
	_, err := link.Dial(t.Context(), link.DialConfig{
		Addrs: []string{s.Addr().String()}, Local: pathOf(theirs), TLS: other.Client(proto.RoleClient), Role: proto.RoleEngineHost, Handler: newClient(),
	})
	if zmtp.LocalWorks && !errors.Is(err, link.ErrRefused) {
		t.Errorf("a refusal over the Unix socket: %v", err)
	}
}

func TestAConnComesBackOverTheUnixSocket(t *testing.T) {
	direct, through := unixSocket(t), unixSocket(t)
	if direct == nil {
		return
	}
	a := linktest.NewAuthority(t, "c1")
	h, mine := newServer(), newClient()
	s := a.Listen(link.ServerConfig{Local: direct}, h)
	proxy := newProxyOn(t, through, "unix", pathOf(direct))
	a.Dial(s.Addr(), proto.RoleEngineHost, link.DialConfig{Handler: mine, Local: pathOf(through), Backoff: link.Backoff{Min: time.Millisecond}})
	first := next(t, h.up)
	proxy.cut()
	next(t, mine.down)
	next(t, h.down)
	second := next(t, h.up)
	if first == second || first.ID() != second.ID() || !isLocal(first) || !isLocal(second) {
		t.Errorf("got the peers %v and %v", first.ID(), second.ID())
	}
}

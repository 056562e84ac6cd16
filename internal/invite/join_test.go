package invite

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
)

// patience bounds every wait: who hits it has hung.
const patience = 30 * time.Second

// controller is a desk behind a controller's port.
type controller struct {
	*Desk
	server *link.Server
	up     chan *link.Peer
	ahead  atomic.Int64 // nanoseconds, of its clock
}

func (c *controller) Up(p *link.Peer)                   { c.up <- p }
func (c *controller) Message(*link.Peer, proto.Message) {}
func (c *controller) Down(*link.Peer, error)            {}

func newAuthority(t *testing.T) *profiles.Authority {
	t.Helper()
	a, err := profiles.NewAuthority(profiles.NewClusterID("lab"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func listen(t *testing.T) *controller {
	t.Helper()
	a := newAuthority(t)
	c := &controller{Desk: NewDesk(a, nil), up: make(chan *link.Peer, 10)}
	c.now = func() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }
	var err error
	c.server, err = link.Listen(t.Context(), "127.0.0.1:0", link.ServerConfig{TLS: a.ControllerTLS(), Cluster: a.Cluster(), Join: c.Serve}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.server.Close() })
	c.Announce([]string{c.server.Addr().String()})
	return c
}

func (c *controller) invite(t *testing.T, good time.Duration, hosts int) *Token {
	t.Helper()
	tok, err := c.Invite(good, hosts)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func join(t *testing.T, tok *Token, g Guest) (*Joined, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return Join(ctx, tok, g)
}

// silent is a peer that does not listen.
type silent struct{}

func (silent) Up(proto.Welcome)      {}
func (silent) Message(proto.Message) {}
func (silent) Down(error, bool)      {}

// connect connects as a peer of a role with what a host was given.
func connect(t *testing.T, conn *profiles.ConnFile, role proto.Role) error {
	t.Helper()
	cfg, err := conn.ClientTLS()
	if err != nil {
		t.Fatal(err)
	}
	l, err := link.Dial(t.Context(), link.DialConfig{Addrs: conn.Addrs, TLS: cfg, Role: role, Handler: silent{}})
	if err == nil {
		_ = l.Close("done")
	}
	return err
}

func TestAHostThatJoinsIsAnEngineHostAndNothingElse(t *testing.T) {
	c := listen(t)
	tok, err := Parse(c.invite(t, time.Minute, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	j, err := join(t, tok, Guest{})
	if err != nil {
		t.Fatal(err)
	}
	if err := connect(t, j.Conn, proto.RoleEngineHost); err != nil {
		t.Error(err)
	}
	p := <-c.up
	if certs := p.Certificates(); len(certs) != 2 || profiles.InvitationOf(certs[0]) != string(tok.ID) {
		t.Errorf("the peer's certificates are %v", certs)
	}
	var no *link.RefusedError
	if err := connect(t, j.Conn, proto.RoleClient); !errors.As(err, &no) || no.Code != proto.RefuseRole {
		t.Errorf("as a client: %v", err)
	}
	if !strings.Contains(no.Error(), `certificate is for ["engine"]`) {
		t.Errorf("the reason: %v", no)
	}
}

func TestWhoIsNotLetIn(t *testing.T) {
	altered := func(tok *Token, f func(*Token)) *Token {
		other := *tok
		f(&other)
		return &other
	}
	for _, c := range []struct {
		name  string
		tok   func(c *controller) *Token
		guest Guest
		code  Code
		says  string
	}{
		{"expired", func(c *controller) *Token {
			tok := c.invite(t, time.Minute, 0)
			c.ahead.Store(int64(time.Hour))
			return tok
		}, Guest{}, Expired, "expired 59m"},
		{"revoked", func(c *controller) *Token {
			tok := c.invite(t, time.Minute, 0)
			_, _ = c.Revoke(tok.ID, false)
			return tok
		}, Guest{}, Revoked, "was revoked; `gocluster invite` makes another"},
		{"all revoked", func(c *controller) *Token {
			tok := c.invite(t, time.Minute, 0)
			_, _ = c.Revoke("", true)
			return tok
		}, Guest{}, Revoked, "was revoked, and the hosts that have joined with it cut off"},
		{"used up", func(c *controller) *Token {
			tok := c.invite(t, time.Minute, 1)
			if _, err := join(t, tok, Guest{}); err != nil {
				t.Fatal(err)
			}
			return tok
		}, Guest{}, Used, "was good for 1 hosts"},
		{"a client", func(c *controller) *Token { return c.invite(t, time.Minute, 0) }, Guest{Role: proto.RoleClient}, Role,
			`not for "client": clients need the client's connection file`},
		{"a wrong secret", func(c *controller) *Token {
			return altered(c.invite(t, time.Minute, 0), func(tok *Token) { tok.Secret[15] ^= 1 })
		}, Guest{}, Unknown, "has made no such invitation"},
		{"no such invitation", func(c *controller) *Token {
			return altered(c.invite(t, time.Minute, 0), func(tok *Token) { tok.ID = "zzzzzzzz" })
		}, Guest{}, Unknown, "has made no such invitation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			desk := listen(t)
			_, err := join(t, c.tok(desk), c.guest)
			var no *RefusedError
			if !errors.As(err, &no) || no.Code != c.code || !strings.Contains(no.Text, c.says) {
				t.Errorf("got %v, want %s: %s", err, c.code, c.says)
			}
		})
	}
}

// An address that does not answer does not hold up those that do; and where none answers, each is told.
func TestTheAddressThatAnswersIsTaken(t *testing.T) {
	c := listen(t)
	tok := c.invite(t, time.Minute, 0)
	good := tok.Addrs[0]
	deaf, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	tok.Addrs = []string{deaf.Addr().String(), closed.Addr().String(), good}
	begun := time.Now()
	j, err := join(t, tok, Guest{})
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > joinTime/2 || j.Conn.Addrs[0] != good || len(j.Conn.Addrs) != 3 {
		t.Errorf("after %v, it goes on at %v", took, j.Conn.Addrs)
	}
	other := listen(t)
	tok.Addrs = []string{closed.Addr().String(), other.server.Addr().String()}
	if _, err := join(t, tok, Guest{}); !errors.Is(err, link.ErrNobody) || !errors.Is(err, ErrImpostor) {
		t.Errorf("got %v", err)
	}
}

func TestAddressesOfATokenMeanTheSameEverywhere(t *testing.T) {
	d := NewDesk(newAuthority(t), nil)
	for _, c := range []struct{ all, want []string }{
		{[]string{"10.0.0.1:7", "head:7", "127.0.0.1:7"}, []string{"10.0.0.1:7", "head:7"}},
		{[]string{"127.0.0.1:7"}, []string{"127.0.0.1:7"}},
		{[]string{"[::1]:7", "[fd00::1]:7"}, []string{"[fd00::1]:7"}},
	} {
		d.Announce(c.all)
		if tok, err := d.Invite(time.Minute, 0); err != nil || !slices.Equal(tok.Addrs, c.want) {
			t.Errorf("of %v: %+v, %v", c.all, tok, err)
		}
	}
}

// A controller that is not the one of the invitation, though everything else is right, is told nothing.
func TestAnImpostorIsToldNothing(t *testing.T) {
	real := listen(t)
	tok := real.invite(t, time.Minute, 0)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	impostor, err := profiles.NewAuthority(tok.Cluster) // of the same name
	if err != nil {
		t.Fatal(err)
	}
	cfg := impostor.ControllerTLS()
	cfg.ClientAuth, cfg.NextProtos = tls.NoClientCert, []string{proto.JoinProtocol}
	heard := make(chan int, 1)
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		said, _ := io.ReadAll(tls.Server(c, cfg))
		heard <- len(said)
	}()
	tok.Addrs = []string{ln.Addr().String()}
	if _, err := join(t, tok, Guest{}); !errors.Is(err, ErrImpostor) || !strings.Contains(err.Error(), "started anew") {
		t.Errorf("got %v", err)
	}
	if n := <-heard; n != 0 {
		t.Errorf("the impostor has heard %d bytes", n)
	}
}

// Once joined, a host comes back with its key, and is not counted again; others do not.
func TestAHostComesBack(t *testing.T) {
	c := listen(t)
	tok := c.invite(t, time.Minute, 1)
	first, err := join(t, tok, Guest{})
	if err != nil {
		t.Fatal(err)
	}
	back := Guest{Kept: first.Conn}
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"used up", func() {}},
		{"expired", func() { c.ahead.Store(int64(time.Hour)) }},
		{"revoked", func() { _, _ = c.Revoke(tok.ID, false) }},
	} {
		step.do()
		again, err := join(t, tok, back)
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if again.Conn.Key != first.Conn.Key {
			t.Errorf("%s: it has another key", step.name)
		}
		if _, err := join(t, tok, Guest{}); !errors.As(err, new(*RefusedError)) {
			t.Errorf("%s: another host has joined: %v", step.name, err)
		}
	}
	if list := c.List(); len(list) != 1 || list[0].Joined != 1 || list[0].State != proto.InvitationRevoked {
		t.Errorf("the list is %+v", list)
	}
	if _, err := c.Revoke(tok.ID, true); err != nil {
		t.Fatal(err)
	}
	if _, err := join(t, tok, back); err == nil {
		t.Error("a host that was cut off came back")
	}
}

func TestAClockThatIsWrong(t *testing.T) {
	c := listen(t)
	for _, ahead := range []time.Duration{0, time.Hour, -72 * time.Hour} {
		c.ahead.Store(int64(ahead))
		j, err := join(t, c.invite(t, time.Minute, 0), Guest{})
		if err != nil {
			t.Fatal(err)
		}
		if off := (j.Skew + ahead).Abs(); off > time.Second {
			t.Errorf("the controller's clock is %v ahead, seen %v", ahead, -j.Skew)
		}
	}
}

func TestGuessersAreTurnedAway(t *testing.T) {
	c := listen(t)
	tok := c.invite(t, time.Minute, 0)
	tok.Secret[0] ^= 1
	code := Code("")
	for range failures + 1 {
		_, err := join(t, tok, Guest{})
		var no *RefusedError
		if !errors.As(err, &no) {
			t.Fatal(err)
		}
		code = no.Code
	}
	if code != TooMany {
		t.Errorf("after %d failures: %s", failures, code)
	}
}

// A connection without a certificate reaches the desk and nothing else, whatever it says; and the rest of the port is closed to it.
func TestWithoutACertificateThereIsOnlyTheDesk(t *testing.T) {
	c := listen(t)
	zmtpGreeting := append([]byte{0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'N', 'U', 'L', 'L'}, make([]byte, 48)...)
	valid, err := json.Marshal(request{Version: proto.Version, ID: "zzzzzzzz", Role: "engine"})
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 2*maxLine)
	rand.Read(noise)
	for _, x := range []struct {
		name   string
		protos []string
		says   []byte
		answer string // of the desk, "" for none
	}{
		{"ZMTP", []string{proto.JoinProtocol}, zmtpGreeting, "no request to join"},
		{"noise", []string{proto.JoinProtocol}, noise, "no request to join"},
		{"an endless request", []string{proto.JoinProtocol}, []byte(`{"host":"` + strings.Repeat("x", 2*maxLine)), "cut short, or too long"},
		{"no certificate wanted", []string{proto.JoinProtocol}, valid, "request for a certificate is none"},
		{"another protocol", []string{"h2"}, valid, ""},
		{"one of two protocols", []string{proto.JoinProtocol, "h2"}, valid, ""},
		{"no protocol", nil, zmtpGreeting, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			c.doorman.mu.Lock()
			clear(c.doorman.sources)
			c.doorman.mu.Unlock()
			conn, err := tls.Dial("tcp", c.server.Addr().String(), &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: x.protos, InsecureSkipVerify: true})
			if err != nil {
				t.Fatal(err) // TLS 1.3 tells about certificates later
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(patience))
			_, _ = conn.Write(x.says)
			_ = conn.CloseWrite()
			got, err := io.ReadAll(conn)
			if x.answer == "" {
				var alert *net.OpError
				if !errors.As(err, &alert) || len(got) > 0 {
					t.Errorf("got %q, %v", got, err)
				}
				return
			}
			if !strings.Contains(string(got), x.answer) {
				t.Errorf("got %q, %v; want %q", got, err, x.answer)
			}
		})
	}
	if peers := c.server.Peers(); len(peers) > 0 || len(c.up) > 0 {
		t.Errorf("there are peers: %v", peers)
	}
}

func TestTheDeskKeepsNoSecret(t *testing.T) {
	c := listen(t)
	tok := c.invite(t, time.Minute, 0)
	v := c.all[tok.ID]
	if strings.Contains(string(v.secret[:]), string(tok.Secret[:8])) {
		t.Error("the secret is kept")
	}
	for i := range 3 * most {
		if _, err := c.Invite(time.Minute, 0); err != nil {
			if i < most-2 {
				t.Fatal(err)
			}
			if _, err := c.Revoke("", false); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(c.all) > most {
		t.Errorf("%d invitations are kept", len(c.all))
	}
}

package invite

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
)

// Joined is what a host has after joining.
type Joined struct {
	// Conn is how it connects from now on. It holds the host's private key.
	Conn *profiles.ConnFile
	// Skew is how far this machine's clock is ahead of the controller's, as well as one exchange can tell.
	Skew time.Duration
}

// Guest says who joins. The zero one is an engine host that has not joined before.
type Guest struct {
	// Kept is what it was given when it joined before, nil if it has not: it stays the same guest.
	Kept *profiles.ConnFile
	// Role is what it wants to be, if not an engine host: the desk will refuse it.
	Role proto.Role
}

// The bounds of joining: the time until an address answers at all, until all is done, and between trying one address and the next.
const (
	dialTime = 8 * time.Second
	joinTime = 20 * time.Second
	stagger  = 200 * time.Millisecond
)

// Join has this machine join the cluster of a token. It tries the addresses side by side, each a moment after the one before, and sends the
// secret to nobody but the controller that has made the token. The error says what is wrong: a RefusedError, ErrImpostor, or a link.DialError for each
// address.
func Join(ctx context.Context, t *Token, g Guest) (*Joined, error) {
	key, err := g.key()
	if err != nil {
		return nil, err
	}
	m, err := g.request(t, key)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, joinTime)
	defer cancel()
	c, addr, err := t.reach(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Now()) })()
	j, err := m.ask(addr, c)
	if err != nil {
		return nil, err
	}
	return j, j.complete(t, addr, key)
}

// key is the guest's key: that which it had, or a new one.
func (g Guest) key() (*ecdsa.PrivateKey, error) {
	if g.Kept != nil {
		if b, _ := pem.Decode([]byte(g.Kept.Key)); b != nil {
			if any, err := x509.ParsePKCS8PrivateKey(b.Bytes); err == nil {
				if key, ok := any.(*ecdsa.PrivateKey); ok {
					return key, nil
				}
			}
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making this machine's key: %w", err)
	}
	return key, nil
}

func (g Guest) request(t *Token, key *ecdsa.PrivateKey) (*request, error) {
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return nil, fmt.Errorf("asking for a certificate: %w", err)
	}
	if g.Role == 0 {
		g.Role = proto.RoleEngineHost
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &request{Version: proto.Version, ID: t.ID, Secret: t.Secret[:], Role: g.Role.String(), Host: host, CSR: csr}, nil
}

// reached is what has come of trying an address.
type reached struct {
	addr string
	c    *tls.Conn
	err  error
}

// reach connects to the controller that has made the token.
func (t *Token) reach(ctx context.Context) (*tls.Conn, string, error) {
	g := group.New(ctx)
	tries := make(chan reached, len(t.Addrs))
	for i, addr := range t.Addrs {
		_ = g.Go("reaching "+addr, func(ctx context.Context) error { // the group has not been stopped
			select {
			case <-time.After(time.Duration(i) * stagger):
			case <-ctx.Done():
			}
			c, err := t.shake(ctx, addr)
			tries <- reached{addr, c, err}
			return nil
		})
	}
	var first reached
	var errs []error
	for len(errs) < len(t.Addrs) && first.c == nil {
		if first = <-tries; first.err != nil {
			errs = append(errs, first.err)
		}
	}
	_ = g.Stop()
	close(tries)
	for late := range tries {
		if late.c != nil {
			_ = late.c.Close()
		}
	}
	if first.c == nil {
		return nil, "", errors.Join(errs...)
	}
	return first.c, first.addr, nil
}

// shake connects to an address, and finds out whether it is the controller's that has made the token.
func (t *Token) shake(ctx context.Context, addr string) (*tls.Conn, error) {
	raw, err := (&net.Dialer{Timeout: dialTime}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, link.ExplainDial(addr, err)
	}
	c := tls.Client(raw, t.tls())
	err = c.HandshakeContext(ctx)
	switch {
	case errors.Is(err, ErrImpostor):
		err = fmt.Errorf("%s: %w: the cluster has been started anew since, or another program has its address, or somebody is in between; `gocluster invite` makes another (nothing was sent)", addr, ErrImpostor)
	case err != nil:
		err = link.ExplainDial(addr, err)
	case c.ConnectionState().NegotiatedProtocol != proto.JoinProtocol:
		err = link.ExplainDial(addr, fmt.Errorf("%w: the controller lets nobody join by invitation", link.ErrVersion))
	}
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	return c, nil
}

// tls is how a guest looks for the controller: any certificate will do whose key is the one that the token has the hash of. The handshake
// proves that the other side has that key; its dates do not matter, this machine's clock may be wrong.
func (t *Token) tls() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, NextProtos: []string{proto.JoinProtocol}, ServerName: t.Cluster,
		InsecureSkipVerify: true, // VerifyConnection does it
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 || profiles.PinOf(s.PeerCertificates[0]) != t.Pin {
				return ErrImpostor
			}
			return nil
		},
	}
}

// ask sends the request and reads the answer.
func (m *request) ask(addr string, c net.Conn) (*Joined, error) {
	line, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	asked := time.Now()
	if _, err := c.Write(append(line, '\n')); err != nil {
		return nil, link.ExplainDial(addr, err)
	}
	var r reply
	if err := readLine(c, &r); err != nil {
		return nil, link.ExplainDial(addr, fmt.Errorf("%w: its answer: %w", link.ErrNotController, err))
	}
	now := time.Now()
	switch {
	case r.Refused != nil:
		return nil, r.Refused
	case r.Conn == nil:
		return nil, link.ExplainDial(addr, fmt.Errorf("%w: it answers with nothing", link.ErrNotController))
	}
	return &Joined{Conn: r.Conn, Skew: asked.Add(now.Sub(asked) / 2).Round(0).Sub(r.Time)}, nil
}

// complete adds what the desk does not know: the key, and where it was reached. What cannot be used is an error here and not later.
func (j *Joined) complete(t *Token, addr string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("this machine's key: %w", err)
	}
	j.Conn.Key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	others := slices.DeleteFunc(slices.Clone(t.Addrs), func(a string) bool { return a == addr })
	j.Conn.Addrs = append([]string{addr}, others...)
	if j.Conn.Cluster != t.Cluster {
		return fmt.Errorf("the controller at %s is cluster %s's, the invitation is to %s", addr, j.Conn.Cluster, t.Cluster)
	}
	return j.Conn.Check()
}

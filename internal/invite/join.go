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

// The bounds of joining at one address: the time until it answers at all, and until it has answered the request.
const (
	dialTime = 4 * time.Second
	joinTime = 20 * time.Second
)

// Join has this machine join the cluster of a token. It tries the addresses in order, and sends the secret to nobody but the controller
// that has made the token. The error says what is wrong: a RefusedError, ErrImpostor, or a link.DialError.
func Join(ctx context.Context, t *Token, g Guest) (*Joined, error) {
	key, err := g.key()
	if err != nil {
		return nil, err
	}
	m, err := g.request(t, key)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, addr := range t.Addrs {
		j, err := joinAt(ctx, addr, t, m)
		if err == nil {
			return j, j.complete(t, addr, key)
		}
		errs = append(errs, err)
		if errors.As(err, new(*RefusedError)) || ctx.Err() != nil {
			return nil, err
		}
	}
	return nil, errors.Join(errs...)
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

// joinAt sends the request to the controller at an address, once that has shown who it is.
func joinAt(ctx context.Context, addr string, t *Token, m *request) (*Joined, error) {
	ctx, cancel := context.WithTimeout(ctx, joinTime)
	defer cancel()
	raw, err := (&net.Dialer{Timeout: dialTime}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, link.ExplainDial(addr, err)
	}
	defer raw.Close()
	defer context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Now()) })()
	c := tls.Client(raw, t.tls())
	if err := c.HandshakeContext(ctx); err != nil {
		if errors.Is(err, ErrImpostor) {
			return nil, fmt.Errorf("%s: %w: the cluster has been started anew since, or another program has its address, or somebody is in between; `gocluster invite` makes another (nothing was sent)", addr, ErrImpostor)
		}
		return nil, link.ExplainDial(addr, err)
	}
	if c.ConnectionState().NegotiatedProtocol != proto.JoinProtocol {
		return nil, link.ExplainDial(addr, fmt.Errorf("%w: the controller lets nobody join by invitation", link.ErrVersion))
	}
	return m.ask(addr, c)
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

package zmtp

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
)

// ErrLocal says that a local connection is not with a process of the same user.
var ErrLocal = errors.New("not a local connection of the same user")

// localProtocol is what both sides of a local connection ask for in TLS's handshake, so that nobody can pass it on as another one.
const localProtocol = "gocluster-local"

// LocalWorks says that local connections are possible on this platform.
const LocalWorks = peerCredentials

// Identify finds out who is at the other end of a Unix socket: a process of this user, says the kernel, and TLS's handshake says whose
// certificate it has. What follows is not encrypted: nobody else can read it.
func Identify(ctx context.Context, c net.Conn, server bool, cfg *tls.Config) (*tls.ConnectionState, error) {
	if err := sameUser(c); err != nil {
		return nil, err
	}
	cfg = cfg.Clone()
	cfg.NextProtos, cfg.GetConfigForClient, cfg.SessionTicketsDisabled = []string{localProtocol}, nil, true
	c = &records{Conn: c}
	t := tls.Client(c, cfg)
	if server {
		t = tls.Server(c, cfg)
	}
	if err := t.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	state := t.ConnectionState()
	if state.NegotiatedProtocol != localProtocol {
		return nil, fmt.Errorf("%w: the other side does not know of it", ErrLocal)
	}
	if err := agree(t, server); err != nil {
		return nil, err
	}
	return &state, nil
}

// agree is a word of the server's, who has the last say: as long as it has not come the client may be refused.
func agree(t *tls.Conn, server bool) error {
	var word [1]byte
	if server {
		_, err := t.Write(word[:])
		return err
	}
	_, err := io.ReadFull(t, word[:])
	return err
}

// recordHeader is the size of what comes before each of TLS's records: its kind, a version, and its length.
const recordHeader = 5

// records reads no further than to the end of a TLS record, so that what comes behind the last is still there.
type records struct {
	net.Conn
	header [recordHeader]byte
	seen   int // of the header
	rest   int // of the record
}

func (r *records) Read(p []byte) (int, error) {
	if r.rest > 0 {
		n, err := r.Conn.Read(p[:min(len(p), r.rest)])
		r.rest -= n
		return n, err
	}
	n, err := r.Conn.Read(p[:min(len(p), recordHeader-r.seen)])
	r.seen += copy(r.header[r.seen:], p[:n])
	if r.seen == recordHeader {
		r.seen, r.rest = 0, int(binary.BigEndian.Uint16(r.header[3:]))
	}
	return n, err
}

// sameUser reports that a process of another user is at the other end of a connection, or that it cannot be known.
func sameUser(c net.Conn) error {
	sc, ok := c.(syscall.Conn)
	if !ok || c.RemoteAddr().Network() != "unix" {
		return ErrLocal
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return err
	}
	return checkUser(raw)
}

package invite

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
)

// request is what a host asks the desk for: a line of JSON.
type request struct {
	// Version is the protocol's.
	Version int    `json:"version"`
	ID      ID     `json:"id"`
	Secret  []byte `json:"secret"`
	// Role is what the guest wants to be.
	Role string `json:"role"`
	// Host is its name, for people.
	Host string `json:"host"`
	// CSR is its request for a certificate, PKCS #10.
	CSR []byte `json:"csr"`
}

// reply is the answer: a line of JSON.
type reply struct {
	// Time is the desk's clock.
	Time    time.Time          `json:"time"`
	Refused *RefusedError      `json:"refused,omitempty"`
	Conn    *profiles.ConnFile `json:"connection,omitempty"`
}

// maxLine bounds a request and a reply.
const maxLine = 64 << 10

// Serve looks after a guest: the other side of a connection that it came with through TLS. It reads one request and answers it. Whoever
// has accepted the connection bounds the time that this takes, and closes it.
func (d *Desk) Serve(_ context.Context, c net.Conn) {
	answer := d.answer(c)
	answer.Time = d.now()
	line, err := json.Marshal(answer)
	if err == nil {
		_, _ = c.Write(append(line, '\n')) // who has gone joins again
	}
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		_ = w.CloseWrite()
	}
}

func (d *Desk) answer(c net.Conn) *reply {
	from := c.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(from); err == nil {
		from = host
	}
	if wait := d.doorman.wait(from, d.now()); wait > 0 {
		// The log has the failures before: it is not to be filled.
		return &reply{Refused: refused(TooMany, "too many tries from %s have failed: wait %v", from, wait.Round(time.Second)+time.Second)}
	}
	m, conn, why := d.hear(c)
	if why != nil {
		d.doorman.fail(from, d.now())
		d.log.Warn("a host may not join", "from", from, "host", m.Host, "invitation", m.ID, "why", why.Text)
		return &reply{Refused: why}
	}
	d.log.Info("a host has joined", "from", from, "host", m.Host, "invitation", m.ID)
	return &reply{Conn: conn}
}

// hear reads a request and grants it, or says why not.
func (d *Desk) hear(c net.Conn) (m request, conn *profiles.ConnFile, why *RefusedError) {
	if err := readLine(c, &m); err != nil {
		return request{}, nil, refused(Malformed, "what it says is no request to join: %v", err)
	}
	if len(m.Host) > maxHost {
		m.Host = m.Host[:maxHost]
	}
	switch {
	case m.Version != proto.Version:
		return m, nil, refused(Version, "it speaks version %d of the protocol, the host %d: install the same version of gocluster on both sides", proto.Version, m.Version)
	case m.Role != proto.RoleEngineHost.String():
		return m, nil, refused(Role, "an invitation is for hosts of engines, not for %q: clients need the client's connection file", m.Role)
	}
	csr, err := x509.ParseCertificateRequest(m.CSR)
	if err != nil {
		return m, nil, refused(Malformed, "its request for a certificate is none: %v", err)
	}
	conn, why = d.admit(m.ID, m.Secret, csr)
	return m, conn, why
}

// maxHost bounds the host's name in logs.
const maxHost = 100

// readLine reads a line of JSON.
func readLine(r io.Reader, into any) error {
	err := json.NewDecoder(io.LimitReader(r, maxLine)).Decode(into)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it is cut short, or too long: %w", err)
	}
	return err
}

package linktest

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/zmtp"
)

// ZMTP by hand.

func greeting() []byte {
	g := make([]byte, 64)
	g[0], g[9], g[10] = 0xff, 0x7f, 3
	copy(g[12:], "NULL")
	return g
}

func ready(socketType string) []byte {
	body := "\x05READY\x0bSocket-Type" + string(binary.BigEndian.AppendUint32(nil, uint32(len(socketType)))) + socketType
	return append([]byte{4, byte(len(body))}, body...)
}

func shaken() []byte { return append(greeting(), ready("DEALER")...) }

// wire returns the bytes of messages on a connection.
func wire(messages ...proto.Message) []byte {
	var b []byte
	for _, m := range messages {
		frames := proto.Encode(m)
		for i, f := range frames {
			flags := byte(2)
			if i < len(frames)-1 {
				flags |= 1
			}
			b = binary.BigEndian.AppendUint64(append(b, flags), uint64(len(f)))
			b = append(b, f...)
		}
	}
	return b
}

func hello(role proto.Role, which proto.Channel, epoch uint64) *proto.Hello {
	return &proto.Hello{Version: proto.Version, Peer: link.NewPeerID(), Epoch: epoch, Channel: which, Role: role}
}

func announce(flags byte, size uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{flags | 2}, size)
}

// forever writes the same bytes until the other side has had enough.
func forever(c net.Conn, b []byte) {
	many := bytes.Repeat(b, 64<<10/len(b)+1)
	for {
		if _, err := c.Write(many); err != nil {
			return
		}
	}
}

// Attack is what somebody does who has reached a controller's port.
type Attack struct {
	Name string
	// key is what the attacker authenticates with: nil for plain TCP.
	key *tls.Config
	do  func(c net.Conn)
	// deaf attackers do not even read.
	deaf bool
}

// says is an attack that consists of some bytes.
func says(name string, key *tls.Config, parts ...[]byte) Attack {
	all := bytes.Join(parts, nil)
	return Attack{Name: name, key: key, do: func(c net.Conn) { _, _ = c.Write(all) }}
}

// Attacks are those that are known, on the cluster of an authority. Some have no key to it, some an engine's.
func Attacks(a *Authority) []Attack {
	other := NewAuthority(a.t, a.cluster)
	engine, control := proto.RoleEngineHost, proto.Control
	engineKey := a.Client(engine)
	first := hello(engine, control, 1)
	second := *first
	second.Epoch++
	return []Attack{
		says("silence", nil),
		says("plain ZMTP", nil, shaken()),
		says("HTTP", nil, []byte("GET / HTTP/1.1\r\n\r\n")),
		says("half a TLS record", nil, []byte{0x16, 3, 1, 2, 0, 1}),
		says("no key", a.Keyless(), shaken()),
		says("a key of another cluster", a.Mixed(other), shaken()),
		says("silence with a key", engineKey),
		says("half a greeting", engineKey, greeting()[:20]),
		says("a READY that is cut", engineKey, greeting(), []byte{4, 9, 5, 'R', 'E', 'A', 'D', 'Y', 200, 1, 2}),
		says("an unknown socket type", engineKey, greeting(), ready("BOGUS")),
		says("an empty READY", engineKey, greeting(), []byte{4, 0}),
		says("no Hello", engineKey, shaken()),
		says("a frame of 2^40 bytes", engineKey, shaken(), announce(0, 1<<40)),
		says("a frame of 2^62 bytes", engineKey, shaken(), announce(0, 1<<62)),
		says("another message before Hello", engineKey, shaken(), wire(&proto.StatusRequest{})),
		says("what is no message", engineKey, shaken(), announce(0, 3), []byte{0xff, 0xff, 0xff}),
		says("another version", engineKey, shaken(), wire(&proto.Hello{Version: 99, Channel: control, Role: engine})),
		says("a client's role with an engine's key", engineKey, shaken(), wire(hello(proto.RoleClient, control, 1))),
		says("the controller's role", engineKey, shaken(), wire(hello(proto.RoleController, control, 1))),
		says("a third channel", engineKey, shaken(), wire(hello(engine, 3, 1))),
		says("one channel only", engineKey, shaken(), wire(hello(engine, control, 1))),
		says("two Hellos", engineKey, shaken(), wire(first, &second)),
		says("a message of 2^60 bytes", engineKey, shaken(), wire(hello(engine, control, 1), &proto.Fragment{Message: 1, Sizes: []uint64{1 << 60}, Part: []byte("x")})),
		says("pieces of nothing", engineKey, shaken(), wire(hello(engine, control, 1), &proto.Fragment{Message: 1, Part: []byte("x")})),
		{Name: "endless frames", key: engineKey, do: func(c net.Conn) {
			_, _ = c.Write(shaken())
			forever(c, []byte{1, 1, 'x'})
		}},
		{Name: "endless messages begun", key: engineKey, do: func(c net.Conn) {
			_, _ = c.Write(append(shaken(), wire(hello(engine, control, 1))...))
			for n := uint64(1); ; n++ {
				if _, err := c.Write(wire(&proto.Fragment{Message: n, Sizes: []uint64{1 << 20}, Part: []byte("x")})); err != nil {
					return
				}
			}
		}},
		{Name: "ZMTP pings, answers unread", key: engineKey, deaf: true, do: func(c net.Conn) {
			_, _ = c.Write(shaken())
			forever(c, []byte("\x04\x09\x04PING\x00\x00ab"))
		}},
		{Name: "our pings, answers unread", key: engineKey, deaf: true, do: func(c net.Conn) {
			_, _ = c.Write(append(shaken(), wire(hello(engine, control, 1))...))
			forever(c, wire(&proto.Ping{}))
		}},
	}
}

// patience is how long an attacker waits to be refused.
const patience = 90 * time.Second

// Perform carries the attack out on a connection to the port and waits for its end. The error is os.ErrDeadlineExceeded if the
// attacker was not refused.
func (attack Attack) Perform(c net.Conn) error {
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, local := c.(*net.UnixConn); local && attack.key != nil {
		if _, err := zmtp.Identify(context.Background(), c, false, attack.key); err != nil {
			return err
		}
	} else if attack.key != nil {
		secure := tls.Client(c, attack.key)
		if err := secure.Handshake(); err != nil {
			return err
		}
		c = secure
	}
	attack.do(c)
	if attack.deaf {
		return nil // forever has ended
	}
	_, err := io.Copy(io.Discard, c)
	return err
}

// Mixed is how somebody connects who knows this authority but has a client's certificate of another.
func (a *Authority) Mixed(other *Authority) *tls.Config {
	cfg := a.Client(proto.RoleClient)
	cfg.Certificates = other.Client(proto.RoleClient).Certificates
	// A client chooses by the issuers that the server names; this one sends what it has.
	cert := cfg.Certificates[0]
	cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil }
	return cfg
}

// Keyless is how somebody connects who knows this authority but has no certificate.
func (a *Authority) Keyless() *tls.Config {
	cfg := a.Client(proto.RoleClient)
	cfg.Certificates = nil
	return cfg
}

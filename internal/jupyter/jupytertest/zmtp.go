// Package jupytertest is the other end of a kernel's sockets, for tests: a Jupyter client with its own few lines of ZMTP, so that
// what the kernel's sockets do is not tested with themselves, and so that a test can send what no client would.
package jupytertest

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"testing"
	"time"
)

// Timeout is how long a client waits for anything.
const Timeout = 20 * time.Second

// Socket is one ZMTP connection.
type Socket struct {
	t    testing.TB
	conn net.Conn
}

// Greeting begins every connection: version 3.0, NULL security, as a client.
func Greeting() []byte {
	g := make([]byte, 64)
	g[0], g[9], g[10] = 0xff, 0x7f, 3
	copy(g[12:], "NULL")
	return g
}

// Ready is the command that ends the handshake.
func Ready(socketType, identity string) []byte {
	body := append([]byte{5}, "READY"...)
	for _, p := range [][2]string{{"Socket-Type", socketType}, {"Identity", identity}} {
		body = append(append(body, byte(len(p[0]))), p[0]...)
		body = binary.BigEndian.AppendUint32(body, uint32(len(p[1])))
		body = append(body, p[1]...)
	}
	return append([]byte{4, byte(len(body))}, body...)
}

// DialRaw connects to a port of 127.0.0.1 and says nothing.
func DialRaw(t testing.TB, port int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Dial connects and shakes hands.
func Dial(t testing.TB, port int, socketType, identity string) *Socket {
	t.Helper()
	s := &Socket{t: t, conn: DialRaw(t, port)}
	if _, err := s.conn.Write(append(Greeting(), Ready(socketType, identity)...)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(s.conn, make([]byte, 64)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.frame(); err != nil { // its READY
		t.Fatal(err)
	}
	return s
}

// Conn is the connection below.
func (s *Socket) Conn() net.Conn { return s.conn }

// Close ends the connection.
func (s *Socket) Close() { _ = s.conn.Close() }

// Frame encodes one frame.
func Frame(data []byte, more bool) []byte {
	flags := byte(0)
	if more {
		flags = 1
	}
	if len(data) < 256 {
		return append([]byte{flags, byte(len(data))}, data...)
	}
	return append(binary.BigEndian.AppendUint64([]byte{flags | 2}, uint64(len(data))), data...)
}

// Send sends a message.
func (s *Socket) Send(frames ...[]byte) {
	s.t.Helper()
	var b []byte
	for i, f := range frames {
		b = append(b, Frame(f, i < len(frames)-1)...)
	}
	if _, err := s.conn.Write(b); err != nil {
		s.t.Error(err)
	}
}

// Receive waits for a message.
func (s *Socket) Receive() [][]byte {
	s.t.Helper()
	frames, err := s.receive()
	if err != nil {
		s.t.Fatalf("nothing received: %v", err)
	}
	return frames
}

func (s *Socket) receive() (frames [][]byte, err error) {
	for {
		flags, data, err := s.frame()
		switch {
		case err != nil:
			return nil, err
		case flags&4 != 0:
			continue // a command
		}
		frames = append(frames, data)
		if flags&1 == 0 {
			return frames, nil
		}
	}
}

func (s *Socket) frame() (flags byte, data []byte, err error) {
	if err := s.conn.SetReadDeadline(time.Now().Add(Timeout)); err != nil {
		return 0, nil, err
	}
	head := make([]byte, 9)
	if _, err := io.ReadFull(s.conn, head[:2]); err != nil {
		return 0, nil, err
	}
	size := uint64(head[1])
	if head[0]&2 != 0 {
		if _, err := io.ReadFull(s.conn, head[2:]); err != nil {
			return 0, nil, err
		}
		size = binary.BigEndian.Uint64(head[1:])
	}
	if size > 1<<30 {
		return 0, nil, fmt.Errorf("a frame of %d bytes", size)
	}
	data = make([]byte, size)
	_, err = io.ReadFull(s.conn, data)
	return head[0], data, err
}

package zmtp

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// The bits of a frame's flags.
const (
	flagMore    = 1
	flagLong    = 2
	flagCommand = 4
)

const (
	greetingSize  = 64
	maxCommand    = 64 << 10
	maxHandshake  = 4 // commands
	readBuffer    = 32 << 10
	writeBuffer   = 64 << 10
	writeChunk    = 1 << 20
	shortHeader   = 2
	longHeader    = 9
	pingCommand   = "\x04PING"
	pingTTL       = 2
	maxPingEcho   = 16
	maxTopic      = 4 << 10
	smallMessage  = 64 << 10 // messages up to that do not count as arriving
	subscribeName = "\x09SUBSCRIBE"
	cancelName    = "\x06CANCEL"
)

// guard is the net.Conn between zmq4 and the network. Reading, it parses ZMTP's frame headers as they pass, so that nothing over the
// limits reaches zmq4. Writing, it gathers small pieces until Flush. One goroutine reads and one writes.
type guard struct {
	net.Conn
	lim    Limits
	source *source
	cork   *cork // below TLS; nil: there is none
	in     *bufio.Reader

	greeting int    // bytes of the greeting still to pass
	commands int    // commands of the handshake seen
	header   []byte // of the current frame, not yet handed on
	hold     [longHeader]byte
	body     uint64 // bytes of the current frame still to pass
	frames   int    // of the current message
	bytes    uint64 // of the current message
	up       atomic.Bool
	lazy     bool                    // the source says when it waits: only then is there a deadline to set
	within   bool                    // what it waits for is within a message
	bounded  bool                    // there is a deadline
	command  func(body []byte) error // called by the reader for commands after the handshake
	arriving *budget
	taken    int64 // from arriving, for the current message

	out  []byte
	sent atomic.Int64 // bytes that the network has taken
}

// budget is what all peers of a server share.
type budget struct {
	max  int64
	used atomic.Int64
}

func (b *budget) take(n int64) bool {
	if b.used.Add(n) <= b.max {
		return true
	}
	b.used.Add(-n)
	return false
}

func newGuard(c net.Conn, lim Limits, arriving *budget) *guard {
	from := &source{Reader: c}
	return &guard{Conn: c, lim: lim, source: from, in: bufio.NewReaderSize(from, readBuffer), greeting: greetingSize, arriving: arriving}
}

// arrived ends the current message's claim on what all peers share.
func (g *guard) arrived() {
	if g.taken > 0 {
		g.arriving.used.Add(-g.taken)
		g.taken = 0
	}
}

func (g *guard) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if g.greeting > 0 {
		n, err := g.in.Read(p[:min(len(p), g.greeting)])
		g.greeting -= n
		return n, err
	}
	for len(g.header) == 0 && g.body == 0 {
		if err := g.next(); err != nil {
			return 0, err
		}
	}
	if len(g.header) > 0 {
		n := copy(p, g.header)
		g.header = g.header[n:]
		return n, nil
	}
	if uint64(len(p)) > g.body {
		p = p[:g.body]
	}
	if g.in.Buffered() == 0 {
		g.readDeadline(true)
	}
	n, err := g.in.Read(p)
	g.body -= uint64(n)
	return n, err
}

// readDeadline bounds the wait for bytes within a message; between messages a peer may be silent.
func (g *guard) readDeadline(within bool) {
	if g.within = within; !g.lazy {
		g.setReadDeadline()
	}
}

// waits is called by a source before it waits. Most messages are there as a whole when their first bytes are, and a deadline is a timer of the
// runtime, for which it may wake a thread.
func (g *guard) waits() {
	if g.within || g.bounded {
		g.setReadDeadline()
	}
}

func (g *guard) setReadDeadline() {
	if !g.up.Load() {
		return
	}
	var t time.Time
	if g.within {
		t = time.Now().Add(g.lim.Stall)
	}
	g.bounded = g.within
	_ = g.SetReadDeadline(t)
}

// next reads and checks the next frame's header; a command after the handshake is consumed whole.
func (g *guard) next() error {
	if g.in.Buffered() == 0 {
		g.readDeadline(g.frames > 0)
	}
	flags, size, n, err := g.peekHeader()
	if err != nil {
		return err
	}
	if flags&^(flagMore|flagLong|flagCommand) != 0 || flags&flagCommand != 0 && flags&flagMore != 0 {
		return fmt.Errorf("%w: a frame with flags %#x", ErrProtocol, flags)
	}
	if flags&flagCommand != 0 {
		return g.nextCommand(size, n)
	}
	if !g.up.Load() {
		return fmt.Errorf("%w: a message before the end of the handshake", ErrProtocol)
	}
	if size > g.lim.Frame || g.bytes+size > g.lim.Message || g.frames+1 > g.lim.Frames {
		return fmt.Errorf("%w: frame %d of a message has %d bytes, after %d", ErrLimit, g.frames+1, size, g.bytes)
	}
	if more := int64(g.bytes + size); more > smallMessage {
		if !g.arriving.take(more - g.taken) {
			return fmt.Errorf("%w: all peers together announce more than %d bytes", ErrLimit, g.arriving.max)
		}
		g.taken = more
	}
	g.frames++
	g.bytes += size
	if flags&flagMore == 0 {
		g.frames, g.bytes = 0, 0
	}
	g.pass(size, n)
	return nil
}

func (g *guard) peekHeader() (flags byte, size uint64, n int, err error) {
	h, err := g.in.Peek(shortHeader)
	if err != nil {
		return 0, 0, 0, err
	}
	if h[0]&flagLong == 0 {
		return h[0], uint64(h[1]), shortHeader, nil
	}
	g.readDeadline(true)
	if h, err = g.in.Peek(longHeader); err != nil {
		return 0, 0, 0, err
	}
	return h[0], binary.BigEndian.Uint64(h[1:]), longHeader, nil
}

// pass lets a frame through to zmq4.
func (g *guard) pass(size uint64, header int) {
	h, _ := g.in.Peek(header)
	g.header = g.hold[:copy(g.hold[:], h)]
	_, _ = g.in.Discard(header)
	g.body = size
}

func (g *guard) nextCommand(size uint64, header int) error {
	if size > maxCommand {
		return fmt.Errorf("%w: a command of %d bytes", ErrLimit, size)
	}
	if !g.up.Load() {
		if g.commands++; g.commands > maxHandshake {
			return fmt.Errorf("%w: %d commands in a handshake", ErrLimit, g.commands)
		}
		g.pass(size, header)
		return nil
	}
	_, _ = g.in.Discard(header)
	g.readDeadline(true)
	body := make([]byte, size)
	if _, err := io.ReadFull(g.in, body); err != nil {
		return err
	}
	return g.command(body)
}

// Write gathers small pieces; big ones go out at once, without a copy.
func (g *guard) Write(p []byte) (int, error) {
	if !g.up.Load() {
		return g.Conn.Write(p)
	}
	if len(g.out)+len(p) <= writeBuffer {
		g.out = append(g.out, p...)
		return len(p), nil
	}
	if err := g.Flush(); err != nil {
		return 0, err
	}
	if len(p) <= writeBuffer/2 {
		g.out = append(g.out, p...)
		return len(p), nil
	}
	chunk := writeChunk
	if g.cork != nil {
		chunk = corkWrite
	}
	for off := 0; off < len(p); off += chunk {
		if err := g.writeOut(p[off:min(len(p), off+chunk)]); err != nil {
			return off, err
		}
	}
	return len(p), nil
}

// writeOut writes p, and what the cork has.
func (g *guard) writeOut(p []byte) error {
	g.writeDeadline()
	if g.cork == nil {
		n, err := g.Conn.Write(p)
		g.sent.Add(int64(n))
		return err
	}
	if err := g.encrypt(p); err != nil {
		return err
	}
	err := g.cork.flush()
	if err == nil {
		g.sent.Add(int64(len(p)))
	}
	return err
}

// encrypt has TLS write p to the cork.
func (g *guard) encrypt(p []byte) error {
	g.cork.hold(true)
	defer g.cork.hold(false)
	_, err := g.Conn.Write(p)
	return err
}

func (g *guard) writeDeadline() { _ = g.SetWriteDeadline(time.Now().Add(g.lim.Stall)) }

// Flush sends what has been gathered.
func (g *guard) Flush() error {
	if len(g.out) == 0 && (g.cork == nil || !g.cork.pending()) {
		return nil
	}
	err := g.writeOut(g.out)
	g.out = g.out[:0]
	return err
}

// closeWrite tells the peer that nothing follows, where the connection can.
func (g *guard) closeWrite() {
	if c, ok := g.Conn.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
}

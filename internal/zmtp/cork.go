package zmtp

import (
	"net"
	"sync"
	"syscall"
)

// cork lies between TLS and the network, where senders can write themselves. What TLS writes while it is held stays in memory, so that
// many records go out at once, or as many as the network takes without waiting; what it reads comes in large pieces.
type cork struct {
	net.Conn
	raw syscall.RawConn
	in  []byte // read and not yet handed on
	buf *parts // where in lies

	mu   sync.Mutex // orders our writes and those of TLS's own, which are rare
	held bool
	out  *parts // nil: nothing
}

const (
	// corkRead is how much is read at once, corkWrite how much TLS is given at once.
	corkRead  = 64 << 10
	corkWrite = 256 << 10
)

var readBuffers = sync.Pool{New: func() any { return &parts{buf: make([]byte, corkRead)} }}

// newCork returns nil where senders cannot write themselves.
func newCork(c net.Conn) *cork {
	sc, ok := c.(syscall.Conn)
	if !ok || !canTry {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	return &cork{Conn: c, raw: raw}
}

// Read hands on what has been read, or reads. A connection that is silent has no buffer.
func (c *cork) Read(p []byte) (int, error) {
	if len(c.in) == 0 {
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.in)
	if c.in = c.in[n:]; len(c.in) == 0 {
		readBuffers.Put(c.buf)
		c.in, c.buf = nil, nil
	}
	return n, nil
}

func (c *cork) fill() error {
	n, err := directReader{raw: c.raw}.read(func() []byte {
		c.buf = readBuffers.Get().(*parts)
		return c.buf.buf
	}, func() { readBuffers.Put(c.buf) })
	if err != nil {
		c.buf = nil
		return err
	}
	c.in = c.buf.buf[:n]
	return nil
}

// Write is TLS's.
func (c *cork) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.held && c.out == nil {
		return c.Conn.Write(p)
	}
	if c.out == nil {
		c.out = spareParts.Get().(*parts)
	}
	c.out.buf = append(c.out.buf, p...)
	return len(p), nil
}

// hold says whether what is written stays here.
func (c *cork) hold(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = on
}

func (c *cork) pending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out != nil
}

// flush sends what is here.
func (c *cork) flush() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out == nil {
		return nil
	}
	_, err := c.Conn.Write(c.out.buf)
	c.free()
	return err
}

// try sends what the network takes at once, and reports whether there is a rest.
func (c *cork) try() (rest bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out == nil {
		return false, nil
	}
	n, err := tryWrite(c.raw, c.out.buf)
	if err == nil && n < len(c.out.buf) {
		c.out.buf = c.out.buf[:copy(c.out.buf, c.out.buf[n:])]
		return true, nil
	}
	c.free()
	return false, err
}

func (c *cork) free() {
	if cap(c.out.buf) <= 2*corkWrite {
		c.out.free()
	}
	c.out = nil
}

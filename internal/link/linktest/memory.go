package linktest

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Memory is a network without a kernel, for tests whose time is testing/synctest's: a listener, and the function that dials it.
type Memory struct {
	mu    sync.Mutex
	queue chan net.Conn
	conns []*memoryConn
	shut  bool
}

// NewMemory returns a network with one listener.
func NewMemory() *Memory { return &Memory{queue: make(chan net.Conn, 1024)} }

// Dial connects to the listener, whatever the address.
func (m *Memory) Dial(_ context.Context, addr string) (net.Conn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.shut {
		return nil, &net.OpError{Op: "dial", Net: "memory", Addr: m.Addr(), Err: syscall.ECONNREFUSED}
	}
	there, back := newHalf(), newHalf()
	ours := &memoryConn{in: back, out: there, read: newDeadline(), write: newDeadline()}
	theirs := &memoryConn{in: there, out: back, read: newDeadline(), write: newDeadline()}
	m.conns = append(m.conns, ours, theirs)
	m.queue <- theirs
	return ours, nil
}

// Accept returns the next connection.
func (m *Memory) Accept() (net.Conn, error) {
	c, ok := <-m.queue
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

// Close ends the listener; dialing is refused from then on.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.shut {
		return net.ErrClosed
	}
	m.shut = true
	close(m.queue)
	return nil
}

// Addr returns a name for the network.
func (m *Memory) Addr() net.Addr { return memoryAddr{} }

// Cut breaks all connections.
func (m *Memory) Cut() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.conns {
		c.out.change(func(h *memoryHalf) { h.reset = true })
	}
	m.conns = nil
}

// Freeze loses all that is written to the connections there are, as if a cable was pulled.
func (m *Memory) Freeze() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.conns {
		c.out.change(func(h *memoryHalf) { h.lost = true })
	}
}

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return "memory:0" }

// memoryBuffer is how much a direction of a connection holds.
const memoryBuffer = 256 << 10

// memoryHalf is one direction of a connection.
type memoryHalf struct {
	mu      sync.Mutex
	buf     []byte
	eof     bool // the writer has closed
	broken  bool // the reader has closed
	lost    bool
	reset   bool
	changed chan struct{} // closed and replaced with every change
}

func newHalf() *memoryHalf { return &memoryHalf{changed: make(chan struct{})} }

func (h *memoryHalf) change(f func(h *memoryHalf)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f(h)
	h.notify()
}

// notify is called with the lock held.
func (h *memoryHalf) notify() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// wait calls try, at every change anew, until it is done; moved says that try has changed something.
func (h *memoryHalf) wait(d *deadline, try func() (moved, done bool, err error)) error {
	for {
		signal := d.wait()
		if d.passed() {
			return os.ErrDeadlineExceeded
		}
		h.mu.Lock()
		moved, done, err := try()
		if moved {
			h.notify()
		}
		changed := h.changed
		h.mu.Unlock()
		if done {
			return err
		}
		select {
		case <-changed:
		case <-signal:
		}
	}
}

type memoryConn struct {
	in, out     *memoryHalf
	read, write *deadline
}

func (c *memoryConn) Read(p []byte) (n int, err error) {
	h := c.in
	err = h.wait(c.read, func() (moved, done bool, err error) {
		switch {
		case h.broken:
			return false, true, net.ErrClosed
		case h.reset:
			return false, true, &net.OpError{Op: "read", Net: "memory", Err: syscall.ECONNRESET}
		case len(h.buf) > 0:
			n = copy(p, h.buf)
			h.buf = h.buf[n:]
			return true, true, nil
		case h.eof:
			return false, true, io.EOF
		}
		return false, len(p) == 0, nil
	})
	return n, err
}

func (c *memoryConn) Write(p []byte) (n int, err error) {
	h := c.out
	err = h.wait(c.write, func() (moved, done bool, err error) {
		switch {
		case h.eof:
			return false, true, net.ErrClosed
		case h.broken, h.reset:
			return false, true, &net.OpError{Op: "write", Net: "memory", Err: syscall.EPIPE}
		case h.lost:
			n = len(p)
			return false, true, nil
		}
		k := min(len(p)-n, memoryBuffer-len(h.buf))
		h.buf = append(h.buf, p[n:n+k]...)
		n += k
		return k > 0, n == len(p), nil
	})
	return n, err
}

func (c *memoryConn) Close() error {
	c.in.change(func(h *memoryHalf) { h.broken, h.buf = true, nil })
	return c.CloseWrite()
}

// CloseWrite lets the other side read to the end.
func (c *memoryConn) CloseWrite() error {
	c.out.change(func(h *memoryHalf) { h.eof = h.eof || !h.lost })
	return nil
}

func (c *memoryConn) LocalAddr() net.Addr  { return memoryAddr{} }
func (c *memoryConn) RemoteAddr() net.Addr { return memoryAddr{} }

func (c *memoryConn) SetDeadline(t time.Time) error {
	c.read.set(t)
	c.write.set(t)
	return nil
}

func (c *memoryConn) SetReadDeadline(t time.Time) error  { c.read.set(t); return nil }
func (c *memoryConn) SetWriteDeadline(t time.Time) error { c.write.set(t); return nil }

// deadline is a point in time that can be moved while it is waited for.
type deadline struct {
	mu     sync.Mutex
	timer  *time.Timer
	at     time.Time
	signal chan struct{} // closed and replaced when the deadline moves or passes
}

func newDeadline() *deadline { return &deadline{signal: make(chan struct{})} }

func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
	}
	d.at, d.timer = t, nil
	if !t.IsZero() {
		d.timer = time.AfterFunc(time.Until(t), d.wake)
	}
	d.notify()
}

func (d *deadline) wake() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notify()
}

func (d *deadline) notify() {
	close(d.signal)
	d.signal = make(chan struct{})
}

func (d *deadline) passed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.at.IsZero() && !time.Now().Before(d.at)
}

func (d *deadline) wait() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.signal
}

package zmtp

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/gocluster/gocluster/internal/brisk"
)

// quietBuffer is how much may be under way on a Unix socket in one direction, as far as the system allows.
const quietBuffer = 256 << 10

// quietConn is a Unix socket by which nobody is woken in vain. The runtime watches descriptors for being writable, too, and a Unix socket says so
// whenever the other side has read something: two of three times that a thread wakes. So the runtime does not watch the socket, but one
// epoll descriptor that watches whether it can be read and, when a write has to wait, another.
type quietConn struct {
	sock          *os.File // which the runtime does not watch
	raw           syscall.RawConn
	in            *watch
	local, remote net.Addr

	mu       sync.Mutex // of what follows
	out      *watch     // nil before it is needed
	deadline time.Time  // of writes
	closed   bool
}

// quietly takes a Unix socket over. What it cannot take over it returns as it is.
func quietly(c net.Conn) net.Conn {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return c
	}
	fd, err := duplicate(u)
	if err != nil {
		return c
	}
	in, err := newWatch(fd, syscall.EPOLLIN|syscall.EPOLLRDHUP)
	if err != nil {
		_ = syscall.Close(fd)
		return c
	}
	// The flag is the socket's, not the descriptor's: only now that nothing can fail any more. In this mode the runtime does not watch it.
	_ = syscall.SetNonblock(fd, false)
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_SNDBUF, quietBuffer)
	q := &quietConn{sock: os.NewFile(uintptr(fd), "ipc"), in: in, local: u.LocalAddr(), remote: u.RemoteAddr()}
	_ = u.Close()
	q.raw, _ = q.sock.SyscallConn()
	return q
}

func duplicate(u *net.UnixConn) (fd int, err error) {
	raw, err := u.SyscallConn()
	if err != nil {
		return 0, err
	}
	ctl := raw.Control(func(old uintptr) {
		n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, old, syscall.F_DUPFD_CLOEXEC, 0)
		if fd = int(n); errno != 0 {
			err = errno
		}
	})
	return fd, errors.Join(ctl, err)
}

// watch is an epoll descriptor that watches another one, and is itself watched by the runtime.
type watch struct {
	*os.File
	raw syscall.RawConn
	fd  int
}

func newWatch(fd int, events uint32) (*watch, error) {
	ep, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	err = os.NewSyscallError("epoll_ctl", syscall.EpollCtl(ep, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: events, Fd: int32(fd)}))
	if err == nil {
		err = os.NewSyscallError("fcntl", syscall.SetNonblock(ep, true))
	}
	if err != nil {
		_ = syscall.Close(ep)
		return nil, err
	}
	w := &watch{File: os.NewFile(uintptr(ep), "epoll"), fd: fd}
	if w.raw, err = w.SyscallConn(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// until calls f with a socket until it reports that it is done, and waits in between for the watch. An event that comes before f does is one
// that f sees to.
func (w *watch) until(sock syscall.RawConn, f func(fd uintptr) bool) error {
	gone := error(nil)
	err := w.raw.Read(func(uintptr) (done bool) {
		if gone = sock.Control(func(fd uintptr) { done = f(fd) }); gone != nil {
			return true
		}
		return done
	})
	if err == nil {
		err = gone
	}
	return err
}

// change says what is watched from now on.
func (w *watch) change(events uint32) (err error) {
	ctl := w.raw.Control(func(ep uintptr) {
		err = os.NewSyscallError("epoll_ctl", syscall.EpollCtl(int(ep), syscall.EPOLL_CTL_MOD, w.fd, &syscall.EpollEvent{Events: events, Fd: int32(w.fd)}))
	})
	return errors.Join(ctl, err)
}

// SyscallConn is the socket for those who read and write without waiting.
func (q *quietConn) SyscallConn() (syscall.RawConn, error) { return (*quietRaw)(q), nil }

// quietRaw is a quietConn as a raw connection.
type quietRaw quietConn

func (q *quietRaw) Control(f func(fd uintptr)) error { return q.raw.Control(f) }

// Read calls f until it reports that it is done, and waits in between.
func (q *quietRaw) Read(f func(fd uintptr) bool) error {
	return (*quietConn)(q).explain(q.in.until(q.raw, f))
}

// Write is Read for writing. Only while it waits does anybody watch whether something can be written.
func (q *quietRaw) Write(f func(fd uintptr) bool) error {
	c, done := (*quietConn)(q), false
	if err := q.raw.Control(func(fd uintptr) { done = f(fd) }); err != nil || done {
		return c.explain(err)
	}
	out, err := c.outWatch()
	if err == nil {
		err = out.change(syscall.EPOLLOUT)
	}
	if err == nil {
		err = errors.Join(out.until(q.raw, f), out.change(0))
	}
	return c.explain(err)
}

func (q *quietConn) outWatch() (*watch, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, net.ErrClosed
	}
	if q.out != nil {
		return q.out, nil
	}
	var err error
	ctl := q.raw.Control(func(fd uintptr) { q.out, err = newWatch(int(fd), syscall.EPOLLOUT) })
	if err = errors.Join(ctl, err); err != nil {
		return nil, err
	}
	return q.out, q.out.SetReadDeadline(q.deadline)
}

func (q *quietConn) Read(p []byte) (int, error) { return directReader{raw: (*quietRaw)(q)}.Read(p) }

func (q *quietConn) Write(p []byte) (n int, err error) {
	raw := (*quietRaw)(q)
	for n < len(p) && err == nil {
		var errno error
		err = raw.Write(func(fd uintptr) bool {
			var k int
			k, errno = brisk.Send(fd, p[n:])
			n += k
			return !errors.Is(errno, syscall.EAGAIN)
		})
		if err == nil && errno != nil && errno != syscall.EINTR {
			err = os.NewSyscallError("write", errno)
		}
	}
	return n, err
}

// CloseWrite tells the other side that nothing follows.
func (q *quietConn) CloseWrite() (err error) {
	ctl := q.raw.Control(func(fd uintptr) { err = os.NewSyscallError("shutdown", syscall.Shutdown(int(fd), syscall.SHUT_WR)) })
	return q.explain(errors.Join(ctl, err))
}

func (q *quietConn) Close() error {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return net.ErrClosed
	}
	q.closed = true
	out := q.out
	q.mu.Unlock()
	if out != nil {
		_ = out.Close()
	}
	return errors.Join(q.in.Close(), q.sock.Close())
}

func (q *quietConn) SetReadDeadline(t time.Time) error { return q.explain(q.in.SetReadDeadline(t)) }

func (q *quietConn) SetWriteDeadline(t time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.deadline = t; q.out == nil {
		return nil
	}
	return q.out.SetReadDeadline(t)
}

func (q *quietConn) SetDeadline(t time.Time) error {
	return errors.Join(q.SetReadDeadline(t), q.SetWriteDeadline(t))
}

func (q *quietConn) LocalAddr() net.Addr  { return q.local }
func (q *quietConn) RemoteAddr() net.Addr { return q.remote }

// explain says of closed files what is said of a closed connection.
func (q *quietConn) explain(err error) error {
	if err == nil {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return net.ErrClosed
	}
	return err
}

//go:build unix

package zmtp

import (
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/gocluster/gocluster/internal/brisk"
)

// canTry says that a write that does not block is possible on this platform.
const canTry = true

// tryWrite writes what the network takes at once. The deadline of writes that wait is none of its business.
func tryWrite(raw syscall.RawConn, b []byte) (n int, err error) {
	ctl := raw.Control(func(fd uintptr) { n, err = brisk.Send(fd, b) })
	switch {
	case ctl != nil:
		return 0, ctl
	case errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR):
		return 0, nil
	case err != nil:
		return 0, os.NewSyscallError("write", err)
	}
	return n, nil
}

// directReader reads from a connection.
type directReader struct {
	raw  syscall.RawConn
	wait func() // called before it waits; nil: nothing is
}

func (r directReader) Read(b []byte) (n int, err error) {
	return r.read(func() []byte { return b }, func() {})
}

// read reads into what get returns, which is given back where nothing has come.
func (r directReader) read(get func() []byte, giveBack func()) (n int, err error) {
	ctl := r.raw.Read(func(fd uintptr) bool {
		b := get()
		for {
			if n, err = brisk.Receive(fd, b); err != syscall.EINTR {
				break
			}
		}
		if err != nil || n == 0 {
			giveBack()
		}
		if err == syscall.EAGAIN && r.wait != nil {
			r.wait()
		}
		return err != syscall.EAGAIN
	})
	switch {
	case ctl != nil:
		return 0, ctl
	case err != nil:
		return 0, os.NewSyscallError("read", err)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

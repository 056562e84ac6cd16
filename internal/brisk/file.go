//go:build unix

package brisk

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// File is an end of a pipe. One goroutine reads at a time, and one writes.
type File struct {
	*os.File
	raw syscall.RawConn
}

// NewFile returns a file whose descriptor does not block, as those of os.Pipe do not.
func NewFile(f *os.File) (*File, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &File{File: f, raw: raw}, nil
}

// Read reads what is there, or comes.
func (f *File) Read(b []byte) (n int, err error) {
	gone := f.raw.Read(func(fd uintptr) bool {
		n, err = patient(read, fd, b)
		return err != syscall.EAGAIN
	})
	switch {
	case gone != nil:
		return 0, closed(gone)
	case err != nil:
		return 0, os.NewSyscallError("read", err)
	case n == 0 && len(b) > 0:
		return 0, io.EOF
	}
	return n, nil
}

// Write writes all of b.
func (f *File) Write(b []byte) (n int, err error) {
	gone := f.raw.Write(func(fd uintptr) bool {
		for err = nil; err == nil && n < len(b); {
			var more int
			more, err = patient(write, fd, b[n:])
			n += more
		}
		return err != syscall.EAGAIN
	})
	switch {
	case gone != nil:
		return n, closed(gone)
	case err != nil:
		return n, os.NewSyscallError("write", err)
	}
	return n, nil
}

// patient repeats a call that a signal has interrupted.
func patient(call func(uintptr, []byte) (int, error), fd uintptr, b []byte) (n int, err error) {
	for {
		if n, err = call(fd, b); err != syscall.EINTR {
			return n, err
		}
	}
}

// closed says it as a file does: there are no deadlines here, so there is nothing else that can be wrong.
func closed(err error) error { return fmt.Errorf("%w: %w", os.ErrClosed, err) }

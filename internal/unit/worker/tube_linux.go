package worker

import (
	"errors"
	"io"
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

// tube is the two pipes from and to the host. The runtime knows nothing of what is done with them before it takes long: for each task it would
// have its threads hand this one's work over to each other, which costs more than a brief task and all the rest of its way.
type tube struct{ in, out uintptr }

// attentive is how long the next task is awaited so.
const attentive = 2_000_000 // nanoseconds

// newTube uses descriptors of pipes, and keeps them from the processes that the function may start.
func newTube(in, out int) (tube, error) {
	syscall.CloseOnExec(in)
	syscall.CloseOnExec(out)
	if err := syscall.SetNonblock(in, false); err != nil {
		return tube{}, os.NewSyscallError("fcntl", err)
	}
	return tube{uintptr(in), uintptr(out)}, os.NewSyscallError("fcntl", syscall.SetNonblock(out, true))
}

// Read reads what there is, or comes.
func (t tube) Read(b []byte) (int, error) {
	for {
		switch ready, errno := await(t.in, pollIn, attentive); {
		case ready:
			n, _, errno := syscall.RawSyscall(syscall.SYS_READ, t.in, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
			if errno != syscall.EINTR {
				return result(n, errno)
			}
		case errno == syscall.EINTR: // the runtime wants something of this thread, which it gets where the thread asks it for work
			runtime.Gosched()
		default: // it takes longer
			n, _, errno := syscall.Syscall(syscall.SYS_READ, t.in, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
			if errno != syscall.EINTR {
				return result(n, errno)
			}
		}
	}
}

func result(n uintptr, errno syscall.Errno) (int, error) {
	switch {
	case errno != 0:
		return 0, os.NewSyscallError("read", errno)
	case n == 0:
		return 0, io.EOF
	}
	return int(n), nil
}

// Write writes all of b.
func (t tube) Write(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, t.out, uintptr(unsafe.Pointer(unsafe.SliceData(rest))), uintptr(len(rest)))
		switch {
		case errno == 0:
			rest = rest[n:]
		case errno == syscall.EAGAIN:
			room := pollfd{fd: int32(t.out), events: pollOut}
			_, _, _ = syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&room)), 1, 0, 0, 0, 0) // the next write says what is wrong
		case !errors.Is(errno, syscall.EINTR):
			return len(b) - len(rest), os.NewSyscallError("write", errno)
		}
	}
	return len(b), nil
}

// pollfd is what poll is told, and tells.
type pollfd struct {
	fd              int32
	events, revents int16
}

const (
	pollIn  = 1
	pollOut = 4
)

// await waits for some nanoseconds until there is something to read.
func await(fd uintptr, events int16, limit int64) (ready bool, errno syscall.Errno) {
	p, t := pollfd{fd: int32(fd), events: events}, syscall.NsecToTimespec(limit)
	n, _, errno := syscall.RawSyscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&t)), 0, 0, 0)
	return errno == 0 && n == 1, errno
}

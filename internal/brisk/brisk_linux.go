package brisk

import (
	"syscall"
	"unsafe"
)

// Receive receives from a socket what is there; syscall.EAGAIN says that nothing is.
func Receive(fd uintptr, b []byte) (int, error) {
	return call(syscall.SYS_RECVFROM, fd, b, syscall.MSG_DONTWAIT)
}

// Send sends to a socket what it takes at once; syscall.EAGAIN says that it takes nothing.
func Send(fd uintptr, b []byte) (int, error) {
	return call(syscall.SYS_SENDTO, fd, b, syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL)
}

func read(fd uintptr, b []byte) (int, error)  { return call(syscall.SYS_READ, fd, b, 0) }
func write(fd uintptr, b []byte) (int, error) { return call(syscall.SYS_WRITE, fd, b, 0) }

func call(trap, fd uintptr, b []byte, flags uintptr) (int, error) {
	n, _, errno := syscall.RawSyscall6(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), flags, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

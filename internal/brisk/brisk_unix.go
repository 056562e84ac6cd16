//go:build unix && !linux

package brisk

import "syscall"

// Receive receives from a socket what is there; syscall.EAGAIN says that nothing is. The socket is one that does not block.
func Receive(fd uintptr, b []byte) (int, error) { return read(fd, b) }

// Send sends to a socket what it takes at once; syscall.EAGAIN says that it takes nothing. The socket is one that does not block.
func Send(fd uintptr, b []byte) (int, error) { return write(fd, b) }

func read(fd uintptr, b []byte) (int, error)  { return syscall.Read(int(fd), b) }
func write(fd uintptr, b []byte) (int, error) { return syscall.Write(int(fd), b) }

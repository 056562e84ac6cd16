//go:build unix

package worker

import "syscall"

// private keeps descriptors from the processes that the function may start.
func private(fds ...int) {
	for _, fd := range fds {
		syscall.CloseOnExec(fd)
	}
}

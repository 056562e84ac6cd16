//go:build unix && !linux

package worker

import "syscall"

// private keeps descriptors from the processes that the function may start, and has the runtime wait for them: a thread that waits in the
// system would have it look for that thread all the time.
func private(fds ...int) {
	for _, fd := range fds {
		syscall.CloseOnExec(fd)
		_ = syscall.SetNonblock(fd, true) // else they are waited for in the system
	}
}

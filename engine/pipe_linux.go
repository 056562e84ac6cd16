package engine

import (
	"os"
	"syscall"
)

// pipeBytes is how much a pipe to a program holds: results of a megabyte then need not wait to be read.
const pipeBytes = 1 << 20

// enlarge returns how much a pipe holds then, 0 if that is not known.
func enlarge(f *os.File) (bytes int) {
	const setPipeSize = 1031 // F_SETPIPE_SZ
	conn, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	_ = conn.Control(func(fd uintptr) { // the system may allow less, and then it stays as it is
		if n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, setPipeSize, pipeBytes); errno == 0 {
			bytes = int(n)
		}
	})
	return bytes
}

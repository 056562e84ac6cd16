package engine

import (
	"os"
	"syscall"
)

// pipeBytes is how much a pipe to a program holds: results of a megabyte then need not wait to be read.
const pipeBytes = 1 << 20

func enlarge(f *os.File) {
	const setPipeSize = 1031 // F_SETPIPE_SZ
	conn, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) { // the system may allow less, and then it stays as it is
		_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, fd, setPipeSize, pipeBytes)
	})
}

//go:build linux || darwin

package zmtp

import (
	"fmt"
	"os"
	"syscall"
)

// peerCredentials says that the kernel tells who is at the other end of a Unix socket.
const peerCredentials = true

func checkUser(raw syscall.RawConn) error {
	var user int
	var err error
	if ctl := raw.Control(func(fd uintptr) { user, err = userAt(int(fd)) }); ctl != nil {
		return ctl
	}
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	if user != os.Geteuid() {
		return fmt.Errorf("%w: it is with user %d", ErrLocal, user)
	}
	return nil
}

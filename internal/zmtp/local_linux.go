package zmtp

import "syscall"

// userAt returns the user of the process at the other end of a Unix socket.
func userAt(fd int) (int, error) {
	who, err := syscall.GetsockoptUcred(fd, syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	if err != nil {
		return 0, err
	}
	return int(who.Uid), nil
}

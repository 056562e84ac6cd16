//go:build !windows

package parcel

import (
	"errors"
	"os"
	"syscall"
)

// errLocked says that another has the lock.
var errLocked = errors.New("another process has it")

// lock opens a file that nobody else has open this way. The lock ends with the file, or the process.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errLocked
	}
	return nil, err
}

// noSpace reports whether an error says that there is no room on the disk.
func noSpace(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

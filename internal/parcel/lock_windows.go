package parcel

import (
	"errors"
	"os"
	"syscall"
)

// errLocked says that another has the lock.
var errLocked = errors.New("another process has it")

const (
	errorSharingViolation = syscall.Errno(32)
	errorDiskFull         = syscall.Errno(112)
)

// lock opens a file that nobody else has open this way. The lock ends with the file, or the process.
func lock(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errorSharingViolation) {
		return nil, errLocked
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), path), nil
}

// noSpace reports whether an error says that there is no room on the disk.
func noSpace(err error) bool { return errors.Is(err, errorDiskFull) }

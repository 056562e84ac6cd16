//go:build !windows

package session

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// inherit lets the child have a file, and returns the name by which it finds it.
func inherit(cmd *exec.Cmd, f *os.File) (string, error) {
	cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	return strconv.Itoa(2 + len(cmd.ExtraFiles)), nil
}

// inherited opens a file that the parent let this process have; processes that it starts do not get it.
func inherited(name string) (*os.File, error) {
	fd, err := strconv.Atoi(name)
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	// Non-blocking, so that the runtime's poller waits for it.
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "session"), nil
}

// duplicate returns a second descriptor of a file, which stays open when the first is closed.
func duplicate(f *os.File) (*os.File, error) {
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// inheritedOut is inherited for a file to be written; it blocks as usual.
func inheritedOut(name string) (*os.File, error) {
	fd, err := strconv.Atoi(name)
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "session"), nil
}

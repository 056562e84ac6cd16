package session

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// inherit lets the child have a file, and returns the name by which it finds it.
func inherit(cmd *exec.Cmd, f *os.File) (string, error) {
	h := syscall.Handle(f.Fd())
	if err := syscall.SetHandleInformation(h, syscall.HANDLE_FLAG_INHERIT, syscall.HANDLE_FLAG_INHERIT); err != nil {
		return "", os.NewSyscallError("SetHandleInformation", err)
	}
	cmd.SysProcAttr.AdditionalInheritedHandles = append(cmd.SysProcAttr.AdditionalInheritedHandles, h)
	return strconv.FormatUint(uint64(h), 10), nil
}

// inherited opens a file that the parent let this process have; processes that it starts do not get it.
func inherited(name string) (*os.File, error) {
	h, err := strconv.ParseUint(name, 10, 64)
	if err != nil {
		return nil, err
	}
	if err := syscall.SetHandleInformation(syscall.Handle(h), syscall.HANDLE_FLAG_INHERIT, 0); err != nil {
		return nil, os.NewSyscallError("SetHandleInformation", err)
	}
	return os.NewFile(uintptr(h), "session"), nil
}

// duplicate returns a second handle of a file, which stays open when the first is closed.
func duplicate(f *os.File) (*os.File, error) {
	self, err := syscall.GetCurrentProcess()
	if err != nil {
		return nil, err
	}
	var h syscall.Handle
	if err := syscall.DuplicateHandle(self, syscall.Handle(f.Fd()), self, &h, 0, false, syscall.DUPLICATE_SAME_ACCESS); err != nil {
		return nil, os.NewSyscallError("DuplicateHandle", err)
	}
	return os.NewFile(uintptr(h), f.Name()), nil
}

// inheritedOut is inherited for a file to be written.
func inheritedOut(name string) (*os.File, error) { return inherited(name) }

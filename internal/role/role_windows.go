package role

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

func attach(cmd *exec.Cmd, line *os.File) {
	h := syscall.Handle(line.Fd())
	if err := syscall.SetHandleInformation(h, syscall.HANDLE_FLAG_INHERIT, syscall.HANDLE_FLAG_INHERIT); err != nil {
		cmd.Err = os.NewSyscallError("SetHandleInformation", err)
		return
	}
	cmd.Env = append(cmd.Env, envLifeline+"="+strconv.FormatUint(uint64(h), 10))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		CreationFlags:              syscall.CREATE_NEW_PROCESS_GROUP,
		AdditionalInheritedHandles: []syscall.Handle{h},
	}
}

func detach(cmd *exec.Cmd) {
	const detachedProcess = 0x8
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP | detachedProcess}
}

func lifeline(text string) *os.File {
	h, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(h), "lifeline")
}

func signalled(*os.ProcessState) (syscall.Signal, bool) { return 0, false }

// EndGroup ends what is left of the process group that a role's process leads, where the system has such groups.
func EndGroup(int) {}

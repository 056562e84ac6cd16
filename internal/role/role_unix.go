//go:build !windows

package role

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

func attach(cmd *exec.Cmd, line *os.File) {
	cmd.ExtraFiles = []*os.File{line}
	cmd.Env = append(cmd.Env, envLifeline+"=3")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}

func lifeline(text string) *os.File {
	fd, err := strconv.Atoi(text)
	if err != nil {
		return nil
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "lifeline")
}

func signalled(state *os.ProcessState) (syscall.Signal, bool) {
	ws, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !ws.Signaled() {
		return 0, false
	}
	return ws.Signal(), true
}

// EndGroup ends what is left of the process group that a role's process leads: programs that it has started and not detached.
// What has left the group is meant to stay. The process itself may have ended; if it is the caller, it ends.
func EndGroup(pid int) {
	if group, err := syscall.Getpgid(0); err == nil && group == pid && pid != os.Getpid() {
		return // ours, not the role's
	}
	_ = syscall.Kill(-pid, syscall.SIGKILL) // mostly there is none left
}

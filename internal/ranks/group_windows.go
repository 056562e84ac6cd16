package ranks

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup keeps a command from being interrupted along with us.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// signalName is a signal's name as shells know it.
func signalName(os.Signal) string { return "INT" }

//go:build !windows

package ssh

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps ssh from being interrupted along with us: what it runs is ended in order.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

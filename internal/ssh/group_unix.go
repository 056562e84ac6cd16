//go:build !windows

package ssh

import (
	"errors"
	"os/exec"
	"syscall"
)

// ownGroup keeps ssh from being interrupted along with us: what it runs is ended in order.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// gone reports whether there is no process of an id.
func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

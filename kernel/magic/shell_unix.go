//go:build unix

package magic

import (
	"os/exec"
	"syscall"
)

// shell is how a command line is run.
func shell(line string) []string { return []string{"sh", "-c", line} }

// grouped gives a command a process group of its own, which ends with it when it is interrupted. end is called when the command has
// ended.
func grouped(cmd *exec.Cmd) (end func()) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	interrupted := false
	signal := func(s syscall.Signal) { _ = syscall.Kill(-cmd.Process.Pid, s) } // who has ended needs no signal
	cmd.Cancel = func() error {
		interrupted = true
		signal(syscall.SIGINT)
		return nil
	}
	return func() {
		if interrupted {
			signal(syscall.SIGKILL) // what has outlived the interrupt
		}
	}
}

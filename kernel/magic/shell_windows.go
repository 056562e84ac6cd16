package magic

import (
	"os/exec"
	"strconv"
	"syscall"
)

// shell is how a command line is run.
func shell(line string) []string { return []string{"cmd.exe", "/d", "/s", "/c", line} }

// grouped lets an interrupt end a command with all that it has started. end is called when the command has ended.
func grouped(cmd *exec.Cmd) (end func()) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	if n := len(cmd.Args); n > 1 && cmd.Args[n-2] == "/c" {
		// cmd.exe has its own rules for quotes.
		cmd.SysProcAttr.CmdLine = `cmd.exe /d /s /c "` + cmd.Args[n-1] + `"`
	}
	cmd.Cancel = func() error {
		_ = exec.Command("taskkill", "/t", "/f", "/pid", strconv.Itoa(cmd.Process.Pid)).Run() // it may have ended by itself
		return cmd.Process.Kill()
	}
	return func() {}
}

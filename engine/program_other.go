//go:build !unix

package engine

import (
	"os"
	"os/exec"
)

// Elsewhere units are interpreted.
const canRunPrograms = false

func alone(*exec.Cmd)      {}
func end(cmd *exec.Cmd)    { _ = cmd.Process.Kill() }
func isBusy(error) bool    { return false }
func widen(*os.File) int   { return 0 }
func (s *stream) read()    {}
func (s *stream) readNow() {}

// exitStatus is a process's exit status.
func exitStatus(p *os.ProcessState) int { return p.ExitCode() }

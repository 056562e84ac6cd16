//go:build unix

package engine

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

const canRunPrograms = true

// alone makes a command the head of a process group of its own.
func alone(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// end kills a command's process group.
func end(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended by itself
}

func isBusy(err error) bool { return errors.Is(err, syscall.ETXTBSY) }

// read passes on what is printed until the process has closed its end. Reading and passing on are one step under the stream's lock, so
// that drain finds either the bytes in the pipe or what became of them.
func (s *stream) read() {
	conn, err := s.file.SyscallConn()
	if err != nil {
		return
	}
	open := true
	for open {
		if err := conn.Read(func(fd uintptr) bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			got := false
			got, open = s.once(int(fd))
			return got || !open
		}); err != nil {
			return
		}
	}
}

// once reads what there is, if there is anything. The caller holds mu.
func (s *stream) once(fd int) (got, open bool) {
	for {
		n, err := syscall.Read(fd, s.buf)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return false, true
		case err != nil || n == 0:
			return false, false
		}
		s.text(string(s.buf[:n]))
		return true, true
	}
}

// readNow reads what is in the pipe. The caller holds mu.
func (s *stream) readNow() {
	conn, err := s.file.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) { // a closed file has nothing more
		for {
			if got, _ := s.once(int(fd)); !got {
				return
			}
		}
	})
}

// smallPipe is how much a pipe holds everywhere.
const smallPipe = 16 << 10

// widen makes a pipe hold more, where the system lets it, and returns how much it holds.
func widen(f *os.File) int { return max(enlarge(f), smallPipe) }

// exitStatus is a process's exit status, 128 more than the signal's number if one has ended it.
func exitStatus(p *os.ProcessState) int {
	const signalled = 128
	if s, ok := p.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		return signalled + int(s.Signal())
	}
	return p.ExitCode()
}

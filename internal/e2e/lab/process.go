package lab

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/role"
)

// Process is a command that runs beside the test.
type Process struct {
	t       testing.TB
	args    string
	cmd     *exec.Cmd
	ended   chan struct{}
	changed chan struct{}

	mu   sync.Mutex
	said bytes.Buffer
}

// Write keeps what the process says.
func (p *Process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.changed <- struct{}{}:
	default:
	}
	return p.said.Write(b)
}

// String is all that the process has said, as results and as errors.
func (p *Process) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// Begin begins a gocluster command with env added to its environment. It is interrupted at the test's end.
func Begin(t testing.TB, env []string, args ...string) *Process {
	t.Helper()
	p := &Process{t: t, args: strings.Join(args, " "), cmd: role.Command(Role, args...), ended: make(chan struct{}), changed: make(chan struct{}, 1)}
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.ended) }() // it ends with the process, which the end of the test waits for
	t.Cleanup(func() {
		p.Interrupt()
		p.End()
	})
	return p
}

// Says waits until the process has said something.
func (p *Process) Says(text string) {
	p.t.Helper()
	late := time.After(Patience)
	for !strings.Contains(p.String(), text) {
		select {
		case <-p.changed:
		case <-p.ended:
			if !strings.Contains(p.String(), text) {
				p.t.Fatalf("gocluster %s ended without saying %q: %s", p.args, text, p)
			}
		case <-late:
			p.t.Fatalf("gocluster %s does not say %q: %s", p.args, text, p)
		}
	}
}

// Ended is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// End waits for the process's end and returns its exit status.
func (p *Process) End() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(Patience):
		p.Kill()
		p.t.Errorf("gocluster %s does not end: %s", p.args, p)
		<-p.ended
	}
	return p.cmd.ProcessState.ExitCode()
}

// Interrupt is Ctrl-C.
func (p *Process) Interrupt() { _ = p.cmd.Process.Signal(os.Interrupt) }

// Kill ends the process at once.
func (p *Process) Kill() { _ = p.cmd.Process.Kill() }

// Run runs a command to its end and returns what it prints, first what it prints as errors, and its exit status.
func Run(t testing.TB, args ...string) (string, int) {
	t.Helper()
	cmd := role.Command(Role, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(Patience, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait() // its status tells
	if !late.Stop() {
		t.Fatalf("gocluster %s does not end: %s%s", strings.Join(args, " "), errs.String(), out.String())
	}
	return errs.String() + out.String(), cmd.ProcessState.ExitCode()
}

// Must runs a command that has to succeed and returns what it prints.
func Must(t testing.TB, args ...string) string {
	t.Helper()
	said, status := Run(t, args...)
	if status != 0 {
		t.Fatalf("gocluster %s: exit status %d: %s", strings.Join(args, " "), status, said)
	}
	return said
}

// Package role lets one executable play several processes: a parent starts a child by re-executing itself in a role.
// Every main, and every TestMain of a package that starts such processes, registers its roles and calls Dispatch first.
//
// A child is tied to its parent by a lifeline, a pipe of which the parent holds the writing end for as long as it lives: when the
// parent dies, however it dies, the child's context is cancelled, and the child ends after a short grace whatever it is doing.
package role

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Env is the environment variable that names the role.
const Env = "GOCLUSTER_ROLE"

const envLifeline = "GOCLUSTER_LIFELINE"

// Grace is how long a role may take to end after its parent has died.
const Grace = 3 * time.Second

// exitUnknown is the exit status of a role that this executable does not have.
const exitUnknown = 2

var roles = map[string]func(ctx context.Context, args []string) int{}

// Register says what the process does in a role; run's result is the exit status. It is called before Dispatch.
func Register(name string, run func(ctx context.Context, args []string) int) {
	if _, twice := roles[name]; twice {
		panic("role: " + name + " is registered twice")
	}
	roles[name] = run
}

// Dispatch runs the process's role and exits, if it was started in one; otherwise it returns at once.
// The role's context is cancelled when the parent dies and when the process is asked to terminate.
func Dispatch() {
	name := os.Getenv(Env)
	if name == "" {
		return
	}
	run, ok := roles[name]
	if !ok {
		fmt.Fprintf(os.Stderr, "role: this executable cannot play %q, only %s\n", name, strings.Join(known(), ", "))
		os.Exit(exitUnknown)
	}
	// What the role starts are processes of its own choice.
	_ = os.Unsetenv(Env)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	if line := lifeline(os.Getenv(envLifeline)); line != nil {
		go watch(line, cancel) // ends with the process: it waits for the parent's death
	}
	_ = os.Unsetenv(envLifeline)
	os.Exit(run(ctx, os.Args[1:]))
}

// ErrOrphaned is the cause of a role's context when its parent has died.
var ErrOrphaned = fmt.Errorf("the parent process has died")

func watch(line *os.File, cancel context.CancelCauseFunc) {
	_, _ = line.Read(make([]byte, 1))
	cancel(ErrOrphaned)
	time.Sleep(Grace)
	os.Exit(1)
}

func known() []string {
	var names []string
	for name := range roles {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// parentEnds makes the process's lifeline; its children share the reading end.
var parentEnds = sync.OnceValues(func() ([2]*os.File, error) {
	r, w, err := os.Pipe()
	return [2]*os.File{r, w}, err
})

// RunnerEnv is the environment variable with the command, a program and its first arguments, that runs this process's roles and programs
// where the kernel cannot: "qemu-aarch64" where the process itself runs under it. Unset or empty: the kernel runs them.
const RunnerEnv = "GOCLUSTER_RUNNER"

// Program returns a command that runs an executable of this process's platform, by the runner if there is one.
func Program(file string, args ...string) *exec.Cmd {
	runner := strings.Fields(os.Getenv(RunnerEnv))
	if len(runner) == 0 {
		return exec.Command(file, args...)
	}
	words := append(append(runner[1:], file), args...)
	cmd := exec.Command(runner[0], words...)
	if cmd.Err != nil {
		cmd.Err = fmt.Errorf("%s=%q cannot run anything: %w", RunnerEnv, os.Getenv(RunnerEnv), cmd.Err)
	}
	return cmd
}

// Command returns a command that re-executes this executable in a role, in a process group of its own, with this process's
// environment. On Unix the lifeline takes ExtraFiles[0], so files that the caller appends begin at descriptor 4.
// An error to set it up is the command's Err, which Start reports.
func Command(name string, args ...string) *exec.Cmd {
	exe, err := os.Executable()
	cmd := Program(exe, args...)
	if err != nil {
		cmd.Err = fmt.Errorf("cannot find this executable to start a %s: %w", name, err)
		return cmd
	}
	ends, err := parentEnds()
	if err != nil {
		cmd.Err = fmt.Errorf("cannot make a lifeline for a %s: %w", name, err)
		return cmd
	}
	cmd.Env = append(os.Environ(), Env+"="+name)
	attach(cmd, ends[0])
	return cmd
}

// Detached returns a command like Command's that outlives this process.
func Detached(name string, args ...string) *exec.Cmd {
	exe, err := os.Executable()
	cmd := Program(exe, args...)
	if err != nil {
		cmd.Err = fmt.Errorf("cannot find this executable to start a %s: %w", name, err)
		return cmd
	}
	cmd.Env = append(os.Environ(), Env+"="+name)
	detach(cmd)
	return cmd
}

package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Config says which ssh is used, and with which configuration.
type Config struct {
	// Command is the program, File a configuration file in place of the user's; empty: ssh, and the user's.
	Command, File string
	// Options are as in a configuration file: "ConnectTimeout=5". They win over ours.
	Options []string
}

// Host is a host as ssh knows it.
type Host struct {
	cfg    Config
	target string

	mu     sync.Mutex
	socket string // the folder of the shared connection's socket; empty: there is none
}

// The options that are ours. Nobody can be asked; a host that does not answer, or whose link is down, is noticed.
var options = []string{"BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=3", "ServerAliveCountMax=3", "LogLevel=ERROR"}

// shareTime is how long a shared connection stays open that nobody uses.
const shareTime = "20"

// waitDelay is how long what a command leaves behind may hold its output.
const waitDelay = 2 * time.Second

// New returns the host that ssh calls target: "alpha" or "bob@beta".
func New(cfg Config, target string) *Host {
	if cfg.Command == "" {
		cfg.Command = "ssh"
	}
	return &Host{cfg: cfg, target: target}
}

// String is the host's name without the user's.
func (h *Host) String() string {
	_, name, ok := strings.Cut(h.target, "@")
	if !ok {
		return h.target
	}
	return name
}

// Target is how ssh is told of the host.
func (h *Host) Target() string { return h.target }

// args are ssh's arguments before those of one connection. They share one if they may.
func (h *Host) args(shared bool) []string {
	args := []string{"-T"}
	if h.cfg.File != "" {
		args = append(args, "-F", h.cfg.File)
	}
	for _, o := range h.cfg.Options {
		args = append(args, "-o", o)
	}
	for _, o := range options {
		args = append(args, "-o", o)
	}
	dir := ""
	if shared {
		dir = h.share()
	}
	if dir != "" {
		return append(args, "-o", "ControlMaster=auto", "-o", "ControlPath="+filepath.Join(dir, "s"), "-o", "ControlPersist="+shareTime)
	}
	return append(args, "-o", "ControlMaster=no", "-o", "ControlPath=none")
}

// share makes the folder of the shared connection's socket. Windows' ssh has none.
func (h *Host) share() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.socket == "" && runtime.GOOS != "windows" {
		swept.Do(sweep)
		if dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", sharePrefix, os.Getpid())); err == nil { // without it, each connection is one of its own
			h.socket = dir
		}
	}
	return h.socket
}

// sharePrefix begins the names of folders with sockets, before the number of the process that has made one.
const sharePrefix = "gcs"

// swept is done once in a process.
var swept sync.Once

// sweep removes the folders of this user's processes that were killed. Their connections end by themselves.
func sweep() {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), sharePrefix+"[0-9]*-*")) // the pattern is right
	for _, dir := range folders {
		text, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), sharePrefix), "-")
		if pid, err := strconv.Atoi(text); err == nil && gone(pid) {
			_ = os.RemoveAll(dir) // another user's stays
		}
	}
}

// Close ends the shared connection.
func (h *Host) Close() error {
	h.mu.Lock()
	dir := h.socket
	h.socket = ""
	h.mu.Unlock()
	if dir == "" {
		return nil
	}
	path := filepath.Join(dir, "s")
	if _, err := os.Stat(path); err == nil {
		cmd := exec.Command(h.cfg.Command, "-o", "ControlPath="+path, "-O", "exit", h.target)
		if h.cfg.File != "" {
			cmd.Args = append([]string{cmd.Args[0], "-F", h.cfg.File}, cmd.Args[1:]...)
		}
		_ = cmd.Run() // it may have ended by itself
	}
	return os.RemoveAll(dir)
}

// Words returns the command line, without sharing, that runs argv on the host, for people to see.
func (h *Host) Words(argv ...string) []string {
	words := []string{h.cfg.Command}
	if h.cfg.File != "" {
		words = append(words, "-F", h.cfg.File)
	}
	for _, o := range h.cfg.Options {
		words = append(words, "-o", o)
	}
	return append(words, h.target, strings.Join(argv, " "))
}

// Command returns a command that runs argv on the host, in dir ("" and "~" are the home directory) and with env ("NAME=value") added.
func (h *Host) Command(ctx context.Context, dir string, env []string, argv ...string) *exec.Cmd {
	return h.command(ctx, true, nil, Script(dir, env, argv...))
}

// Forwarding is Command over a connection of its own, which lasts as long as argv runs and carries connections that are made on
// the host to the Unix socket at path there back to addr here.
func (h *Host) Forwarding(ctx context.Context, path, addr string, env []string, argv ...string) *exec.Cmd {
	more := []string{"-o", "ExitOnForwardFailure=yes", "-R", path + ":" + addr}
	return h.command(ctx, false, more, Script("", env, argv...))
}

// CheckForwarding finds out whether connections from a Unix socket at path there would be carried back here.
func (h *Host) CheckForwarding(ctx context.Context, path string) error {
	_, err := h.run(ctx, h.Forwarding(ctx, path, "127.0.0.1:1", nil, "rm", "-f", path))
	return err
}

func (h *Host) command(ctx context.Context, shared bool, more []string, script string) *exec.Cmd {
	args := append(append(h.args(shared), more...), "--", h.target, "exec /bin/sh -c "+Quote(script))
	cmd := exec.CommandContext(ctx, h.cfg.Command, args...)
	cmd.WaitDelay = waitDelay
	ownGroup(cmd)
	return cmd
}

// Script is a line of shell that runs argv in dir with env.
func Script(dir string, env []string, argv ...string) string {
	var b strings.Builder
	switch {
	case dir == "" || dir == "~":
	case strings.HasPrefix(dir, "~/"):
		b.WriteString("cd ~/" + Quote(dir[2:]) + " && ")
	default:
		b.WriteString("cd " + Quote(dir) + " && ")
	}
	b.WriteString("exec")
	if len(env) > 0 {
		b.WriteString(" env")
	}
	for _, word := range append(append([]string{}, env...), argv...) {
		b.WriteString(" " + Quote(word))
	}
	return b.String()
}

// Quote quotes a word for shells; "~/" at its beginning stays the home directory.
func Quote(word string) string {
	if rest, ok := strings.CutPrefix(word, "~/"); ok {
		return "~/" + Quote(rest)
	}
	if word != "" && strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=:,./@%") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Shell runs a script with the host's shell and returns what it prints.
func (h *Host) Shell(ctx context.Context, script string) (string, error) {
	return h.run(ctx, h.command(ctx, true, nil, script))
}

// run runs a command; what it says in failing becomes an *Error.
func (h *Host) run(ctx context.Context, cmd *exec.Cmd) (string, error) {
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) { // the shared connection holds our output
		err = nil
	}
	if err != nil {
		return out.String(), h.Explain(ctx, err, said.String())
	}
	return out.String(), nil
}

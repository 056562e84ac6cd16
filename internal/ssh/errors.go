package ssh

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
)

// Kind is what is wrong with a host.
type Kind string

// The kinds.
const (
	NoProgram  Kind = "there is no ssh on this machine"
	BadConfig  Kind = "ssh's configuration is wrong"
	NoSuchHost Kind = "no host of this name is known"
	Down       Kind = "the host does not answer"
	Refused    Kind = "the host refuses connections"
	UnknownKey Kind = "the host's key is not known"
	ChangedKey Kind = "the host's key has changed"
	Denied     Kind = "the host does not let you in"
	Broken     Kind = "the connection broke"
	NoForward  Kind = "the host forwards no connections"
	NoWrite    Kind = "no permission to write there"
	ReadOnly   Kind = "the file system there is read-only"
	DiskFull   Kind = "the disk there is full"
	NoShell    Kind = "the host has no POSIX shell"
	NoExec     Kind = "programs may not be run there"
	OldLibrary Kind = "the host's C library is too old for this gocluster"
	Other      Kind = "the command failed"
)

// Error is what is wrong with a host, and what to do about it.
type Error struct {
	Host string
	Kind Kind
	// Do says what to do, Said is what ssh or the host said.
	Do, Said string
	cause    error
}

func (e *Error) Error() string {
	text := string(e.Kind)
	if e.Said != "" {
		text += " (" + e.Said + ")"
	}
	if e.Do != "" {
		text += "\n" + e.Do
	}
	return text
}

// Unwrap is the error of the command.
func (e *Error) Unwrap() error { return e.cause }

// RoomAdvice is what to do about a full disk.
const RoomAdvice = "gocluster needs about 100 MB in ~/.gocluster there: free some, or make ~/.gocluster a link to where there is room."

// signs are what ssh says, and what it means, the first that is found. {h} stands for the host.
var signs = []struct {
	said *regexp.Regexp
	kind Kind
	do   string
}{
	{regexp.MustCompile(`REMOTE HOST IDENTIFICATION HAS CHANGED|Offending .* key in`), ChangedKey,
		"If the host was set up anew, `ssh-keygen -R {h}` forgets the old key, and `ssh {h}` asks about the new one. If not, somebody may be between you and it: ask who runs the host."},
	{regexp.MustCompile(`Host key verification failed|host key is known for .* requested strict checking`), UnknownKey,
		"Run `ssh {h}` once, compare the key's fingerprint with what the host's owner says, and answer yes."},
	{regexp.MustCompile(`(?i)Could not resolve hostname|Name or service not known|nodename nor servname`), NoSuchHost,
		"Check the spelling, or give the host an entry in ~/.ssh/config with its HostName."},
	{regexp.MustCompile(`(?i)Connection refused`), Refused,
		"It is up, but no ssh server listens on that port: start one there (`sudo systemctl start ssh`), or give its Port in ~/.ssh/config."},
	{regexp.MustCompile(`(?i)No route to host|Network is unreachable|Host is down|timed out|timeout, server`), Down,
		"It is switched off, its network is down, or a firewall drops connections to its ssh port: `ssh -v {h}` shows how far it gets."},
	{regexp.MustCompile(`Permission denied \([a-z,-]*\)|Too many authentication failures|No supported authentication methods`), Denied,
		"`ssh {h}` has to work without a password: `ssh-copy-id {h}` puts your key there, `ssh-add` unlocks it here."},
	{regexp.MustCompile(`Bad configuration option|Can't open user config file|Bad owner or permissions on|terminating, \d+ bad configuration|command-line: line 0`), BadConfig,
		"Mend the file, or the profile's [ssh] table."},
	{regexp.MustCompile(`(?i)forwarding failed|administratively prohibited|refused streamlocal port forward|open failed`), NoForward,
		"The engines there cannot reach the controller directly, and the host's sshd does not let the connection go back through ssh. " +
			"Ask for AllowStreamLocalForwarding there, or let the controller be reached: [controller] ip = \"0.0.0.0\", and its port open in firewalls."},
	{regexp.MustCompile(`(?i)No space left on device|Disk quota exceeded`), DiskFull,
		RoomAdvice},
	{regexp.MustCompile(`(?i)Read-only file system`), ReadOnly,
		"Make ~/.gocluster there a link to a folder that can be written to."},
	{regexp.MustCompile(`(?i)(cannot|can't) (create|make).*Permission denied|Permission denied|Operation not permitted`), NoWrite,
		"gocluster keeps what engines need in ~/.gocluster there: make it yours (`sudo chown -R $USER ~/.gocluster`), or a link to a folder that is."},
	{regexp.MustCompile("version `GLIBC_[0-9.]+' not found"), OldLibrary,
		"Build one that needs none, `CGO_ENABLED=0 go build ./cmd/gocluster`, and put it into bin/ of gocluster's folder here (docs/machines.md), or name it as `program`."},
	{regexp.MustCompile(`(?i)/bin/sh: not found|is not recognized as an internal|/bin/sh: No such file`), NoShell,
		"Engines can be started over SSH on Linux, macOS and the like; on this host start goengine by hand."},
	{regexp.MustCompile(`(?i)Connection closed|Connection reset|Broken pipe|kex_exchange_identification|closed by remote host|mux_client`), Broken,
		"If it happens again, look into the ssh server's log there; it may allow too few connections at once (MaxStartups)."},
}

// notRun is the exit status of shells for a program that is there and may not be run.
const notRun = 126

// Explain says what the failure of a command means. said is what it printed on its standard error.
func (h *Host) Explain(ctx context.Context, err error, said string) error {
	e := &Error{Host: h.String(), Kind: Other, Said: lastLine(said), cause: err}
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		e.Kind, e.Do, e.Said = NoProgram, fmt.Sprintf("Install OpenSSH's client, or give the program as [ssh] command; %q is not found.", h.cfg.Command), ""
		return e
	case ctx.Err() != nil:
		e.Kind, e.Said = Down, context.Cause(ctx).Error()
	case !errors.As(err, &exit):
		e.Said = err.Error()
		return e
	}
	if exit != nil && exit.ExitCode() == notRun {
		e.Kind, e.Do = NoExec, "The home directory there may be mounted without leave to run programs: make ~/.gocluster a link to a folder where that is allowed."
		return e
	}
	for _, s := range signs {
		if at := s.said.FindStringIndex(said); at != nil {
			e.Kind, e.Do, e.Said = s.kind, strings.ReplaceAll(s.do, "{h}", h.target), lineAt(said, at[0])
			return e
		}
	}
	if e.Said == "" {
		e.Said = err.Error()
	}
	return e
}

// Is reports whether an error is of a kind.
func Is(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// lineAt is the line around a place in a text, without what ssh frames it with.
func lineAt(text string, at int) string {
	from := strings.LastIndexByte(text[:at], '\n') + 1
	to := strings.IndexByte(text[at:], '\n')
	if to < 0 {
		return strings.Trim(text[from:], "@ \r\n")
	}
	return strings.Trim(text[from:at+to], "@ \r\n")
}

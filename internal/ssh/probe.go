package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// Facts are what a host is like.
type Facts struct {
	// OS and Arch are as Go calls them, "" for what it does not know; System is as the host calls them.
	OS, Arch, System string
	// Name is what the host calls itself, Home the user's home directory there.
	Name, Home string
	// Ahead is how far its clock is ahead of ours.
	Ahead time.Duration
}

// Platform is what programs for the host are built for.
func (f Facts) Platform() string { return f.OS + "/" + f.Arch }

// probeMark tells the answers from what the user's shell prints before.
const probeMark = "gocluster-probe"

const probeScript = "echo " + probeMark + "; uname -s; uname -m; uname -n; cd && pwd; date +%s"

var systems = map[string]string{"Linux": "linux", "Darwin": "darwin", "FreeBSD": "freebsd", "OpenBSD": "openbsd", "NetBSD": "netbsd"}

var machines = map[string]string{
	"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "riscv64": "riscv64", "ppc64le": "ppc64le", "s390x": "s390x",
	"i386": "386", "i686": "386", "armv6l": "arm", "armv7l": "arm", "loongarch64": "loong64",
}

// Probe finds out what a host is like.
func (h *Host) Probe(ctx context.Context) (Facts, error) {
	before := time.Now()
	out, err := h.Shell(ctx, probeScript)
	took := time.Since(before)
	if err != nil {
		return Facts{}, err
	}
	_, answers, ok := strings.Cut(out, probeMark+"\n")
	lines := strings.Split(answers, "\n")
	if !ok || len(lines) < 5 {
		return Facts{}, &Error{Host: h.String(), Kind: NoShell, Said: lastLine(out), cause: errors.New("unexpected answers"),
			Do: "Engines can be started over SSH on Linux, macOS and the like; on this host start goengine by hand."}
	}
	f := Facts{OS: systems[lines[0]], Arch: machines[lines[1]], System: lines[0] + " " + lines[1], Name: lines[2], Home: lines[3]}
	if at, err := strconv.ParseInt(lines[4], 10, 64); err == nil {
		// It read its clock at some time while we waited, in whole seconds.
		f.Ahead = time.Unix(at, int64(time.Second/2)).Sub(before.Add(took / 2)).Round(time.Second)
	}
	return f, nil
}

// Copy copies a file there, all at once, with the permissions it has here. "~/" in to is the home directory; folders are made.
func (h *Host) Copy(ctx context.Context, from, to string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return h.Write(ctx, f, to, info.Mode().Perm())
}

// Write makes a file there of what from gives, all at once.
func (h *Host) Write(ctx context.Context, from io.Reader, to string, mode os.FileMode) error {
	dir := "."
	if i := strings.LastIndexByte(to, '/'); i >= 0 {
		dir = to[:max(i, 1)]
	}
	temp := to + ".new"
	script := fmt.Sprintf("umask 077; mkdir -p %s && t=%s.$$ && { cat > \"$t\" && chmod %o \"$t\" && mv -f \"$t\" %s || { s=$?; rm -f \"$t\"; exit $s; }; }",
		Quote(dir), Quote(temp), mode, Quote(to))
	cmd := h.command(ctx, true, nil, script)
	cmd.Stdin = from
	_, err := h.run(ctx, cmd)
	return err
}

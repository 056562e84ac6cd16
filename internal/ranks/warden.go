package ranks

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// wardenScript is told a signal and a process group, or that a group's leader is "over", or to "watch" one, on each line. What it still
// watches at the end of its input is ended.
const wardenScript = `trap '' HUP
end() { # ends a group, in the end by force
	kill -s TERM -- "-$1" 2>/dev/null || return
	n=0
	while kill -s 0 -- "-$1" 2>/dev/null; do
		n=$((n+1))
		[ $n -le 20 ] || { kill -s KILL -- "-$1"; return; }
		sleep 0.1
	done
}
echo ` + wardenReady + `
all=
while read -r what pid; do
	case $what in
	watch) all="$all $pid" ;;
	over)
		rest=
		for p in $all; do [ "$p" = "$pid" ] || rest="$rest $p"; done
		all=$rest
		end "$pid" & ;;
	*) kill -s "$what" -- "-$pid" 2>/dev/null || kill -s "$what" "$pid" 2>/dev/null ;;
	esac
done
for p in $all; do end "$p" & done
wait`

const wardenReady = "gocluster warden is ready"

// warden signals the ranks of a machine.
type warden struct {
	on   Machine
	cmd  *exec.Cmd
	in   io.WriteCloser
	said bytes.Buffer
}

// newWarden starts a machine's warden and waits for it.
func newWarden(ctx context.Context, on Machine) (*warden, error) {
	w := &warden{on: on, cmd: on.Command(context.WithoutCancel(ctx), "", nil, "/bin/sh", "-c", wardenScript)}
	ownGroup(w.cmd)
	w.cmd.WaitDelay = killGrace
	var err error
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.cmd.Stderr = &w.said
	if err := w.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", on.Name(), on.Explain(ctx, err, ""))
	}
	stop := context.AfterFunc(ctx, func() { _ = w.cmd.Process.Kill() })
	defer stop()
	for read := bufio.NewScanner(out); read.Scan(); { // the user's shell may say something first
		if strings.Contains(read.Text(), wardenReady) {
			return w, nil
		}
	}
	if err = w.cmd.Wait(); err == nil {
		err = errors.New("its shell ends at once")
	}
	return nil, fmt.Errorf("%s: %w", on.Name(), on.Explain(ctx, err, w.said.String()))
}

// tell tells the warden something about a process. One that has gone has ended its ranks.
func (w *warden) tell(what string, pid int) { _, _ = fmt.Fprintln(w.in, what, pid) }

// end waits for the end of what the warden watches.
func (w *warden) end() {
	_ = w.in.Close()
	late := time.AfterFunc(endGrace+killGrace, func() { _ = w.cmd.Process.Kill() })
	defer late.Stop()
	_ = w.cmd.Wait()
}

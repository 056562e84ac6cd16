package ranks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// rank is one process of the program.
type rank struct {
	run    *run
	number int
	local  int // the number among those of its machine
	where  Rank
	warden *warden // nil: its machine has no shell
	cmd    *exec.Cmd
	in     io.WriteCloser
	pid    int // there; 0: it has not begun
	over   bool

	exited chan struct{} // closed when the command has ended
}

// beginMark is what a rank's shell says before it becomes the program, with its process id.
const beginMark = "gocluster rank has begun: "

// beginScript becomes its arguments' program once the warden knows of it, which a line of its input says; what follows is the program's input, if it
// is rank 0. Without the line there is nobody any longer who wants it.
const beginScript = `echo "` + beginMark + `$$" >&2; read -r go || exit 130
[ "$go" = ` + goFirst + ` ] || exec "$@" </dev/null
exec "$@"`

// What beginScript is told.
const (
	goFirst  = "first"
	goOthers = "others"
)

// sshFailed is the exit status of ssh for failures of its own, and for a program that a signal has ended.
const sshFailed = 255

// lateOutput is how long what an ended rank has left behind may hold its output without saying anything.
const lateOutput = time.Second

// start starts the rank's command and what listens to it.
func (k *rank) start() error {
	env := append([]string{
		RankEnv + "=" + strconv.Itoa(k.number), SizeEnv + "=" + strconv.Itoa(len(k.run.p.Ranks)), LocalRankEnv + "=" + strconv.Itoa(k.local),
	}, k.where.Env...)
	argv := k.run.p.Argv
	if k.warden != nil {
		argv = append([]string{"/bin/sh", "-c", beginScript, "sh"}, argv...)
	}
	k.cmd = k.where.On.Command(context.Background(), k.where.Dir, env, argv...) // it is ended in order
	ownGroup(k.cmd)
	k.exited = make(chan struct{})
	out, outEnd, err := os.Pipe()
	if err != nil {
		return err
	}
	said, saidEnd, err := os.Pipe()
	if err != nil {
		return errors.Join(err, out.Close(), outEnd.Close())
	}
	k.cmd.Stdout, k.cmd.Stderr = outEnd, saidEnd
	if err = k.feed(); err == nil {
		err = k.cmd.Start()
	}
	_, _ = outEnd.Close(), saidEnd.Close()
	if err != nil {
		return errors.Join(err, out.Close(), said.Close())
	}
	return k.listen(out, said)
}

// feed prepares the input.
func (k *rank) feed() (err error) {
	if k.warden == nil && k.number > 0 {
		return nil
	}
	if k.in, err = k.cmd.StdinPipe(); err == nil && k.warden == nil {
		err = k.copyInput()
	}
	return err
}

// begun lets the rank begin, once it has told its process.
func (k *rank) begun(pid int, wanted bool) {
	k.pid = pid
	k.warden.tell("watch", pid)
	first := k.number == 0 && k.run.p.Stdin != nil
	what := goOthers
	if first {
		what = goFirst
	}
	if wanted {
		_, _ = fmt.Fprintln(k.in, what)
	}
	if !wanted || !first || k.copyInput() != nil {
		_ = k.in.Close()
	}
}

// copyInput has rank 0 read the standard input. Who reads that may never come back, so nobody waits for him.
func (k *rank) copyInput() error {
	return k.run.stdin.Go("standard input", func(context.Context) error {
		if k.run.p.Stdin != nil {
			_, _ = io.Copy(k.in, k.run.p.Stdin) // a rank need not read it
		}
		return k.in.Close()
	})
}

// listen passes on what the rank prints, and tells of its end.
func (k *rank) listen(out, said *os.File) error {
	g, r := k.run.group, k.run
	var first bytes.Buffer // what was said before it began
	begun := k.warden == nil
	stderr := &lines{to: r.p.Stderr, mu: &printing, label: k.where.Label}
	if !begun {
		stderr.skip = func(line string) bool {
			pid, ok := parseBegin(line)
			if begun = begun || ok; ok {
				r.events <- event{rank: k, pid: pid}
				stderr.skip = nil
			} else {
				first.WriteString(line)
			}
			return true
		}
	}
	var read sync.WaitGroup
	read.Add(2)
	name := fmt.Sprintf("rank %d", k.number)
	return errors.Join(
		g.Go(name+" stdout", func(context.Context) error {
			defer read.Done()
			return k.pass(out, &lines{to: r.p.Stdout, mu: &printing, label: k.where.Label})
		}),
		g.Go(name+" stderr", func(context.Context) error { defer read.Done(); return k.pass(said, stderr) }),
		g.Go(name, func(context.Context) error {
			err := k.cmd.Wait()
			close(k.exited)
			late := time.Now().Add(lateOutput)
			_, _ = out.SetReadDeadline(late), said.SetReadDeadline(late)
			read.Wait()
			r.events <- event{rank: k, ended: k.ended(err, begun, first.String())}
			return nil
		}),
	)
}

func parseBegin(line string) (pid int, ok bool) {
	_, err := fmt.Sscanf(line, beginMark+"%d", &pid)
	return pid, err == nil && pid > 0
}

// pass passes output on until it ends, or nothing comes after the end of the rank.
func (k *rank) pass(from *os.File, to *lines) error {
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		select {
		case <-k.exited:
			_ = from.SetReadDeadline(time.Now().Add(lateOutput))
		default:
		}
		n, err := from.Read(buf)
		to.write(buf[:n])
		if err != nil {
			to.rest()
			return nil
		}
	}
}

// ended says how the command has ended.
func (k *rank) ended(err error, begun bool, said string) error {
	if err == nil {
		return errOver
	}
	f := &FailedError{Rank: k.number, Machine: k.where.On.Name(), Status: 1}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		f.Why = err
		return f
	}
	f.Status = exit.ExitCode()
	if s, ok := exit.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		const signalled = 128
		f.Status, f.Why = signalled+int(s.Signal()), fmt.Errorf("ended by a signal (%v)", s.Signal())
	}
	switch {
	case !begun:
		f.Why = k.where.On.Explain(context.Background(), err, said)
	case f.Status == sshFailed:
		f.Why = errors.New("exit status 255: the program's own, or a signal has ended it, or the connection was lost")
	}
	return f
}

// signal signals the rank, if it runs.
func (k *rank) signal(name string) {
	switch {
	case k.over || name == "":
	case k.warden != nil && k.pid > 0:
		k.warden.tell(name, k.pid)
	case k.warden == nil && (name == "INT" || name == "TERM" || name == "KILL"):
		_ = k.cmd.Process.Kill()
	}
}

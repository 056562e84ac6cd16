package ranks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/gocluster/gocluster/internal/group"
)

// The environment of a rank: its number, how many there are, and its number among those of its machine.
const (
	RankEnv      = "GOCLUSTER_RANK"
	SizeEnv      = "GOCLUSTER_SIZE"
	LocalRankEnv = "GOCLUSTER_LOCAL_RANK"
)

// The grace of ranks that are ended: to end, and after they were killed until nobody waits for them any longer.
const (
	endGrace  = 3 * time.Second
	killGrace = 3 * time.Second
)

// Machine runs commands.
type Machine interface {
	Name() string
	// Command returns a command of this machine that runs argv on that one, with env added.
	Command(ctx context.Context, dir string, env []string, argv ...string) *exec.Cmd
	// Explain says why a command could not be run. said is what it printed on its standard error.
	Explain(ctx context.Context, err error, said string) error
	// Shell reports whether there is a POSIX shell. Without one the machine is this one, and ranks are ended without being asked.
	Shell() bool
}

// Rank is where a rank runs.
type Rank struct {
	On Machine
	// Dir is the working directory, Env is added to what the rank finds there.
	Dir string
	Env []string
	// Label stands before its lines; empty: its number.
	Label string
}

// Program is what is run.
type Program struct {
	Argv  []string
	Ranks []Rank
	// Stdin is rank 0's.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Signals are passed on to all ranks; the second that asks for the end kills them.
	Signals <-chan os.Signal
}

// FailedError tells of the rank that failed first. The others were ended.
type FailedError struct {
	Rank    int
	Machine string
	// Status is its exit status: 128 more than the signal's number if one has ended it.
	Status int
	// Why says more, nil if there is nothing to say.
	Why error
}

func (e *FailedError) Error() string {
	text := fmt.Sprintf("rank %d on %s: exit status %d", e.Rank, e.Machine, e.Status)
	if e.Why != nil {
		text = fmt.Sprintf("rank %d on %s: %v", e.Rank, e.Machine, e.Why)
	}
	return text + "; the other ranks were ended"
}

func (e *FailedError) Unwrap() error { return e.Why }

// run is a program under way. Its fields belong to the goroutine of Run.
type run struct {
	p       Program
	group   *group.Group
	stdin   *group.Group
	wardens map[Machine]*warden
	ranks   []*rank
	events  chan event
	running int
	ending  string // the signal that ends what begins now, "" if nothing is ended
	asked   bool   // somebody wants the end
	failed  error
}

// event is something that happens to a rank: it has begun as process pid, or has ended.
type event struct {
	rank  *rank
	pid   int
	ended error // nil: no
}

// errOver is the event's error of a rank that has ended well.
var errOver = errors.New("over")

// Run runs a program and returns when nothing of it is left: a *FailedError for the first rank that has failed.
func Run(ctx context.Context, p Program) error {
	r := &run{p: p, wardens: map[Machine]*warden{}, events: make(chan event)}
	r.group, r.stdin = group.New(context.WithoutCancel(ctx)), group.New(context.WithoutCancel(ctx))
	err := r.place(ctx)
	if err == nil {
		r.failed = r.begin()
		r.watch(ctx)
		err = r.failed
	}
	for _, w := range r.wardens {
		w.end()
	}
	return errors.Join(err, r.group.Wait())
}

// place gets a warden for each machine, all at the same time.
func (r *run) place(ctx context.Context) error {
	var on []Machine
	for _, k := range r.p.Ranks {
		if k.On.Shell() && !slices.Contains(on, k.On) {
			on = append(on, k.On)
		}
	}
	type placed struct {
		w   *warden
		err error
	}
	done := make(chan placed)
	for _, m := range on {
		err := r.group.Go("warden on "+m.Name(), func(context.Context) error {
			w, err := newWarden(ctx, m)
			done <- placed{w, err}
			return nil
		})
		if err != nil {
			return err
		}
	}
	var errs []error
	for range on {
		p := <-done
		if p.err != nil {
			errs = append(errs, p.err)
			continue
		}
		r.wardens[p.w.on] = p.w
	}
	return errors.Join(errs...)
}

// begin starts the ranks.
func (r *run) begin() error {
	local := map[Machine]int{}
	for i, where := range r.p.Ranks {
		k := &rank{run: r, number: i, where: where, local: local[where.On], warden: r.wardens[where.On]}
		if k.where.Label == "" {
			k.where.Label = strconv.Itoa(i)
		}
		local[where.On]++
		if err := k.start(); err != nil {
			r.end("TERM")
			return fmt.Errorf("rank %d on %s: %w", i, where.On.Name(), err)
		}
		r.ranks = append(r.ranks, k)
		r.running++
	}
	return nil
}

// watch sees the ranks to their end.
func (r *run) watch(ctx context.Context) {
	stop := ctx.Done()
	var late <-chan time.Time
	for r.running > 0 {
		if r.ending != "" && late == nil {
			late = time.After(endGrace)
		}
		select {
		case e := <-r.events:
			r.happened(e)
		case s := <-r.p.Signals:
			r.relay(s)
		case <-stop:
			stop = nil
			if r.failed == nil {
				r.failed = context.Cause(ctx)
			}
			r.end("TERM")
		case <-late:
			if r.ending == "KILL" {
				r.abandon()
			}
			r.end("KILL")
			late = time.After(killGrace)
		}
	}
}

func (r *run) happened(e event) {
	k := e.rank
	if e.ended == nil {
		k.begun(e.pid, r.ending == "" && !r.asked)
		return
	}
	r.running--
	k.over = true
	if k.warden != nil && k.pid > 0 {
		k.warden.tell("over", k.pid)
	}
	var failed *FailedError
	if errors.As(e.ended, &failed) && r.failed == nil {
		r.failed = failed
		if r.ending == "" {
			r.end("TERM")
		}
	}
}

// end has all ranks end.
func (r *run) end(signal string) {
	r.ending = signal
	for _, k := range r.ranks {
		k.signal(signal)
	}
}

// abandon ends the commands of ranks on machines that do not answer.
func (r *run) abandon() {
	for _, k := range r.ranks {
		if !k.over {
			_ = k.cmd.Process.Kill()
		}
	}
}

// relay passes a signal on.
func (r *run) relay(s os.Signal) {
	end := s == os.Interrupt || s == syscall.SIGTERM
	if end && r.asked {
		r.end("KILL")
		return
	}
	r.asked = r.asked || end
	for _, k := range r.ranks {
		k.signal(signalName(s))
	}
}

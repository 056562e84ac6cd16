package launch

import (
	"context"
	"fmt"
	"io"
	"os/exec"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
)

// Machine is what one command starts engines on: this machine, a host over SSH, or a job of a batch system with all its nodes.
type Machine interface {
	// Name is the machine's, for people.
	Name() string
	// Platform is what programs for the machine are built for, such as "linux/amd64".
	Platform(ctx context.Context) (string, error)
	// Command returns a command of this machine that runs argv on that one. Its standard input, output and error, and its exit
	// status are argv's. env ("NAME=value") is added to what argv finds there, and dir is where it runs, "" in the home directory.
	Command(ctx context.Context, dir string, env []string, argv ...string) *exec.Cmd
	// Copy copies a file of this machine there, all at once. "~/" in to is the home directory there.
	Copy(ctx context.Context, from, to string) error
	// Start brings there what the engines need, starts them and keeps them running. It returns when a process is on its way, or
	// with why there is none. tell is told every step, and later what becomes of the engines; ctx bounds Start alone.
	Start(ctx context.Context, e Engines, tell func(Progress)) (Process, error)
	// Plan lists, for people, the commands and scripts that Start would run.
	Plan(e Engines) []string
}

// Process is engines that were started, as who started them sees them.
type Process interface {
	// Exited is closed when they have ended for good.
	Exited() <-chan struct{}
	// Stop ends them and returns when nothing of them is left there; when ctx ends, it does so the hard way.
	Stop(ctx context.Context) error
	// Log writes the last lines of what they have logged; with follow, what they log from then on too, until ctx ends.
	Log(ctx context.Context, w io.Writer, lines int, follow bool) error
}

// Engines is what one command starts: one engine host, or several if How says so.
type Engines struct {
	// Set is the engine set's name.
	Set string
	// Host has the number of engines of each engine host, and what else counts on the machine.
	profiles.Host
	// Before stands before the engine host's own command line: nothing, or "mpiexec", "-n", "8".
	Before []string
	// Hosts is the number of engine hosts that the command starts, 1 unless Before says otherwise.
	Hosts int
	// Crew counts the commands and jobs that have started ranks of the set before, First is the number of this one's first rank.
	Crew, First int
	// Part is its number in the cluster, by which engines are told apart from those that others have started.
	Part int
}

// total is how many engines these are, 0 if that is not known before they are there.
func (e *Engines) total() int { return e.N * e.Hosts }

// Phase is how far engines are.
type Phase string

// The phases, in their order.
const (
	// Waiting is told while a machine is asked for: a job is in the queue.
	Waiting Phase = "submitted"
	// Connecting is told while the machine is reached and what engines need is brought there.
	Connecting Phase = "connecting"
	// Starting is told while the engines start.
	Starting Phase = "starting"
	// Ready is told when the engines are there.
	Ready Phase = "ready"
	// Failed is told when there will be no engines.
	Failed Phase = "failed"
	// Ended is told when engines that were there have ended and do not come back.
	Ended Phase = "ended"
	// Said is told of anything else; the phase stays what it was.
	Said Phase = ""
)

// settled reports whether who starts a cluster need not wait any longer.
func (p Phase) settled() bool { return p == Waiting || p == Ready || p == Failed || p == Ended }

// Progress is a step of engines that are being started.
type Progress struct {
	Phase Phase
	// Text says more, for people.
	Text string
	// Engines are the ids, if Phase is Ready.
	Engines []proto.EngineID
}

// How turns the engines of a set into commands, one for each machine or one for many.
type How interface {
	// Place says what is started on which machine.
	Place(set profiles.Set, on []Machine) ([]Placed, error)
}

// Placed is engines and where they are started.
type Placed struct {
	On Machine
	Engines
}

// where returns the machines of a set.
func (c *Cluster) where(set profiles.Set) ([]Machine, error) {
	switch set.Where {
	case profiles.WhereLocal:
		return []Machine{here{c}}, nil
	case profiles.WhereSSH:
		return c.overSSH(set), nil
	case profiles.WhereSlurm, profiles.WherePBS, profiles.WhereSGE, profiles.WhereLSF:
		return c.asJob(set), nil
	}
	return nil, fmt.Errorf("set %s: this version cannot start engines with where = %q", set.Name, set.Where)
}

// how returns the way in which a set's engines are started.
func how(set profiles.Set) (How, error) {
	switch set.How {
	case profiles.HowDirect:
		return direct{}, nil
	case profiles.HowSrun:
		return srun{}, nil
	case profiles.HowMpiexec:
		return mpiexec{}, nil
	}
	return nil, fmt.Errorf("set %s: this version cannot start engines with how = %q", set.Name, set.How)
}

// direct starts one engine host on each machine.
type direct struct{}

func (direct) Place(set profiles.Set, on []Machine) ([]Placed, error) {
	if set.Where.Batch() {
		return placeJob(set, on)
	}
	hosts := set.Machines()
	if len(hosts) != len(on) {
		return nil, fmt.Errorf("set %s: %d hosts on %d machines", set.Name, len(hosts), len(on))
	}
	var out []Placed
	for i, m := range on {
		out = append(out, Placed{m, Engines{Set: set.Name, Host: hosts[i], Hosts: 1}})
	}
	return out, nil
}

// place says what is started on which machine for all sets of the cluster's profile.
func (c *Cluster) place() ([]Placed, error) {
	var out []Placed
	for _, set := range c.cfg.sets() {
		placed, err := c.placeSet(set)
		if err != nil {
			return nil, err
		}
		out = append(out, placed...)
	}
	return out, nil
}

// placeSet says what is started on which machine for a set.
func (c *Cluster) placeSet(set profiles.Set) ([]Placed, error) {
	machines, err := c.where(set)
	if err != nil {
		return nil, err
	}
	h, err := how(set)
	if err != nil {
		return nil, err
	}
	return h.Place(set, machines)
}

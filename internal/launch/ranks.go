package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/profiles"
)

// allocation is the Slurm job that this process runs in: its number of nodes, 0 if there is none.
func allocation() int {
	if os.Getenv("SLURM_JOB_ID") == "" {
		return 0
	}
	return max(1, number(os.Getenv("SLURM_JOB_NUM_NODES")))
}

// shape is how many nodes a set has, and how many ranks are on each.
func shape(set profiles.Set) (nodes, tasks int) {
	nodes, tasks = max(1, set.Nodes), max(1, set.Tasks)
	if have := allocation(); have > 0 && set.Where == profiles.WhereSlurm && set.Nodes == 0 {
		nodes = have
	}
	return nodes, tasks
}

// one is the machine and the engines of a set that is started by one command.
func one(set profiles.Set, on []Machine) (Machine, profiles.Host, error) {
	hosts := set.Machines()
	if len(on) != 1 || len(hosts) != 1 {
		return nil, profiles.Host{}, fmt.Errorf("set %s: %s starts engines on its own hosts, not on %d machines", set.Name, set.How, len(on))
	}
	return on[0], hosts[0], nil
}

// srun starts engine hosts on the nodes of a Slurm job.
type srun struct{}

func (srun) Place(set profiles.Set, on []Machine) ([]Placed, error) {
	m, h, err := one(set, on)
	if err != nil {
		return nil, err
	}
	nodes, tasks := shape(set)
	all := nodes * tasks
	if set.Array {
		nodes = 1
	}
	// A rank that ends leaves the others alone; each has the cores that were asked for, or all of its node.
	before := []string{
		"srun", "--overlap", "--kill-on-bad-exit=0", fmt.Sprintf("--nodes=%d", nodes), fmt.Sprintf("--ntasks=%d", nodes*tasks), fmt.Sprintf("--ntasks-per-node=%d", tasks),
	}
	if h.N > 0 {
		before = append(before, fmt.Sprintf("--cpus-per-task=%d", h.N))
	} else {
		before = append(before, "--cpu-bind=none")
	}
	return []Placed{{m, Engines{Set: set.Name, Host: h, Before: before, Hosts: all}}}, nil
}

// mpiexec starts engine hosts as the ranks of an MPI program.
type mpiexec struct{}

func (mpiexec) Place(set profiles.Set, on []Machine) ([]Placed, error) {
	m, h, err := one(set, on)
	if err != nil {
		return nil, err
	}
	nodes, tasks := shape(set)
	ranks := nodes * tasks
	if set.Where == profiles.WhereLocal && set.Tasks == 0 { // each engine is a rank
		if ranks = h.N; ranks == 0 {
			ranks = runtime.NumCPU()
		}
		h.N = 1
	}
	all := ranks
	if set.Array {
		ranks = tasks
	}
	before := set.Mpiexec
	if len(before) == 0 {
		before = []string{"mpiexec"}
	}
	before = append(before[:len(before):len(before)], "-n", strconv.Itoa(ranks))
	return []Placed{{m, Engines{Set: set.Name, Host: h, Before: before, Hosts: all}}}, nil
}

// placeJob says what a batch job starts that starts its engine host directly.
func placeJob(set profiles.Set, on []Machine) ([]Placed, error) {
	m, h, err := one(set, on)
	if err != nil {
		return nil, err
	}
	nodes := 1
	if set.Array {
		nodes, _ = shape(set)
	}
	return []Placed{{m, Engines{Set: set.Name, Host: h, Hosts: nodes}}}, nil
}

// starterRole is a process that starts a command of somebody else's, such as mpiexec, and ends it when its parent dies.
const starterRole = "starter"

// StarterMain is a starter's life.
func StarterMain(ctx context.Context, _ []string) int {
	return obey(ctx, true, func(ctx context.Context, o order, _ *reporter) error {
		cmd := exec.CommandContext(ctx, o.Argv[0], o.Argv[1:]...)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		cmd.Cancel = func() error { return terminate(cmd.Process.Pid) }
		cmd.WaitDelay = starterGrace
		err := cmd.Run()
		var exit *exec.ExitError
		if errors.As(err, &exit) && ctx.Err() == nil {
			return fmt.Errorf("%s: %s", o.Argv[0], role.Death(exit.ProcessState, ""))
		}
		if ctx.Err() != nil {
			return nil
		}
		return err
	})
}

// starterGrace is how long a command may take to end.
const starterGrace = 2500 * time.Millisecond

// commanded is ranks that were started by a command on this machine.
type commanded struct {
	*crew
	child  *child
	what   string
	stop   context.Context
	cancel context.CancelFunc
	exited chan struct{}
}

// startRanks starts a set's ranks by a command of this machine.
func (c *Cluster) startRanks(ctx context.Context, e Engines, leave time.Duration, tell func(Progress)) (_ Process, err error) {
	w, err := c.newCrew(ctx, e, e.Hosts, leave, tell)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.remove())
		}
	}()
	w.patient = true
	child, err := c.launch(starterRole, outputName(e.Set))
	if err != nil {
		return nil, err
	}
	argv := append(c.rankCommand(e), jobEnd(ctx), "0")
	tell(Progress{Phase: Starting})
	if err := child.order(order{Argv: argv}); err != nil {
		child.end(ctx)
		return nil, err
	}
	p := &commanded{crew: w, child: child, what: argv[0], exited: make(chan struct{})}
	p.stop, p.cancel = context.WithCancel(context.Background())
	return p, c.group.Go("ranks of "+e.Set, func(context.Context) error { p.attend(); return nil })
}

// jobEnd is when the time of the Slurm job is up that this process runs in, as Slurm writes it.
func jobEnd(ctx context.Context) string {
	if allocation() == 0 {
		return ""
	}
	if end := os.Getenv("SLURM_JOB_END_TIME"); end != "" {
		return end
	}
	out, err := exec.CommandContext(ctx, "squeue", "--noheader", "--jobs="+os.Getenv("SLURM_JOB_ID"), "--format=%e").Output()
	if err != nil {
		return "" // they stay to the end
	}
	return string(out)
}

// listenStep is how often it is looked what ranks have said.
const listenStep = 200 * time.Millisecond

// attend tells what becomes of the ranks.
func (p *commanded) attend() {
	defer close(p.exited)
	look := time.NewTicker(listenStep)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			p.listen()
			continue
		case <-p.child.exited:
		}
		why := p.what + " has ended"
		if !p.child.clean() {
			why = p.child.death()
		}
		p.over(why, p.stop.Err() != nil)
		return
	}
}

func (p *commanded) Exited() <-chan struct{} { return p.exited }

// Stop ends the command with the ranks.
func (p *commanded) Stop(ctx context.Context) error {
	p.cancel()
	p.child.end(ctx)
	<-p.exited
	return p.remove()
}

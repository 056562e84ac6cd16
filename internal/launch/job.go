package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gocluster/gocluster/internal/batch"
	"github.com/gocluster/gocluster/profiles"
)

// jobMachine is a job of a batch system, with all its nodes. The nodes share this machine's home directory, and its platform.
type jobMachine struct {
	here
	q   batch.Queue
	set profiles.Set
	job atomic.Pointer[submitted] // once there is one
}

// asJob returns the job of a set as a machine; inside a job of Slurm's it is that job.
func (c *Cluster) asJob(set profiles.Set) []Machine {
	if set.Where == profiles.WhereSlurm && allocation() > 0 {
		return []Machine{granted{here{c}, set}}
	}
	return []Machine{&jobMachine{here: here{c}, q: batch.Queue{System: batch.Named(string(set.Where))}, set: set}}
}

func (m *jobMachine) Name() string { return m.q.Name }

// Command runs on one of the job's nodes, while it runs.
func (m *jobMachine) Command(ctx context.Context, dir string, env []string, argv ...string) *exec.Cmd {
	job := m.job.Load()
	switch {
	case job == nil:
		return &exec.Cmd{Err: fmt.Errorf("there is no job of %s yet", m.q.Name)}
	case m.q.System != batch.Slurm:
		return &exec.Cmd{Err: fmt.Errorf("commands cannot be run in a job of %s", m.q.Name)}
	}
	return m.here.Command(ctx, dir, env, append([]string{"srun", "--jobid=" + job.id, "--overlap", "--nodes=1", "--ntasks=1"}, argv...)...)
}

// script is the job's script.
func (m *jobMachine) script(e Engines) string {
	nodes, tasks := shape(m.set)
	name := "gocluster-" + m.c.cfg.Profile.Name
	if m.set.Name != "" {
		name += "-" + m.set.Name
	}
	return m.q.Script(batch.Job{
		Name: name, Nodes: nodes, Tasks: tasks, CPUs: e.N, Array: m.set.Array, Time: time.Duration(m.set.Time), Partition: m.set.Partition,
		Directives: m.set.Directives, Prologue: m.set.Prologue,
		Output:  filepath.Join(m.c.cfg.Profile.LogDir(), outputName(m.set.Name)+".log"),
		Notes:   []string{"The nodes find gocluster and the folders below in the home directory that they share with the machine this job was submitted on."},
		Command: "exec " + shellLine(m.c.rankCommand(e)) + ` "$GOCLUSTER_END" "$GOCLUSTER_PART"`,
	})
}

func (m *jobMachine) path(e Engines) string { return filepath.Join(m.c.crewDir(e), scriptFile) }

// Plan shows the command that submits the job, and its script.
func (m *jobMachine) Plan(e Engines) []string {
	line := shellLine(m.q.System.Submit(m.path(e)))
	if m.q.ByInput {
		line += " < " + m.path(e)
	}
	return append([]string{line, "# with this script:"}, strings.Split(strings.TrimSuffix(m.script(e), "\n"), "\n")...)
}

// check looks whether jobs can be submitted here.
func (m *jobMachine) check(_ context.Context, e Engines) (f Finding) {
	f.Text = fmt.Sprintf("a job of %s, %s", m.q.Name, e.described())
	for _, argv := range [][]string{m.q.System.Submit("-"), m.q.System.Poll("0"), m.q.System.Cancel("0")} {
		if _, err := exec.LookPath(argv[0]); err != nil {
			f.Err = fmt.Errorf("%w: start the cluster on a machine where jobs of %s can be submitted", err, m.q.Name)
		}
	}
	if m.c.loopback() {
		f.Notes = append(f.Notes, m.unreachable())
	}
	return f
}

func (m *jobMachine) unreachable() string {
	return fmt.Sprintf("the controller listens on %s, where only jobs on this machine reach it: set ip in [controller] to \"0.0.0.0\"", m.c.cfg.Profile.Settings.Controller.IP)
}

// Start submits the job.
func (m *jobMachine) Start(ctx context.Context, e Engines, tell func(Progress)) (_ Process, err error) {
	part := e.Hosts
	if m.set.Array {
		part = max(1, m.set.Tasks)
	}
	w, err := m.c.newCrew(ctx, e, part, time.Duration(m.set.Leave), tell)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.remove())
		}
	}()
	if m.c.loopback() {
		tell(Progress{Text: m.unreachable()})
	}
	if err := os.WriteFile(m.path(e), []byte(m.script(e)), 0o600); err != nil {
		return nil, err
	}
	id, err := m.q.Submit(ctx, m.path(e))
	if err != nil {
		return nil, err
	}
	tell(Progress{Phase: Waiting, Text: "job " + id})
	j := &submitted{crew: w, q: m.q, id: id, part: part, parts: map[string]batch.State{}, exited: make(chan struct{})}
	j.stop, j.cancel = context.WithCancel(context.Background())
	m.job.Store(j)
	return j, m.c.group.Go("job "+id, func(context.Context) error { j.attend(); return nil })
}

// submitted is a job in a queue, or out of it.
type submitted struct {
	*crew
	q      batch.Queue
	id     string
	stop   context.Context
	cancel context.CancelFunc
	exited chan struct{}

	state  batch.State
	reason string
	silent bool // the system did not answer the last time
	parts  map[string]batch.State
	part   int       // ranks of each part
	idle   time.Time // since when all its ranks have ended, zero: they have not
	ours   bool      // we have cancelled it

	asked []string     // the parts that we have cancelled
	known []batch.Part // what the system has said last; both are guarded by the crew's mutex
}

// How often a batch system is asked: often at first, and then so that it does not mind.
const (
	firstPoll = 500 * time.Millisecond
	lastPoll  = 10 * time.Second
	// pollTime bounds an answer.
	pollTime = 30 * time.Second
)

func (j *submitted) Exited() <-chan struct{} { return j.exited }

func (j *submitted) records() []record {
	return append(j.crew.records(), record{Machine: j.q.Name, System: j.q.Name, Job: j.id, Dir: j.dir, Log: j.output()})
}

func (j *submitted) String() string { return "job " + j.id }

// attend tells what becomes of the job, until it has ended or is to be ended.
func (j *submitted) attend() {
	defer close(j.exited)
	look := time.NewTicker(listenStep)
	defer look.Stop()
	pause := firstPoll
	poll := time.NewTimer(0)
	defer poll.Stop()
	for {
		select {
		case <-look.C:
			j.listen()
			if j.left() { // soon it is over
				pause = firstPoll
				j.endEmpty()
			}
		case <-poll.C:
			if j.poll(j.stop) {
				return
			}
			poll.Reset(pause)
			pause = min(pause*5/4, lastPoll)
		case <-j.stop.Done():
			return
		}
	}
}

// emptyTime is how long a job may go on whose engines have all ended.
const emptyTime = 10 * time.Second

// endEmpty cancels a job that goes on without engines.
func (j *submitted) endEmpty() {
	switch {
	case j.idle.IsZero():
		j.idle = time.Now()
	case !j.ours && time.Since(j.idle) > emptyTime:
		ctx, cancel := context.WithTimeout(j.stop, pollTime)
		defer cancel()
		j.ours = true
		if err := j.q.Cancel(ctx, j.id); err != nil {
			j.tell(Progress{Text: fmt.Sprintf("%s has no engines any more, and cannot be cancelled: %v", j, err)})
		}
	}
}

// coming is how many engines are expected of ranks that have not begun, and may.
func (j *submitted) coming(there map[int]bool) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for _, rank := range j.mute {
		if p := j.partOf(rank); !there[rank] && (p == nil || !p.State.Over() && !slices.Contains(j.asked, p.ID)) {
			n += j.e.N
		}
	}
	return n
}

// partOf is the job of an array that has a rank, nil if it is not known.
func (j *submitted) partOf(rank int) *batch.Part {
	want := (rank-j.e.First)/max(1, j.part) + 1
	for i := range j.known {
		if len(j.known) > 1 && batch.PartNumber(j.known[i].ID) == want {
			return &j.known[i]
		}
	}
	return nil
}

// shed cancels jobs of an array that are still pending, the last ones first.
func (j *submitted) shed(ctx context.Context, n int) (int, error) {
	status, err := j.q.Poll(ctx, j.id)
	if err != nil {
		return 0, fmt.Errorf("which parts of %s are pending is not known: %w", j, err)
	}
	parts := status.Parts
	each, shed := j.part*j.e.N, 0
	for _, p := range slices.Backward(parts) {
		if each == 0 || shed+each > n || p.State != batch.Pending || len(parts) < 2 || batch.PartNumber(p.ID) == 0 {
			continue
		}
		if err := j.q.Cancel(ctx, p.ID); err != nil {
			return shed, fmt.Errorf("job %s cannot be cancelled: %w", p.ID, err)
		}
		shed += each
		j.mu.Lock()
		j.asked = append(j.asked, p.ID)
		j.mu.Unlock()
	}
	return shed, nil
}

// poll asks for the job and reports whether it is over.
func (j *submitted) poll(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	status, err := j.q.Poll(ctx, j.id)
	if err != nil {
		if !j.silent && j.stop.Err() == nil {
			j.tell(Progress{Text: fmt.Sprintf("what becomes of %s is not known: %v; asking again", j, err)})
		}
		j.silent = true
		return false
	}
	j.silent = false
	j.mu.Lock()
	j.known = status.Parts
	j.mu.Unlock()
	j.tellParts(status)
	state, reason := status.State(), status.Reason()
	if state == j.state && reason == j.reason {
		return false
	}
	j.state, j.reason = state, reason
	switch {
	case state == batch.Pending && reason == "":
		j.tell(Progress{Phase: Waiting, Text: j.String() + " is pending"})
	case state == batch.Pending:
		j.tell(Progress{Phase: Waiting, Text: j.String() + " is pending: " + reason})
	case state == batch.Running && !j.was:
		j.tell(Progress{Phase: Starting, Text: j.String() + " runs" + on(status.Parts)})
	case state.Over():
		j.over(j.ended(), false)
		return true
	}
	return false
}

// on says where parts run.
func on(parts []batch.Part) string {
	var nodes []string
	for _, p := range parts {
		if p.State == batch.Running && p.Nodes != "" {
			nodes = append(nodes, p.Nodes)
		}
	}
	if len(nodes) == 0 {
		return ""
	}
	return " on " + strings.Join(nodes, ", ")
}

// tellParts tells of jobs of an array that have ended, while others have not.
func (j *submitted) tellParts(s batch.Status) {
	for _, p := range s.Parts {
		if before := j.parts[p.ID]; len(s.Parts) > 1 && p.State.Over() && !before.Over() && !s.State().Over() && !(j.left() && p.State == batch.Done) {
			text := fmt.Sprintf("job %s has ended: %s", p.ID, p.State)
			switch {
			case p.State == batch.Cancelled && j.hasAsked(p.ID):
				text = fmt.Sprintf("job %s is cancelled: fewer engines are wanted", p.ID)
			case p.State == batch.Cancelled:
				text = fmt.Sprintf("job %s was cancelled, and not by this cluster", p.ID)
			}
			j.tell(Progress{Text: text})
		}
		j.parts[p.ID] = p.State
	}
}

func (j *submitted) hasAsked(id string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Contains(j.asked, id)
}

// ended says how the job ended.
func (j *submitted) ended() string {
	switch j.state {
	case batch.Cancelled:
		if j.ours {
			return j.String() + " was cancelled: it had no engines any more"
		}
		return j.String() + " was cancelled, and not by this cluster: its engines are gone"
	case batch.TimedOut:
		return j.String() + " was ended because its time was up"
	case batch.Failed:
		if j.reason != "" {
			return j.String() + " has failed: " + j.reason
		}
		return j.String() + " has failed"
	}
	j.listen()
	switch {
	case j.was && j.left():
		return j.String() + " has ended: its engines have left, because its time is nearly up or because they were told to"
	case j.state == batch.Gone: // it has ended, and this system does not tell how
		return j.String() + " is not in the queue any more"
	}
	return j.String() + " has ended"
}

// cancelTime bounds how long a job may take to leave the queue when it is cancelled, cancelStep how often it is looked.
const (
	cancelTime = 15 * time.Second
	cancelStep = 200 * time.Millisecond
)

// Stop cancels the job and returns when it is out of the queue.
func (j *submitted) Stop(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, cancelTime)
	defer stop()
	j.cancel()
	<-j.exited
	if !j.state.Over() {
		if err := j.cancelJob(ctx); err != nil {
			return fmt.Errorf("%s may still be in the queue, with its engines: %w; `%s` ends it", j, err, shellLine(j.q.System.Cancel(j.id)))
		}
		j.over("", true)
	}
	return j.remove()
}

func (j *submitted) cancelJob(ctx context.Context) error {
	if err := j.q.Cancel(ctx, j.id); err != nil {
		return err
	}
	for {
		status, err := j.q.Poll(ctx, j.id)
		if err == nil && status.State().Over() {
			return nil
		}
		select {
		case <-time.After(cancelStep):
		case <-ctx.Done():
			return errors.Join(err, fmt.Errorf("it has not ended after %v", cancelTime))
		}
	}
}

// granted is the Slurm job that this process runs in.
type granted struct {
	here
	set profiles.Set
}

func (granted) Name() string { return "slurm job " + os.Getenv("SLURM_JOB_ID") }

func (g granted) Plan(e Engines) []string {
	return []string{shellLine(append(g.c.rankCommand(e), "END", "0"))}
}

func (g granted) Start(ctx context.Context, e Engines, tell func(Progress)) (Process, error) {
	return g.c.startRanks(ctx, e, time.Duration(g.set.Leave), tell)
}

package client

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// Event is something that happened to the cluster.
type Event struct {
	// Kind is "engine up", "engine down", "host up", "host lost", "task retried", "shutdown" or "note".
	Kind string
	// Engine is the engine it is about, -1 if it is about none.
	Engine int
	// Text says it in a sentence.
	Text string
	At   time.Time
	// Loss tells what one must know from what one may like to know.
	Loss bool
}

var eventKinds = map[proto.EventKind]string{
	proto.EventEngineUp: "engine up", proto.EventEngineDown: "engine down", proto.EventHostUp: "host up",
	proto.EventHostLost: "host lost", proto.EventTaskRetried: "task retried", proto.EventShutdown: "shutdown", eventNote: "note",
}

// eventNote is the kind of what our own side tells.
const eventNote proto.EventKind = 0

func newEvent(e proto.Event) Event {
	return Event{
		Kind: eventKinds[e.Kind], Engine: int(e.Engine), Text: e.Text, At: e.At,
		Loss: e.Kind == proto.EventEngineDown || e.Kind == proto.EventHostLost || e.Kind == eventNote,
	}
}

// Status is how a cluster is.
type Status struct {
	Cluster string
	// PID is the controller's process.
	PID     int
	Started time.Time
	Clients int
	Engines []EngineStatus
	Jobs    []JobStatus
}

// EngineStatus is how an engine is.
type EngineStatus struct {
	ID int
	// State is "starting", "idle", "busy", "draining", "lost", or "held": its machine has not got all that was put.
	State string
	Host  string
	// PID is the worker's process, HostPID that of the engine host which supervises it.
	PID, HostPID int
	Cores        int
	// Memory is the worker's, HostMemory the machine's, in bytes.
	Memory, HostMemory int64
	Running, Queued    int
	TasksDone          int
	Restarts           int
	// Leaves is how long it begins tasks, as in Worker.
	Leaves time.Duration
	// LastDeath is why the worker before this one ended.
	LastDeath string
}

// JobStatus is how a job is.
type JobStatus struct {
	ID string
	// State is "queued", "running", "done", "failed" or "cancelled".
	State                                 string
	Label, Func                           string
	Total, Done, Failed, Running, Retried int
	Submitted                             time.Time
	// Waiting says why nothing of the job is running, empty when something is.
	Waiting string
}

func newStatus(st *proto.Status) *Status {
	out := &Status{Cluster: st.Cluster, PID: st.PID, Started: st.Started, Clients: st.Clients}
	leaves := map[proto.EngineID]time.Duration{}
	for _, h := range st.Hosts {
		for _, id := range h.Engines {
			leaves[id] = h.Leaves
		}
	}
	for _, e := range st.Engines {
		out.Engines = append(out.Engines, EngineStatus{
			ID: int(e.ID), State: e.State.String(), Host: e.Info.Host, PID: e.PID, HostPID: e.Info.PID, Cores: e.Info.Cores,
			Memory: e.Memory, HostMemory: e.Info.Memory, Running: e.Running, Queued: e.Queued, TasksDone: int(e.TasksDone),
			Restarts: e.Restarts, Leaves: leaves[e.ID], LastDeath: e.LastDeath,
		})
	}
	for _, j := range st.Jobs {
		out.Jobs = append(out.Jobs, JobStatus{
			ID: j.ID.String(), State: j.State.String(), Label: j.Label, Func: j.Func, Total: j.Total, Done: j.Done,
			Failed: j.Failed, Running: j.Running, Retried: j.Retried, Submitted: j.Submitted, Waiting: j.Waiting,
		})
	}
	return out
}

// String is the status as a table.
func (s *Status) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cluster %s: controller pid %d, started %s, engines: %d, clients: %d\n",
		s.Cluster, s.PID, s.Started.Local().Format(time.DateTime), len(s.Engines), s.Clients)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if len(s.Engines) > 0 {
		fmt.Fprintln(w, "ENGINE\tHOST\tPID\tCORES\tMEMORY\tSTATE\tTASKS DONE\tRESTARTS\tLAST DEATH")
	}
	for _, e := range s.Engines {
		state := e.State
		if e.Leaves > 0 {
			state += ", " + leavesText(e.Leaves)
		}
		fmt.Fprintf(w, "%d\t%s\t%d\t%d\t%s\t%s\t%d\t%d\t%s\n", e.ID, e.Host, e.PID, e.Cores, size(e.Memory), state, e.TasksDone, e.Restarts, e.LastDeath)
	}
	_ = w.Flush() // into memory
	if len(s.Jobs) > 0 {
		fmt.Fprintln(w, "JOB\tFUNCTION\tLABEL\tSTATE\tDONE\tFAILED\tRETRIED\tWAITING")
	}
	for _, j := range s.Jobs {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d/%d\t%d\t%d\t%s\n", j.ID, j.Func, j.Label, j.State, j.Done, j.Total, j.Failed, j.Retried, j.Waiting)
	}
	_ = w.Flush()
	return strings.TrimRight(b.String(), "\n")
}

func size(n int64) string {
	if n <= 0 {
		return "-"
	}
	return fmt.Sprintf("%d MB", n>>20)
}

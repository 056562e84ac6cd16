package client

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/proto"
)

// Worker is a machine's engine host, with its engines.
type Worker struct {
	// Host is the machine's name, Platform what programs are built for there, as in "linux/amd64", and Set the engine set of the profile.
	Host, Platform, Set string
	// PID is the engine host's process.
	PID   int
	Cores int
	// Engines are the ids of its engines.
	Engines []int
	// Connected is not set while the host has lost its connection, and has some time to come back.
	Connected bool
	// ClockAhead is how far the machine's clock is ahead of the controller's, about.
	ClockAhead time.Duration
	// Leaves is how long its engines begin tasks, for the time of its job in a batch system is up then; 0: nothing is known of an end,
	// negative: they begin none any more.
	Leaves time.Duration
	// Load is how many processes of the machine ran or would have liked to, over the last minute.
	Load float64
	// Memory is what its engines have in memory; Free is what the machine has left of HostMemory, in bytes. 0 is unknown.
	Memory, Free, HostMemory int64
	// Busy is how many of its engines have something to do; Running and Queued are their tasks, TasksDone those that they have done.
	Busy, Running, Queued, TasksDone int
	// Resources are what tasks can need of the machine, and Used what they have of it now.
	Resources, Used map[string]int
	// Without says which file that was put the machine has not, and why; its engines take no tasks then. Empty: it has all.
	Without string
}

// Workers are a cluster's machines.
type Workers []Worker

// Workers asks the controller which machines there are, and how they are. Load and memory are a few seconds old.
func (c *Client) Workers() (Workers, error) {
	st, err := c.conn.Engines(conn.Ambient())
	if err != nil {
		return nil, err
	}
	return newWorkers(st), nil
}

func newWorkers(st *proto.Status) Workers {
	engines := map[proto.EngineID]proto.EngineStatus{}
	for _, e := range st.Engines {
		engines[e.ID] = e
	}
	var all Workers
	for _, h := range st.Hosts {
		w := Worker{
			Host: h.Info.Host, Platform: h.Info.Platform(), Set: h.Info.Set, PID: h.Info.PID, Cores: h.Info.Cores, Connected: h.Up,
			ClockAhead: h.Ahead, Leaves: h.Leaves, Load: h.Load, Free: h.Free, HostMemory: h.Info.Memory, Without: h.Without,
			Resources: amounts(h.Info.Resources), Used: amounts(h.Used),
		}
		for _, id := range h.Engines {
			e := engines[id]
			w.Engines = append(w.Engines, int(id))
			w.Memory += e.Memory
			w.Running += e.Running
			w.Queued += e.Queued
			w.TasksDone += int(e.TasksDone)
			if e.State == proto.EngineBusy {
				w.Busy++
			}
		}
		all = append(all, w)
	}
	return all
}

func amounts(list []proto.Resource) map[string]int {
	if len(list) == 0 {
		return nil
	}
	all := map[string]int{}
	for _, r := range list {
		all[r.Name] = r.N
	}
	return all
}

// resources lists what a machine has: "gpu 1 of 2".
func (w *Worker) resources() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(w.Resources)) {
		parts = append(parts, fmt.Sprintf("%s %d of %d", name, w.Used[name], w.Resources[name]))
	}
	return strings.Join(parts, ", ")
}

// wrongClock is from when on a machine's clock is worth a word.
const wrongClock = time.Minute

// String is a table of the machines.
func (ws Workers) String() string {
	if len(ws) == 0 {
		return "no machines: the cluster has no engines"
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	column, some := "", slices.ContainsFunc(ws, func(x Worker) bool { return len(x.Resources) > 0 })
	if some {
		column = "\tUSED"
	}
	fmt.Fprintln(w, "HOST\tPLATFORM\tCORES\tENGINES\tPID\tLOAD\tMEMORY\tFREE\tBUSY\tQUEUED\tTASKS DONE"+column)
	for _, x := range ws {
		host := x.Host
		if !x.Connected {
			host += " (disconnected)"
		}
		if x.ClockAhead.Abs() >= wrongClock {
			host += fmt.Sprintf(" (clock %+.0f min)", x.ClockAhead.Minutes())
		}
		if text := leavesText(x.Leaves); text != "" {
			host += " (" + text + ")"
		}
		if some {
			column = "\t" + x.resources()
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%d\t%.2f\t%s\t%s of %s\t%d of %d\t%d\t%d%s\n", host, x.Platform, x.Cores, ranges(x.Engines), x.PID, x.Load,
			size(x.Memory), size(x.Free), size(x.HostMemory), x.Busy, len(x.Engines), x.Queued, x.TasksDone, column)
	}
	_ = w.Flush() // into memory
	for _, x := range ws {
		if x.Without != "" {
			fmt.Fprintf(&b, "%s takes no tasks: %s\n", x.Host, x.Without)
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// leavesText says that a machine leaves, "" if nothing is known of that.
func leavesText(in time.Duration) string {
	switch {
	case in == 0:
		return ""
	case in < 0:
		return "leaving"
	case in < time.Minute:
		return fmt.Sprintf("leaves in %d s", int(in.Seconds()))
	case in < 2*time.Hour:
		return fmt.Sprintf("leaves in %d min", int(in.Minutes()))
	}
	return fmt.Sprintf("leaves in %d h", int(in.Hours()))
}

// ranges writes ids that follow each other as one: "0-3, 7".
func ranges(ids []int) string {
	var parts []string
	for i := 0; i < len(ids); {
		j := i
		for j+1 < len(ids) && ids[j+1] == ids[j]+1 {
			j++
		}
		if part := fmt.Sprint(ids[i]); i == j {
			parts = append(parts, part)
		} else {
			parts = append(parts, fmt.Sprintf("%s-%d", part, ids[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

package sched

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gocluster/gocluster/internal/proto"
)

// statusJobs bounds the jobs in a Status; the latest are shown.
const statusJobs = 1000

// Status describes the cluster; a brief one leaves out the jobs.
func (s *Scheduler) Status(seq uint64, brief bool) *proto.Status {
	st := &proto.Status{
		Seq: seq, Cluster: s.cfg.Cluster, Version: s.cfg.Version, PID: s.cfg.PID, Started: s.started,
	}
	for _, e := range s.engines {
		if e.host != nil || e.death != "" {
			st.Engines = append(st.Engines, s.engineStatus(e))
		}
	}
	st.Hosts = s.hostStatuses()
	for _, c := range s.clients {
		if c.up && !c.keeps {
			st.Clients++
		}
	}
	if brief {
		return st
	}
	skip := s.order.n - statusJobs
	s.order.all(func(j *job) bool {
		if skip--; skip < 0 {
			st.Jobs = append(st.Jobs, s.jobStatus(j))
		}
		return true
	})
	return st
}

// hostStatuses describes the engine hosts, by their first engines.
func (s *Scheduler) hostStatuses() []proto.HostStatus {
	var all []proto.HostStatus
	for _, h := range s.hosts {
		if len(h.engines) > 0 {
			all = append(all, proto.HostStatus{Info: h.info, Up: h.up, Engines: h.ids(), Load: h.load, Free: h.free, Ahead: h.ahead, Leaves: s.leavesIn(h), Without: h.lacking(), Used: h.stock.inUse()})
		}
	}
	slices.SortFunc(all, func(a, b proto.HostStatus) int { return cmp.Compare(a.Engines[0], b.Engines[0]) })
	return all
}

func (s *Scheduler) engineStatus(e *engine) proto.EngineStatus {
	st := proto.EngineStatus{
		ID: e.id, PID: e.pid, Memory: e.memory, TasksDone: e.done, Restarts: e.restarts, LastDeath: e.death,
	}
	for _, t := range e.flight {
		if t.started.IsZero() {
			st.Queued++
		} else {
			st.Running++
		}
	}
	if e.host != nil {
		st.Info = e.host.info
	}
	switch {
	case e.state == engineStarting:
		st.State = proto.EngineStarting
	case e.state == engineLost || e.state == engineAway:
		st.State = proto.EngineLost
	case e.leavingText() != "":
		st.State = proto.EngineDraining
	case len(e.host.lacks) > 0:
		st.State = proto.EngineHeld
	case len(e.flight) > 0:
		st.State = proto.EngineBusy
	default:
		st.State = proto.EngineIdle
	}
	return st
}

func (s *Scheduler) jobStatus(j *job) proto.JobStatus {
	st := proto.JobStatus{
		ID: j.id, State: j.state, Label: j.spec.Label, Func: j.spec.Func, Total: j.total, Done: j.done, Failed: j.failed,
		Retried: j.retried, Submitted: j.submitted,
	}
	for _, t := range j.flight {
		st.Running += t.n
	}
	if !j.state.Final() && len(j.flight) == 0 {
		st.Waiting = s.Explain(j.id)
	}
	return st
}

// Explain says why nothing of a job is running, or what is.
func (s *Scheduler) Explain(id proto.JobID) string {
	j := s.jobs[id]
	switch {
	case j == nil:
		return "there is no such job"
	case j.state.Final():
		return fmt.Sprintf("it has ended: %s", j.state)
	case len(j.flight) > 0:
		return s.explainFlight(j)
	case j.client.stalled:
		return fmt.Sprintf("its client does not read its results: %d MB wait to be read", j.client.unacked>>20)
	case j.flow != nil && !j.pending():
		return "it waits for more elements from its client"
	case j.flow == nil:
		return s.explainShares(j)
	case len(j.spec.Needs) > 0:
		return s.explainNeeds(j.spec.Needs, s.members(j.flow.pool))
	case j.flow.pool.live > 0 && s.roomiest() == nil && s.heldText() != "":
		return s.heldText()
	case s.explainHurry(j) != "":
		return s.explainHurry(j)
	case j.flow.pool.live > 0:
		return fmt.Sprintf("all of its %d engines are busy with other work", j.flow.pool.live)
	}
	return s.explainEngines(j.spec.Targets)
}

func (s *Scheduler) explainFlight(j *job) string {
	running, t := 0, j.flight[0]
	for _, x := range j.flight {
		if !x.started.IsZero() {
			running++
			t = x
		}
	}
	if running == 0 {
		return fmt.Sprintf("%s of it wait on engine %d behind %d other tasks", elementsText(t.first, t.n), int(t.engine.id), len(t.engine.flight)-1)
	}
	return fmt.Sprintf("%d of its tasks are running, for example %s on engine %d", running, elementsText(t.first, t.n), int(t.engine.id))
}

func (s *Scheduler) explainShares(j *job) string {
	var waiting []proto.EngineID
	for _, h := range j.shares {
		if !h.empty() {
			waiting = append(waiting, h.engine.id)
		}
	}
	return s.explainEngines(waiting)
}

// explainEngines says why engines do not take work.
func (s *Scheduler) explainEngines(ids []proto.EngineID) string {
	if len(ids) == 0 {
		if len(s.present()) == 0 {
			return "the cluster has no engines: start some with goengine"
		}
		ids = s.present()
	}
	e := s.engines[ids[0]]
	why := "is busy with other work"
	switch e.state {
	case engineStarting:
		why = "is being started"
	case engineAway:
		why = fmt.Sprintf("is disconnected, and has %v to come back", s.cfg.HostGrace)
	case engineLost:
		why = "is lost: " + e.death
	case engineStopping:
		why = "is being shut down"
	case engineUp:
		switch {
		case e.draining != "":
			why = "is being drained"
		case len(e.host.lacks) > 0:
			why = "is held back: " + e.host.lacking()
		case !e.host.end.leaves.IsZero():
			why = "leaves soon, for the time of its job is up"
		}
	}
	if len(ids) == 1 {
		return fmt.Sprintf("engine %d %s", int(e.id), why)
	}
	return fmt.Sprintf("%s take no work now; engine %d %s", enginesText(ids), int(e.id), why)
}

// heldText says that all engines which are up are held back, and why the first is; "" if that is not so.
func (s *Scheduler) heldText() string {
	var first *engine
	for _, e := range s.engines {
		switch {
		case e.state != engineUp:
		case len(e.host.lacks) == 0:
			return ""
		case first == nil:
			first = e
		}
	}
	if first == nil {
		return ""
	}
	return fmt.Sprintf("all engines are held back, for example engine %d on %s: %s", int(first.id), first.host.name, first.host.lacking())
}

package sched

import (
	"slices"

	"github.com/gocluster/gocluster/internal/proto"
)

// compiled notes that a job's unit has been compiled. Tasks that are given out from now on run the programs. Those that engines have already
// go on as they are, unless they are not begun, or go on for long and can be begun anew. What elements take is learned anew.
func (s *Scheduler) compiled(c *client, m *proto.Compiled) {
	j := s.owned(c, m.Job)
	if j == nil || j.state.Final() || j.spec.Kind != proto.JobCall {
		return
	}
	programs := slices.Clone(j.spec.Programs)
	for _, p := range m.Programs {
		if !slices.Contains(programs, p) {
			programs = append(programs, p)
		}
	}
	if len(programs) == len(j.spec.Programs) {
		return // said again by a client that has reconnected
	}
	j.spec.Programs = programs
	s.need(j)
	s.price(j)
	if m.Pure && len(j.spec.Names) == 0 {
		s.renew(j)
	}
}

// renew has tasks that are interpreted although there is a program for them begun anew: what is not begun at once, the rest when it has
// had some time to end, for an element that takes seconds as a program would take minutes.
func (s *Scheduler) renew(j *job) {
	for _, t := range j.slow() {
		if t.started.IsZero() {
			s.recall(t)
		}
	}
	s.after(s.cfg.Renew, func() {
		for _, t := range j.slow() {
			s.revoke(t)
		}
	})
}

// slow lists the job's tasks that are interpreted although there is a program for them.
func (j *job) slow() (tasks []*task) {
	for _, t := range j.flight {
		if t.program.IsZero() && !t.revoked && !j.programFor(t.engine.host).IsZero() {
			tasks = append(tasks, t)
		}
	}
	return tasks
}

// price begins to learn what an element of the job takes, from what is known of it by other jobs.
func (s *Scheduler) price(j *job) {
	code := j.spec.Code
	if len(j.spec.Programs) > 0 {
		code = j.spec.Programs[0].Hash
	}
	j.shared, j.start = s.costs.of(code), startUnknown
	j.cost = *j.shared
	if j.cost.known() { // what others cost is a hint that the job's own chunks soon outweigh
		k := 1 / j.cost.elements
		j.cost = cost{seconds: j.cost.seconds * k, elements: 1, bytes: j.cost.bytes * k}
		j.start = min(max(startKnown, j.shared.seen/4), startFamiliar)
	}
}

// programFor returns the program that a host runs for a job, zero if it interprets the unit.
func (j *job) programFor(h *host) proto.Hash {
	if len(j.spec.Programs) == 0 || h == nil {
		return proto.Hash{}
	}
	platform := h.info.Platform()
	for _, p := range j.spec.Programs {
		if p.Platform == platform {
			return p.Hash
		}
	}
	return proto.Hash{}
}

// withoutProgram has a program forgotten that cannot be had: units can be interpreted, too.
func (j *job) withoutProgram(h proto.Hash) {
	j.spec.Programs = slices.DeleteFunc(slices.Clone(j.spec.Programs), func(p proto.Program) bool { return p.Hash == h })
}

// platforms lists those of the engines that are there.
func (s *Scheduler) platforms() []string {
	if s.kinds != nil && s.there != nil {
		return s.kinds
	}
	s.present()
	s.kinds = []string{}
	for _, e := range s.engines {
		if e.host == nil || e.state == engineStopping {
			continue
		}
		if p := e.host.info.Platform(); !slices.Contains(s.kinds, p) {
			s.kinds = append(s.kinds, p)
		}
	}
	return s.kinds
}

package sched

import "github.com/gocluster/gocluster/internal/proto"

// taskProgress notes how far tasks are.
func (s *Scheduler) taskProgress(h *host, m *proto.TaskProgress) {
	for _, at := range m.Tasks {
		if t := s.current(h, at.Task, at.Attempt); t != nil {
			t.at = at
			s.begun(t)
		}
	}
}

// progress tells a client which tasks of a job of its own engines are at. A task that has not been said to have begun is one if it is its
// engine's first: brief tasks are not announced.
func (s *Scheduler) progress(c *client, id proto.JobID) {
	j := s.jobs[id]
	if j == nil || j.client != c || j.state.Final() {
		return
	}
	m := &proto.Progress{Job: id}
	for _, t := range j.flight {
		if t.engine.flight[0] == t {
			m.Running = append(m.Running, proto.Running{Engine: t.engine.id, First: t.first, N: t.n, Done: min(t.at.Done, t.n), Failed: t.at.Failed})
		}
	}
	if len(j.flight) == 0 {
		m.Waiting = s.Explain(id)
	}
	s.send(c.id, m)
}

package sched

import (
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// task is a piece that an engine has.
type task struct {
	piece
	job      *job
	engine   *engine
	share    *share // where it came from, nil: the job's pool
	estimate time.Duration
	bytes    int
	program  proto.Hash // that runs it; zero: it is interpreted
	given    time.Time
	started  time.Time
	index    int // in job.flight
	revoked  bool
	recalled bool // asked back for an idle engine, unless its own has begun it
	overtime bool
	at       proto.TaskAt // how far it is, as far as is known
	took     *stock       // what it needs has been taken from, nil: it needs nothing
	timer    *timer       // ends it when it takes too long, or complains about a host that does not
	waiting  queuedTask
}

// queuedTask is a task's place among those that wait behind others and that an idle engine may have.
type queuedTask struct {
	task *task
	link links[*queuedTask]
}

func (q *queuedTask) links() *links[*queuedTask] { return &q.link }

// give hands a task to an engine.
func (s *Scheduler) give(e *engine, t *task) {
	j := t.job
	if t.id == 0 {
		s.lastTask++
		t.id = s.lastTask
	}
	t.attempt++
	t.at = proto.TaskAt{}
	inputs := j.inputs(t.piece)
	for _, b := range inputs {
		t.bytes += b.Bytes()
	}
	t.engine, t.given, t.estimate = e, s.now, j.estimate(s, t.n)
	t.waiting.task = t
	s.tasks[t.id] = t
	s.takes(t)
	t.index = len(j.flight)
	j.flight = append(j.flight, t)
	e.flight = append(e.flight, t)
	e.load += t.estimate
	e.bytes += t.bytes
	s.relevel(e)
	if len(e.flight) == 1 {
		s.watch(t)
	} else if t.share == nil {
		s.queued.push(&t.waiting)
	}
	j.state = max(j.state, proto.JobRunning)
	h := e.host
	t.program = j.programFor(h)
	h.assign = append(h.assign, proto.Task{
		ID: t.id, Attempt: t.attempt, Engine: e.id, Job: j.id, Kind: j.spec.Kind, First: t.first, N: t.n,
		Code: j.spec.Code, Captures: j.spec.Captures, Inputs: inputs, Source: j.spec.Source, Names: j.spec.Names,
		Types: j.spec.Types, Objects: j.objectsOf(t.piece), Timeout: j.spec.Timeout, Live: j.spec.Live,
		Cell: j.spec.Cell, Line: j.spec.Line, Keep: j.spec.Keep, Program: t.program, Spool: h.local && j.client.local,
	})
	s.touch(h)
}

// drop takes a task from its engine: it has ended there in one way or another.
func (s *Scheduler) drop(t *task) {
	e, j := t.engine, t.job
	if s.cfg.defect != "leak credit" {
		e.load -= t.estimate
		e.bytes -= t.bytes
	}
	delete(s.tasks, t.id)
	s.givesBack(t)
	s.queued.remove(&t.waiting)
	s.stop(t.timer)
	e.flight = slices.Delete(e.flight, slices.Index(e.flight, t), slices.Index(e.flight, t)+1)
	if len(e.flight) == 0 {
		e.rested = s.now
	} else if e.flight[0].timer == nil {
		s.watch(e.flight[0])
	}
	last := len(j.flight) - 1
	j.flight[t.index] = j.flight[last]
	j.flight[t.index].index = t.index
	j.flight[last] = nil
	j.flight = j.flight[:last]
	s.calm(e)
	s.relevel(e)
}

// current returns the task that a host speaks of, nil if it is no longer that attempt's, or not that host's.
func (s *Scheduler) current(h *host, id proto.TaskID, attempt proto.Attempt) *task {
	t := s.tasks[id]
	if t == nil || t.engine.host != h || t.attempt != attempt {
		return nil
	}
	return t
}

func (s *Scheduler) taskStarted(h *host, m *proto.TaskStarted) {
	t := s.current(h, m.Task, m.Attempt)
	if t == nil {
		// Whatever it is, it keeps an engine busy for nothing.
		s.send(h.id, &proto.Revoke{Tasks: []proto.Held{{Task: m.Task, Attempt: m.Attempt, Engine: proto.NoEngine}}})
		return
	}
	s.begun(t)
}

// begun notes that a worker has begun a task.
func (s *Scheduler) begun(t *task) {
	if !t.started.IsZero() {
		return
	}
	t.started = s.now
	s.queued.remove(&t.waiting)
	s.watch(t)
}

// watch ends a task that takes far longer than it may, from when it is its engine's first. The engine itself ends an element that
// takes too long: this is for an engine that does not. The time starts anew when a host comes back, whose results may have been
// held up.
func (s *Scheduler) watch(t *task) {
	limit := t.job.spec.Timeout
	if limit == 0 || t.revoked {
		return
	}
	s.stop(t.timer)
	all := time.Duration(min(float64(limit)*float64(t.n), float64(24*time.Hour)))
	t.timer = s.after(all+s.cfg.Overtime, func() {
		t.timer = nil
		switch {
		case !t.engine.host.up: // what it has is watched when it comes back
		case t.engine.state == engineStarting:
			s.watch(t)
		default:
			t.overtime = true
			s.revoke(t)
		}
	})
}

// recall asks for a task back that its engine has not begun, as far as is known; if it has, nothing happens.
func (s *Scheduler) recall(t *task) {
	t.recalled = true
	s.queued.remove(&t.waiting)
	if h := t.engine.host; h != nil && h.up && !s.unsend(t) {
		h.recall = append(h.recall, proto.Held{Task: t.id, Attempt: t.attempt, Engine: t.engine.id})
		s.touch(h)
	}
}

// unsend takes a task back that was not sent yet; it reports whether that was so.
func (s *Scheduler) unsend(t *task) bool {
	h := t.engine.host
	i := slices.IndexFunc(h.assign, func(a proto.Task) bool { return a.ID == t.id })
	if i < 0 {
		return false
	}
	h.assign = slices.Delete(h.assign, i, i+1)
	s.drop(t)
	s.gone(t, false, "it was taken back")
	s.feed(t.engine)
	return true
}

// revoke asks for a task back.
func (s *Scheduler) revoke(t *task) {
	if t.revoked {
		return
	}
	t.revoked = true
	s.queued.remove(&t.waiting)
	s.stop(t.timer)
	h := t.engine.host
	if h == nil || !h.up {
		return // when it comes back, it is told
	}
	if s.unsend(t) {
		return
	}
	h.revoke = append(h.revoke, proto.Held{Task: t.id, Attempt: t.attempt, Engine: t.engine.id})
	s.touch(h)
	t.timer = s.after(s.cfg.Stubborn, func() {
		t.timer = nil
		s.kick(h.id, "the host did not stop task %d within %v", t.id, s.cfg.Stubborn)
	})
}

func (s *Scheduler) taskOutput(h *host, m *proto.TaskOutput) {
	t := s.current(h, m.Task, m.Attempt)
	if t == nil || !t.job.spec.Live || t.job.muted || t.job.state.Final() || !t.job.client.up {
		return
	}
	s.send(t.job.client.id, &proto.Output{Job: t.job.id, First: t.first, Engine: t.engine.id, Stderr: m.Stderr, Text: m.Text, Shown: m.Shown})
}

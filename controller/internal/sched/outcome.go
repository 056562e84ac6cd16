package sched

import (
	"fmt"
	"slices"

	"github.com/gocluster/gocluster/internal/proto"
)

// taskDone takes a task's chunk, unless the task has been given to another since.
func (s *Scheduler) taskDone(h *host, m *proto.TaskDone) {
	t := s.current(h, m.Task, m.Attempt)
	if t == nil {
		s.unread(&m.Chunk)
		return
	}
	e, j := t.engine, t.job
	s.drop(t)
	switch {
	case j.state.Final():
		s.unread(&m.Chunk)
	case stopped(&m.Chunk):
		s.ended(t, true, "it was stopped")
	default:
		e.done++
		chunk := m.Chunk
		if err := check(t, &chunk); err != nil {
			s.log("job %s: engine %d: %s", j.id, int(e.id), err.Message)
			s.unread(&chunk)
			chunk = failed(t, err)
		}
		s.learn(t, &chunk)
		s.deliver(t, chunk)
		s.settle(j)
		s.unhurry(j)
	}
	s.feed(e)
}

// stopped reports whether a chunk is what was left when its task was stopped.
func stopped(k *proto.Chunk) bool {
	return slices.ContainsFunc(k.Errors, func(e proto.ElementError) bool { return e.Kind == proto.KindCancelled })
}

// check makes sure that a chunk is what its task asked for.
func check(t *task, k *proto.Chunk) *proto.Error {
	bad := func(format string, args ...any) *proto.Error {
		return proto.Errorf(proto.KindInternal, "the engine's answer is malformed: "+format, args...)
	}
	if k.First != t.first || k.N != t.n {
		return bad("elements %s instead of %s", rangeText(k.First, k.N), rangeText(t.first, t.n))
	}
	for i, b := range k.Outputs {
		switch {
		case b.N != t.n:
			return bad("output %d has %d values for %d elements", i, b.N, t.n)
		case b.File != "" && len(k.Errors) > 0:
			return bad("output %d is a file although elements have failed", i)
		}
	}
	last := t.first - 1
	for _, e := range k.Errors {
		if e.Index <= last || e.Index >= t.first+t.n {
			return bad("an error for element %d among %s", e.Index, rangeText(t.first, t.n))
		}
		last = e.Index
	}
	k.Engine, k.Attempt = t.engine.id, t.attempt
	return nil
}

// learn takes a chunk's duration into account.
func (s *Scheduler) learn(t *task, k *proto.Chunk) {
	j := t.job
	if j.spec.Kind != proto.JobCall || k.Started.IsZero() || k.Completed.IsZero() {
		return
	}
	bytes := 0
	for _, b := range k.Outputs {
		bytes += b.Bytes()
	}
	took := k.Completed.Sub(k.Started)
	if t.program == j.programFor(t.engine.host) { // else it says nothing of those to come
		j.cost.learn(t.n, took, bytes)
		j.shared.learn(t.n, took, bytes)
	}
	if t.share == nil {
		s.correct(j, (took - t.estimate).Seconds())
	}
}

// deliver hands a chunk to the client, but for the elements that failed and are to be tried again.
func (s *Scheduler) deliver(t *task, k proto.Chunk) {
	j := t.job
	from := k.First
	for _, e := range k.Errors {
		if !j.retry(e) {
			continue
		}
		s.deliverPart(j, &k, from, e.Index)
		from = e.Index + 1
		j.retried++
		s.again(t, piece{first: e.Index, n: 1})
	}
	s.deliverPart(j, &k, from, k.First+k.N)
	if from > k.First {
		s.serveAgain(t)
	}
}

// retry reports whether an element that failed is to be tried again, and counts that.
func (j *job) retry(e proto.ElementError) bool {
	switch e.Kind {
	case proto.KindUser, proto.KindPanic, proto.KindTimeout:
	default:
		return false
	}
	if j.tries[e.Index] >= j.spec.Retries {
		delete(j.tries, e.Index)
		return false
	}
	if j.tries == nil {
		j.tries = map[int]int{}
	}
	j.tries[e.Index]++
	return true
}

// deliverPart hands the elements from to to-1 of a chunk to the client. What the task printed goes with the first part.
func (s *Scheduler) deliverPart(j *job, k *proto.Chunk, from, to int) {
	if from == to {
		return
	}
	part := *k
	k.Stdout, k.Stderr = "", ""
	if to-from == k.N {
		s.yield(j, part)
		return
	}
	part.First, part.N = from, to-from
	part.Outputs = make([]proto.Block, len(k.Outputs))
	for i, b := range k.Outputs {
		part.Outputs[i] = b.Slice(from-k.First, to-k.First)
	}
	part.Errors = nil
	for _, e := range k.Errors {
		if e.Index >= from && e.Index < to {
			part.Errors = append(part.Errors, e)
		}
	}
	s.yield(j, part)
}

// taskLost deals with an attempt that ended without a chunk.
func (s *Scheduler) taskLost(h *host, m *proto.TaskLost) {
	t := s.current(h, m.Task, m.Attempt)
	if t == nil {
		return
	}
	e := t.engine
	s.drop(t)
	s.ended(t, m.Started, m.Reason)
	s.feed(e)
}

// ended decides what becomes of a task that its engine has ended without a chunk, maybe because it was told to.
func (s *Scheduler) ended(t *task, started bool, reason string) {
	switch {
	case !t.overtime || t.job.state.Final():
		s.gone(t, started, reason)
	case started || !t.started.IsZero():
		s.tooLong(t)
	default:
		s.putBack(t)
	}
}

// gone decides what becomes of a task that its engine has no more. The task has been dropped.
func (s *Scheduler) gone(t *task, started bool, reason string) {
	j := t.job
	switch {
	case j.state.Final() || s.cfg.defect == "forget lost":
	case t.revoked && !t.overtime, t.recalled && !started:
		s.putBack(t)
	case j.spec.Kind != proto.JobCall && j.spec.Placement != proto.PlaceAny:
		s.fail(t, proto.Errorf(proto.KindLost, "engine %d was lost before it had done this: %s", int(t.engine.id), reason))
	case !started:
		s.tryAgain(t, reason)
	default:
		t.deaths++
		s.died(t, reason)
	}
}

// vanish deals with a task of which its host, which was disconnected, knows nothing: it never arrived, or its result did not.
func (s *Scheduler) vanish(t *task) {
	switch {
	case t.job.state.Final():
	case t.job.spec.Kind == proto.JobExecute, t.job.spec.Kind == proto.JobLoad:
		s.fail(t, proto.Errorf(proto.KindLost, "engine %d was disconnected, and whether it has run this is not known", int(t.engine.id)))
	default:
		s.tryAgain(t, "it was lost on the way")
	}
}

// died deals with a chunk under which a worker has died: it is tried again, and cut to find the element that kills.
func (s *Scheduler) died(t *task, reason string) {
	j := t.job
	if t.deaths < s.cfg.Deaths {
		s.announce(proto.EventTaskRetried, t.engine.id, j.id, "Engine %d was lost while it ran %s of %s: %s. Trying again.",
			int(t.engine.id), elementsText(t.first, t.n), j.name(), reason)
		s.tryAgain(t, reason)
		return
	}
	if t.n == 1 || s.cfg.defect == "blame all" {
		s.fail(t, proto.Errorf(proto.KindLost, "the engines that ran it were lost %d times, the last was engine %d: %s",
			t.deaths, int(t.engine.id), reason))
		return
	}
	s.announce(proto.EventTaskRetried, t.engine.id, j.id, "Engine %d was lost while it ran %s of %s: %s. These elements have ended %d engines; searching for the one that does.",
		int(t.engine.id), elementsText(t.first, t.n), j.name(), reason, t.deaths)
	s.bisect(t, s.cfg.Deaths-1)
}

// bisect puts a task back as two halves. Its deaths count for each of them; but an element that stands alone then has been under
// suspicion with others only, so that it gets another chance.
func (s *Scheduler) bisect(t *task, deaths int) {
	half := t.n / 2
	for _, p := range []piece{{first: t.first + half, n: t.n - half}, {first: t.first, n: half}} {
		p.deaths = deaths
		if p.n == 1 {
			p.deaths = max(deaths-1, 0)
		}
		s.again(t, p)
	}
	t.job.retried += t.n
	s.serveAgain(t)
}

// tooLong deals with a task that its engine did not end in time.
func (s *Scheduler) tooLong(t *task) {
	if t.n == 1 {
		s.fail(t, proto.Errorf(proto.KindTimeout, "it ran longer than %v, and engine %d could not end it", t.job.spec.Timeout, int(t.engine.id)))
		return
	}
	s.bisect(t, 0)
}

// tryAgain puts a task back, unless that has been done too often.
func (s *Scheduler) tryAgain(t *task, reason string) {
	if int(t.attempt) >= s.cfg.Attempts {
		s.fail(t, proto.Errorf(proto.KindLost, "it was given to engines %d times and was lost each time, at last by engine %d: %s",
			t.attempt, int(t.engine.id), reason))
		return
	}
	t.job.retried += t.n
	s.putBack(t)
}

// putBack lets a task be given out again.
func (s *Scheduler) putBack(t *task) {
	s.again(t, t.piece)
	s.serveAgain(t)
}

// again queues a piece of a task where the task came from.
func (s *Scheduler) again(t *task, p piece) {
	if t.share != nil {
		t.share.again = append(t.share.again, p)
		return
	}
	t.job.again = append(t.job.again, p)
}

// serveAgain gives out what again queued.
func (s *Scheduler) serveAgain(t *task) {
	if h := t.share; h != nil {
		s.enqueue(h, true)
		s.feed(h.engine)
		return
	}
	s.ready(t.job)
	s.serve(t.job.flow.pool)
}

// fail ends the elements of a task with an error.
func (s *Scheduler) fail(t *task, err *proto.Error) {
	s.yield(t.job, failed(t, err))
	s.settle(t.job)
}

// failShare ends the elements of a share that were not given out.
func (s *Scheduler) failShare(h *share, why string) {
	j := h.job
	if j.state.Final() {
		return
	}
	pieces := slices.Clone(h.again)
	if h.next < h.end {
		pieces = append(pieces, piece{first: h.next, n: h.end - h.next})
	}
	h.again, h.next = nil, h.end
	for _, p := range pieces {
		t := &task{piece: p, job: j, engine: h.engine, share: h}
		s.yield(j, failed(t, proto.Errorf(proto.KindLost, "%s", why)))
	}
	s.settle(j)
}

// failed is the chunk of a task whose elements all failed for one reason.
func failed(t *task, err *proto.Error) proto.Chunk {
	k := proto.Chunk{First: t.first, N: t.n, Engine: t.engine.id, Attempt: t.attempt, Started: t.started}
	k.Errors = make([]proto.ElementError, t.n)
	for i := range k.Errors {
		k.Errors[i] = proto.ElementError{Index: t.first + i, Engine: t.engine.id, Error: *err}
	}
	return k
}

// name is what people call a job.
func (j *job) name() string {
	switch {
	case j.spec.Label != "":
		return fmt.Sprintf("job %s (%s)", j.id, j.spec.Label)
	case j.spec.Func != "":
		return fmt.Sprintf("job %s (%s)", j.id, j.spec.Func)
	}
	return fmt.Sprintf("job %s", j.id)
}

package sched

import (
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// job is a job that is not forgotten: under way, or ended with messages that the client has not acknowledged.
type job struct {
	id        proto.JobID
	number    uint64         // by submission
	spec      *proto.JobSpec // without its inputs
	needs     *needs
	client    *client
	state     proto.JobState
	submitted time.Time
	link      links[*job]
	slot      int // in client.jobs

	total    int // elements known so far
	segments []segment
	next     int     // elements from here on were never given out (PlaceAny)
	again    []piece // pieces that were, and were lost (PlaceAny)
	shares   []*share
	flight   []*task
	tries    map[int]int // failures of elements that may be tried again

	flow   *flow
	used   float64
	index  int  // in flow.jobs
	fresh  bool // it is in flow.fresh
	served bool // something of it has been given out
	cost   cost
	shared *cost // of the unit, over all jobs
	start  int   // elements of the first chunks

	done, failed, retried int

	out    []outgoing
	base   uint64 // the Seq of out[0]
	sent   uint64 // the Seq that is sent next
	said   uint64 // those before it were sent once: the client may have them
	muted  bool   // its client was away and has not asked for it since
	behind bool   // it is in its client's backlog

	// Most jobs are one task: room for what that takes, so that it need not be found piece by piece.
	one struct {
		task    task
		result  proto.Result
		given   bool // task is used
		yielded bool // result is used
		segment [1]segment
		flight  [1]*task
		out     [2]outgoing
	}
}

// newJob makes a job of a spec that has been checked.
func (s *Scheduler) newJob(c *client, spec *proto.JobSpec) *job {
	s.serial++
	j := &job{id: spec.ID, number: s.serial, spec: spec, client: c, state: proto.JobQueued, submitted: s.now}
	j.segments, j.flight, j.out = j.one.segment[:0], j.one.flight[:0], j.one.out[:0]
	return j
}

// newTask returns a task of the job, which is filled in by who asks.
func (j *job) newTask() *task {
	if j.one.given {
		return &task{job: j}
	}
	j.one.given = true
	j.one.task.job = j
	return &j.one.task
}

// newResult returns a message for a chunk, which is filled in by who asks.
func (j *job) newResult() *proto.Result {
	if j.one.yielded {
		return &proto.Result{}
	}
	j.one.yielded = true
	return &j.one.result
}

// objectsOf names the values of a push's piece, which is one element where each has values of its own.
func (j *job) objectsOf(p piece) []proto.Hash {
	per := len(j.spec.Objects)
	if per <= len(j.spec.Names) {
		return j.spec.Objects
	}
	n := per / len(j.spec.Names)
	var own []proto.Hash
	for i := range j.spec.Names {
		own = append(own, j.spec.Objects[i*n+p.first])
	}
	return own
}

func (j *job) links() *links[*job] { return &j.link }

// submit takes a job in and tells its client the engines it may run on (none stands for every engine, now and later), or says why not. One that is known already is a client's that has not seen it accepted.
func (s *Scheduler) submit(c *client, m *proto.Submit) {
	if j := s.jobs[m.Spec.ID]; j != nil {
		if j.client != c {
			s.refuse(c, m.Spec.ID, proto.Errorf(proto.KindController, "a job of this id exists already"))
			return
		}
		s.accept(j)
		s.resend(j, j.base)
		return
	}
	spec := &m.Spec
	if err := s.check(spec); err != nil {
		s.refuse(c, spec.ID, err)
		return
	}
	j := s.newJob(c, spec)
	j.addSegment(s.elements(spec), spec.Inputs)
	spec.Inputs = nil
	s.price(j)
	s.jobs[j.id] = j
	s.order.push(j)
	c.add(j)
	s.need(j)
	s.accept(j)
	if spec.Placement == proto.PlaceAny {
		s.join(j)
		s.ready(j)
		s.serve(j.flow.pool)
	} else {
		s.split(j)
	}
	s.settle(j)
}

// accept tells a client that its job is there: in one message with others, where it says the same of them.
func (s *Scheduler) accept(j *job) {
	to, m := j.client, s.welcome
	if m == nil || s.welcomed != to || len(j.spec.Targets) > 0 {
		m = &proto.Accepted{Engines: j.spec.Targets, Platforms: s.platforms()}
		s.send(to.id, m)
		if s.welcome = nil; len(j.spec.Targets) == 0 {
			s.welcome, s.welcomed = m, to
		}
	}
	m.Jobs = append(m.Jobs, j.id)
}

func (s *Scheduler) refuse(c *client, id proto.JobID, err *proto.Error) {
	s.log("job %s of %s refused: %s", id, c.name, err.Message)
	s.send(c.id, &proto.Accepted{Jobs: []proto.JobID{id}, Error: *err})
}

// present lists the engines that are there or about to be. The list is shared: it is made anew, never changed.
func (s *Scheduler) present() []proto.EngineID {
	if s.there != nil {
		return s.there
	}
	s.there = make([]proto.EngineID, 0, len(s.engines))
	for _, e := range s.engines {
		if e.host != nil && e.leavingText() == "" {
			s.there = append(s.there, e.id)
		}
	}
	return s.there
}

// extend adds elements to an open job. Those that are there already come from a client that has reconnected.
func (s *Scheduler) extend(c *client, m *proto.Extend) {
	j := s.owned(c, m.Job)
	if j == nil || j.state.Final() || !j.spec.Open {
		return
	}
	n := 0
	if len(m.Inputs) > 0 {
		n = m.Inputs[0].N
	}
	if err := s.checkExtend(j, m, n); err != nil {
		s.finish(j, proto.JobFailed, err)
		return
	}
	if skip := j.total - m.First; skip < n {
		inputs := make([]proto.Block, len(m.Inputs))
		for i, b := range m.Inputs {
			inputs[i] = b.Slice(skip, n)
		}
		j.addSegment(n-skip, inputs)
	}
	j.spec.Open = !m.Last
	s.ready(j)
	s.serve(j.flow.pool)
	s.settle(j)
}

// cancel ends a job on its client's wish.
func (s *Scheduler) cancel(c *client, m *proto.Cancel) {
	if j := s.owned(c, m.Job); j != nil && !j.state.Final() {
		s.finish(j, proto.JobCancelled, proto.Errorf(proto.KindCancelled, "the job was cancelled"))
	}
}

// owned returns a client's job, nil if it has none of that id.
func (s *Scheduler) owned(c *client, id proto.JobID) *job {
	if j := s.jobs[id]; j != nil && j.client == c {
		return j
	}
	return nil
}

// Client returns whose a job is, if there is such a job.
func (s *Scheduler) Client(id proto.JobID) (proto.PeerID, bool) {
	if j := s.jobs[id]; j != nil {
		return j.client.id, true
	}
	return proto.PeerID{}, false
}

// missing fails the jobs that need an object which cannot be had.
func (s *Scheduler) missing(ev Missing) {
	s.order.all(func(j *job) bool {
		j.withoutProgram(ev.Hash)
		if !j.state.Final() && j.cannotDoWithout(ev.Hash) {
			s.finish(j, proto.JobFailed, proto.Errorf(proto.KindController, "object %s of the job cannot be had: %s", ev.Hash, ev.Reason))
		}
		return true
	})
}

// yield hands a chunk to the job's client.
func (s *Scheduler) yield(j *job, chunk proto.Chunk) {
	j.done += chunk.N
	j.failed += len(chunk.Errors)
	j.settled(chunk.First, chunk.N)
	chunk.Submitted = j.submitted
	bytes := len(chunk.Stdout) + len(chunk.Stderr)
	for _, b := range chunk.Outputs {
		bytes += b.Bytes()
	}
	for i := range chunk.Errors {
		bytes += len(chunk.Errors[i].Message) + len(chunk.Errors[i].Trace)
	}
	r := j.newResult()
	r.Job, r.Seq, r.Chunk = j.id, j.base+uint64(len(j.out)), chunk
	s.fresh = r
	s.emit(j, r, bytes)
}

// settle ends a job of which every element is done.
func (s *Scheduler) settle(j *job) {
	if !j.state.Final() && !j.spec.Open && j.done == j.total {
		s.finish(j, proto.JobDone, nil)
	}
}

// finish ends a job: what it has queued is dropped, what is running is stopped, and its client is told.
func (s *Scheduler) finish(j *job, state proto.JobState, err *proto.Error) {
	j.state = state
	s.unblock(j)
	s.leave(j)
	j.segments, j.again, j.shares, j.tries = nil, nil, nil, nil
	for _, t := range append([]*task(nil), j.flight...) {
		s.revoke(t)
	}
	s.release(j.needs)
	j.needs = nil
	if state == proto.JobDone && err == nil && s.endsWith(j) {
		return
	}
	end := &proto.JobEnd{Job: j.id, Seq: j.base + uint64(len(j.out)), State: state}
	if err != nil {
		end.Error = *err
		s.log("job %s %s after %d of %d elements: %s", j.id, state, j.done, j.total, err.Message)
	}
	s.emit(j, end, len(end.Error.Message)+len(end.Error.Trace))
}

// endsWith has the last result say that the job is done; it reports false if there is none, or if that has been sent already.
func (s *Scheduler) endsWith(j *job) bool {
	if len(j.out) == 0 {
		return false
	}
	last := len(j.out) - 1
	r, ok := j.out[last].message.(*proto.Result)
	if !ok || r != s.fresh && j.said > j.base+uint64(last) {
		return false
	}
	r.End = proto.JobDone
	return true
}

// unread has a chunk's files removed: nobody will read it.
func (s *Scheduler) unread(k *proto.Chunk) {
	var files []string
	for _, b := range k.Outputs {
		if b.File != "" {
			files = append(files, b.File)
		}
	}
	if len(files) > 0 {
		s.do(Unread{Files: files})
	}
}

// forget drops a job about which nothing more is to be said.
func (s *Scheduler) forget(j *job) {
	for i, m := range j.out {
		if r, ok := m.message.(*proto.Result); ok {
			s.unread(&r.Chunk)
		}
		j.client.unacked -= m.bytes
		if j.base+uint64(i) < j.sent {
			j.client.piped -= m.bytes
		}
	}
	j.out = nil
	delete(s.jobs, j.id)
	s.order.remove(j)
	j.client.remove(j)
}

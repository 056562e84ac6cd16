package sched

import (
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// job is a job that is not forgotten: under way, or ended with messages that the client has not acknowledged.
type job struct {
	id        proto.JobID
	number    uint64        // by submission
	spec      proto.JobSpec // without its inputs
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
	index  int
	cost   cost
	shared *cost // of the unit, over all jobs
	start  int   // elements of the first chunks

	done, failed, retried int

	out    []outgoing
	base   uint64 // the Seq of out[0]
	sent   uint64 // the Seq that is sent next
	muted  bool   // its client was away and has not asked for it since
	behind bool   // it is in its client's backlog
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

// objects names the objects that the job's tasks need, and zero hashes for those that it could have.
func (j *job) objects() []proto.Hash {
	return append([]proto.Hash{j.spec.Code, j.spec.Captures}, j.spec.Objects...)
}

// submit takes a job in and tells its client the engines it may run on (none stands for every engine, now and later), or says why not. One that is known already is a client's that has not seen it accepted.
func (s *Scheduler) submit(c *client, m *proto.Submit) {
	if j := s.jobs[m.Spec.ID]; j != nil {
		if j.client != c {
			s.refuse(c, m.Spec.ID, proto.Errorf(proto.KindController, "a job of this id exists already"))
			return
		}
		s.send(c.id, &proto.Accepted{Job: j.id, Engines: j.spec.Targets, Platforms: s.platforms()})
		s.resend(j, j.base)
		return
	}
	spec := m.Spec
	if err := s.check(&spec); err != nil {
		s.refuse(c, spec.ID, err)
		return
	}
	s.serial++
	j := &job{id: spec.ID, number: s.serial, spec: spec, client: c, state: proto.JobQueued, submitted: s.now}
	j.spec.Inputs = nil
	j.addSegment(s.elements(&spec), spec.Inputs)
	s.price(j)
	s.jobs[j.id] = j
	s.order.push(j)
	c.add(j)
	s.do(Begin{Job: j.id, Client: c.id, Objects: append(j.objects(), j.programs()...)})
	s.send(c.id, &proto.Accepted{Job: j.id, Engines: j.spec.Targets, Platforms: s.platforms()})
	if spec.Placement == proto.PlaceAny {
		s.join(j)
		s.ready(j)
		s.serve(j.flow.pool)
	} else {
		s.split(j)
	}
	s.settle(j)
}

func (s *Scheduler) refuse(c *client, id proto.JobID, err *proto.Error) {
	s.log("job %s of %s refused: %s", id, c.name, err.Message)
	s.send(c.id, &proto.Accepted{Job: id, Error: *err})
}

// present lists the engines that are there or about to be. The list is shared: it is made anew, never changed.
func (s *Scheduler) present() []proto.EngineID {
	if s.there != nil {
		return s.there
	}
	s.there = make([]proto.EngineID, 0, len(s.engines))
	for _, e := range s.engines {
		if e.host != nil && e.state != engineStopping {
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

// missing fails the jobs that need an object which cannot be had.
func (s *Scheduler) missing(ev Missing) {
	s.order.all(func(j *job) bool {
		j.withoutProgram(ev.Hash)
		if !j.state.Final() && slices.Contains(j.objects(), ev.Hash) {
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
	s.emit(j, &proto.Result{Job: j.id, Seq: j.base + uint64(len(j.out)), Chunk: chunk}, bytes)
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
	s.leave(j)
	j.segments, j.again, j.shares, j.tries = nil, nil, nil, nil
	for _, t := range append([]*task(nil), j.flight...) {
		s.revoke(t)
	}
	end := &proto.JobEnd{Job: j.id, Seq: j.base + uint64(len(j.out)), State: state}
	if err != nil {
		end.Error = *err
		s.log("job %s %s after %d of %d elements: %s", j.id, state, j.done, j.total, err.Message)
	}
	s.do(Over{Job: j.id})
	s.emit(j, end, len(end.Error.Message)+len(end.Error.Trace))
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

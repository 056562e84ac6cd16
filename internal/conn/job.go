package conn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
)

// Sink takes what comes of a job. Its methods are called one after the other and must not wait for the connection.
type Sink interface {
	// Accepted says on which engines the job may run.
	Accepted(engines []proto.EngineID, platforms []string)
	// Chunk is a finished piece of the job.
	Chunk(chunk proto.Chunk, received time.Time)
	// Output is text that a running task of a live job printed.
	Output(o proto.Output)
	// End is the last call. The error, if any, is about the job as a whole; cause is its reason where that is on our side.
	End(state proto.JobState, err *proto.Error, cause error)
}

// ProgressSink is a sink that takes answers to [Job.AskProgress].
type ProgressSink interface {
	Sink
	Progress(*proto.Progress)
}

// Job is a job under way.
type Job struct {
	conn   *Conn
	id     proto.JobID
	sink   Sink
	number uint64 // by submission

	mu       sync.Mutex
	submit   *proto.Submit // until the job is accepted
	objects  []*proto.Object
	accepted bool
	ended    bool
	next     uint64 // the Seq of the message that is to come
	inputs   int    // elements sent
	cancel   bool
	compiled *proto.Compiled
	pending  []*extension
}

// extension is a piece of input that the controller may still have to be sent again: some of its elements have no result.
type extension struct {
	msg  proto.Extend
	n    int
	left int
}

// Submit hands in a job, with the objects that it names. It does not wait for the controller; all that happens, happens to sink.
func (c *Conn) Submit(ctx context.Context, spec proto.JobSpec, objects []*proto.Object, sink Sink) (*Job, error) {
	j := &Job{conn: c, id: spec.ID, sink: sink, submit: &proto.Submit{Spec: spec}, objects: objects, inputs: spec.Count()}
	if len(spec.Inputs) == 0 && spec.Open {
		j.inputs = 0
	}
	if err := c.offer(ctx, spec.Kind); err != nil {
		return nil, err
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	c.mu.Lock()
	if c.gone != nil {
		defer c.mu.Unlock()
		return nil, c.gone
	}
	j.objects = c.share(objects)
	c.last++
	j.number = c.last
	c.jobs[j.id] = j
	up := c.up
	c.mu.Unlock()
	if !up {
		return j, nil // resume submits it
	}
	if err := lasting(ctx, c.submit(ctx, j)); err != nil {
		c.forget(j)
		return nil, err
	}
	c.relieve()
	return j, nil
}

// lasting returns the error of sending that the next connection will not heal.
func lasting(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, link.ErrTooBig):
		return err
	}
	return nil
}

// submit sends a job, after those of its objects that the controller has not had on this connection. The caller holds sending.
func (c *Conn) submit(ctx context.Context, j *Job) error {
	for _, o := range j.objects {
		if err := c.sendObject(ctx, o); err != nil {
			return err
		}
	}
	j.mu.Lock()
	m := j.submit
	j.mu.Unlock()
	if m == nil {
		return nil
	}
	return c.link.SendWait(ctx, m)
}

// resume tells the controller, on a new connection, what we still wait for.
func (c *Conn) resume(ctx context.Context) {
	c.sending.Lock()
	defer c.sending.Unlock()
	c.mu.Lock()
	jobs := c.underWay()
	var asked []proto.Message
	for _, q := range c.asked {
		asked = append(asked, q.m)
	}
	c.mu.Unlock()
	if c.sayLocal(ctx) != nil || c.sayOffer(ctx) != nil {
		return
	}
	for _, m := range asked {
		if c.link.SendWait(ctx, m) != nil {
			return
		}
	}
	for _, j := range jobs {
		// What cannot be sent waits for the connection after this one.
		if c.resumeJob(ctx, j) != nil {
			return
		}
	}
}

func (c *Conn) resumeJob(ctx context.Context, j *Job) error {
	j.mu.Lock()
	accepted, next, cancel, compiled := j.accepted, j.next, j.cancel, j.compiled
	pending := slices.Clone(j.pending)
	j.mu.Unlock()
	if !accepted {
		if err := c.submit(ctx, j); err != nil {
			return err
		}
	} else if err := c.link.SendWait(ctx, &proto.Resume{Job: j.id, Next: next}); err != nil {
		return err
	}
	for _, x := range pending {
		if err := c.link.SendWait(ctx, &x.msg); err != nil {
			return err
		}
	}
	if compiled != nil {
		if err := c.link.SendWait(ctx, compiled); err != nil {
			return err
		}
	}
	if cancel && accepted {
		return c.link.SendWait(ctx, &proto.Cancel{Job: j.id})
	}
	return nil
}

// underWay returns the jobs under way, by submission. The caller holds mu.
func (c *Conn) underWay() []*Job {
	return slices.SortedFunc(maps.Values(c.jobs), func(a, b *Job) int { return cmp.Compare(a.number, b.number) })
}

func (c *Conn) job(id proto.JobID) *Job {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.jobs[id]
}

// forget takes a job off the connection's list.
func (c *Conn) forget(j *Job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.jobs[j.id] == j { // else the connection has ended meanwhile
		delete(c.jobs, j.id)
		c.unshare(j.objects)
	}
}

func (c *Conn) accepted(m *proto.Accepted) {
	for _, id := range m.Jobs {
		if j := c.job(id); j != nil {
			c.acceptedJob(j, m)
		}
	}
}

func (c *Conn) acceptedJob(j *Job, m *proto.Accepted) {
	if m.Error.Kind != 0 {
		c.forget(j)
		j.finish(proto.JobFailed, &m.Error, nil)
		return
	}
	j.mu.Lock()
	again, cancel := j.accepted, j.cancel
	j.accepted = true
	j.submit = nil // its inputs are the controller's now
	j.mu.Unlock()
	if !again {
		j.sink.Accepted(m.Engines, m.Platforms)
	}
	if cancel {
		_ = c.link.Send(&proto.Cancel{Job: j.id})
	}
}

// result takes a chunk, unless it was here before or comes before its turn: then the controller sends it again.
func (c *Conn) result(m *proto.Result) {
	j := c.job(m.Job)
	if j == nil || !j.turn(m.Seq, &m.Chunk) {
		return
	}
	c.fetch(&m.Chunk)
	j.sink.Chunk(m.Chunk, time.Now())
	if m.End.Final() {
		c.forget(j)
		j.finish(m.End, nil, nil)
	}
	c.acks.add(j.id, m.Seq+1, cost(&m.Chunk))
}

// fetch reads the results that are files. Where that fails, so do the elements.
func (c *Conn) fetch(k *proto.Chunk) {
	for i := range k.Outputs {
		b := &k.Outputs[i]
		if b.File == "" {
			continue
		}
		var err error
		if b.Data, err = c.take(b.File, b.Size); err != nil {
			why := proto.Errorf(proto.KindInternal, "the result was left in a file which cannot be read: %v", err)
			k.Outputs, k.Errors = nil, make([]proto.ElementError, k.N)
			for i := range k.Errors {
				k.Errors[i] = proto.ElementError{Index: k.First + i, Engine: k.Engine, Error: *why}
			}
			return
		}
		b.File, b.Size = "", 0
	}
}

// take reads a file of the controller's spool directory, which is ours then and goes.
func (c *Conn) take(name string, size int) ([]byte, error) {
	c.mu.Lock()
	dir := c.spool
	c.mu.Unlock()
	if dir == nil {
		return nil, spool.ErrElsewhere
	}
	data, err := dir.Read(name)
	if err == nil && len(data) != size {
		err = fmt.Errorf("it has %d bytes, not %d", len(data), size)
	}
	_ = dir.Remove(name)
	return data, err
}

func (c *Conn) jobEnd(m *proto.JobEnd) {
	j := c.job(m.Job)
	// A controller that does not know the job says so whenever it is asked for it.
	if j == nil || !j.turn(m.Seq, nil) && m.Error.Kind != proto.KindController {
		return
	}
	c.forget(j)
	var err *proto.Error
	if m.Error.Kind != 0 {
		err = &m.Error
	}
	j.finish(m.State, err, nil)
	c.acks.add(j.id, m.Seq+1, 0)
}

// turn reports whether the message with this number is the next, and counts it. Elements of the chunk that it brings, if it does, have their
// results then, so that their inputs need not be kept.
func (j *Job) turn(seq uint64, k *proto.Chunk) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if seq != j.next || j.ended {
		return false
	}
	j.next++
	if k == nil || len(j.pending) == 0 {
		return true
	}
	j.pending = slices.DeleteFunc(j.pending, func(x *extension) bool {
		from, to := max(k.First, x.msg.First), min(k.First+k.N, x.msg.First+x.n)
		x.left -= max(0, to-from)
		return x.left <= 0 && !x.msg.Last
	})
	return true
}

func (j *Job) finish(state proto.JobState, err *proto.Error, cause error) {
	j.mu.Lock()
	ended := j.ended
	j.ended = true
	j.submit, j.pending = nil, nil
	j.mu.Unlock()
	if !ended {
		j.sink.End(state, err, cause)
	}
}

// ID returns the job's name.
func (j *Job) ID() proto.JobID { return j.id }

// Extend adds elements to an open job; last says that no more follow.
func (j *Job) Extend(ctx context.Context, inputs []proto.Block, last bool) error {
	c := j.conn
	c.sending.Lock()
	defer c.sending.Unlock()
	n := 0
	if len(inputs) > 0 {
		n = inputs[0].N
	}
	j.mu.Lock()
	if j.ended {
		j.mu.Unlock()
		return nil
	}
	x := &extension{msg: proto.Extend{Job: j.id, Inputs: inputs, Last: last, First: j.inputs}, n: n, left: n}
	j.inputs += n
	j.pending = append(j.pending, x)
	j.mu.Unlock()
	// What is lost with its connection is sent again on the next.
	if err := lasting(ctx, c.link.SendWait(ctx, &x.msg)); err != nil {
		return err
	}
	return c.Err()
}

// Compiled hands in programs that the job's unit has been compiled to: tasks that are given out later run them, and those of a pure unit that
// are being interpreted for long are begun again.
func (j *Job) Compiled(ctx context.Context, programs []proto.Program, objects []*proto.Object, pure bool) error {
	c := j.conn
	c.sending.Lock()
	defer c.sending.Unlock()
	m := &proto.Compiled{Job: j.id, Programs: programs, Pure: pure}
	j.mu.Lock()
	ended := j.ended
	c.mu.Lock() // needObject looks at them
	j.objects = append(slices.Clip(j.objects), objects...)
	c.mu.Unlock()
	if j.compiled != nil {
		m.Programs = append(slices.Clip(j.compiled.Programs), programs...)
	}
	j.compiled = m
	j.mu.Unlock()
	if ended {
		return nil
	}
	for _, o := range objects {
		if err := c.sendObject(ctx, o); err != nil {
			return lasting(ctx, err)
		}
	}
	return lasting(ctx, c.link.SendWait(ctx, m))
}

// Cancel asks the controller to end the job; the sink's End tells when that has happened.
func (j *Job) Cancel() {
	// A controller that cannot be asked has dropped the job, or will be asked by resume. Before the job is accepted the request
	// could overtake it: then accepted sends it.
	j.mu.Lock()
	j.cancel = !j.ended
	send := j.cancel && j.accepted
	j.mu.Unlock()
	if send {
		_ = j.conn.link.Send(&proto.Cancel{Job: j.id})
	}
}

// AskProgress asks the controller which tasks of the job engines are at. It does not wait; the answer goes to the sink.
func (j *Job) AskProgress() {
	_ = j.conn.link.Send(&proto.ProgressRequest{Job: j.id}) // who wants to know asks again
}

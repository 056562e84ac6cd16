package sched

import (
	"slices"

	"github.com/gocluster/gocluster/internal/proto"
)

// client is a client with all that it waits for.
type client struct {
	id    proto.PeerID
	name  string
	up    bool
	local bool // it sees the controller's files
	keeps bool // it starts and ends the cluster's engines
	epoch int  // counts connections and their ends
	jobs  []*job
	flows []*flow
	needs *needs // those of its last job

	backlog []*job // jobs with messages that were not sent yet
	head    int    // before it are none in backlog
	piped   int    // bytes sent and not acknowledged
	unacked int    // bytes kept, sent or not
	stalled bool   // it is over Retain: its jobs wait
	parked  []*share
}

// outgoing is a message that a client has not acknowledged.
type outgoing struct {
	message proto.Message
	bytes   int
}

// messageCost is what a kept message takes besides its contents.
const messageCost = 256

func (c *client) add(j *job) {
	j.slot = len(c.jobs)
	c.jobs = append(c.jobs, j)
}

func (c *client) remove(j *job) {
	last := len(c.jobs) - 1
	c.jobs[j.slot] = c.jobs[last]
	c.jobs[j.slot].slot = j.slot
	c.jobs[last] = nil
	c.jobs = c.jobs[:last]
}

func (c *client) dropFlow(f *flow) {
	c.flows = slices.DeleteFunc(c.flows, func(x *flow) bool { return x == f })
}

// clientUp welcomes a client. What it had stays muted until it asks for it: jobs that it has forgotten are cancelled in the end.
func (s *Scheduler) clientUp(ev Up) {
	c := s.clients[ev.Peer]
	if c == nil {
		s.clients[ev.Peer] = &client{id: ev.Peer, name: ev.Name, up: true}
		s.log("client %s is connected", ev.Name)
		return
	}
	if c.up {
		s.mute(c)
	}
	c.up, c.local, c.name = true, false, ev.Name
	c.epoch++
	s.log("client %s is back, with %s", c.name, count(len(c.jobs), "job"))
	epoch := c.epoch
	s.after(s.cfg.ClientGrace, func() {
		if c.epoch == epoch {
			s.dropForgotten(c)
		}
	})
}

// dropForgotten ends the jobs that a client has not asked for since it is back.
func (s *Scheduler) dropForgotten(c *client) {
	for _, j := range slices.Clone(c.jobs) {
		if j.muted {
			s.abandon(j, "its client does not wait for it any more")
		}
	}
	s.unstall(c)
}

func (s *Scheduler) clientDown(c *client, ev Down) {
	s.unkept(c)
	s.mute(c)
	c.up = false
	c.epoch++
	if ev.Final || len(c.jobs) == 0 {
		s.clientGone(c, ev.Reason)
		return
	}
	s.log("client %s is disconnected (%s); %s may wait %v for it", c.name, ev.Reason, count(len(c.jobs), "job"), s.cfg.ClientGrace)
	epoch := c.epoch
	s.after(s.cfg.ClientGrace, func() {
		if c.epoch == epoch {
			s.clientGone(c, "it did not come back")
		}
	})
}

// mute takes back what was sent and not acknowledged.
func (s *Scheduler) mute(c *client) {
	c.piped = 0
	c.backlog, c.head = nil, 0
	for _, j := range c.jobs {
		j.muted, j.behind = true, false
		if s.cfg.defect != "no resend" {
			j.sent = j.base
		}
	}
}

func (s *Scheduler) clientGone(c *client, reason string) {
	s.log("client %s is gone (%s), with %s", c.name, reason, count(len(c.jobs), "job"))
	c.up = false
	for _, j := range slices.Clone(c.jobs) {
		s.abandon(j, "its client is gone")
	}
	delete(s.clients, c.id)
}

// abandon ends a job for which nobody waits.
func (s *Scheduler) abandon(j *job, reason string) {
	if !j.state.Final() {
		s.finish(j, proto.JobCancelled, proto.Errorf(proto.KindCancelled, "the job was cancelled: %s", reason))
	}
	s.forget(j)
}

// emit keeps a message for the job's client until it is acknowledged.
func (s *Scheduler) emit(j *job, m proto.Message, bytes int) {
	c := j.client
	bytes += messageCost
	j.out = append(j.out, outgoing{m, bytes})
	c.unacked += bytes
	s.enlist(j)
	s.pump(c)
	if c.unacked > s.cfg.Retain && !c.stalled {
		c.stalled = true
		s.log("client %s does not read its results: its jobs wait", c.name)
		for _, f := range c.flows {
			s.closeFlow(f)
		}
		for _, j := range c.jobs {
			s.unblock(j)
		}
	}
}

// enlist puts a job with messages to be sent into its client's backlog.
func (s *Scheduler) enlist(j *job) {
	if j.muted || j.behind || j.sent == j.base+uint64(len(j.out)) {
		return
	}
	c := j.client
	if c.head > 0 && c.head >= len(c.backlog)/2 {
		n := copy(c.backlog, c.backlog[c.head:])
		clear(c.backlog[n:])
		c.backlog, c.head = c.backlog[:n], 0
	}
	j.behind = true
	c.backlog = append(c.backlog, j)
}

// pump sends what a client's window has room for.
func (s *Scheduler) pump(c *client) {
	for c.up && c.head < len(c.backlog) && c.piped < s.cfg.Window {
		j := c.backlog[c.head]
		if i := int(j.sent - j.base); i < len(j.out) {
			m := j.out[i]
			j.sent++
			j.said = max(j.said, j.sent)
			c.piped += m.bytes
			s.send(c.id, m.message)
			continue
		}
		j.behind = false
		c.backlog[c.head] = nil
		c.head++
	}
}

// ack forgets what a client has.
func (s *Scheduler) ack(c *client, m *proto.Ack) {
	for _, a := range m.Jobs {
		if j := s.owned(c, a.Job); j != nil {
			s.acknowledged(j, a.Next)
		}
	}
	s.unstall(c)
	s.pump(c)
}

func (s *Scheduler) acknowledged(j *job, next uint64) {
	c := j.client
	next = min(next, j.base+uint64(len(j.out)))
	for j.base < next {
		bytes := j.out[0].bytes
		j.out[0] = outgoing{}
		j.out = j.out[1:]
		c.unacked -= bytes
		if j.base < j.sent {
			c.piped -= bytes
		}
		j.base++
	}
	j.sent = max(j.sent, j.base)
	if j.state.Final() && len(j.out) == 0 {
		s.forget(j)
	}
}

// unstall lets a client's jobs go on when it has read enough.
func (s *Scheduler) unstall(c *client) {
	if !c.stalled || c.unacked > s.cfg.Retain/2 {
		return
	}
	c.stalled = false
	parked := c.parked
	c.parked = nil
	for _, h := range parked {
		if !h.job.state.Final() {
			s.enqueue(h, false)
			s.feed(h.engine)
		}
	}
	for _, f := range slices.Clone(c.flows) {
		s.openFlow(f)
		s.serve(f.pool)
		if j := f.first(); j != nil {
			s.unhurry(j)
		}
	}
}

// resume tells a client that is back what it has missed.
func (s *Scheduler) resume(c *client, m *proto.Resume) {
	j := s.owned(c, m.Job)
	if j == nil {
		s.send(c.id, &proto.JobEnd{Job: m.Job, Seq: m.Next, State: proto.JobFailed,
			Error: *proto.Errorf(proto.KindController, "the controller does not know the job: it has been restarted, or it has given the job up")})
		return
	}
	s.resend(j, m.Next)
	s.unstall(c)
}

// resend starts again with the message that a client is to have next.
func (s *Scheduler) resend(j *job, next uint64) {
	c := j.client
	for i := j.base; i < j.sent; i++ {
		c.piped -= j.out[i-j.base].bytes
	}
	if s.cfg.defect != "no resend" {
		j.sent = j.base
	}
	j.muted = false
	s.acknowledged(j, next)
	s.enlist(j)
	s.pump(c)
}

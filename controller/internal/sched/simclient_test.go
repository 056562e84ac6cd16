package sched

import (
	"bytes"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// simClient is a client as package conn has it, in simulated time.
type simClient struct {
	w        *world
	id       proto.PeerID
	link     *simLink
	gone     bool
	jobs     []*simJob
	slowAcks bool
}

// simJob is a job from its client's side.
type simJob struct {
	client    *simClient
	spec      proto.JobSpec
	submitted bool
	accepted  bool
	refused   bool
	next      uint64
	seen      map[int]int // elements by how often they came
	errors    map[int]proto.ErrorKind
	total     int
	more      []proto.Extend // sent
	plan      []int          // sizes of extensions to come
	cancelled bool
	end       *proto.JobEnd
}

func newSimClient(w *world) *simClient {
	c := &simClient{w: w, id: w.newPeer(), slowAcks: w.chance(w.c.slowAcks)}
	c.connect()
	for range w.c.jobs {
		j := c.makeJob()
		c.jobs = append(c.jobs, j)
		w.after(w.upTo(w.c.until), j.submit)
	}
	return c
}

func (c *simClient) connect() {
	var l *simLink
	l = c.w.connect(c.id, proto.RoleClient, func() {
		if l.alive {
			c.resume()
		}
	}, c.take)
	c.link = l
}

func (c *simClient) disconnect() {
	if c.gone {
		return
	}
	c.link.cut(func() {
		if !c.gone {
			c.w.after(c.w.upTo(time.Second), c.connect)
		}
	})
}

func (c *simClient) vanish() {
	c.gone = true
	c.link.cut(nil)
}

func (c *simClient) say(m proto.Message) {
	if c.link.alive && !c.gone && c.w.links[c.id] == c.link {
		c.link.toScheduler(m)
	}
}

// makeJob makes a job up, with what its elements will do.
func (c *simClient) makeJob() *simJob {
	w := c.w
	j := &simJob{client: c, seen: map[int]int{}, errors: map[int]proto.ErrorKind{}}
	spec := proto.JobSpec{ID: w.newJob(), Kind: proto.JobCall, Placement: proto.PlaceAny, Code: code(w.r.IntN(3)), Live: w.r.IntN(3) == 0}
	n := 1 + w.r.IntN(w.c.elements)
	switch w.r.IntN(8) {
	case 0:
		spec.Placement = proto.PlaceSplit
	case 1:
		spec.Placement = proto.PlaceEach
	case 2:
		spec.Kind, spec.Placement = proto.JobExecute, proto.PlaceEach
	case 3:
		spec.Kind, spec.Placement, spec.Names, spec.Types = proto.JobPush, proto.PlaceEach, []string{"x"}, []string{"int"}
	case 4:
		for range w.r.IntN(6) {
			j.plan = append(j.plan, w.r.IntN(12))
		}
		spec.Open = true
	case 5:
		n = 0
	}
	if spec.Placement == proto.PlaceEach {
		n = 1
	}
	if spec.Kind != proto.JobExecute {
		spec.Inputs = []proto.Block{proto.RangeBlock(int64(w.r.IntN(1000)), n, 1+int64(w.r.IntN(3)))}
	}
	if w.r.IntN(4) == 0 && w.c.licences > 0 {
		spec.Needs = []proto.Resource{{Name: "licence", N: 1 + w.r.IntN(w.c.licences)}}
	}
	if w.r.IntN(4) == 0 {
		spec.Chunk = 1 + w.r.IntN(10)
	}
	if spec.Kind == proto.JobCall {
		spec.Retries = w.r.IntN(3)
	}
	if w.r.IntN(4) == 0 && w.c.hosts*w.c.engines > 1 {
		spec.Targets = []proto.EngineID{proto.EngineID(w.c.hosts*w.c.engines - 1), 0}
	}
	if spec.Kind == proto.JobCall && w.chance(w.c.stuck) {
		spec.Timeout = 300 * time.Millisecond
	}
	j.spec, j.total = spec, n
	k := &simWork{spec: spec, killers: map[int]bool{}, stuck: map[int]bool{}, failures: map[int]int{}, fails: map[int]int{}, runs: map[int]int{}}
	if spec.Kind == proto.JobCall && w.chance(w.c.killers) {
		k.killers[w.r.IntN(n+1)] = true
	}
	if spec.Timeout > 0 {
		k.stuck[w.r.IntN(n+1)] = true
	}
	for range w.r.IntN(4) {
		if w.chance(w.c.failing) {
			e := w.r.IntN(n + 1)
			k.failures[e] = 1 + w.r.IntN(4)
			k.fails[e] = k.failures[e]
		}
	}
	w.work[spec.ID] = k
	return j
}

func (j *simJob) submit() {
	w := j.client.w
	if j.client.gone {
		return
	}
	j.submitted = true
	j.client.say(&proto.Submit{Spec: j.spec})
	if w.chance(w.c.cancels) {
		w.after(w.upTo(300*time.Millisecond), func() {
			if j.end == nil {
				j.cancelled = true
				j.client.say(&proto.Cancel{Job: j.spec.ID})
			}
		})
	}
	if j.spec.Kind == proto.JobCall && w.chance(0.3) {
		w.after(w.upTo(50*time.Millisecond), j.compile)
	}
	if j.spec.Open {
		w.after(w.upTo(20*time.Millisecond), j.extend)
	}
}

// compile says that the job's unit has been compiled; that may come again.
func (j *simJob) compile() {
	if j.end != nil || j.client.gone {
		return
	}
	program := proto.Program{Platform: (&proto.HostInfo{}).Platform(), Hash: proto.HashOf([]byte(j.spec.ID.String()))}
	j.client.say(&proto.Compiled{Job: j.spec.ID, Programs: []proto.Program{program}, Pure: j.client.w.chance(0.5)})
	if j.client.w.chance(0.3) {
		j.client.w.after(j.client.w.upTo(50*time.Millisecond), j.compile)
	}
}

// extend adds elements to an open job, the last ones in the end.
func (j *simJob) extend() {
	if j.end != nil || j.client.gone {
		return
	}
	n, last := 0, len(j.plan) <= 1
	if len(j.plan) > 0 {
		n, j.plan = j.plan[0], j.plan[1:]
	}
	first := j.spec.Inputs[0]
	m := proto.Extend{Job: j.spec.ID, First: j.total, Last: last, Inputs: []proto.Block{proto.RangeBlock(first.Int(j.total), n, first.Step)}}
	j.total += n
	j.more = append(j.more, m)
	j.client.say(&m)
	if !last {
		j.client.w.after(j.client.w.upTo(20*time.Millisecond), j.extend)
	}
}

// resume says on a new connection what the client still waits for.
func (c *simClient) resume() {
	for _, j := range c.jobs {
		if !j.submitted || j.end != nil || j.refused {
			continue
		}
		if j.accepted {
			c.say(&proto.Resume{Job: j.spec.ID, Next: j.next})
		} else {
			c.say(&proto.Submit{Spec: j.spec})
		}
		for i := range j.more {
			c.say(&j.more[i])
		}
		if j.cancelled {
			c.say(&proto.Cancel{Job: j.spec.ID})
		}
	}
}

func (c *simClient) job(id proto.JobID) *simJob {
	for _, j := range c.jobs {
		if j.spec.ID == id {
			return j
		}
	}
	return nil
}

func (c *simClient) take(m proto.Message) {
	switch m := m.(type) {
	case *proto.Accepted:
		for _, id := range m.Jobs {
			j := c.job(id)
			j.accepted = true
			if m.Error.Kind != 0 {
				j.refused = true
				return
			}
			if j.spec.Placement == proto.PlaceEach {
				j.total = len(m.Engines)
			}
		}
	case *proto.Result:
		j := c.job(m.Job)
		if j.turn(m.Seq) {
			j.chunk(m.Chunk)
			if m.End != 0 {
				j.end = &proto.JobEnd{Job: m.Job, Seq: m.Seq, State: m.End}
			}
			c.ack(j, m.Seq+1)
		}
	case *proto.JobEnd:
		j := c.job(m.Job)
		if m.Error.Kind == proto.KindController || j.turn(m.Seq) {
			j.end = m
			c.ack(j, m.Seq+1)
		}
	}
}

func (c *simClient) ack(j *simJob, next uint64) {
	send := func() { c.say(&proto.Ack{Jobs: []proto.Acked{{Job: j.spec.ID, Next: next}}}) }
	if c.slowAcks && !c.w.healed {
		c.w.after(c.w.upTo(300*time.Millisecond), send)
		return
	}
	send()
}

func (j *simJob) turn(seq uint64) bool {
	if seq > j.next {
		j.client.w.fail("job %s: message %d came before %d", j.spec.ID, seq, j.next)
	}
	if seq != j.next || j.end != nil {
		return false
	}
	j.next++
	return true
}

// chunk takes results and checks them.
func (j *simJob) chunk(k proto.Chunk) {
	w := j.client.w
	failed := map[int]bool{}
	for _, e := range k.Errors {
		failed[e.Index] = true
		j.errors[e.Index] = e.Kind
		if e.Kind == 0 || e.Message == "" {
			w.fail("job %s: the error of element %d says nothing", j.spec.ID, e.Index)
		}
	}
	for i := range k.N {
		e := k.First + i
		j.seen[e]++
		if failed[e] {
			continue
		}
		x := int64(e)
		if in := j.spec.Inputs; len(in) > 0 {
			x = in[0].Int(e)
			if j.spec.Placement == proto.PlaceEach {
				x = in[0].Int(0)
			}
		}
		if !bytes.Equal(k.Outputs[0].At(i), result(x)) {
			w.fail("job %s: element %d has another's result", j.spec.ID, e)
		}
	}
}

package sched

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// simHost is an engine host as package engine has it, in simulated time.
type simHost struct {
	w       *world
	id      proto.PeerID
	pid     int
	alive   bool
	link    *simLink
	hello   bool // it has sent Register on this connection
	open    bool // it has been answered
	engines []*simEngine
	ended   []proto.Message // results of this connection and unsent ones
	unsent  []proto.Message // data that waits for the registration
	early   map[proto.Held]bool
	life    int

	leaves, cut time.Time // zero: it has no end
	leaving     bool
}

type simEngine struct {
	index   int
	id      proto.EngineID
	pid     int
	queue   []proto.Task
	running *proto.Task
	run     int // counts what ends a run
}

func newSimHost(w *world, id proto.PeerID, n int) *simHost {
	h := &simHost{w: w, id: id}
	for i := range n {
		h.engines = append(h.engines, &simEngine{index: i, id: proto.NoEngine})
	}
	h.boot()
	return h
}

// boot starts the host's process.
func (h *simHost) boot() {
	h.alive = true
	h.life++
	h.pid++
	h.early = map[proto.Held]bool{}
	h.ended = nil
	h.leaves, h.cut, h.leaving = time.Time{}, time.Time{}, false
	if h.w.chance(h.w.c.ends) && !h.w.healed {
		h.setEnd()
	}
	h.connect()
}

// setEnd gives the host's process an end, as a job of a batch system has one.
func (h *simHost) setEnd() {
	h.leaves = h.w.now.Add(h.w.upTo(2 * time.Second))
	h.cut = h.leaves.Add(h.w.upTo(time.Second))
	life := h.life
	h.w.at(h.leaves, func() {
		if life == h.life && h.alive {
			h.leaving = true
			h.leaveOn()
		}
	})
	h.w.at(h.cut, func() {
		if life == h.life && h.alive {
			h.over()
		}
	})
}

// leaveOn lets engines go that have nothing to do, and the host with the last of them.
func (h *simHost) leaveOn() {
	for _, e := range slices.Clone(h.engines) {
		if e.running == nil && h.open {
			h.remove(e.id, "its time is up")
		}
	}
	life := h.life
	h.w.after(10*time.Millisecond, func() {
		switch {
		case life != h.life || !h.alive:
		case len(h.engines) == 0:
			h.over()
		default:
			h.leaveOn()
		}
	})
}

// over ends the host's process for as long as the bad times last.
func (h *simHost) over() {
	h.w.note("the time of host %v is up", h.id)
	h.link.cut(nil)
	h.alive = false
	h.life++
	h.ended = nil
	n := h.w.c.engines
	h.id, h.engines = h.w.newPeer(), nil
	for i := range n {
		h.engines = append(h.engines, &simEngine{index: i, id: proto.NoEngine})
	}
}

func (h *simHost) connect() {
	life := h.life
	h.hello, h.open, h.unsent = false, false, nil
	var l *simLink
	l = h.w.connect(h.id, proto.RoleEngineHost, func() {
		if l.alive && life == h.life {
			h.register()
		}
	}, h.take)
	h.link = l
}

func (h *simHost) register() {
	m := &proto.Register{Info: proto.HostInfo{Host: "box", PID: h.life}}
	if !h.leaves.IsZero() {
		m.Leaves, m.Ends = max(1, h.leaves.Sub(h.w.now)), max(1, h.cut.Sub(h.w.now))
	}
	if n := h.w.c.licences; n > 0 {
		m.Info.Resources = []proto.Resource{{Name: "licence", N: n}}
	}
	if h.w.c.oneMachine {
		m.Info.Stock = "box"
	}
	for _, e := range h.engines {
		m.Engines = append(m.Engines, proto.EngineInfo{ID: e.id, PID: e.pid})
		for _, t := range e.queue {
			m.Held = append(m.Held, proto.Held{Task: t.ID, Attempt: t.Attempt, Engine: e.id})
		}
		if e.running != nil {
			m.Held = append(m.Held, proto.Held{Task: e.running.ID, Attempt: e.running.Attempt, Engine: e.id})
		}
	}
	if h.w.chance(h.w.c.forgets) {
		h.ended = nil // the results of the last moments are lost
	}
	for _, r := range h.ended {
		m.Held = append(m.Held, heldOf(r))
	}
	h.link.toScheduler(m)
	h.hello = true
}

func heldOf(m proto.Message) proto.Held {
	switch m := m.(type) {
	case *proto.TaskDone:
		return proto.Held{Task: m.Task, Attempt: m.Attempt}
	case *proto.TaskLost:
		return proto.Held{Task: m.Task, Attempt: m.Attempt}
	}
	return proto.Held{}
}

func (h *simHost) say(m proto.Message) {
	switch {
	case !h.link.alive:
	case h.open || h.hello && proto.ChannelOf(m.Type()) == proto.Control:
		h.link.toScheduler(m)
	case proto.ChannelOf(m.Type()) == proto.Data:
		h.unsent = append(h.unsent, m)
	}
}

// end sends what became of an attempt, and keeps it for the next connection.
func (h *simHost) end(m proto.Message) {
	h.ended = append(h.ended, m)
	if h.open {
		h.say(m)
	}
}

func (h *simHost) disconnect() {
	if !h.alive || !h.link.alive {
		return
	}
	h.open = false
	life := h.life
	h.link.cut(func() {
		if life == h.life && h.alive {
			h.connect()
		}
	})
}

// crash ends the host's process; another takes its place, or none before the world heals.
func (h *simHost) crash() {
	if !h.alive {
		return
	}
	h.w.note("host %v crashes", h.id)
	h.link.cut(nil)
	h.alive = false
	h.life++
	for _, e := range h.engines {
		e.pid, e.queue, e.running = 0, nil, nil
		e.run++
	}
	h.ended = nil
	switch h.w.r.IntN(4) {
	case 0: // the same peer with the same ids, as package launch restarts it
	case 1:
		h.id = h.w.newPeer()
	case 2:
		h.id = h.w.newPeer()
		for _, e := range h.engines {
			e.id = proto.NoEngine
		}
	case 3:
		return
	}
	life := h.life
	h.w.after(h.w.upTo(3*time.Second), func() {
		if life == h.life {
			h.boot()
		}
	})
}

func (h *simHost) revive() {
	if !h.alive {
		h.life++
		h.boot()
	}
}

func (h *simHost) take(m proto.Message) {
	switch m := m.(type) {
	case *proto.Registered:
		h.registered(m)
	case *proto.Assign:
		for _, t := range m.Tasks {
			h.assign(t)
		}
	case *proto.Stop:
		for _, id := range m.Engines {
			h.remove(id, m.Reason)
		}
	case *proto.Revoke:
		for _, k := range m.Tasks {
			h.revoke(k, m.Queued)
		}
	}
}

func (h *simHost) registered(m *proto.Registered) {
	h.open = true
	for i, e := range h.engines {
		e.id = m.Engines[i]
		if e.pid == 0 {
			h.startWorker(e)
		}
	}
	for _, k := range m.Drop {
		h.ended = slices.DeleteFunc(h.ended, func(m proto.Message) bool { return heldOf(m).Task == k.Task && heldOf(m).Attempt == k.Attempt })
		h.takeBack(k, false)
	}
	for _, r := range append(h.unsent, h.ended...) {
		h.say(r)
	}
	h.unsent = nil
}

func (h *simHost) startWorker(e *simEngine) {
	life := h.life
	h.w.after(time.Millisecond+h.w.upTo(20*time.Millisecond), func() {
		if life == h.life && e.pid == 0 {
			h.pid++
			e.pid = h.pid
			h.say(&proto.EngineUp{Engine: e.id, PID: e.pid})
			h.advance(e)
		}
	})
}

func (h *simHost) engine(id proto.EngineID) *simEngine {
	for _, e := range h.engines {
		if e.id == id {
			return e
		}
	}
	return nil
}

func (h *simHost) assign(t proto.Task) {
	k := proto.Held{Task: t.ID, Attempt: t.Attempt}
	if h.early[k] {
		delete(h.early, k)
		return
	}
	e := h.engine(t.Engine)
	if e == nil {
		h.end(&proto.TaskLost{Task: t.ID, Attempt: t.Attempt, Engine: t.Engine, Reason: "no such engine here"})
		return
	}
	e.queue = append(e.queue, t)
	h.advance(e)
}

func (h *simHost) advance(e *simEngine) {
	if e.pid == 0 || e.running != nil || len(e.queue) == 0 || h.leaving {
		return
	}
	t := e.queue[0]
	e.queue = e.queue[1:]
	e.running = &t
	e.run++
	run, life, began := e.run, h.life, h.w.now
	h.say(&proto.TaskStarted{Task: t.ID, Attempt: t.Attempt, At: began})
	work := h.w.work[t.Job]
	took, kills := work.plan(h.w, &t)
	if h.w.chance(0.1) {
		h.say(&proto.TaskOutput{Task: t.ID, Attempt: t.Attempt, Text: "hello"})
	}
	if took == forever {
		return // until it is stopped
	}
	h.w.after(took, func() {
		if run != e.run || life != h.life {
			return
		}
		if kills {
			h.die(e, "panic: the element kills")
			return
		}
		e.running = nil
		e.run++
		h.end(&proto.TaskDone{Task: t.ID, Attempt: t.Attempt, Chunk: work.chunk(h.w, &t, began)})
		h.advance(e)
	})
}

// die ends an engine's worker; a new one comes.
func (h *simHost) die(e *simEngine, reason string) {
	if e.pid == 0 {
		return
	}
	h.say(&proto.EngineDown{Engine: e.id, PID: e.pid, Reason: reason, Restarting: true})
	e.pid = 0
	e.run++
	if t := e.running; t != nil {
		e.running = nil
		h.end(&proto.TaskLost{Task: t.ID, Attempt: t.Attempt, Engine: e.id, Started: true, Reason: reason})
	}
	if h.w.r.IntN(2) == 0 {
		for _, t := range e.queue {
			h.end(&proto.TaskLost{Task: t.ID, Attempt: t.Attempt, Engine: e.id, Reason: reason})
		}
		e.queue = nil
	}
	h.startWorker(e)
}

// remove ends an engine for good.
func (h *simHost) remove(id proto.EngineID, reason string) {
	e := h.engine(id)
	if e == nil {
		return
	}
	h.say(&proto.EngineDown{Engine: id, PID: e.pid, Reason: reason})
	h.engines = slices.DeleteFunc(h.engines, func(x *simEngine) bool { return x == e })
	e.run++
	e.pid = -1
	for _, t := range append(e.queue, deref(e.running)...) {
		h.end(&proto.TaskLost{Task: t.ID, Attempt: t.Attempt, Engine: id, Reason: reason})
	}
	e.queue, e.running = nil, nil
}

func deref(t *proto.Task) []proto.Task {
	if t == nil {
		return nil
	}
	return []proto.Task{*t}
}

func (h *simHost) revoke(k proto.Held, queued bool) {
	k.Engine = 0
	if h.takeBack(k, queued) || slices.ContainsFunc(h.ended, func(m proto.Message) bool { return heldOf(m) == k }) {
		return
	}
	h.early[k] = true
	h.end(&proto.TaskLost{Task: k.Task, Attempt: k.Attempt, Reason: "taken back"})
}

func (h *simHost) takeBack(k proto.Held, queued bool) bool {
	for _, e := range h.engines {
		for i, t := range e.queue {
			if t.ID == k.Task && t.Attempt == k.Attempt {
				e.queue = slices.Delete(e.queue, i, i+1)
				h.end(&proto.TaskLost{Task: k.Task, Attempt: k.Attempt, Engine: e.id, Reason: "taken back"})
				return true
			}
		}
		if t := e.running; t != nil && t.ID == k.Task && t.Attempt == k.Attempt {
			if !queued {
				h.stop(e)
			}
			return true
		}
	}
	return false
}

// stop ends a running task soon, in a way that depends.
func (h *simHost) stop(e *simEngine) {
	run, life, t := e.run, h.life, *e.running
	h.w.after(h.w.upTo(5*time.Millisecond), func() {
		if run != e.run || life != h.life {
			return
		}
		if h.w.r.IntN(2) == 0 {
			h.die(e, "stopped")
			return
		}
		e.running = nil
		e.run++
		if h.w.r.IntN(2) == 0 {
			k := proto.Chunk{First: t.First, N: t.N}
			k.Errors = append(k.Errors, proto.ElementError{Index: t.First, Error: *proto.Errorf(proto.KindCancelled, "stopped")})
			h.end(&proto.TaskDone{Task: t.ID, Attempt: t.Attempt, Chunk: k})
		} else {
			h.end(&proto.TaskLost{Task: t.ID, Attempt: t.Attempt, Engine: e.id, Started: true, Reason: "stopped"})
		}
		h.advance(e)
	})
}

// simWork is what a job's elements do when they run.
type simWork struct {
	spec     proto.JobSpec
	killers  map[int]bool
	stuck    map[int]bool
	failures map[int]int // how often elements fail before they work
	fails    map[int]int // as it was at first
	runs     map[int]int // how often elements of an Execute were begun
}

// plan says how long a task takes, and whether it ends its worker.
func (k *simWork) plan(w *world, t *proto.Task) (took time.Duration, kills bool) {
	for i := t.First; i < t.First+t.N; i++ {
		k.runs[i]++
		if k.spec.Kind == proto.JobExecute && k.runs[i] > 1 {
			w.fail("job %s: the source was executed twice on engine %d", k.spec.ID, t.Engine)
		}
		d := w.upTo(50 * time.Microsecond)
		if w.c.long {
			d = w.upTo(8 * time.Millisecond)
			if w.r.IntN(20) == 0 {
				d = w.upTo(200 * time.Millisecond)
			}
		}
		took += d
		if k.stuck[i] {
			return forever, false
		}
		if k.killers[i] {
			return took, true
		}
	}
	return took, false
}

// forever is how long an element takes that is stuck.
const forever = 1000 * time.Hour

func result(x int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(x*x+7)) }

// chunk is what a task yields.
func (k *simWork) chunk(w *world, t *proto.Task, began time.Time) proto.Chunk {
	out := proto.Chunk{First: t.First, N: t.N, Started: began, Completed: w.now}
	var b proto.Block
	for i := range t.N {
		e := t.First + i
		if k.failures[e] > 0 {
			k.failures[e]--
			out.Errors = append(out.Errors, proto.ElementError{Index: e, Error: *proto.Errorf(proto.KindUser, "does not work")})
			b.Append(nil)
			continue
		}
		x := int64(e)
		if len(t.Inputs) > 0 {
			if t.Inputs[0].N != t.N {
				w.fail("job %s: elements %s came with %d inputs", t.Job, rangeText(t.First, t.N), t.Inputs[0].N)
				break
			}
			x = t.Inputs[0].Int(i)
		}
		b.Append(result(x))
	}
	out.Outputs = []proto.Block{b}
	if w.chance(w.c.malformed) {
		out.N++
	}
	return out
}

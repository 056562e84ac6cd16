package sched

import (
	"fmt"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// Scheduler is the state of a cluster. It belongs to one goroutine.
type Scheduler struct {
	cfg     Config
	now     time.Time
	started time.Time
	fx      []Effect
	sends   []Send        // in fx
	fresh   *proto.Result // the last of fx's that was not there before
	// Others may be added to the last message of fx that accepts jobs, if it accepts those of welcomed on any engine.
	welcome  *proto.Accepted
	welcomed *client

	environment proto.Environment // what every engine runs first, version 0: nothing

	parcels     []*parcel // what every machine has first
	lastParcel  uint64
	parcelState uint64 // counts what has changed about them
	waiters     []waiter

	runs map[proto.JobID]route // programs that hosts run for clients

	stocks map[string]*stock
	freed  []*stock // of which something has come back

	hosts   map[proto.PeerID]*host
	clients map[proto.PeerID]*client
	engines []*engine        // by id
	there   []proto.EngineID // those that are there, nil: to be found out
	kinds   []string         // the platforms of those

	jobs     map[proto.JobID]*job
	order    list[*job] // jobs by submission
	tasks    map[proto.TaskID]*task
	lastTask proto.TaskID

	draining []*engine // that are to leave
	hurried  []*engine // that have no time for what waits

	adaptives []*adaptive
	adapting  *timer    // when it is looked whether they have the right sizes, nil if there are none
	pressed   time.Time // since when work waits, zero: none does

	all    *pool
	pools  map[string]*pool // those of some targets, by their ids
	levels []list[*engine]  // engines that have room, by the number of tasks in flight
	queued list[*queuedTask]
	steal  *timer
	costs  costs

	timers heap[*timer]
	serial uint64
	dirty  []*host // hosts with tasks to be sent
}

// New returns a scheduler without peers.
func New(cfg Config, now time.Time) *Scheduler {
	cfg = cfg.withDefaults()
	s := &Scheduler{
		cfg: cfg, now: now, started: now,
		hosts: map[proto.PeerID]*host{}, clients: map[proto.PeerID]*client{},
		jobs: map[proto.JobID]*job{}, tasks: map[proto.TaskID]*task{}, stocks: map[string]*stock{}, runs: map[proto.JobID]route{},
		all: newPool("", nil), pools: map[string]*pool{}, levels: make([]list[*engine], cfg.Depth),
		costs: costs{known: map[proto.Hash]*cost{}},
	}
	return s
}

// Apply takes events into account, one after the other, and returns what is to be done about them, in order: what is given out to a
// host in the end is one message. The effects are valid until the next call. Time never runs backwards: an earlier now counts as
// the latest one.
func (s *Scheduler) Apply(now time.Time, events ...Event) []Effect {
	if now.After(s.now) {
		s.now = now
	}
	s.begin()
	s.expire()
	for _, ev := range events {
		s.event(ev)
	}
	if len(s.freed) > 0 {
		s.shareFreed()
	}
	s.drained()
	s.stealSoon()
	s.flush()
	return s.fx
}

// begin forgets the effects of the last call.
func (s *Scheduler) begin() {
	clear(s.fx)
	clear(s.sends)
	s.fx, s.sends = s.fx[:0], s.sends[:0]
	s.fresh, s.welcome, s.welcomed = nil, nil, nil
	for _, h := range s.dirty {
		clear(h.assign)
		if h.assign = h.assign[:0]; cap(h.assign) > keepAssign {
			h.assign = nil
		}
	}
	clear(s.dirty)
	s.dirty = s.dirty[:0]
}

// keepAssign is how many tasks of a message to a host have room in memory that is used for the next.
const keepAssign = 256

// Keep returns what is to be kept of a message to be sent that is not sent before the next call of Apply.
func Keep(m proto.Message) proto.Message {
	if a, ok := m.(*proto.Assign); ok {
		return &proto.Assign{Tasks: slices.Clone(a.Tasks)}
	}
	return m
}

func (s *Scheduler) event(ev Event) {
	switch ev := ev.(type) {
	case *Message:
		s.message(ev)
	case Up:
		s.up(ev)
	case Down:
		s.down(ev)
	case Local:
		s.local(ev)
	case Missing:
		s.missing(ev)
	case Drain:
		s.drain(ev.Engines, ev.Reason)
	case Tick:
	}
}

func (s *Scheduler) up(ev Up) {
	s.cutRuns(ev.Peer)
	switch ev.Role {
	case proto.RoleEngineHost:
		s.hostUp(ev)
	case proto.RoleClient:
		s.clientUp(ev)
	default:
		s.kick(ev.Peer, "peers are engine hosts and clients, not %s", ev.Role)
	}
}

func (s *Scheduler) down(ev Down) {
	s.cutRuns(ev.Peer)
	if h := s.hosts[ev.Peer]; h != nil && h.up {
		s.hostDown(h, ev)
	}
	if c := s.clients[ev.Peer]; c != nil && c.up {
		s.clientDown(c, ev)
	}
}

// local notes that a peer and the controller see each other's files.
func (s *Scheduler) local(ev Local) {
	if h := s.hosts[ev.Peer]; h != nil {
		h.local = true
	}
	if c := s.clients[ev.Peer]; c != nil {
		c.local = true
	}
}

// message gives a message to whoever may send it; any other breaks the rules.
func (s *Scheduler) message(ev *Message) {
	var known bool
	if h := s.hosts[ev.Peer]; h != nil && h.up {
		known = s.fromHost(h, ev.Message)
	} else if c := s.clients[ev.Peer]; c != nil && c.up {
		known = s.fromClient(c, ev.Message)
	} else {
		return // it has gone meanwhile
	}
	if !known {
		s.kick(ev.Peer, "a peer of this role may not send %T", ev.Message)
	}
}

func (s *Scheduler) fromHost(h *host, m proto.Message) bool {
	switch m := m.(type) {
	case *proto.Register:
		s.register(h, m)
	case *proto.EngineUp:
		s.engineUp(h, m)
	case *proto.EngineDown:
		s.engineDown(h, m)
	case *proto.TaskStarted:
		s.taskStarted(h, m)
	case *proto.TaskDone:
		s.taskDone(h, m)
	case *proto.TaskLost:
		s.taskLost(h, m)
	case *proto.TaskOutput:
		s.taskOutput(h, m)
	case *proto.TaskProgress:
		s.taskProgress(h, m)
	case *proto.HostStats:
		s.hostStats(h, m)
	case *proto.Placed:
		s.placed(h, *m)
	case *proto.RunData:
		s.passOn(h.id, m.ID, m)
	case *proto.RunEnd:
		s.passOn(h.id, m.ID, m)
	default:
		return false
	}
	return true
}

func (s *Scheduler) fromClient(c *client, m proto.Message) bool {
	switch m := m.(type) {
	case *proto.Submit:
		s.submit(c, m)
	case *proto.Extend:
		s.extend(c, m)
	case *proto.Compiled:
		s.compiled(c, m)
	case *proto.Cancel:
		s.cancel(c, m)
	case *proto.Resume:
		s.resume(c, m)
	case *proto.Ack:
		s.ack(c, m)
	case *proto.StatusRequest:
		st := s.Status(m.Seq, m.Brief)
		s.send(c.id, st)
	case *proto.Environment:
		s.setEnvironment(c, m)
	case *proto.Put:
		s.put(c, m)
	case *proto.Run:
		s.run(c, m)
	case *proto.RunData:
		s.passOn(c.id, m.ID, m)
	case *proto.RunEnd:
		s.passOn(c.id, m.ID, m)
	case *proto.ParcelsRequest:
		s.parcelsAsked(c, m)
	case *proto.Keep:
		s.keep(c, m)
	case *proto.ProgressRequest:
		s.progress(c, m.Job)
	case *proto.Shutdown:
		s.shutdown(c, m)
	default:
		return false
	}
	return true
}

// setEnvironment makes source what every engine runs before anything else, from now on.
func (s *Scheduler) setEnvironment(c *client, m *proto.Environment) {
	s.environment = proto.Environment{Version: s.environment.Version + 1, Name: m.Name, Source: m.Source}
	for _, h := range s.hosts {
		if h.up && h.registered {
			told := s.environment
			s.send(h.id, &told)
		}
	}
	answer := s.environment
	answer.Seq = m.Seq
	s.send(c.id, &answer)
}

// shutdown ends some engines, or everything.
func (s *Scheduler) shutdown(c *client, m *proto.Shutdown) {
	if len(m.Engines) > 0 {
		s.stopEngines(m.Engines, fmt.Sprintf("%s asked for it", c.name))
		return
	}
	reason := fmt.Sprintf("%s shut the cluster down", c.name)
	s.announce(proto.EventShutdown, proto.NoEngine, proto.JobID{}, "The cluster is shut down: %s asked for it.", c.name)
	s.do(Quit{Reason: reason})
}

func (s *Scheduler) do(fx Effect)                             { s.fx = append(s.fx, fx) }
func (s *Scheduler) log(format string, args ...any)           { s.do(Log{Text: fmt.Sprintf(format, args...)}) }
func (s *Scheduler) after(d time.Duration, run func()) *timer { return s.at(s.now.Add(d), run) }

func (s *Scheduler) send(to proto.PeerID, m proto.Message) {
	s.sends = append(s.sends, Send{To: to, Message: m})
	s.do(&s.sends[len(s.sends)-1])
}

func (s *Scheduler) announce(kind proto.EventKind, e proto.EngineID, job proto.JobID, format string, args ...any) {
	s.do(Announce{proto.Event{Kind: kind, Engine: e, Job: job, Text: fmt.Sprintf(format, args...), At: s.now}})
}

func (s *Scheduler) kick(peer proto.PeerID, format string, args ...any) {
	s.do(Kick{Peer: peer, Error: proto.Errorf(proto.KindController, format, args...)})
}

// touch notes that a host has something to be sent at the end of the event.
func (s *Scheduler) touch(h *host) {
	if !h.dirty {
		h.dirty = true
		s.dirty = append(s.dirty, h)
	}
}

// flush sends the tasks that were given out and those that are taken back, one message of each per host.
func (s *Scheduler) flush() {
	for _, h := range s.dirty {
		revoke, recall := h.revoke, h.recall
		h.revoke, h.recall, h.dirty = nil, nil, false
		if len(h.assign) > 0 && h.up {
			h.assigned.Tasks = h.assign
			s.send(h.id, &h.assigned)
		}
		if len(revoke) > 0 && h.up {
			s.send(h.id, &proto.Revoke{Tasks: revoke})
		}
		if len(recall) > 0 && h.up {
			s.send(h.id, &proto.Revoke{Tasks: recall, Queued: true})
		}
	}
}

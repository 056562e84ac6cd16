package sched

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// chaos says how bad a simulated world is.
type chaos struct {
	hosts, engines, clients, jobs int
	until                         time.Duration // how long the bad times last

	killWorker, crashHost, breakLink, vanishClient, stopEngine, loseObject, ask time.Duration // mean times between such events; 0: never
	duplicate, partition, slow, malformed, forgets                              float64       // probabilities
	killers, failing, stuck                                                     float64       // shares of jobs with elements that kill or fail
	slowAcks, cancels                                                           float64
	elements                                                                    int
	long                                                                        bool // elements last milliseconds, not microseconds
	ends                                                                        float64
	licences                                                                    int  // that each machine has
	oneMachine                                                                  bool // of all hosts
}

// draw makes up a world.
func draw(r *rand.Rand) chaos {
	some := func(p float64, mean time.Duration) time.Duration {
		if r.Float64() > p {
			return 0
		}
		return mean/4 + time.Duration(r.Int64N(int64(mean)))
	}
	maybe := func(p, most float64) float64 {
		if r.Float64() > p {
			return 0
		}
		return most * r.Float64()
	}
	return chaos{
		hosts: 1 + r.IntN(3), engines: 1 + r.IntN(3), clients: 1 + r.IntN(2), jobs: 1 + r.IntN(5),
		until:      200*time.Millisecond + time.Duration(r.Int64N(int64(3*time.Second))),
		killWorker: some(0.5, 400*time.Millisecond), crashHost: some(0.3, 900*time.Millisecond),
		breakLink: some(0.5, 600*time.Millisecond), vanishClient: some(0.1, 3*time.Second),
		duplicate: maybe(0.5, 0.2), partition: maybe(0.5, 1), slow: maybe(0.5, 0.1), malformed: maybe(0.1, 0.05), forgets: maybe(0.3, 1),
		stopEngine: some(0.05, time.Second), loseObject: some(0.05, 2*time.Second), ask: some(0.2, 200*time.Millisecond),
		elements: 1 + r.IntN(60+r.IntN(400)), stuck: maybe(0.2, 1),
		killers: maybe(0.3, 1), failing: maybe(0.4, 1), slowAcks: maybe(0.3, 1), cancels: maybe(0.4, 0.5), long: r.IntN(2) == 0,
		ends:     maybe(0.3, 1),
		licences: max(0, r.IntN(6)-2), oneMachine: r.IntN(2) == 0,
	}
}

// world is a simulated cluster around a real scheduler.
type world struct {
	r       *rand.Rand
	c       chaos
	now     time.Time
	start   time.Time
	events  heap[*happening]
	serial  uint64
	s       *Scheduler
	links   map[proto.PeerID]*simLink
	hosts   []*simHost
	clients []*simClient
	work    map[proto.JobID]*simWork
	ids     byte
	begun   map[needed]int // how many jobs of a client need an object
	steps   int
	healed  bool
	lethal  bool // anything but killer elements may end workers or hosts

	wrong error
	trace func(format string, args ...any)
}

// happening is something that will happen.
type happening struct {
	at     time.Time
	serial uint64
	run    func()
	index  int
}

func (h *happening) place() *int { return &h.index }
func (h *happening) before(o *happening) bool {
	if h.at.Equal(o.at) {
		return h.serial < o.serial
	}
	return h.at.Before(o.at)
}

func newWorld(seed uint64, defect string) *world {
	r := rand.New(rand.NewPCG(seed, 1))
	w := &world{
		r: r, c: draw(r), start: time.Unix(1_000_000, 0), links: map[proto.PeerID]*simLink{},
		work: map[proto.JobID]*simWork{}, begun: map[needed]int{},
	}
	w.lethal = w.c.stopEngine > 0 || w.c.killWorker > 0 || w.c.crashHost > 0 || w.c.partition > 0 || w.c.ends > 0
	w.now = w.start
	cfg := Config{HostGrace: time.Second, Return: 3 * time.Second, ClientGrace: 4 * time.Second, Overtime: 100 * time.Millisecond,
		Window: 500 + r.IntN(4000), Retain: 2000 + r.IntN(30_000), defect: defect}
	if r.IntN(2) == 0 {
		cfg.Depth = 1 + r.IntN(8)
	}
	w.s = New(cfg, w.now)
	for range w.c.hosts {
		w.hosts = append(w.hosts, newSimHost(w, w.newPeer(), w.c.engines))
	}
	for range w.c.clients {
		w.clients = append(w.clients, newSimClient(w))
	}
	w.plague(w.c.killWorker, w.killWorker)
	w.plague(w.c.crashHost, w.crashHost)
	w.plague(w.c.breakLink, w.breakLink)
	w.plague(w.c.vanishClient, w.vanishClient)
	w.plague(w.c.stopEngine, w.stopEngine)
	w.plague(w.c.loseObject, func() { w.apply(Missing{Hash: code(w.r.IntN(3)), Reason: "nobody has it"}) })
	w.plague(w.c.ask, w.ask)
	w.after(w.c.until, w.heal)
	return w
}

func (w *world) newPeer() proto.PeerID { w.ids++; return proto.PeerID{0: 0xAA, 15: w.ids} }
func (w *world) newJob() proto.JobID   { w.ids++; return proto.JobID{3: w.ids} }

// fail notes the first violation.
func (w *world) fail(format string, args ...any) {
	if w.wrong == nil {
		w.wrong = fmt.Errorf("after %v: %s", w.now.Sub(w.start), fmt.Sprintf(format, args...))
	}
}

func (w *world) note(format string, args ...any) {
	if w.trace != nil {
		w.trace("%12v  "+format, append([]any{w.now.Sub(w.start)}, args...)...)
	}
}

func (w *world) at(t time.Time, run func()) {
	w.serial++
	w.events.push(&happening{at: t, serial: w.serial, run: run})
}

func (w *world) after(d time.Duration, run func()) { w.at(w.now.Add(d), run) }

func (w *world) upTo(d time.Duration) time.Duration { return time.Duration(w.r.Int64N(int64(d) + 1)) }
func (w *world) chance(p float64) bool              { return p > 0 && w.r.Float64() < p }

// plague lets something happen again and again until the world heals.
func (w *world) plague(mean time.Duration, run func()) {
	if mean == 0 {
		return
	}
	w.after(w.upTo(2*mean), func() {
		if !w.healed {
			run()
			w.plague(mean, run)
		}
	})
}

// next does what is next; false: nothing will ever happen again.
func (w *world) next() bool {
	tick, timed := w.s.Next()
	if w.events.len() == 0 && !timed {
		return false
	}
	w.steps++
	if w.events.len() == 0 || timed && tick.Before(w.events.min().at) {
		w.now = tick
		w.apply(Tick{})
		return true
	}
	h := w.events.min()
	w.events.remove(h)
	w.now = h.at
	h.run()
	return true
}

// apply tells the scheduler an event and does what it wants.
func (w *world) apply(ev Event) {
	w.note("> %s", eventText(ev))
	for _, fx := range w.s.Apply(w.now, ev) {
		w.note("    < %s", effectText(fx))
		switch fx := fx.(type) {
		case *Send:
			if l := w.links[fx.To]; l != nil {
				l.toPeer(Keep(fx.Message))
			}
		case Begin:
			w.need(fx.Client, fx.Objects, 1)
		case Over:
			w.need(fx.Client, fx.Objects, -1)
		case Kick:
			w.fail("peer %v was kicked: %s", fx.Peer, fx.Error.Message)
		}
	}
	if w.steps%32 == 0 {
		if err := w.s.audit(); err != nil {
			w.fail("%v", err)
		}
	}
}

// needed is an object that a client's jobs need.
type needed struct {
	client proto.PeerID
	object proto.Hash
}

func (w *world) need(client proto.PeerID, objects []proto.Hash, by int) {
	for _, h := range objects {
		if w.begun[needed{client, h}] += by; w.begun[needed{client, h}] < 0 {
			w.fail("client %v needs object %s less than never", client, h)
		}
	}
}

// simLink is a peer's connection: two channels, each in order, with no order between them.
type simLink struct {
	w     *world
	peer  proto.PeerID
	alive bool
	last  [2][3]time.Time // by direction and channel
	take  func(m proto.Message)
}

// connect makes a peer's connection; the scheduler hears of it a little later.
func (w *world) connect(id proto.PeerID, role proto.Role, up func(), take func(m proto.Message)) *simLink {
	l := &simLink{w: w, peer: id, alive: true, take: take}
	w.after(w.upTo(time.Millisecond), func() {
		if !l.alive {
			return
		}
		if old := w.links[id]; old != nil {
			old.alive = false
			if w.r.IntN(2) == 0 {
				w.apply(Down{Peer: id, Reason: "replaced"})
			}
		}
		w.links[id] = l
		w.apply(Up{Peer: id, Role: role, Name: role.String()})
		up()
	})
	return l
}

func (l *simLink) arrival(direction int, c proto.Channel) time.Time {
	d := 20*time.Microsecond + l.w.upTo(100*time.Microsecond)
	if l.w.chance(l.w.c.slow) {
		d += l.w.upTo(30 * time.Millisecond)
	}
	at := l.w.now.Add(d)
	if at.Before(l.last[direction][c]) {
		at = l.last[direction][c]
	}
	l.last[direction][c] = at
	return at
}

func (l *simLink) toPeer(m proto.Message) {
	l.w.at(l.arrival(0, proto.ChannelOf(m.Type())), func() {
		if l.alive {
			l.take(m)
		}
	})
}

func (l *simLink) toScheduler(m proto.Message) {
	times := 1
	if l.w.chance(l.w.c.duplicate) && duplicable(m) {
		times = 2
	}
	for range times {
		l.w.at(l.arrival(1, proto.ChannelOf(m.Type())), func() {
			if l.alive {
				l.w.apply(&Message{Peer: l.peer, Message: m})
			}
		})
	}
}

// duplicable messages may come twice without harm: the others exist once per connection by the protocol.
func duplicable(m proto.Message) bool {
	switch m.(type) {
	case *proto.TaskStarted, *proto.TaskDone, *proto.TaskLost, *proto.Ack, *proto.Cancel, *proto.Extend, *proto.EngineUp:
		return true
	}
	return false
}

// cut breaks a connection. Each side notices in its own time.
func (l *simLink) cut(noticed func()) {
	if !l.alive {
		return
	}
	l.alive = false
	here, there := l.w.upTo(time.Millisecond), l.w.upTo(time.Millisecond)
	if l.w.chance(l.w.c.partition) {
		here, there = l.w.upTo(2*time.Second), l.w.upTo(2*time.Second)
	}
	l.w.after(here, func() {
		if l.w.links[l.peer] == l {
			delete(l.w.links, l.peer)
			l.w.apply(Down{Peer: l.peer, Reason: "the connection broke"})
		}
	})
	if noticed != nil {
		l.w.after(there, noticed)
	}
}

func (w *world) killWorker() {
	h := w.hosts[w.r.IntN(len(w.hosts))]
	if h.alive && len(h.engines) > 0 {
		h.die(h.engines[w.r.IntN(len(h.engines))], "killed by signal 9 (killed)")
	}
}

func (w *world) crashHost() { w.hosts[w.r.IntN(len(w.hosts))].crash() }

func (w *world) breakLink() {
	if i := w.r.IntN(len(w.hosts) + len(w.clients)); i < len(w.hosts) {
		w.hosts[i].disconnect()
	} else {
		w.clients[i-len(w.hosts)].disconnect()
	}
}

func (w *world) vanishClient() {
	if len(w.clients) > 1 {
		w.clients[0].vanish()
	}
}

func code(n int) proto.Hash { return proto.HashOf([]byte{byte(n)}) }

func (w *world) stopEngine() {
	c := w.clients[w.r.IntN(len(w.clients))]
	ids := []proto.EngineID{proto.EngineID(w.r.IntN(w.c.hosts * w.c.engines))}
	if w.r.IntN(2) == 0 {
		w.apply(Drain{Engines: ids, Reason: "drained"})
		return
	}
	c.say(&proto.Shutdown{Engines: ids})
}

// ask asks for the status, and for every job why it waits.
func (w *world) ask() {
	c := w.clients[w.r.IntN(len(w.clients))]
	c.say(&proto.StatusRequest{Seq: 1})
	for _, j := range c.jobs {
		if why := w.s.Explain(j.spec.ID); why == "" {
			w.fail("job %s: no reason why it waits", j.spec.ID)
		}
	}
}

// heal ends the bad times: from now on everything works, but for elements that kill or fail.
func (w *world) heal() {
	w.healed = true
	w.c.partition, w.c.slow, w.c.duplicate, w.c.malformed, w.c.slowAcks = 0, 0, 0, 0, 0
	for _, h := range w.hosts {
		h.revive()
	}
	w.hosts = append(w.hosts, newSimHost(w, w.newPeer(), 2)) // a late joiner, in case that all were stopped
}

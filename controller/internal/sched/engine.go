package sched

import (
	"maps"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// engineState is what an engine is good for.
type engineState int

const (
	engineLost     engineState = iota // no host has it
	engineStarting                    // its host is starting a worker for it
	engineUp
	engineAway     // its host is disconnected and may come back
	engineStopping // it has been told to end
)

// engine is one engine id: it outlives workers and hosts.
type engine struct {
	id    proto.EngineID
	host  *host
	state engineState
	pid   int

	flight []*task // in the order in which they were given
	load   time.Duration
	bytes  int
	level  int  // where it is linked, -1: nowhere
	full   bool // it had no room, and is to have much of it before it is given more
	link   links[*engine]

	own   shares // the work that only this engine may do
	lanes []*lane
	clock float64

	memory   int64
	done     uint64
	restarts int
	stopping string // why it has been told to end
	draining string // why it is to end when it has done what it must
	hurried  bool   // it has no time for what waits
	death    string // why the last worker ended, or why it is lost
	lost     time.Time
	rested   time.Time // since when it has had nothing to do, if it has nothing
	giveUp   *timer
}

// lane is a source of an engine's work: its own queue (pool nil) or a pool.
type lane struct {
	pool *pool
	used float64 // seconds of work taken by this engine
}

func (e *engine) links() *links[*engine] { return &e.link }

func (e *engine) dropLane(p *pool) {
	e.lanes = slices.DeleteFunc(e.lanes, func(l *lane) bool { return l.pool == p })
}

// engineAt returns the engine of an id, nil if there never was one.
func (s *Scheduler) engineAt(id proto.EngineID) *engine {
	if id < 0 || int(id) >= len(s.engines) {
		return nil
	}
	return s.engines[id]
}

// newEngine returns the engine of an id that need not be the next: those between are lost ones.
func (s *Scheduler) newEngine(id proto.EngineID) *engine {
	for len(s.engines) <= int(id) {
		e := &engine{id: proto.EngineID(len(s.engines)), level: -1}
		e.lanes = []*lane{{}, {pool: s.all}}
		for _, key := range slices.Sorted(maps.Keys(s.pools)) { // in an order, so that a simulation can be replayed
			if p := s.pools[key]; p.targets == nil {
				e.lanes = append(e.lanes, &lane{pool: p})
			}
		}
		s.engines = append(s.engines, e)
	}
	return s.engines[id]
}

// freeEngine returns the lowest id that no host has.
func (s *Scheduler) freeEngine() proto.EngineID {
	for i, e := range s.engines {
		if e.host == nil {
			return proto.EngineID(i)
		}
	}
	return proto.EngineID(len(s.engines))
}

// set changes an engine's state and with it whether it is given work.
func (s *Scheduler) set(e *engine, state engineState) {
	by := 0
	if state == engineUp {
		by++
	}
	if e.state == engineUp {
		by--
	}
	e.state = state
	s.there, s.kinds = nil, nil
	if by != 0 {
		for _, l := range e.lanes {
			if l.pool != nil {
				l.pool.live += by
			}
		}
	}
	s.relevel(e)
}

// room reports whether an engine should have more in flight: behind what it runs there should be enough to cover a round trip, but
// nothing should wait behind a long task, nor more than needed where others could have it. One that was full has none again before half of
// that is done, so that it is given many brief tasks at a time, and not each by itself.
func (s *Scheduler) room(e *engine) bool {
	if e.state != engineUp || !e.host.up || e.host.end.leaving || e.hurried || e.draining != "" || len(e.host.lacks) > 0 {
		return false
	}
	n := len(e.flight)
	if n == 0 {
		return true
	}
	depth, cover := s.cfg.Depth, s.cfg.Cover
	if e.full && n > 2 {
		depth, cover = depth/2, cover/2
	}
	return n < depth && e.load < s.cfg.Ahead && e.load-e.flight[0].estimate < cover && e.bytes < s.cfg.EngineBytes
}

// relevel links an engine where its room belongs.
func (s *Scheduler) relevel(e *engine) {
	level := -1
	if s.room(e) {
		level = len(e.flight)
	}
	e.full = level < 0
	if level == e.level {
		return
	}
	if e.level >= 0 {
		s.levels[e.level].remove(e)
	}
	if e.level = level; level >= 0 {
		s.levels[level].push(e)
	}
}

// roomiest returns the engine that has least in flight of those that have room.
func (s *Scheduler) roomiest() *engine {
	for i := range s.levels {
		if e := s.levels[i].front; e != nil {
			return e
		}
	}
	return nil
}

// feed gives an engine work until it has enough.
func (s *Scheduler) feed(e *engine) {
	for e.level >= 0 && s.feedOne(e) {
	}
}

// feedOne gives an engine a task from the lane that has had least of it, false if there is none.
func (s *Scheduler) feedOne(e *engine) bool {
	var best *lane
	late := false
	for _, l := range e.lanes {
		if s.empty(e, l) {
			continue
		}
		if !s.fitsLane(e, l) {
			late = true
			continue
		}
		if best == nil || max(l.used, e.clock) < max(best.used, e.clock) {
			best = l
		}
	}
	if best == nil {
		if late {
			s.hurry(e)
		}
		return false
	}
	start := max(best.used, e.clock)
	e.clock = start
	var t *task
	if best.pool == nil {
		t = s.takeOwn(e)
	} else {
		j, cut := s.take(best.pool, e)
		t = j.newTask()
		t.piece = cut
	}
	s.give(e, t)
	best.used = start + t.estimate.Seconds()
	return true
}

func (s *Scheduler) empty(e *engine, l *lane) bool {
	if l.pool == nil {
		return !s.hasOwn(e) || !e.mayOwn()
	}
	return l.pool.flows.len() == 0 || len(l.pool.needs) > 0 && !e.host.stock.enough(l.pool.needs)
}

// overdue is how long after it was given a brief task should have ended, with its way there and back. warm is how long an engine that has none
// is quicker to begin one than others are.
const (
	overdue = time.Millisecond
	warm    = 2 * time.Millisecond
)

// packs reports whether an engine is to have more of a pool's work, although others may have none: what it has is worth less than waking
// another, by estimates that tasks of a kind which is not well known do not pass. Where they are wrong what waits is stolen.
func (s *Scheduler) packs(p *pool, e *engine) bool {
	switch {
	case e.level > 0:
		return e.load < s.cfg.Pack && s.now.Sub(e.flight[0].given) < overdue
	case e.level == 0:
		return s.now.Sub(e.rested) < warm && p.flows.min().first().estimate(s, 1) < s.cfg.Pack
	}
	return false
}

// pack gives a pool's work to an engine as long as that packs.
func (s *Scheduler) pack(p *pool, e *engine) {
	for p.packing = e; e != nil && p.flows.len() > 0 && s.packs(p, e) && s.feedOne(e); {
	}
}

// serve gives a pool's work to engines that have room: first to the one that had the last of it, as long as that packs, then to those with the
// least in flight.
func (s *Scheduler) serve(p *pool) {
	s.pack(p, p.packing)
	if p != s.all {
		s.serveSome(p)
		return
	}
	for p.flows.len() > 0 {
		e := s.roomiest()
		if e == nil {
			return
		}
		if s.feedOne(e) {
			s.pack(p, e)
		}
	}
}

func (s *Scheduler) serveSome(p *pool) {
	for _, id := range s.members(p) {
		if p.flows.len() == 0 {
			return
		}
		if e := s.engines[id]; e.level == 0 {
			s.feedOne(e)
			s.pack(p, e)
		}
	}
	for _, id := range s.members(p) {
		if p.flows.len() == 0 {
			return
		}
		s.feed(s.engines[id])
	}
}

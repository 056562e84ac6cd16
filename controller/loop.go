package controller

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/gocluster/gocluster/controller/internal/sched"
	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
)

// drainEvery is how often peers that had no room are tried again.
const drainEvery = 2 * time.Millisecond

// far is a time for timers that are not needed.
const far = time.Hour

// loop looks after the time until ctx ends, or a client shuts the cluster down, or the controller fails. From then on nobody has the turn.
func (c *Controller) loop(ctx context.Context) {
	defer c.turn.Lock()
	defer c.timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.over:
			return
		case <-c.timer.C:
			c.turn.Lock()
			c.step(c.tick)
			c.turn.Unlock()
			c.serve()
		case <-c.inbox.ready:
			c.serve()
		}
	}
}

// serve deals with what is in the inbox. Whoever put it there does so, unless somebody is at it, who will see to this too.
func (c *Controller) serve() {
	for c.inbox.waiting() > 0 && c.turn.TryLock() {
		c.step(c.receive)
		c.turn.Unlock()
	}
}

// A reader deals with a message itself, unless so many have followed each other without a pause: of those the loop takes many at a time,
// while the readers read on. A question, what it is passed on as, and the answer to that are no stream, however fast.
const (
	pause  = 20 * time.Microsecond
	stream = 4
)

// serveOrCall is serve where a message has come alone, and has the loop do it otherwise.
func (c *Controller) serveOrCall() {
	switch n := c.inbox.waiting(); {
	case n == 0:
	case n > 1 || c.streams():
		c.inbox.call()
	default:
		c.serve()
	}
}

// streams takes note of a message, and reports whether it is one of many.
func (c *Controller) streams() bool {
	if time.Since(c.begun)-time.Duration(c.last.Load()) >= pause {
		c.row.Store(0)
		return false
	}
	return c.row.Add(1) >= stream
}

// step does something, and what follows from it, in the caller's turn. A panic ends the controller with an error, after which peers are still told.
func (c *Controller) step(do func()) {
	defer func() {
		if r := recover(); r != nil {
			c.failure = &group.PanicError{Name: "controller", Value: r, Stack: debug.Stack()}
		}
		if c.ended() {
			select {
			case c.over <- struct{}{}:
			default: // that is known
			}
		}
	}()
	if c.ended() {
		return
	}
	do()
	c.drain()
	c.flush()
	c.wind()
	c.last.Store(int64(time.Since(c.begun)))
}

// ended reports whether there is nothing more to do, for good.
func (c *Controller) ended() bool { return c.quit != "" || c.failure != nil }

func (c *Controller) tick() {
	c.alarm = time.Time{}
	c.apply(sched.Tick{})
	c.giveUpProfiles(proto.PeerID{})
	c.giveUpCells()
}

func (c *Controller) receive() {
	c.letters = c.inbox.take(c.letters)
	c.read(c.letters)
}

// wind sets the timer, unless it will go off early enough.
func (c *Controller) wind() {
	d := c.wait()
	if at := time.Now().Add(d); c.alarm.IsZero() || at.Before(c.alarm) {
		c.alarm = at
		c.timer.Reset(d)
	}
}

// patience is how long a message waits for one that is more urgent to go with: a brief job's acceptance for its result.
const patience = 5 * time.Millisecond

// hold notes that a message for a peer is held by its link.
func (c *Controller) hold(p *peer, m proto.Message) {
	if a, ok := m.(*proto.Accepted); !ok || a.Error.Kind != 0 {
		if !p.held {
			p.held = true
			c.held = append(c.held, p)
		}
		return
	}
	if p.waits || p.held {
		return
	}
	if len(c.patient) == 0 {
		c.since = time.Now()
	}
	p.waits = true
	c.patient = append(c.patient, p)
}

// flush has the links send what they hold, once all that has come is dealt with.
func (c *Controller) flush() {
	for _, p := range c.held {
		p.held, p.waits = false, false
		p.link.Flush()
	}
	clear(c.held)
	c.held = c.held[:0]
	late := len(c.patient) > 0 && time.Since(c.since) >= patience
	c.patient = slices.DeleteFunc(c.patient, func(p *peer) bool {
		if late && p.waits {
			p.waits = false
			p.link.Flush()
		}
		return !p.waits
	})
}

// wait returns how long there is nothing to do unless something comes in.
func (c *Controller) wait() time.Duration {
	d := far
	if next, ok := c.sched.Next(); ok {
		d = max(min(d, time.Until(next)), 0)
	}
	if len(c.behind) > 0 {
		d = min(d, drainEvery)
	}
	for _, q := range c.profiles {
		d = max(min(d, time.Until(q.until)), 0)
	}
	for _, q := range c.cells.asked {
		if !q.until.IsZero() {
			d = max(min(d, time.Until(q.until)), 0)
		}
	}
	if len(c.patient) > 0 {
		d = max(min(d, patience-time.Since(c.since)), 0)
	}
	return d
}

// maxEvents bounds what the scheduler is told at once.
const maxEvents = 256

// read deals with letters. Messages that follow each other and are all for the scheduler are told to it together.
func (c *Controller) read(letters []letter) {
	for i := 0; i < len(letters) && c.quit == ""; i++ {
		l := letters[i]
		if l.kind == letterProfile {
			c.ownProfile(l.message.(*proto.Profiles))
			continue
		}
		if p := c.peers[l.peer.ID()]; l.kind == letterMessage && p != nil && p.link == l.peer && !c.own(l.message) {
			c.said = append(c.said, sched.Message{Peer: l.peer.ID(), Message: l.message})
			c.events = append(c.events, &c.said[len(c.said)-1])
			if len(c.events) < maxEvents {
				continue
			}
			c.tell()
			continue
		}
		c.tell()
		c.open(l)
	}
	c.tell()
}

// tell tells the scheduler what has been gathered.
func (c *Controller) tell() {
	if len(c.events) > 0 && c.quit == "" {
		c.apply(c.events...)
	}
	clear(c.events)
	clear(c.said)
	c.events, c.said = c.events[:0], c.said[:0]
}

// own reports whether a message is not the scheduler's.
func (c *Controller) own(m proto.Message) bool {
	switch m.Type() {
	case proto.TypeObject, proto.TypeNeedObject, proto.TypeLocal, proto.TypeBye, proto.TypePing, proto.TypePong,
		proto.TypeKeep, proto.TypeSetsRequest, proto.TypeSets, proto.TypePut, proto.TypeInvite, proto.TypeUninvite, proto.TypeInvitationsRequest, proto.TypeProfileRequest, proto.TypeProfiles,
		proto.TypeCellMaker, proto.TypeNeedCell, proto.TypeCell:
		return true
	}
	return false
}

// open deals with a letter. Those of a peer's connection that was replaced meanwhile are void.
func (c *Controller) open(l letter) {
	id := l.peer.ID()
	p := c.peers[id]
	if l.kind == letterUp {
		p = &peer{link: l.peer, invitation: cameWith(l.peer)}
		if why := c.barred(p); why != "" {
			c.kick(p, proto.Errorf(proto.KindController, "%s", why))
			return
		}
		c.keeperGone(c.peers[id]) // it says again that it keeps
		c.peers[id] = p
		c.apply(sched.Up{Peer: id, Role: l.peer.Role(), Name: l.peer.Name()})
		c.askAgain(id)
		return
	}
	if p == nil || p.link != l.peer {
		return
	}
	switch l.kind {
	case letterDown:
		delete(c.peers, id)
		c.unlist(p)
		c.store.hostGone(id)
		c.giveUpProfiles(id)
		c.withdraw(id)
		c.cellsWithout(id, p.kicked || final(l.err))
		c.keeperGone(p)
		c.apply(sched.Down{Peer: id, Reason: downReason(l.err), Final: p.kicked || final(l.err)})
	case letterForged:
		c.kick(p, proto.Errorf(proto.KindController, "the bytes of an object are not what its name says"))
	default:
		c.message(p, l.message)
	}
}

// message deals with objects itself; the rest is the scheduler's.
func (c *Controller) message(p *peer, m proto.Message) {
	role := p.link.Role()
	switch m := m.(type) {
	case *proto.Object:
		if role == proto.RoleClient {
			c.object(p, m)
			return
		}
	case *proto.NeedObject:
		if role == proto.RoleEngineHost {
			c.needObject(p, m.Hash)
			return
		}
	case *proto.Local:
		if p.local = c.spool != nil && c.spool.Joined(m.Answer); p.local {
			c.apply(sched.Local{Peer: p.link.ID()})
		}
		return
	case *proto.Invite, *proto.Uninvite, *proto.InvitationsRequest:
		if c.invite(p, m) {
			return
		}
	case *proto.ProfileRequest, *proto.Profiles:
		if c.profiled(p, m) {
			return
		}
	case *proto.CellMaker, *proto.NeedCell, *proto.Cell:
		if c.cellMessage(p, m) {
			return
		}
	case *proto.Keep, *proto.SetsRequest, *proto.Sets:
		if c.sets(p, m) {
			return
		}
	case *proto.Put:
		if role == proto.RoleClient {
			c.put(p, m)
			return
		}
	case *proto.Bye, *proto.Ping, *proto.Pong:
		return
	}
	c.apply(&sched.Message{Peer: p.link.ID(), Message: m})
}

// apply tells the scheduler events and does what it wants done. What fails in doing so is an event too.
func (c *Controller) apply(events ...sched.Event) {
	var more []sched.Event
	for _, fx := range c.sched.Apply(time.Now(), events...) {
		more = append(more, c.do(fx)...)
	}
	if len(more) > 0 {
		c.apply(more...)
	}
}

func (c *Controller) do(fx sched.Effect) []sched.Event {
	switch fx := fx.(type) {
	case *sched.Send:
		if p := c.peers[fx.To]; p != nil {
			if m, ok := fx.Message.(*proto.Registered); ok {
				m.CellMakers = c.makers()
			}
			return c.send(p, fx.Message)
		}
	case sched.Announce:
		c.announce(fx.Event)
	case sched.Log:
		c.log.Info(fx.Text)
	case sched.Kick:
		if p := c.peers[fx.Peer]; p != nil {
			c.kick(p, fx.Error)
		}
	case sched.Begin:
		c.store.begin(fx.Client, fx.Objects)
	case sched.Over:
		c.needless(fx.Client, fx.Objects)
	case sched.Unread:
		for _, name := range fx.Files {
			c.store.discard(&object{file: name})
		}
	case sched.Grow:
		c.grow(fx)
	case sched.Quit:
		c.quit = fx.Reason
	}
	return nil
}

// announce tells all clients of an event.
func (c *Controller) announce(ev proto.Event) {
	level := slog.LevelInfo
	if ev.Kind == proto.EventEngineDown || ev.Kind == proto.EventHostLost {
		level = slog.LevelWarn
	}
	c.log.Log(context.Background(), level, ev.Text)
	for _, p := range c.peers {
		if p.link.Role() == proto.RoleClient {
			// Events are for people; a client that has no room for one misses it.
			_ = p.link.Send(&ev)
		}
	}
}

// kick ends a peer's connection and tells it why.
func (c *Controller) kick(p *peer, err *proto.Error) {
	c.log.Warn("a peer is refused", "peer", p.link.Name(), "role", p.link.Role().String(), "why", err.Message)
	p.kicked = true
	p.link.Close(err)
}

func downReason(err error) string {
	if err == nil {
		return "it closed the connection"
	}
	return err.Error()
}

// final reports whether a peer has left for good.
func final(err error) bool {
	var left *link.LeftError
	return errors.As(err, &left) && left.Final
}

// peer is a connected peer with what is to be sent to it.
type peer struct {
	link   *link.Peer
	outbox []proto.Message
	behind bool
	kicked bool
	local  bool // it has joined the spool directory
	held   bool // its link holds messages
	waits  bool // that is so, and they are not urgent
	// invitation is what the host has joined the cluster with, if it has.
	invitation string
}

// send hands a message to a peer's link. Data that finds no room waits in the outbox; what is for people only is left out then,
// and a peer that reads no control messages is no peer.
func (c *Controller) send(p *peer, m proto.Message) []sched.Event {
	if proto.ChannelOf(m.Type()) == proto.Control {
		if err := p.link.Send(m); errors.Is(err, link.ErrFull) {
			c.kick(p, proto.Errorf(proto.KindController, "the peer does not read"))
		}
		return nil
	}
	if len(p.outbox) == 0 {
		err := p.link.SendHeld(m)
		if !errors.Is(err, link.ErrFull) {
			c.hold(p, m)
			return c.undelivered(p, m, err)
		}
	}
	if m.Type() == proto.TypeOutput {
		return nil
	}
	p.outbox = append(p.outbox, sched.Keep(m))
	if !p.behind {
		p.behind = true
		c.behind = append(c.behind, p)
	}
	return nil
}

// undelivered looks after a message that cannot be sent at all. A link that has ended says so by itself.
func (c *Controller) undelivered(p *peer, m proto.Message, err error) []sched.Event {
	if !errors.Is(err, link.ErrTooBig) {
		return nil
	}
	c.log.Warn("a message is too big", "peer", p.link.Name(), "type", m.Type())
	assign, ok := m.(*proto.Assign)
	if !ok {
		c.kick(p, proto.Errorf(proto.KindController, "a message for the peer is too big: %v", err))
		return nil
	}
	var lost []sched.Event
	for _, t := range assign.Tasks {
		lost = append(lost, &sched.Message{Peer: p.link.ID(), Message: &proto.TaskLost{
			Task: t.ID, Attempt: t.Attempt, Engine: t.Engine, Reason: err.Error()}})
	}
	return lost
}

// drain sends what peers have room for now.
func (c *Controller) drain() {
	var lost []sched.Event
	c.behind = slices.DeleteFunc(c.behind, func(p *peer) bool {
		for len(p.outbox) > 0 {
			err := p.link.Send(p.outbox[0])
			if errors.Is(err, link.ErrFull) {
				return false
			}
			lost = append(lost, c.undelivered(p, p.outbox[0], err)...)
			p.outbox[0] = nil
			p.outbox = p.outbox[1:]
		}
		p.behind = false
		return true
	})
	for _, ev := range lost {
		c.apply(ev)
	}
}

// unlist forgets what was to be sent to a peer that is gone.
func (c *Controller) unlist(p *peer) {
	p.outbox = nil
	c.behind = slices.DeleteFunc(c.behind, func(q *peer) bool { return q == p })
}

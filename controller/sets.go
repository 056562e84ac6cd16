package controller

import (
	"fmt"
	"slices"

	"github.com/gocluster/gocluster/controller/internal/sched"
	"github.com/gocluster/gocluster/internal/proto"
)

// asked is a client's request about engine sets that the keeper has been passed.
type asked struct {
	client proto.PeerID
	name   string
	seq    uint64
}

// sets deals with what clients ask about engine sets and with what the keeper answers; it reports whether m was one.
func (c *Controller) sets(p *peer, m proto.Message) bool {
	if p.link.Role() != proto.RoleClient {
		return false
	}
	switch m := m.(type) {
	case *proto.Keep:
		c.keeper, c.everKept = p, true
		c.apply(&sched.Message{Peer: p.link.ID(), Message: m})
	case *proto.SetsRequest:
		if c.keeper == nil {
			// A client that has no room for the answer does not read, and is dropped elsewhere.
			_ = p.link.Send(c.unkept(p, m))
			return true
		}
		c.lastAsked++
		c.asked[c.lastAsked] = asked{p.link.ID(), p.link.Name(), m.Seq}
		c.askKeeper(m, c.lastAsked)
	case *proto.Sets:
		c.setsAnswered(p, m)
	}
	return true
}

// askKeeper passes a request on to the keeper, with the engines that there are.
func (c *Controller) askKeeper(m *proto.SetsRequest, seq uint64) {
	q := *m
	q.Seq, q.There = seq, c.sched.There()
	_ = c.keeper.link.Send(&q) // if its connection breaks, the request is answered then
}

// setsAnswered does what the keeper's answer says, and passes it on.
func (c *Controller) setsAnswered(p *peer, m *proto.Sets) {
	if p != c.keeper {
		return // another has taken its place
	}
	q, ok := c.asked[m.Seq]
	delete(c.asked, m.Seq)
	if len(m.Drain) > 0 {
		c.apply(sched.Drain{Engines: m.Drain, Reason: fmt.Sprintf("drained: %s asked for it", q.name)})
	}
	if !ok {
		return // our own request
	}
	if client := c.peers[q.client]; client != nil {
		m.Seq = q.seq
		_ = client.link.Send(m)
	}
}

// grow has the keeper start or give up engines on the scheduler's wish.
func (c *Controller) grow(fx sched.Grow) {
	if c.keeper != nil {
		c.askKeeper(&proto.SetsRequest{Do: proto.SetsGrow, Set: fx.Set, N: fx.N}, 0)
	}
}

// keeperGone answers what the keeper was asked.
func (c *Controller) keeperGone(p *peer) {
	if p == nil || p != c.keeper {
		return
	}
	c.keeper = nil
	for seq, q := range c.asked {
		delete(c.asked, seq)
		if client := c.peers[q.client]; client != nil {
			_ = client.link.Send(&proto.Sets{Seq: q.seq, Error: *c.noKeeper("engines cannot be started")})
		}
	}
}

// noKeeper says that nobody does what was asked for, and who would.
func (c *Controller) noKeeper(what string) *proto.Error {
	if c.everKept {
		return proto.Errorf(proto.KindController, "%s: the process that has started this cluster is gone or not connected, and it would do that; "+
			"`gocluster stop` and `gocluster start` make a new one", what)
	}
	return proto.Errorf(proto.KindController, "%s: this controller was started alone, and starts none: start some with `goengine`, "+
		"or controller and engines together with `gocluster start`", what)
}

// unkept answers a request where there is no keeper. Engines can be drained without.
func (c *Controller) unkept(p *peer, m *proto.SetsRequest) *proto.Sets {
	answer := &proto.Sets{Seq: m.Seq, Set: m.Set}
	var ids []proto.EngineID
	for _, e := range c.sched.There() {
		if e.Set == m.Set {
			ids = append(ids, e.ID)
		}
	}
	slices.Sort(ids)
	switch {
	case m.Do == proto.SetsScale && m.N >= 0 && m.N <= len(ids):
		answer.Drain = ids[m.N:]
	case m.Do == proto.SetsDrain && len(ids) > 0:
		answer.Drain = ids
	case m.Do == proto.SetsList:
		answer.Error = *c.noKeeper("there are no engine sets")
	default:
		answer.Error = *c.noKeeper("engines cannot be started")
	}
	if len(answer.Drain) > 0 {
		c.apply(sched.Drain{Engines: answer.Drain, Reason: fmt.Sprintf("drained: %s asked for it", p.link.Name())})
	}
	return answer
}

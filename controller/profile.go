package controller

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/profiling/cpu"
	"github.com/gocluster/gocluster/internal/proto"
)

// profilePatience is how much later than it should an engine host may answer.
const profilePatience = 10 * time.Second

// profile is a client's question what the cluster computes, on its way.
type profile struct {
	client  proto.PeerID
	seq     uint64 // of the client
	self    bool   // we are still at it ourselves
	waiting map[proto.PeerID]string
	list    []proto.Profile
	until   time.Time
}

// profiled deals with questions and answers about what processes compute; it reports whether m was one.
func (c *Controller) profiled(p *peer, m proto.Message) bool {
	switch m := m.(type) {
	case *proto.ProfileRequest:
		if p.link.Role() != proto.RoleClient {
			return false
		}
		c.beginProfile(p, m)
	case *proto.Profiles:
		if p.link.Role() != proto.RoleEngineHost {
			return false
		}
		q := c.profiles[m.Seq]
		if q == nil {
			return true // it came too late
		}
		if _, waiting := q.waiting[p.link.ID()]; waiting {
			delete(q.waiting, p.link.ID())
			q.list = append(q.list, m.List...)
			c.endProfile(m.Seq, q)
		}
	default:
		return false
	}
	return true
}

// beginProfile begins to watch ourselves, and asks the hosts to do so.
func (c *Controller) beginProfile(p *peer, m *proto.ProfileRequest) {
	d := min(m.For, cpu.Longest)
	c.lastProfile++
	seq, q := c.lastProfile, &profile{client: p.link.ID(), seq: m.Seq, self: true, waiting: map[proto.PeerID]string{}, until: time.Now().Add(d + profilePatience)}
	c.profiles[seq] = q
	for id, h := range c.peers {
		if h.link.Role() == proto.RoleEngineHost && h.link.Send(&proto.ProfileRequest{Seq: seq, For: d}) == nil {
			q.waiting[id] = h.link.Name()
		}
	}
	err := c.group.Go("profile", func(ctx context.Context) error {
		mine := cpu.Profile(ctx, "controller", d)
		c.inbox.put(letter{kind: letterProfile, message: &proto.Profiles{Seq: seq, List: []proto.Profile{mine}}})
		c.serve()
		return nil
	})
	if err != nil {
		q.self = false
	}
}

// ownProfile takes what we have found out about ourselves.
func (c *Controller) ownProfile(m *proto.Profiles) {
	if q := c.profiles[m.Seq]; q != nil {
		q.self = false
		q.list = append(m.List, q.list...)
		c.endProfile(m.Seq, q)
	}
}

// endProfile answers the client when all have answered.
func (c *Controller) endProfile(seq uint64, q *profile) {
	if q.self || len(q.waiting) > 0 {
		return
	}
	delete(c.profiles, seq)
	if p := c.peers[q.client]; p != nil {
		c.send(p, &proto.Profiles{Seq: q.seq, List: q.list})
	}
}

// giveUpProfiles does without the hosts that are gone, or have not answered in time.
func (c *Controller) giveUpProfiles(gone proto.PeerID) {
	now := time.Now()
	for _, seq := range slices.Sorted(maps.Keys(c.profiles)) {
		q := c.profiles[seq]
		for id, host := range q.waiting {
			why := "the engine host has not answered"
			if id == gone {
				why = "the engine host is gone"
			} else if now.Before(q.until) {
				continue
			}
			delete(q.waiting, id)
			q.list = append(q.list, proto.Profile{Role: "engine host", Host: host, Why: why})
		}
		c.endProfile(seq, q)
	}
}

package sched

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// Parcels: files that every machine has before it has any task. A host that comes, or comes back, has no work until it has said of each that it is
// there; one that is there goes on with its work while it is given another, unless that fails.

// parcel is something that was put.
type parcel struct {
	proto.Parcel
	parts []proto.Hash
	at    time.Time
	by    string
	on    map[proto.PeerID]proto.Placed
	// before is what it takes the place of, until a machine has it.
	before *parcel
}

// waiter is a client that wants to know when something has changed about parcels.
type waiter struct {
	client  proto.PeerID
	seq     uint64
	version uint64
}

// cluster stands for the client whose need of objects does not end with a client.
var cluster proto.PeerID

// objects are what hosts may ask for.
func (p *parcel) objects() []proto.Hash { return append([]proto.Hash{p.ID}, p.parts...) }

// put makes something one of the cluster's parcels. All of its objects are there.
func (s *Scheduler) put(c *client, m *proto.Put) {
	s.lastParcel++
	p := &parcel{Parcel: m.Parcel, parts: m.Parts, at: s.now, by: c.name, on: map[proto.PeerID]proto.Placed{}}
	p.Version = s.lastParcel
	s.do(Begin{Client: cluster, Objects: p.objects()})
	told := proto.Place{Parcels: []proto.Parcel{p.Parcel}}
	if i := slices.IndexFunc(s.parcels, func(q *parcel) bool { return q.To == p.To }); i >= 0 {
		p.before = s.parcels[i]
		told.Drop = []uint64{p.before.Version}
		s.settleParcel(p.before)
		s.unlist(p.before)
	}
	s.parcels = append(s.parcels, p)
	s.log("%s has put %s (%s) to every machine", c.name, p.Name, p.To)
	s.tellPlace(told)
	s.parcelsChanged()
	s.answerParcels(c.id, m.Seq, p.Version)
}

// settleParcel lets go of what a parcel has taken the place of.
func (s *Scheduler) settleParcel(p *parcel) {
	if p.before != nil {
		s.do(Over{Client: cluster, Objects: p.before.objects()})
		p.before = nil
	}
}

// forgetParcel takes a parcel from the cluster's. Machines that have it keep it. What it took the place of comes back if no machine has it.
func (s *Scheduler) forgetParcel(p *parcel) {
	told := proto.Place{Drop: []uint64{p.Version}}
	s.unlist(p)
	if b := p.before; b != nil {
		b.on = map[proto.PeerID]proto.Placed{}
		s.parcels = append(s.parcels, b)
		told.Parcels = []proto.Parcel{b.Parcel}
	}
	s.do(Over{Client: cluster, Objects: p.objects()})
	s.tellPlace(told)
	s.parcelsChanged()
}

func (s *Scheduler) unlist(p *parcel) {
	s.parcels = slices.DeleteFunc(s.parcels, func(q *parcel) bool { return q == p })
	for _, h := range s.hosts {
		s.without(h, p.Version, "")
	}
}

func (s *Scheduler) tellPlace(m proto.Place) {
	for _, h := range s.hosts {
		if h.up && h.registered {
			told := m
			s.send(h.id, &told)
		}
	}
}

// parcelsAsked answers a client's question about parcels, at once or when something has changed.
func (s *Scheduler) parcelsAsked(c *client, m *proto.ParcelsRequest) {
	if m.Forget {
		i := slices.IndexFunc(s.parcels, func(p *parcel) bool { return p.Version == m.Version })
		if i < 0 {
			s.send(c.id, &proto.Parcels{Seq: m.Seq, Error: *proto.Errorf(proto.KindValue, "it was forgotten already")})
			return
		}
		p := s.parcels[i]
		s.log("%s has the cluster forget %s", c.name, p.To)
		s.forgetParcel(p)
	}
	if s.parcelState > m.After || m.After == 0 {
		s.answerParcels(c.id, m.Seq, m.Version)
		return
	}
	s.waiters = append(s.waiters, waiter{c.id, m.Seq, m.Version})
}

// parcelsChanged answers those who wait for that.
func (s *Scheduler) parcelsChanged() {
	s.parcelState++
	waiters := s.waiters
	s.waiters = nil
	for _, w := range waiters {
		if c := s.clients[w.client]; c != nil && c.up { // else it asks again, or has gone
			s.answerParcels(w.client, w.seq, w.version)
		}
	}
}

// answerParcels tells a client of a parcel, or of all, and where they are.
func (s *Scheduler) answerParcels(to proto.PeerID, seq, version uint64) {
	m := &proto.Parcels{Seq: seq, State: s.parcelState}
	hosts := make([]*host, 0, len(s.hosts))
	for _, h := range s.hosts {
		if h.info.Host != "" {
			hosts = append(hosts, h)
		}
	}
	slices.SortFunc(hosts, func(a, b *host) int { return cmp.Or(cmp.Compare(a.name, b.name), slices.Compare(a.id[:], b.id[:])) })
	for _, p := range s.parcels {
		if version != 0 && p.Version != version {
			continue
		}
		st := proto.ParcelStatus{Parcel: p.Parcel, At: p.at, By: p.by}
		for _, h := range hosts {
			placed, known := p.on[h.id]
			st.Hosts = append(st.Hosts, proto.ParcelHost{Host: h.name, Known: known, Placed: placed})
		}
		m.List = append(m.List, st)
	}
	s.send(to, m)
}

// placed takes what has become of a parcel on a host's machine.
func (s *Scheduler) placed(h *host, m proto.Placed) {
	i := slices.IndexFunc(s.parcels, func(p *parcel) bool { return p.Version == m.Version })
	if i < 0 {
		return
	}
	p := s.parcels[i]
	p.on[h.id] = m
	why := ""
	if m.Error != "" {
		why = fmt.Sprintf("%s cannot be put there: %s", p.name(), m.Error)
		if h.lacks[m.Version] != why {
			s.log("host %s is held back: %s", h.name, why)
		}
	} else {
		s.settleParcel(p)
	}
	s.without(h, m.Version, why)
	s.parcelsChanged()
}

// parcelsOf notes what a host that has registered has, and returns what it is to have.
func (s *Scheduler) parcelsOf(h *host, has []proto.Placed) []proto.Parcel {
	h.lacks = nil
	var all []proto.Parcel
	for _, p := range s.parcels {
		all = append(all, p.Parcel)
		delete(p.on, h.id)
		i := slices.IndexFunc(has, func(m proto.Placed) bool { return m.Version == p.Version })
		if i >= 0 {
			p.on[h.id] = has[i]
			continue
		}
		if h.lacks == nil {
			h.lacks = map[uint64]string{}
		}
		h.lacks[p.Version] = p.name() + " is being brought there"
	}
	if len(s.parcels) > 0 {
		s.parcelsChanged()
	}
	return all
}

// hostForgotten forgets what was where a host was.
func (s *Scheduler) hostForgotten(h *host) {
	for _, p := range s.parcels {
		delete(p.on, h.id)
	}
	if len(s.parcels) > 0 {
		s.parcelsChanged()
	}
}

// without notes that a host's machine lacks a parcel, or, if there is no reason, that it does not. As long as it lacks any, it begins nothing.
func (s *Scheduler) without(h *host, version uint64, why string) {
	if why == "" && h.lacks[version] == "" {
		return
	}
	before := len(h.lacks)
	switch {
	case why == "":
		delete(h.lacks, version)
	case h.lacks == nil:
		h.lacks = map[uint64]string{version: why}
	default:
		h.lacks[version] = why
	}
	if (before > 0) == (len(h.lacks) > 0) {
		return
	}
	for _, e := range h.engines {
		s.relevel(e)
		if len(h.lacks) == 0 {
			s.feed(e)
			continue
		}
		for _, t := range slices.Clone(e.flight) {
			if t.started.IsZero() && t.share == nil && !t.recalled && !t.revoked {
				s.recall(t)
			}
		}
	}
}

// lacking says what holds a host back, "" if nothing does.
func (h *host) lacking() string {
	first := uint64(0)
	for v := range h.lacks {
		if first == 0 || v < first {
			first = v
		}
	}
	return h.lacks[first]
}

// name is what people call it.
func (p *parcel) name() string { return path.Base(p.To) }

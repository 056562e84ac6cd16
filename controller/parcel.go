package controller

import (
	"fmt"

	"github.com/gocluster/gocluster/controller/internal/sched"
	"github.com/gocluster/gocluster/internal/parcel"
	"github.com/gocluster/gocluster/internal/proto"
)

// offer is what a client is about to put. Its parts stay until all are there, or the client goes.
type offer struct {
	parts   parcel.Parts
	refused error // why one of them is not kept
}

// put takes in something that a client puts, or says which parts of it are missing.
func (c *Controller) put(p *peer, m *proto.Put) {
	id := p.link.ID()
	parts := parcel.Parts(m.Parts)
	o := c.offers[id]
	if o == nil || o.parts.ID() != parts.ID() {
		c.withdraw(id)
		o = &offer{parts: parts}
		c.offers[id] = o
		c.store.begin(id, parts)
	}
	answer := &proto.Parcels{Seq: m.Seq}
	switch err := o.check(m); {
	case err != nil:
		answer.Error = *proto.Errorf(proto.KindController, "%v", err)
		c.withdraw(id)
	default:
		if answer.Needs = c.store.lacks(parts); len(answer.Needs) == 0 {
			c.keep(p, m, parts)
			return
		}
	}
	c.send(p, answer)
}

// check says what is wrong with an offer.
func (o *offer) check(m *proto.Put) error {
	switch {
	case o.refused != nil:
		return fmt.Errorf("the controller has no room for it: %w", o.refused)
	case len(o.parts) == 0 || len(o.parts) > parcel.MaxParts || m.Parcel.To == "":
		return fmt.Errorf("%w: %d parts for %q", parcel.ErrDamaged, len(o.parts), m.Parcel.To)
	case m.Parcel.ID != o.parts.ID():
		return fmt.Errorf("%w: its name is not that of its parts", parcel.ErrDamaged)
	}
	return nil
}

// keep makes a parcel of which all is there the cluster's.
func (c *Controller) keep(p *peer, m *proto.Put, parts parcel.Parts) {
	list := parts.Bytes()
	if err := c.store.put(m.Parcel.ID, &object{data: list, size: len(list)}); err != nil {
		c.send(p, &proto.Parcels{Seq: m.Seq, Error: *proto.Errorf(proto.KindController, "%v", err)})
		c.withdraw(p.link.ID())
		return
	}
	c.apply(&sched.Message{Peer: p.link.ID(), Message: m})
	c.withdraw(p.link.ID())
}

// withdraw ends a client's offer.
func (c *Controller) withdraw(id proto.PeerID) {
	if o := c.offers[id]; o != nil {
		delete(c.offers, id)
		c.needless(id, o.parts)
	}
}

// refuse notes that a part of an offer is not kept.
func (c *Controller) refuse(id proto.PeerID, why error) {
	if o := c.offers[id]; o != nil {
		o.refused = why
	}
}

// lacks returns which objects are not there, each once.
func (s *store) lacks(all []proto.Hash) []proto.Hash {
	seen := map[proto.Hash]bool{}
	var out []proto.Hash
	for _, h := range all {
		if !seen[h] && s.get(h) == nil {
			out = append(out, h)
		}
		seen[h] = true
	}
	return out
}

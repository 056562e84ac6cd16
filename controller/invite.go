package controller

import (
	"github.com/gocluster/gocluster/internal/invite"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
)

// invite deals with what clients say about invitations; it reports whether m was about them.
func (c *Controller) invite(p *peer, m proto.Message) bool {
	if p.link.Role() != proto.RoleClient {
		return false
	}
	switch m := m.(type) {
	case *proto.Invite:
		c.tellInvitations(p, c.makeInvitation(m))
	case *proto.Uninvite:
		c.tellInvitations(p, c.revokeInvitations(m))
	case *proto.InvitationsRequest:
		answer := &proto.Invitations{Seq: m.Seq}
		if c.cfg.Desk != nil {
			answer.List = c.cfg.Desk.List()
		}
		c.tellInvitations(p, answer)
	default:
		return false
	}
	return true
}

// noDesk is the error where nobody can be invited.
var noDesk = *proto.Errorf(proto.KindController, "this controller lets nobody join by invitation")

func (c *Controller) makeInvitation(m *proto.Invite) *proto.Invitations {
	answer := &proto.Invitations{Seq: m.Seq}
	if c.cfg.Desk == nil {
		answer.Error = noDesk
		return answer
	}
	token, err := c.cfg.Desk.Invite(m.For, m.Hosts)
	if err != nil {
		answer.Error = *proto.Errorf(proto.KindController, "%v", err)
		return answer
	}
	answer.Token = token.String()
	for _, v := range c.cfg.Desk.List() {
		if v.ID == string(token.ID) {
			answer.List = append(answer.List, v)
		}
	}
	return answer
}

// revokeInvitations ends invitations. Hosts that are cut off are told why, and their tasks are given to others.
func (c *Controller) revokeInvitations(m *proto.Uninvite) *proto.Invitations {
	answer := &proto.Invitations{Seq: m.Seq}
	if c.cfg.Desk == nil {
		answer.Error = noDesk
		return answer
	}
	ended, err := c.cfg.Desk.Revoke(invite.ID(m.ID), m.Cut)
	if err != nil {
		answer.Error = *proto.Errorf(proto.KindController, "%v", err)
		return answer
	}
	c.countGuests(ended)
	answer.List = ended
	for _, p := range c.peers {
		if why := c.barred(p); m.Cut && why != "" {
			c.kick(p, proto.Errorf(proto.KindController, "%s", why))
		}
	}
	return answer
}

// tellInvitations answers a client. One that has no room for the answer does not read, and is dropped elsewhere.
func (c *Controller) tellInvitations(p *peer, answer *proto.Invitations) {
	c.countGuests(answer.List)
	_ = p.link.Send(answer)
}

// countGuests notes how many hosts are connected that came with each invitation.
func (c *Controller) countGuests(list []proto.Invitation) {
	for i := range list {
		if list[i].Connected > 0 {
			continue // counted before those were cut off
		}
		for _, p := range c.peers {
			if p.invitation == list[i].ID {
				list[i].Connected++
			}
		}
	}
}

// barred says why a peer is not welcome although its certificates are good, "" if it is.
func (c *Controller) barred(p *peer) string {
	if c.cfg.Desk == nil {
		return ""
	}
	for _, cert := range p.link.Certificates() {
		if why := c.cfg.Desk.Barred(cert); why != "" {
			return why
		}
	}
	return ""
}

// cameWith is the invitation that a peer has joined the cluster with, "" if it has not.
func cameWith(p *link.Peer) string {
	for _, cert := range p.Certificates() {
		return profiles.InvitationOf(cert)
	}
	return ""
}

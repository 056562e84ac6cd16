package client

import (
	"fmt"
	"time"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/proto"
)

// Invitation is what the controller knows of an invitation.
type Invitation struct {
	// ID names it; it is no secret.
	ID string
	// State is "open", "expired", "used up", "revoked", or "revoked, its hosts cut off".
	State         string
	Made, Expires time.Time
	// Hosts is how many machines may join with it, 0 any number; Joined how many have, and Connected how many of those are there.
	Hosts, Joined, Connected int
}

func newInvitation(v proto.Invitation) Invitation {
	return Invitation{
		ID: v.ID, State: v.State.String(), Made: v.Made, Expires: v.Expires, Hosts: v.Hosts, Joined: v.Joined, Connected: v.Connected,
	}
}

func newInvitations(list []proto.Invitation) []Invitation {
	var out []Invitation
	for _, v := range list {
		out = append(out, newInvitation(v))
	}
	return out
}

// Invite makes an invitation: a token with which `goengine --join TOKEN` on any machine joins the cluster, as long as it is good and for
// that many machines, 0 for any number. Whoever has the token can join engines to the cluster, which see what is computed on them.
func (c *Client) Invite(good time.Duration, hosts int) (token string, v Invitation, err error) {
	m, err := c.conn.Invitations(conn.Ambient(), func(seq uint64) proto.Message {
		return &proto.Invite{Seq: seq, For: good, Hosts: hosts}
	})
	if err == nil && len(m.List) != 1 {
		err = fmt.Errorf("the controller answers with %d invitations", len(m.List))
	}
	if err != nil {
		return "", v, fmt.Errorf("making an invitation: %w", err)
	}
	return m.Token, newInvitation(m.List[0]), nil
}

// Invitations lists the invitations that the controller has made, the oldest first.
func (c *Client) Invitations() ([]Invitation, error) {
	m, err := c.conn.Invitations(conn.Ambient(), func(seq uint64) proto.Message { return &proto.InvitationsRequest{Seq: seq} })
	if err != nil {
		return nil, err
	}
	return newInvitations(m.List), nil
}

// Revoke ends an invitation, or all where id is empty, and returns those that it has ended. Machines that have joined stay, and may come
// back, unless cut is set: then they are dropped, and kept out.
func (c *Client) Revoke(id string, cut bool) ([]Invitation, error) {
	m, err := c.conn.Invitations(conn.Ambient(), func(seq uint64) proto.Message {
		return &proto.Uninvite{Seq: seq, ID: id, Cut: cut}
	})
	if err != nil {
		return nil, fmt.Errorf("revoking: %w", err)
	}
	return newInvitations(m.List), nil
}

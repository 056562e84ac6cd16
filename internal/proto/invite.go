package proto

import "time"

// Invite asks for an invitation with which engine hosts can join. It is answered by Invitations, with the new one in the list.
type Invite struct {
	Seq uint64
	// For is how long it is good.
	For time.Duration
	// Hosts is how many hosts may join with it, 0 any number.
	Hosts int
}

// Uninvite revokes an invitation, or all of them where ID is empty. It is answered by Invitations, with those that it has ended.
type Uninvite struct {
	Seq uint64
	ID  string
	// Cut is set to drop also the hosts that have joined with it, and to keep them out.
	Cut bool
}

// InvitationsRequest asks for the invitations there are.
type InvitationsRequest struct{ Seq uint64 }

// Invitations answers Invite, Uninvite and InvitationsRequest.
type Invitations struct {
	Seq  uint64
	List []Invitation
	// Token is the text of a new invitation. It is told once: the controller keeps nothing that it could be made from.
	Token string
	// Error says why an invitation could not be made or revoked.
	Error Error
}

// InvitationState is what has become of an invitation.
type InvitationState uint8

// The states of an invitation.
const (
	InvitationOpen InvitationState = iota + 1
	InvitationExpired
	InvitationUsed
	InvitationRevoked
	InvitationCut
)

func (s InvitationState) String() string {
	names := [...]string{"unknown", "open", "expired", "used up", "revoked", "revoked, its hosts cut off"}
	if int(s) < len(names) {
		return names[s]
	}
	return names[0]
}

// Invitation is what a controller knows of an invitation.
type Invitation struct {
	ID            string
	State         InvitationState
	Made, Expires time.Time
	// Hosts is how many hosts may join with it, 0 any number; Joined how many have, and Connected how many of those are there.
	Hosts, Joined, Connected int
}

func (*Invite) Type() Type             { return TypeInvite }
func (*Uninvite) Type() Type           { return TypeUninvite }
func (*InvitationsRequest) Type() Type { return TypeInvitationsRequest }
func (*Invitations) Type() Type        { return TypeInvitations }

func (m *Invite) fields(c *coder) {
	c.uvarint(&m.Seq)
	c.duration(&m.For)
	number(c, &m.Hosts)
}

func (m *Uninvite) fields(c *coder) {
	c.uvarint(&m.Seq)
	c.text(&m.ID)
	c.flag(&m.Cut)
}

func (m *InvitationsRequest) fields(c *coder) { c.uvarint(&m.Seq) }

func (m *Invitations) fields(c *coder) {
	c.uvarint(&m.Seq)
	list(c, &m.List, func(c *coder, v *Invitation) { v.fields(c) })
	c.text(&m.Token)
	m.Error.fields(c)
}

func (v *Invitation) fields(c *coder) {
	c.text(&v.ID)
	number(c, &v.State)
	c.time(&v.Made)
	c.time(&v.Expires)
	number(c, &v.Hosts)
	number(c, &v.Joined)
	number(c, &v.Connected)
}

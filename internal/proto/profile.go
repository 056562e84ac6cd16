package proto

import "time"

// ProfileRequest asks what processes compute for a while: a client asks the controller for the whole cluster, the controller a host for itself,
// its workers and their programs, a host a program for itself. It is answered by Profiles, when the time is over.
type ProfileRequest struct {
	Seq uint64
	For time.Duration
}

// Profiles answers ProfileRequest.
type Profiles struct {
	Seq   uint64
	List  []Profile
	Error Error
}

// Profile is what a process has computed: Data in the format of pprof, or why there is none.
type Profile struct {
	Role string
	Host string
	PID  int
	Data []byte
	Why  string
}

func (*ProfileRequest) Type() Type { return TypeProfileRequest }
func (*Profiles) Type() Type       { return TypeProfiles }

func (m *ProfileRequest) fields(c *coder) {
	c.uvarint(&m.Seq)
	c.duration(&m.For)
}

func (m *Profiles) fields(c *coder) {
	c.uvarint(&m.Seq)
	list(c, &m.List, func(c *coder, p *Profile) {
		c.text(&p.Role)
		c.text(&p.Host)
		number(c, &p.PID)
		c.bytes(&p.Data)
		c.text(&p.Why)
	})
	m.Error.fields(c)
}

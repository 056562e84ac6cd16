package invite

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
)

// The bounds of invitations. A desk remembers those that have ended, so that who comes late is told why, up to most in all.
const (
	DefaultFor = time.Hour
	MaxFor     = 30 * 24 * time.Hour
	most       = 1000
)

// Desk is where hosts join a controller's cluster. Its methods may be called concurrently.
type Desk struct {
	authority *profiles.Authority
	log       *slog.Logger
	now       func() time.Time
	doorman   doorman

	mu    sync.Mutex
	addrs []string
	all   map[ID]*invitation
}

// invitation is what the desk keeps of one: nothing that its token could be made from.
type invitation struct {
	id            ID
	secret        [sha256.Size]byte // its hash
	made, expires time.Time
	hosts         int
	joined        map[[sha256.Size]byte]bool // the keys
	revoked, cut  bool
}

// NewDesk makes the desk of a controller. log may be nil.
func NewDesk(a *profiles.Authority, log *slog.Logger) *Desk {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Desk{
		authority: a, log: log, now: time.Now, all: map[ID]*invitation{}, doorman: doorman{sources: map[string]*source{}},
	}
}

// Announce says where the controller is reached. Before that there are no invitations. An address that means another machine on each is left
// out of them, unless there is no other.
func (d *Desk) Announce(addrs []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.addrs = slices.DeleteFunc(slices.Clone(addrs), isLoopback)
	if len(d.addrs) == 0 {
		d.addrs = slices.Clone(addrs)
	}
}

func isLoopback(addr string) bool {
	at, err := netip.ParseAddrPort(addr)
	return err == nil && at.Addr().IsLoopback()
}

// Invite makes an invitation that is good for a time and for a number of hosts, 0 for any.
func (d *Desk) Invite(good time.Duration, hosts int) (*Token, error) {
	switch {
	case good <= 0 || good > MaxFor:
		return nil, fmt.Errorf("an invitation for %v: give more than 0 and at most %v", good, MaxFor)
	case hosts < 0:
		return nil, fmt.Errorf("an invitation for %d hosts: give their number, or 0 for any", hosts)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.addrs) == 0 {
		return nil, errors.New("the controller has no address yet: try again in a moment")
	}
	if err := d.makeRoom(); err != nil {
		return nil, err
	}
	now := d.now()
	t := &Token{Pin: d.authority.Pin(), Expires: now.Add(good), Cluster: d.authority.Cluster(), Addrs: d.addrs}
	var id [idSize]byte
	rand.Read(id[:])
	rand.Read(t.Secret[:])
	t.ID = ID(letters.EncodeToString(id[:]))
	d.all[t.ID] = &invitation{
		id: t.ID, secret: sha256.Sum256(t.Secret[:]), made: now, expires: t.Expires, hosts: hosts, joined: map[[sha256.Size]byte]bool{},
	}
	d.log.Info("an invitation was made", "id", t.ID, "for", good.String(), "hosts", hosts)
	return t, nil
}

// makeRoom forgets the invitation that ended first, where there are too many.
func (d *Desk) makeRoom() error {
	if len(d.all) < most {
		return nil
	}
	for _, v := range d.sorted() {
		if d.state(v) != proto.InvitationOpen {
			delete(d.all, v.id)
			return nil
		}
	}
	return fmt.Errorf("%d invitations are open: revoke some with `gocluster revoke`", most)
}

// sorted lists the invitations, the oldest first.
func (d *Desk) sorted() []*invitation {
	var all []*invitation
	for _, v := range d.all {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b *invitation) int { return cmp.Or(a.made.Compare(b.made), cmp.Compare(a.id, b.id)) })
	return all
}

func (d *Desk) state(v *invitation) proto.InvitationState {
	switch {
	case v.cut:
		return proto.InvitationCut
	case v.revoked:
		return proto.InvitationRevoked
	case !d.now().Before(v.expires):
		return proto.InvitationExpired
	case v.hosts > 0 && len(v.joined) >= v.hosts:
		return proto.InvitationUsed
	}
	return proto.InvitationOpen
}

func (d *Desk) describe(v *invitation) proto.Invitation {
	return proto.Invitation{ID: string(v.id), State: d.state(v), Made: v.made, Expires: v.expires, Hosts: v.hosts, Joined: len(v.joined)}
}

// List describes the invitations, the oldest first.
func (d *Desk) List() []proto.Invitation {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []proto.Invitation
	for _, v := range d.sorted() {
		all = append(all, d.describe(v))
	}
	return all
}

// Revoke ends an invitation, or all that can still be used where id is empty, and describes what it has ended. With cut, the
// hosts that have joined with it are no longer welcome either. Revoking again changes nothing.
func (d *Desk) Revoke(id ID, cut bool) ([]proto.Invitation, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if id != "" && d.all[id] == nil {
		return nil, fmt.Errorf("there is no invitation %q: `gocluster invitations` lists them", string(id))
	}
	var ended []proto.Invitation
	for _, v := range d.sorted() {
		open := d.state(v) == proto.InvitationOpen || cut && !v.cut && len(v.joined) > 0
		if v.id != id && !(id == "" && open) {
			continue
		}
		v.revoked, v.cut = true, v.cut || cut
		ended = append(ended, d.describe(v))
		d.log.Info("an invitation was revoked", "id", v.id, "cut", v.cut)
	}
	return ended, nil
}

// Barred says why the owner of a certificate is no longer welcome, "" if it is.
func (d *Desk) Barred(cert *x509.Certificate) string {
	id := ID(profiles.InvitationOf(cert))
	if id == "" {
		return ""
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	// One that was forgotten to make room may have been cut.
	if v := d.all[id]; v == nil || v.cut {
		return fmt.Sprintf("the invitation %s that this host has joined with was revoked, and its hosts cut off", id)
	}
	return ""
}

// admit certifies a host's key, if its invitation is good.
func (d *Desk) admit(id ID, secret []byte, request *x509.CertificateRequest) (*profiles.ConnFile, *RefusedError) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.all[id]
	known := v
	if known == nil {
		known = &invitation{} // whose hash no secret has: it takes as long
	}
	hash := sha256.Sum256(secret)
	if subtle.ConstantTimeCompare(hash[:], known.secret[:]) != 1 || v == nil {
		return nil, refused(Unknown, "the controller has made no such invitation: it has forgotten it, or this is a forgery; make one with `gocluster invite`")
	}
	key := sha256.Sum256(request.RawSubjectPublicKeyInfo)
	if why := d.refuse(v, v.joined[key]); why != nil {
		return nil, why
	}
	c, err := d.authority.Admit(request, string(id))
	if err != nil {
		return nil, refused(Malformed, "%v", err)
	}
	v.joined[key] = true
	return c, nil
}

// refuse says why an invitation is not good for a host, which may have joined with it before.
func (d *Desk) refuse(v *invitation, before bool) *RefusedError {
	const again = "`gocluster invite` makes another"
	switch state := d.state(v); {
	case state == proto.InvitationCut:
		return refused(Revoked, "the invitation %s was revoked, and the hosts that have joined with it cut off", v.id)
	case before || state == proto.InvitationOpen:
		return nil
	case state == proto.InvitationRevoked:
		return refused(Revoked, "the invitation %s was revoked; %s", v.id, again)
	case state == proto.InvitationExpired:
		return refused(Expired, "the invitation %s expired %v ago; %s", v.id, d.now().Sub(v.expires).Round(time.Second), again)
	}
	return refused(Used, "the invitation %s was good for %d hosts, which have joined; %s", v.id, v.hosts, again)
}

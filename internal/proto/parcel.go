package proto

import "time"

// Parcel is a file or a folder that each machine of the cluster is to have before it has any task. Package parcel has the way it is packed.
type Parcel struct {
	// Version counts the cluster's parcels from 1; the controller sets it.
	Version uint64
	// ID names the object that lists the archive's parts, which are objects themselves.
	ID Hash
	// Name is the name of what was put, To where it goes, with slashes, relative to the home directory.
	Name, To string
	Files    int
	// Bytes are the files', Size the archive's.
	Bytes, Size int64
	// Path, Inode and Time tell the original from others, to machines that see the same file system.
	Path  string
	Inode uint64
	Time  int64
}

// Put makes a parcel one of the cluster's; it takes the place of one that goes to the same place. The answer is a Parcels: with Needs, if parts are
// to be sent first, and the Put again behind them.
type Put struct {
	Seq    uint64
	Parcel Parcel
	Parts  []Hash
}

// ParcelsRequest asks for the cluster's parcels, or for one of them, when something has changed about them since the state After. With Forget the
// one is forgotten first: machines that come later do not get it.
type ParcelsRequest struct {
	Seq     uint64
	Version uint64
	After   uint64
	Forget  bool
}

// Parcels answers Put and ParcelsRequest.
type Parcels struct {
	Seq uint64
	// State counts what has changed.
	State uint64
	Needs []Hash
	Error Error
	List  []ParcelStatus
}

// ParcelStatus is a parcel and which engine hosts have it.
type ParcelStatus struct {
	Parcel Parcel
	At     time.Time
	// By is the client's name.
	By    string
	Hosts []ParcelHost
}

// ParcelHost is an engine host and what is known of a parcel there: nothing yet, unless Known.
type ParcelHost struct {
	Host   string
	Known  bool
	Placed Placed
}

// Place gives an engine host parcels, and takes some away that are the cluster's no more.
type Place struct {
	Parcels []Parcel
	Drop    []uint64
}

// Placed says that an engine host's machine has a parcel, or why not; then it is tried again.
type Placed struct {
	Version uint64
	// To is its path there.
	To    string
	Error string
	// There says that it was there already.
	There bool
	Files int
	Bytes int64
	Took  time.Duration
}

func (*Put) Type() Type            { return TypePut }
func (*ParcelsRequest) Type() Type { return TypeParcelsRequest }
func (*Parcels) Type() Type        { return TypeParcels }
func (*Place) Type() Type          { return TypePlace }
func (*Placed) Type() Type         { return TypePlaced }

func (p *Parcel) fields(c *coder) {
	c.uvarint(&p.Version)
	c.fixed(p.ID[:])
	c.text(&p.Name)
	c.text(&p.To)
	number(c, &p.Files)
	number(c, &p.Bytes)
	number(c, &p.Size)
	c.text(&p.Path)
	c.uvarint(&p.Inode)
	number(c, &p.Time)
}

func eachParcel(c *coder, p *Parcel)   { p.fields(c) }
func eachVersion(c *coder, v *uint64)  { c.uvarint(v) }
func eachPlaced(c *coder, m *Placed)   { m.fields(c) }
func (m *Place) fields(c *coder)       { list(c, &m.Parcels, eachParcel); list(c, &m.Drop, eachVersion) }
func (m *Put) fields(c *coder)         { c.uvarint(&m.Seq); m.Parcel.fields(c); list(c, &m.Parts, eachHash) }
func (h *ParcelHost) fields(c *coder)  { c.text(&h.Host); c.flag(&h.Known); h.Placed.fields(c) }
func eachHost(c *coder, h *ParcelHost) { h.fields(c) }

func (m *ParcelsRequest) fields(c *coder) {
	c.uvarint(&m.Seq)
	c.uvarint(&m.Version)
	c.uvarint(&m.After)
	c.flag(&m.Forget)
}

func (m *Parcels) fields(c *coder) {
	c.uvarint(&m.Seq)
	c.uvarint(&m.State)
	list(c, &m.Needs, eachHash)
	m.Error.fields(c)
	list(c, &m.List, func(c *coder, s *ParcelStatus) {
		s.Parcel.fields(c)
		c.time(&s.At)
		c.text(&s.By)
		list(c, &s.Hosts, eachHost)
	})
}

func (m *Placed) fields(c *coder) {
	c.uvarint(&m.Version)
	c.text(&m.To)
	c.text(&m.Error)
	c.flag(&m.There)
	number(c, &m.Files)
	number(c, &m.Bytes)
	c.duration(&m.Took)
}

package conn

import (
	"os"

	"github.com/gocluster/gocluster/internal/proto"
)

// Jobs that are submitted one by one often have the same large objects, each a copy of its own: of these one is kept, as long as a job is
// under way that needs it, since the controller may ask for it again. Beyond some bytes they are kept on a disk.

// Sizes of objects that are shared, and of all of them in memory.
const (
	sharedFrom  = 16 << 10
	sharedBytes = 256 << 20
)

// shared is an object that jobs under way need.
type shared struct {
	data  []byte // nil: it is on the disk
	disk  string // its path
	users int
}

// share takes the large objects of a job that are its own, which say their Size, and returns the job's list, in which their bytes are not. Units
// and programs are somebody's who keeps them anyway.
func (c *Conn) share(objects []*proto.Object) []*proto.Object {
	var out []*proto.Object
	for i, o := range objects {
		if len(o.Data) < sharedFrom || o.Size == 0 {
			continue
		}
		if out == nil {
			out = append(out, objects...)
		}
		s := c.shared[o.Hash]
		if s == nil {
			s = &shared{data: o.Data}
			c.shared[o.Hash] = s
			c.inMemory += len(o.Data)
		}
		s.users++
		out[i] = &proto.Object{Hash: o.Hash, Size: len(o.Data)}
	}
	if out == nil {
		return objects
	}
	return out
}

// unshare lets go of a job's objects. The caller holds mu.
func (c *Conn) unshare(objects []*proto.Object) {
	for _, o := range objects {
		s := c.shared[o.Hash]
		if s == nil || o.Data != nil {
			continue
		}
		if s.users--; s.users > 0 {
			continue
		}
		delete(c.shared, o.Hash)
		c.inMemory -= len(s.data)
		if s.disk != "" {
			c.cfg.Spill.Remove(s.disk)
		}
	}
}

// whole returns an object with its bytes.
func (c *Conn) whole(o *proto.Object) *proto.Object {
	if o.Data != nil || o.Size == 0 || o.File != "" {
		return o
	}
	c.mu.Lock()
	s := c.shared[o.Hash]
	var data []byte
	var path string
	if s != nil {
		data, path = s.data, s.disk
	}
	c.mu.Unlock()
	if data == nil && path != "" {
		data, _ = os.ReadFile(path) // what cannot be read is missing
	}
	if data == nil {
		return &proto.Object{Hash: o.Hash, Missing: true}
	}
	return &proto.Object{Hash: o.Hash, Data: data}
}

// relieve moves objects that the controller has to the disk, if there are too many in memory. Where there is no room they stay.
func (c *Conn) relieve() {
	for {
		h, s := c.relievable()
		if s == nil {
			return
		}
		path, err := c.cfg.Spill.Write(s.data)
		if err != nil {
			return
		}
		c.mu.Lock()
		if c.shared[h] == s {
			c.inMemory -= len(s.data)
			s.data, s.disk = nil, path
			path = ""
		}
		c.mu.Unlock()
		if path != "" { // its jobs have ended meanwhile
			c.cfg.Spill.Remove(path)
		}
	}
}

// relievable returns an object that is to go to the disk, nil if none has to.
func (c *Conn) relievable() (proto.Hash, *shared) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inMemory > c.cfg.Memory && c.cfg.Spill != nil {
		for h, s := range c.shared {
			if s.data != nil && c.sent[h] {
				return h, s
			}
		}
	}
	return proto.Hash{}, nil
}

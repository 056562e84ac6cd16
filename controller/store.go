package controller

import (
	"container/list"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/gocluster/gocluster/controller/internal/sched"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
)

// store keeps objects by name. Those that jobs need stay; the others go, the least recently used first, when room is needed.
type store struct {
	// limit bounds the objects; what no job needs is kept up to a share of it, for jobs to come.
	limit, bytes int
	spool        *spool.Dir      // nil if there is none
	disk         *spool.Overflow // for what has no room
	objects      map[proto.Hash]*object
	recent       *list.List                          // of proto.Hash, the last used in front
	users        map[proto.Hash]map[proto.PeerID]int // how often which clients need an object
	wanted       map[proto.Hash]*want                // objects that hosts wait for
}

// idleShare is the part of the store that objects may take which no job needs.
const idleShare = 4

// object is bytes, or a file in the spool directory or on the disk that has them.
type object struct {
	data  []byte
	file  string
	disk  string // a path
	size  int
	place *list.Element
}

// want is an object that hosts have asked for and that is not there.
type want struct {
	hosts []proto.PeerID
	asked map[proto.PeerID]bool // clients that were asked; true: they have not got it
}

func newStore(limit int, files *spool.Dir, disk *spool.Overflow) *store {
	return &store{
		limit: limit, spool: files, disk: disk, objects: map[proto.Hash]*object{}, recent: list.New(),
		users: map[proto.Hash]map[proto.PeerID]int{}, wanted: map[proto.Hash]*want{},
	}
}

func (s *store) get(h proto.Hash) *object {
	o := s.objects[h]
	if o != nil {
		s.recent.MoveToFront(o.place)
	}
	return o
}

// put keeps an object, or says why there is no room for it.
func (s *store) put(h proto.Hash, o *object) error {
	if s.get(h) != nil {
		s.discard(o)
		return nil
	}
	if err := s.room(o); err != nil {
		s.discard(o)
		return fmt.Errorf("the controller's store of code and values is full (%d of %d MB are in use by jobs, the object has %d MB): %w",
			s.bytes>>20, s.limit>>20, o.size>>20, err)
	}
	o.place = s.recent.PushFront(h)
	s.objects[h] = o
	s.bytes += o.inMemory()
	return nil
}

// inMemory is how many bytes of memory the object takes.
func (o *object) inMemory() int {
	if o.disk != "" {
		return 0
	}
	return o.size
}

// room makes room for an object in memory: what no job needs goes, and then what was not used for longest goes to the disk. An object that is
// larger than the memory there is goes there itself.
func (s *store) room(o *object) error {
	s.evict(s.limit - o.size)
	if o.size > s.limit {
		return s.spill(o)
	}
	for e := s.recent.Back(); e != nil && s.bytes+o.size > s.limit; e = e.Prev() {
		old := s.objects[e.Value.(proto.Hash)]
		if old.disk != "" {
			continue
		}
		if err := s.spill(old); err != nil {
			return err
		}
		s.bytes -= old.size
	}
	return nil
}

// spill moves an object's bytes to the disk.
func (s *store) spill(o *object) (err error) {
	var path string
	if o.file != "" {
		path, err = s.disk.Copy(s.spool.PathOf(o.file))
	} else {
		path, err = s.disk.Write(o.data)
	}
	if err != nil {
		return err
	}
	s.discard(o)
	o.disk, o.file, o.data = path, "", nil
	return nil
}

// restore takes an object from the disk into memory, because it is used again; where there is no room it stays.
func (s *store) restore(h proto.Hash, o *object) {
	if o.disk == "" || o.size > s.limit || s.room(o) != nil {
		return
	}
	data, err := s.read(h, o)
	if err != nil {
		return
	}
	s.disk.Remove(o.disk)
	o.disk, o.data = "", data
	s.bytes += o.size
	if s.spool != nil && o.size >= spool.Min {
		if name, err := s.spool.Write(data); err == nil {
			o.file, o.data = name, nil
		}
	}
}

// read returns the bytes of an object that is a file.
func (s *store) read(h proto.Hash, o *object) (data []byte, err error) {
	if o.disk != "" {
		data, err = os.ReadFile(o.disk)
	} else {
		data, err = s.spool.Read(o.file)
	}
	if err == nil && proto.HashOf(data) != h {
		err = errors.New("its file has other bytes than its name says")
	}
	return data, err
}

// evict drops objects that no job needs, the least recently used first, until no more than some bytes are kept in memory. Of those that are
// on the disk none is kept.
func (s *store) evict(bytes int) {
	for e := s.recent.Back(); e != nil && (s.bytes > bytes || s.disk.Used() > 0); {
		hash, before := e.Value.(proto.Hash), e.Prev()
		o := s.objects[hash]
		if len(s.users[hash]) == 0 && (s.bytes > bytes || o.disk != "") {
			s.bytes -= o.inMemory()
			s.discard(o)
			delete(s.objects, hash)
			s.recent.Remove(e)
		}
		e = before
	}
}

// discard removes an object's file. One that cannot be removed goes with the directory.
func (s *store) discard(o *object) {
	if o.disk != "" {
		s.disk.Remove(o.disk)
	}
	if o.file != "" && s.spool != nil {
		_ = s.spool.Remove(o.file)
	}
}

// message is an object as it is sent to a peer: by name to one that sees the files.
func (s *store) message(h proto.Hash, o *object, local bool) (*proto.Object, error) {
	s.restore(h, o)
	switch {
	case o.data != nil || o.size == 0:
		return &proto.Object{Hash: h, Data: o.data}, nil
	case o.file != "" && local:
		return &proto.Object{Hash: h, File: o.file, Size: o.size}, nil
	}
	data, err := s.read(h, o)
	return &proto.Object{Hash: h, Data: data}, err
}

// begin notes that a client's jobs need objects.
func (s *store) begin(client proto.PeerID, hashes []proto.Hash) {
	for _, h := range hashes {
		if s.users[h] == nil {
			s.users[h] = map[proto.PeerID]int{}
		}
		s.users[h][client]++
	}
}

// over is begin's inverse; it returns the objects that no job needs now.
func (s *store) over(client proto.PeerID, hashes []proto.Hash) []proto.Hash {
	var free []proto.Hash
	for _, h := range hashes {
		users := s.users[h]
		if users[client]--; users[client] == 0 {
			delete(users, client)
		}
		if len(users) == 0 {
			delete(s.users, h)
			free = append(free, h)
		}
	}
	s.evict(s.limit / idleShare)
	return free
}

// hostGone forgets what a host waits for.
func (s *store) hostGone(id proto.PeerID) {
	for h, w := range s.wanted {
		w.hosts = slices.DeleteFunc(w.hosts, func(x proto.PeerID) bool { return x == id })
		if len(w.hosts) == 0 {
			delete(s.wanted, h)
		}
	}
}

// needObject answers a host that asks for an object, now or when the object has come.
func (c *Controller) needObject(p *peer, h proto.Hash) {
	if o := c.store.get(h); o != nil {
		c.sendObject(p, h, o)
		return
	}
	w := c.store.wanted[h]
	if w == nil {
		w = &want{asked: map[proto.PeerID]bool{}}
		c.store.wanted[h] = w
	}
	if id := p.link.ID(); !slices.Contains(w.hosts, id) {
		w.hosts = append(w.hosts, id)
	}
	c.ask(h, w)
}

// sendObject sends an object to a host. One that cannot be read is none.
func (c *Controller) sendObject(p *peer, h proto.Hash, o *object) {
	m, err := c.store.message(h, o, p.local)
	if err != nil {
		c.log.Error("an object cannot be read", "object", h.String(), "err", err)
		c.send(p, &proto.Object{Hash: h, Missing: true})
		return
	}
	c.send(p, m)
}

// ask asks the clients whose jobs need an object for it, one after the other; where none has it the jobs fail.
func (c *Controller) ask(h proto.Hash, w *want) {
	hope := false
	for client := range c.store.users[h] {
		missing, asked := w.asked[client]
		if asked && missing {
			continue
		}
		hope = true
		if p := c.peers[client]; p != nil && !asked {
			w.asked[client] = false
			c.send(p, &proto.NeedObject{Hash: h})
			return
		}
	}
	if !hope {
		c.noObject(h, "no client has it")
	}
}

// askAgain asks a client that has just connected for what it was asked before, or would have been.
func (c *Controller) askAgain(client proto.PeerID) {
	for h, w := range c.store.wanted {
		if c.store.users[h][client] > 0 {
			delete(w.asked, client)
			c.ask(h, w)
		}
	}
}

// object takes an object from a client, for later or for those who wait for it.
func (c *Controller) object(client *peer, m *proto.Object) {
	w := c.store.wanted[m.Hash]
	if m.Missing {
		if w != nil {
			w.asked[client.link.ID()] = true
			c.ask(m.Hash, w)
		}
		return
	}
	o := &object{data: m.Data, size: len(m.Data)}
	if m.File != "" {
		size, err := c.spooled(client, m.File)
		if err != nil || size != m.Size {
			c.kick(client, proto.Errorf(proto.KindController, "the file %q of an object has %d bytes, not %d (%v)", m.File, size, m.Size, err))
			return
		}
		o = &object{file: m.File, size: size}
	}
	if err := c.store.put(m.Hash, o); err != nil {
		c.log.Warn("an object was refused", "object", m.Hash.String(), "why", err)
		c.refuse(client.link.ID(), err)
		c.noObject(m.Hash, err.Error())
		return
	}
	if w == nil {
		return
	}
	delete(c.store.wanted, m.Hash)
	for _, id := range w.hosts {
		if p := c.peers[id]; p != nil {
			c.sendObject(p, m.Hash, c.store.get(m.Hash))
		}
	}
}

// spooled returns the size of a file that a peer has written.
func (c *Controller) spooled(p *peer, name string) (int, error) {
	if !p.local {
		return 0, spool.ErrElsewhere
	}
	return c.spool.Size(name)
}

// noObject tells hosts that wait for an object that it does not come, and fails the jobs that need it.
func (c *Controller) noObject(h proto.Hash, reason string) {
	c.answerMissing(h)
	c.apply(sched.Missing{Hash: h, Reason: reason})
}

func (c *Controller) answerMissing(h proto.Hash) {
	w := c.store.wanted[h]
	delete(c.store.wanted, h)
	if w == nil {
		return
	}
	for _, id := range w.hosts {
		if p := c.peers[id]; p != nil {
			c.send(p, &proto.Object{Hash: h, Missing: true})
		}
	}
}

// needless lets go of objects. Hosts that still wait for one that nobody needs any more are told so.
func (c *Controller) needless(client proto.PeerID, hashes []proto.Hash) {
	for _, h := range c.store.over(client, hashes) {
		c.answerMissing(h)
	}
}

package engine

import (
	"container/list"
	"os"
	"path/filepath"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
	"github.com/gocluster/gocluster/internal/unit"
)

// object is an object's bytes, or the file that has them, and, once someone has wanted it as that, the unit that they are.
type object struct {
	hash    proto.Hash
	size    int
	data    []byte
	file    string     // a path
	own     *spool.Dir // the directory of a file that is this host's, nil: it is the controller's
	name    string     // of the own file
	disk    string     // its path, if it is on the disk
	users   int        // attempts that have been given it
	dropped bool       // it is not in the cache any more
	unit    *unit.Unit
	quiet   *bool // whether the unit prints nothing, once that has been asked
	err     error
}

// asUnit decodes the object, once.
func (o *object) asUnit() (*unit.Unit, error) {
	if o.unit != nil || o.err != nil {
		return o.unit, o.err
	}
	var data []byte
	if data, o.err = o.bytes(); o.err == nil {
		o.unit, o.err = unit.Decode(data)
	}
	return o.unit, o.err
}

// isQuiet reports whether the object is a unit that prints nothing.
func (o *object) isQuiet() bool {
	if o.quiet == nil {
		u, err := o.asUnit()
		quiet := err == nil && u.Quiet()
		o.quiet = &quiet
	}
	return *o.quiet
}

// bytes returns the object's bytes, and keeps them where they are not on the disk.
func (o *object) bytes() (data []byte, err error) {
	if o.disk != "" {
		return os.ReadFile(o.disk)
	}
	if o.data == nil && o.file != "" {
		o.data, err = os.ReadFile(o.file)
	}
	return o.data, err
}

// there reports whether the object can still be had. The controller may have removed the file of one that no job needed for a while.
func (o *object) there() bool {
	if o.file == "" || o.data != nil {
		return true
	}
	_, err := os.Stat(o.file)
	return err == nil
}

// use notes that an attempt has the object, or (by -1) has it no more. The host's own file goes with the last one.
func (o *object) use(by int) {
	if o.users += by; o.users == 0 && o.dropped && o.own != nil {
		_ = o.own.Remove(o.name)
	}
}

// forWorkers puts a large object into a file, since several workers will want it.
func (o *object) forWorkers(files *spool.Dir) {
	if o.file != "" || files == nil || len(o.data) < spool.Min {
		return
	}
	if name, err := files.Write(o.data); err == nil {
		o.own, o.name, o.file = files, name, filepath.Join(files.Path(), name)
	}
}

// spill moves the object's bytes to the disk. Attempts that have been given them go on with what they have.
func (o *object) spill(disk *spool.Overflow) bool {
	if o.disk != "" || o.data == nil || o.own != nil && o.users > 0 { // a worker may be about to open the file
		return false
	}
	path, err := disk.Write(o.data)
	if err != nil {
		return false
	}
	if o.own != nil {
		_ = o.own.Remove(o.name) // else it goes with its directory
	}
	o.disk, o.file, o.own, o.data = path, path, nil, nil
	return true
}

// objects keeps the objects that were used last: up to a number of bytes in memory, or in files there, and further ones on the disk. Attempts
// hold their objects themselves, so that one may be dropped here at any time.
type objects struct {
	limit, bytes int // in memory
	disk         *spool.Overflow
	byHash       map[proto.Hash]*list.Element
	recent       *list.List // of *object, the last used in front
}

func newObjects(limit int, disk *spool.Overflow) *objects {
	return &objects{limit: limit, disk: disk, byHash: map[proto.Hash]*list.Element{}, recent: list.New()}
}

func (c *objects) get(h proto.Hash) *object {
	e, ok := c.byHash[h]
	if !ok {
		return nil
	}
	if o := e.Value.(*object); !o.there() {
		c.remove(e)
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*object)
}

func (c *objects) remove(e *list.Element) {
	o := c.recent.Remove(e).(*object)
	delete(c.byHash, o.hash)
	if o.disk == "" {
		c.bytes -= o.size
	}
	o.dropped = true
	o.use(0)
	if o.users == 0 {
		c.disk.Remove(o.disk)
	}
}

func (c *objects) put(o *object) {
	if _, twice := c.byHash[o.hash]; twice {
		o.dropped = true
		return
	}
	if o.size > c.limit && !o.spill(c.disk) {
		o.dropped = true
		return
	}
	c.byHash[o.hash] = c.recent.PushFront(o)
	if o.disk == "" {
		c.bytes += o.size
	}
	for e := c.recent.Back(); e != nil && c.bytes > c.limit; {
		before := e.Prev()
		switch old := e.Value.(*object); {
		case old.disk != "":
		case old.spill(c.disk):
			c.bytes -= old.size
		default:
			c.remove(e)
		}
		e = before
	}
}

// let takes note that an attempt has an object no more.
func (c *objects) let(o *object) {
	if o.use(-1); o.users == 0 && o.dropped {
		c.disk.Remove(o.disk)
	}
}

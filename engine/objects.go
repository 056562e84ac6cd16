package engine

import (
	"container/list"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
)

// object is an object's bytes and, once someone has wanted it as that, the unit that they are.
type object struct {
	hash proto.Hash
	data []byte
	unit *unit.Unit
	err  error
}

// asUnit decodes the object, once.
func (o *object) asUnit() (*unit.Unit, error) {
	if o.unit == nil && o.err == nil {
		o.unit, o.err = unit.Decode(o.data)
	}
	return o.unit, o.err
}

// objects keeps the objects that were used last, up to a number of bytes. Attempts hold their objects themselves, so that
// one may be dropped here at any time.
type objects struct {
	limit, bytes int
	byHash       map[proto.Hash]*list.Element
	recent       *list.List // of *object, the last used in front
}

func newObjects(limit int) *objects {
	return &objects{limit: limit, byHash: map[proto.Hash]*list.Element{}, recent: list.New()}
}

func (c *objects) get(h proto.Hash) *object {
	e, ok := c.byHash[h]
	if !ok {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*object)
}

func (c *objects) put(o *object) {
	if _, twice := c.byHash[o.hash]; twice || len(o.data) > c.limit {
		return
	}
	c.byHash[o.hash] = c.recent.PushFront(o)
	c.bytes += len(o.data)
	for c.bytes > c.limit {
		last := c.recent.Remove(c.recent.Back()).(*object)
		delete(c.byHash, last.hash)
		c.bytes -= len(last.data)
	}
}

package conn

import (
	"context"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
)

// Object makes an object of a value. One that is large is written to the controller's spool directory meanwhile, if we see that: finding its name
// takes as long.
func (c *Conn) Object(data []byte) *proto.Object {
	c.mu.Lock()
	dir := c.spool
	c.mu.Unlock()
	if dir == nil || len(data) < spool.Min {
		return &proto.Object{Hash: proto.HashOf(data), Data: data, Size: len(data)}
	}
	var name string
	written := make(chan struct{})
	if c.group.Go("write an object", func(context.Context) error {
		defer close(written)
		name, _ = dir.Write(data) // or there is no room: it goes through the connection
		return nil
	}) != nil {
		close(written)
	}
	o := &proto.Object{Hash: proto.HashOf(data), Data: data, Size: len(data)}
	<-written
	if name != "" {
		c.keepWritten(o.Hash, file{dir, name})
	}
	return o
}

// file is a file in a spool directory.
type file struct {
	dir  *spool.Dir
	name string
}

// keepWritten notes the file of an object that has not been sent yet. There is one at most for each.
func (c *Conn) keepWritten(h proto.Hash, f file) {
	c.mu.Lock()
	old, twice := c.written[h]
	c.written[h] = f
	c.mu.Unlock()
	if twice {
		_ = old.dir.Remove(old.name) // else it goes with the directory
	}
}

// takeWritten returns the file of an object, which is the caller's then.
func (c *Conn) takeWritten(h proto.Hash) (f file, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok = c.written[h]
	delete(c.written, h)
	return f, ok
}

// dropWritten removes the file of an object that need not be sent.
func (c *Conn) dropWritten(h proto.Hash) {
	if f, ok := c.takeWritten(h); ok {
		_ = f.dir.Remove(f.name) // else it goes with the directory
	}
}

// sendObject sends an object, unless the controller has had it on this connection.
func (c *Conn) sendObject(ctx context.Context, o *proto.Object) error {
	c.mu.Lock()
	had := c.sent[o.Hash]
	c.mu.Unlock()
	if had {
		c.dropWritten(o.Hash)
		return nil
	}
	if err := c.link.SendWait(ctx, c.sendable(o)); err != nil {
		return err
	}
	c.mu.Lock()
	c.sent[o.Hash] = c.up
	c.mu.Unlock()
	return nil
}

// sendable is an object as it is sent: a large one as a file, where the controller sees that.
func (c *Conn) sendable(o *proto.Object) *proto.Object {
	o = c.whole(o)
	c.mu.Lock()
	dir := c.spool
	c.mu.Unlock()
	if dir == nil || len(o.Data) < spool.Min {
		return o
	}
	f, ok := c.takeWritten(o.Hash)
	if ok && f.dir == dir {
		return &proto.Object{Hash: o.Hash, File: f.name, Size: len(o.Data)}
	}
	name, err := dir.Write(o.Data)
	if err != nil {
		return o // there is no room: it goes through the connection
	}
	return &proto.Object{Hash: o.Hash, File: name, Size: len(o.Data)}
}

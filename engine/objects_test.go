package engine

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
)

// A host keeps what its tasks may need again: in memory what was used last, and on the disk the rest.
func TestAHostsObjectsOverflowToTheDisk(t *testing.T) {
	disk := spool.NewOverflow(filepath.Join(t.TempDir(), "spill"), 3<<20)
	t.Cleanup(func() { _ = disk.Close() })
	c := newObjects(1<<20, disk)
	hash := func(i int) proto.Hash { return proto.Hash{byte(i + 1)} }
	object := func(i, size int) *object {
		return &object{hash: hash(i), size: size, data: bytes.Repeat([]byte{byte(i)}, size)}
	}
	for i := range 6 {
		c.put(object(i, 512<<10))
	}
	large := object(6, 2<<20)
	c.put(large)
	if c.bytes > 1<<20 || disk.Used() > 3<<20 {
		t.Errorf("%d bytes in memory, %d on the disk", c.bytes, disk.Used())
	}
	for i := range 6 {
		o := c.get(hash(i))
		if o == nil {
			t.Errorf("object %d is gone", i)
			continue
		}
		if data, err := o.bytes(); err != nil || len(data) != 512<<10 || data[0] != byte(i) {
			t.Errorf("object %d has %d bytes, %v", i, len(data), err)
		}
	}
	if c.get(hash(6)) != nil || !large.dropped || large.data == nil {
		t.Error("what has no room at all is not left to the task that has it")
	}
	o := c.get(hash(0))
	o.use(1)
	c.remove(c.byHash[hash(0)])
	if data, err := o.bytes(); err != nil || len(data) == 0 {
		t.Errorf("an object that an attempt has is gone: %v", err)
	}
	before := disk.Used()
	if c.let(o); disk.Used() != before-512<<10 {
		t.Errorf("%d bytes on the disk when nobody has the object, %d before", disk.Used(), before)
	}
}

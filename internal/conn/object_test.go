package conn

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
)

// A large object's file is written while its name is found, once, and is not left behind when the object need not be sent.
func TestObjectsOfOneMachineAreWrittenAhead(t *testing.T) {
	dir, err := spool.Make(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	c := &Conn{group: group.New(t.Context()), sent: map[proto.Hash]bool{}, written: map[proto.Hash]file{}, spool: dir}
	files := func() int {
		all, err := os.ReadDir(dir.Path())
		if err != nil {
			t.Fatal(err)
		}
		return len(all) - 1 // the secret
	}
	data := bytes.Repeat([]byte("value"), spool.Min)
	o := c.Object(data)
	if o.Hash != proto.HashOf(data) || files() != 1 {
		t.Fatalf("there are %d files, the name is %s", files(), o.Hash)
	}
	m := c.sendable(o)
	if got, err := dir.Read(m.File); err != nil || !bytes.Equal(got, data) || m.Size != len(data) || files() != 1 {
		t.Errorf("the file that is sent has %d bytes, %v; there are %d files", len(got), err, files())
	}
	c.sent[o.Hash] = true
	if again := c.Object(data); files() != 2 || c.sendObject(context.Background(), again) != nil || files() != 1 {
		t.Errorf("an object that was sent leaves %d files", files())
	}
	if small := c.Object([]byte("small")); c.sendable(small) != small || files() != 1 {
		t.Errorf("a small object is sent as %v", c.sendable(small))
	}
	if err := c.group.Stop(); err != nil {
		t.Error(err)
	}
}

// Jobs with the same large object keep one of it; what is more than the memory allows goes to the disk, and comes from there when it is asked for.
func TestLargeObjectsOfJobsAreKeptOnceAndOnTheDisk(t *testing.T) {
	disk := spool.NewOverflow(filepath.Join(t.TempDir(), "spill"), 1<<30)
	defer disk.Close()
	c := &Conn{cfg: Config{Spill: disk, Memory: 1 << 20}, sent: map[proto.Hash]bool{}, shared: map[proto.Hash]*shared{}, written: map[proto.Hash]file{}}
	object := func(i int) *proto.Object {
		data := bytes.Repeat([]byte{byte(i)}, 512<<10)
		return &proto.Object{Hash: proto.HashOf(data), Data: data, Size: len(data)}
	}
	small := &proto.Object{Hash: proto.Hash{9}, Data: []byte("unit")}
	var jobs [][]*proto.Object
	for i := range 8 {
		jobs = append(jobs, c.share([]*proto.Object{small, object(i / 2)}))
	}
	if c.inMemory != 4*512<<10 {
		t.Errorf("%d bytes in memory for 4 objects of 8 jobs", c.inMemory)
	}
	c.relieve()
	if disk.Used() != 0 {
		t.Error("what the controller has not got yet is on the disk")
	}
	for i := range 4 {
		c.sent[object(i).Hash] = true
	}
	if c.relieve(); c.inMemory > 1<<20 || disk.Used() != 1<<20 {
		t.Errorf("%d bytes in memory, %d on the disk", c.inMemory, disk.Used())
	}
	for i, objects := range jobs {
		if o := c.sendable(objects[1]); o.Missing || !bytes.Equal(o.Data, object(i/2).Data) || objects[0] != small {
			t.Errorf("job %d has objects %v", i, objects)
		}
	}
	for _, objects := range jobs {
		c.unshare(objects)
	}
	if c.inMemory != 0 || disk.Used() != 0 || len(c.shared) > 0 {
		t.Errorf("%d bytes in memory, %d on the disk when there are no jobs", c.inMemory, disk.Used())
	}
	if o := c.sendable(jobs[0][1]); !o.Missing {
		t.Errorf("an object that no job needs is %v", o)
	}
}

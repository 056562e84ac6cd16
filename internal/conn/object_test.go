package conn

import (
	"bytes"
	"context"
	"os"
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

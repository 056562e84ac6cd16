package controller

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
)

// A store has a megabyte of memory and two of disk. What jobs need is kept in either, and comes back from both.
func TestObjectsThatHaveNoRoomInMemoryGoToTheDisk(t *testing.T) {
	for _, where := range []string{"bytes", "files"} {
		files, err := spool.Make(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		root := filepath.Join(t.TempDir(), "spill")
		s := newStore(1<<20, files, spool.NewOverflow(root, 2<<20))
		client := proto.PeerID{1}
		var hashes []proto.Hash
		put := func(i, size int) error {
			data := bytes.Repeat([]byte{byte(i)}, size)
			h := proto.HashOf(data)
			hashes = append(hashes, h)
			s.begin(client, []proto.Hash{h})
			o := &object{data: data, size: size}
			if where == "files" {
				name, err := files.Write(data)
				if err != nil {
					t.Fatal(err)
				}
				o = &object{file: name, size: size}
			}
			return s.put(h, o)
		}
		for i := range 6 {
			if err := put(i, 512<<10); err != nil {
				t.Fatalf("%s: object %d: %v", where, i, err)
			}
		}
		if s.bytes > 1<<20 || s.disk.Used() != 2<<20 {
			t.Errorf("%s: %d bytes in memory, %d on the disk", where, s.bytes, s.disk.Used())
		}
		err = put(6, 512<<10)
		if !errors.Is(err, spool.ErrFull) || !strings.Contains(err.Error(), "store of code and values is full") || !strings.Contains(err.Error(), root) {
			t.Errorf("%s: more than both have room for: %v", where, err)
		}
		for i, h := range hashes[:6] {
			for _, local := range []bool{false, true} {
				m, err := s.message(h, s.get(h), local)
				if err != nil {
					t.Fatal(err)
				}
				data := m.Data
				if m.File != "" {
					if data, err = files.Read(m.File); err != nil {
						t.Fatal(err)
					}
				}
				if len(data) != 512<<10 || data[0] != byte(i) {
					t.Errorf("%s: object %d came back as %d bytes", where, i, len(data))
				}
			}
		}
		s.over(client, hashes)
		if s.disk.Used() != 0 || s.bytes > 1<<20/idleShare {
			t.Errorf("%s: when no job needs them %d bytes are in memory, %d on the disk", where, s.bytes, s.disk.Used())
		}
		if err := put(7, 3<<19); err != nil || s.disk.Used() != 3<<19 {
			t.Errorf("%s: an object larger than the memory: %v", where, err)
		}
		if err := errors.Join(s.disk.Close(), files.Close()); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(root); err == nil {
			t.Errorf("%s: %s is left", where, root)
		}
	}
}

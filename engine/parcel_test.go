package engine

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/parcel"
	"github.com/gocluster/gocluster/internal/proto"
)

// sent is a file as a client sends it: the parcel, and the objects that it is made of.
func sent(t *testing.T, version uint64, text, to string) (proto.Parcel, map[proto.Hash][]byte) {
	t.Helper()
	from := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(from, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	objects := map[proto.Hash][]byte{}
	var parts parcel.Parts
	if _, err := parcel.Cut(from, func(h proto.Hash, data []byte) error {
		objects[h] = bytes.Clone(data)
		parts = append(parts, h)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	objects[parts.ID()] = parts.Bytes()
	return proto.Parcel{Version: version, ID: parts.ID(), Name: "f", To: to}, objects
}

// serve answers a host's questions for objects until it has told of a parcel, and returns how many it has asked for.
func serve(d *desk, objects map[proto.Hash][]byte) (asked int, placed *proto.Placed) {
	for {
		switch m := (<-d.from).(type) {
		case *proto.NeedObject:
			asked++
			d.tell(&proto.Object{Hash: m.Hash, Data: objects[m.Hash], Missing: objects[m.Hash] == nil})
		case *proto.Placed:
			return asked, m
		default:
			d.kept = append(d.kept, m)
		}
	}
}

// newHome gives the host a home directory of its own.
func newHome(t *testing.T) string {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, "cache"))
	t.Setenv("LocalAppData", filepath.Join(home, "cache"))
	return home
}

func TestWhatIsPutIsFetchedOnce(t *testing.T) {
	home := newHome(t)
	d := newDesk(t, 1, echo, nil)
	defer d.over()
	d.ups(1)
	first, objects := sent(t, 1, strings.Repeat("large", parcel.PartBytes/4), "d/f")
	d.tell(&proto.Place{Parcels: []proto.Parcel{first}})
	asked, placed := serve(d, objects)
	if asked != 3 || placed.Error != "" || placed.There || placed.Files != 1 || placed.To != filepath.Join(home, "d", "f") {
		t.Errorf("asked for %d objects, and told %+v", asked, placed)
	}
	if got, err := os.ReadFile(filepath.Join(home, "d", "f")); err != nil || len(got) != int(placed.Bytes) {
		t.Errorf("there are %d bytes, %v", len(got), err)
	}
	first.Version = 2
	d.tell(&proto.Place{Parcels: []proto.Parcel{first}, Drop: []uint64{1}})
	if asked, placed := serve(d, nil); asked != 0 || !placed.There || placed.Version != 2 {
		t.Errorf("put again, asked for %d objects, and told %+v", asked, placed)
	}
}

func TestEnginesWaitForWhatWasPut(t *testing.T) {
	newHome(t)
	p, objects := sent(t, 1, "text", "f")
	d := waitingDesk(t, p)
	defer d.over()
	if _, placed := serve(d, objects); placed.Error != "" {
		t.Errorf("told %+v", placed)
	}
	d.ups(1)
}

func TestWhatCannotBePutIsToldAndForgotten(t *testing.T) {
	home := newHome(t)
	if err := os.MkdirAll(filepath.Join(home, "f"), 0o755); err != nil {
		t.Fatal(err)
	}
	p, objects := sent(t, 1, "text", "f")
	d := waitingDesk(t, p)
	defer d.over()
	if _, placed := serve(d, objects); !strings.Contains(placed.Error, "is a folder") {
		t.Errorf("told %+v", placed)
	}
	for _, m := range d.kept {
		if up, ok := m.(*proto.EngineUp); ok {
			t.Errorf("told %+v", up)
		}
	}
	d.tell(&proto.Place{Drop: []uint64{1}})
	d.ups(1)
}

// waitingDesk is a desk that tells a host of a parcel when it registers.
func waitingDesk(t *testing.T, p proto.Parcel) *desk {
	return newDeskWith(t, 1, echo, nil, &proto.Registered{Parcels: []proto.Parcel{p}})
}

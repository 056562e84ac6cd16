package controller_test

import (
	"bytes"
	"testing"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
)

// join joins the controller's spool directory, and says so.
func join(t *testing.T, conn *link.Conn, w proto.Welcome) *spool.Dir {
	t.Helper()
	dir, err := spool.Join(w.Spool, w.Proof)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Send(&proto.Local{Answer: dir.Answer()}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAnObjectInAFileReachesHostsHereAsAFileAndOthersAsBytes(t *testing.T) {
	for _, here := range []bool{true, false} {
		k := start(t)
		h := k.host(1)
		data := bytes.Repeat([]byte("square"), 100_000)
		h.mu.Lock()
		h.code = proto.HashOf(data)
		welcome := h.welcome
		h.mu.Unlock()
		if here {
			join(t, h.conn, welcome)
		}
		c := k.client()
		dir := join(t, c.conn, await(t, c.welcomes, "the client to be welcome"))
		name, err := dir.Write(data)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.conn.Send(&proto.Object{Hash: h.code, File: name, Size: len(data)}); err != nil {
			t.Fatal(err)
		}
		spec := squares(10)
		spec.Code = h.code
		c.run(t, spec)
		h.mu.Lock()
		got := h.last
		h.mu.Unlock()
		switch {
		case got == nil:
			t.Fatalf("here=%v: the host has got no object", here)
		case here && (got.File != name || got.Size != len(data) || len(got.Data) > 0):
			t.Errorf("a host of this machine has got file %q of %d bytes, and %d bytes", got.File, got.Size, len(got.Data))
		case !here && (got.File != "" || !bytes.Equal(got.Data, data)):
			t.Errorf("a host of another machine has got file %q and %d bytes", got.File, len(got.Data))
		}
	}
}

func TestFilesThatAreNotThereAreRefused(t *testing.T) {
	for what, m := range map[string]*proto.Object{
		"a file that is not there": {File: "1-1", Size: 10},
		"the secret":               {File: "secret", Size: 32},
		"a file elsewhere":         {File: "../../etc/passwd", Size: 10},
	} {
		var j journal
		k := start(t, journaled(&j))
		c := k.client()
		join(t, c.conn, await(t, c.welcomes, "the client to be welcome"))
		m.Hash = proto.HashOf([]byte(what))
		if err := c.conn.Send(m); err != nil {
			t.Fatal(err)
		}
		await(t, c.downs, what+" to be refused")
		j.wait(t, "of an object has")
	}
}

func TestWhoHasNotJoinedCannotNameFiles(t *testing.T) {
	var j journal
	k := start(t, journaled(&j))
	c := k.client()
	if err := c.conn.Send(&proto.Local{Answer: "open sesame"}); err != nil {
		t.Fatal(err)
	}
	if err := c.conn.Send(&proto.Object{Hash: proto.HashOf(nil), File: "1-1", Size: 1}); err != nil {
		t.Fatal(err)
	}
	await(t, c.downs, "the client to be refused")
	j.wait(t, spool.ErrElsewhere.Error())
}

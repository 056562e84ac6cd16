package zmtp

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"
)

// connected returns both ends of a TCP connection.
func connected(t *testing.T) (a, b net.Conn) {
	t.Helper()
	ln := listen(t)
	defer ln.Close()
	a, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if b, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close(); _ = b.Close() })
	return a, b
}

func TestACorkSendsAllInOrder(t *testing.T) {
	a, b := connected(t)
	c := newCork(a)
	if c == nil {
		t.Skip("senders cannot write themselves on this platform")
	}
	var want []byte
	write := func(fill byte, n int) {
		p := bytes.Repeat([]byte{fill}, n)
		want = append(want, p...)
		if _, err := c.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	write(1, 10) // not held: it is on its way
	c.hold(true)
	write(2, 16<<20) // more than the network takes
	c.hold(false)
	rest, err := c.try()
	if err != nil || !rest || !c.pending() {
		t.Fatalf("rest %v, %v: want one, since nobody reads", rest, err)
	}
	write(3, 10) // must not pass what waits
	got := make(chan []byte)
	go func() {
		all := make([]byte, len(want))
		_, _ = io.ReadFull(b, all)
		got <- all
	}()
	if err := c.flush(); err != nil || c.pending() {
		t.Fatalf("flush: %v, pending %v", err, c.pending())
	}
	if !bytes.Equal(<-got, want) {
		t.Error("other bytes came than were written")
	}
}

func TestACorkReadsLargePiecesAndHasNoBufferInBetween(t *testing.T) {
	a, b := connected(t)
	c := newCork(a)
	if c == nil {
		t.Skip("senders cannot write themselves on this platform")
	}
	if _, err := b.Write([]byte("abcdef")); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 4)
	for _, want := range []string{"abcd", "ef"} {
		if n, err := c.Read(p); err != nil || string(p[:n]) != want {
			t.Fatalf("got %q, %v; want %q", p[:n], err, want)
		}
	}
	if c.buf != nil {
		t.Error("a silent connection has a buffer")
	}
	_ = c.SetReadDeadline(time.Now().Add(-time.Second))
	if _, err := c.Read(p); err == nil || c.buf != nil {
		t.Errorf("behind the deadline: %v, buffer %v", err, c.buf != nil)
	}
	_ = c.SetReadDeadline(time.Time{})
	_ = b.Close()
	if _, err := c.Read(p); err != io.EOF || c.buf != nil {
		t.Errorf("at the end: %v, buffer %v", err, c.buf != nil)
	}
}

// A part that is alone is the sender's to write; one that follows another at once is gathered for the writer, who is woken.
func TestPartsThatFollowEachOtherFastAreTheWriters(t *testing.T) {
	q := newQueue(1 << 20)
	q.direct.most, q.asleep = directMost, true
	add := func(b []byte) ([]byte, bool) { return append(b, 'x'), true }
	if _, _, err := q.gather(add); err != nil || q.busy() {
		t.Errorf("the first is not its sender's (%v)", err)
	}
	q.direct.last = time.Now().Add(time.Hour) // somebody has just written
	if _, _, err := q.gather(add); err != nil || !q.busy() || len(q.wake) != 1 {
		t.Errorf("the second is not left to the writer (%v)", err)
	}
	items, _, _ := q.take(nil)
	if len(items) != 1 || string(items[0].parts.buf) != "xx" {
		t.Errorf("the writer takes %d messages, want one with both parts", len(items))
	}
}

package zmtp

import (
	"encoding/binary"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// Senders that write themselves, the writer that takes over from them, and a peer that reads in fits: each sender's messages arrive whole
// and in order.
func TestDirectSendersAndTheWriterKeepTheOrder(t *testing.T) {
	const senders, messages = 4, 2000
	h := newRecorder()
	s := serve(t, Router, h, Options{Direct: true, Limits: Limits{Queue: 256 << 10}})
	reader := newRecorder()
	slow := &fitful{recorder: reader, in: make(chan [][]byte)}
	if _, err := Dial(t.Context(), s.Addr().String(), slow, Options{Identity: "reader"}); err != nil {
		t.Fatal(err)
	}
	p := next(t, h.up)
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for n := range messages {
				// Of all sizes: headers short and long, what fits into a packet, what a sender leaves to the writer.
				body := strings.Repeat("x", []int{0, 100, 255, 256, 5000, 40_000}[(n+i)%6])
				number := binary.BigEndian.AppendUint32([]byte{byte(i)}, uint32(n))
				m := [][]byte{number, []byte(body), []byte("end")}
				if n%3 == 0 && p.Hold(m) == nil {
					continue
				}
				if err := p.SendWait(t.Context(), m); err != nil {
					t.Error(err)
					return
				}
			}
			p.Flush()
		})
	}
	var last [senders]int
	for range senders * messages {
		m := next(t, slow.in)
		i, n := m[0][0], int(binary.BigEndian.Uint32(m[0][1:]))
		if n != last[i] || len(m) != 3 || string(m[2]) != "end" || len(m[1]) != []int{0, 100, 255, 256, 5000, 40_000}[(n+int(i))%6] {
			t.Fatalf("message %d of sender %d: %d frames, %d bytes; want message %d", n, i, len(m), len(m[1]), last[i])
		}
		last[i]++
	}
	wg.Wait()
	if n := p.Queued(); n != 0 {
		t.Errorf("%d bytes are still queued", n)
	}
}

// fitful hands messages over one by one.
type fitful struct {
	*recorder
	in chan [][]byte
}

func (f *fitful) Message(_ *Peer, frames [][]byte) { f.in <- frames }

func TestWhatIsHeldGoesOutWithWhatFollows(t *testing.T) {
	h := newRecorder()
	s := serve(t, Router, h, Options{Direct: true})
	c := raw(t, s, "DEALER")
	p := next(t, h.up)
	settle(p)
	for _, step := range []struct {
		name string
		send func() error
		want string
	}{
		{"the next message", func() error { return p.Send(frames("c")) }, "\x00\x01a\x01\x01b\x00\x01b\x00\x01c"},
		{"a flush", func() error { p.Flush(); return nil }, "\x00\x01a\x01\x01b\x00\x01b"},
	} {
		if err := p.Hold(frames("a")); err != nil {
			t.Fatal(err)
		}
		if err := p.Hold(frames("b", "b")); err != nil {
			t.Fatal(err)
		}
		if p.Queued() == 0 {
			t.Errorf("%s: nothing is held", step.name)
		}
		if err := step.send(); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(step.want))
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != step.want {
			t.Errorf("%s: got %q, %v; want %q", step.name, got, err, step.want)
		}
	}
}

// settle waits until the peer's writer sleeps.
func settle(p *Peer) {
	for {
		p.q.mu.Lock()
		asleep := p.q.asleep
		p.q.mu.Unlock()
		if asleep {
			return
		}
	}
}

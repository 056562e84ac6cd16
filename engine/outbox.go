package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
)

// key names an attempt.
type key struct {
	task    proto.TaskID
	attempt proto.Attempt
}

// letter is a message on its way to the controller. One that says how an attempt ended carries the attempt's name, and is
// kept for a while after it was sent: what a connection had swallowed when it broke is sent again on the next.
type letter struct {
	key    key // zero where it is no end of an attempt
	engine proto.EngineID
	m      proto.Message
	bytes  int
	sent   time.Time
}

// The bounds of what is kept after it was sent. What is dropped too early is not lost: the controller gives
// the attempt out again.
const (
	keepBytes = 16 << 20
	keepCount = 4096
	keepFor   = 30 * time.Second
)

// outputBytes is how much printed text may wait to be sent before those who print have to wait.
const outputBytes = 4 << 20

// outbox holds what is to be sent on the data connection, in order. It is closed while there is no connection on which
// the host is registered: only ends of attempts are taken then. What finds the connection with room and nothing before it is sent by
// release, together; the pump sends the rest.
type outbox struct {
	mu      sync.Mutex
	to      func(proto.Message) error // sends without waiting, with what follows, or when flush is called; nil: the pump sends all
	flush   func()
	unsent  bool // something waits for flush
	pumping bool // the pump has a letter that is not sent yet
	open    bool
	queue   []letter
	kept    []letter
	keptB   int
	printed int           // bytes of output in the queue
	wake    chan struct{} // tells the pump that there is something
	room    chan struct{} // closed and replaced when output has left the queue, or need not wait
}

func newOutbox() *outbox {
	return &outbox{wake: make(chan struct{}, 1), room: make(chan struct{})}
}

func (b *outbox) put(l letter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open && l.key == (key{}) {
		return
	}
	if b.free(l) && b.to(l.m) == nil {
		b.unsent = true
		b.keep(l, time.Now())
		return
	}
	b.queue = append(b.queue, l)
	b.signal()
}

// release sends what has been put and is held.
func (b *outbox) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.unsent {
		b.unsent = false
		b.flush()
	}
}

// replace puts another letter in the place of one that was kept.
func (b *outbox) replace(l letter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = slices.DeleteFunc(b.kept, func(old letter) bool {
		if old.key == l.key {
			b.keptB -= old.bytes
		}
		return old.key == l.key
	})
	b.queue = append(b.queue, l)
	b.signal()
}

func (b *outbox) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// print puts a piece of output, when there is room for it.
func (b *outbox) print(ctx context.Context, m *proto.TaskOutput) {
	for {
		b.mu.Lock()
		if !b.open || b.printed < outputBytes {
			break
		}
		room := b.room
		b.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return
		}
	}
	defer b.mu.Unlock()
	if b.open {
		size := len(m.Text) + len(m.Shown)
		b.printed += size
		b.queue = append(b.queue, letter{m: m, bytes: size})
		b.signal()
	}
}

// shut stops sending, because the connection is down.
func (b *outbox) shut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = false
	ends := b.queue[:0]
	for _, l := range b.queue {
		if l.key != (key{}) {
			ends = append(ends, l)
		}
	}
	clear(b.queue[len(ends):])
	b.queue, b.printed = ends, 0
	b.makeRoom()
}

func (b *outbox) makeRoom() {
	close(b.room)
	b.room = make(chan struct{})
}

// held returns the attempts whose ends are here.
func (b *outbox) held() []proto.Held {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []proto.Held
	for _, ls := range [][]letter{b.kept, b.queue} {
		for _, l := range ls {
			if l.key != (key{}) {
				out = append(out, proto.Held{Task: l.key.task, Attempt: l.key.attempt, Engine: l.engine})
			}
		}
	}
	return out
}

// has reports whether an attempt's end is here.
func (b *outbox) has(k key) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, ls := range [][]letter{b.kept, b.queue} {
		for _, l := range ls {
			if l.key == k {
				return true
			}
		}
	}
	return false
}

// reopen starts sending on a new connection, with everything that was kept, less what the controller does not want.
func (b *outbox) reopen(drop map[key]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var again []letter
	for _, ls := range [][]letter{b.kept, b.queue} {
		for _, l := range ls {
			if !drop[l.key] {
				again = append(again, l)
			}
		}
	}
	b.queue, b.kept, b.keptB, b.open = again, nil, 0, true
	b.signal()
}

// next takes the first letter, if there is one that may be sent.
func (b *outbox) next(now time.Time) (proto.Message, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pumping = b.open && len(b.queue) > 0; !b.pumping {
		return nil, false
	}
	l := b.queue[0]
	b.queue[0] = letter{}
	b.queue = b.queue[1:]
	if l.key == (key{}) {
		if l.bytes > 0 {
			b.printed -= l.bytes
			b.makeRoom()
		}
		return l.m, true
	}
	b.keep(l, now)
	return l.m, true
}

// smallLetter bounds what is sent at once: more would keep others waiting.
const smallLetter = 256 << 10

// free reports whether a letter may be sent before put returns.
func (b *outbox) free(l letter) bool {
	return b.open && b.to != nil && len(b.queue) == 0 && !b.pumping && l.bytes <= smallLetter
}

// keep notes that a letter has been sent.
func (b *outbox) keep(l letter, now time.Time) {
	if l.key == (key{}) {
		return
	}
	l.sent = now
	b.kept = append(b.kept, l)
	b.keptB += l.bytes
	b.prune(now)
}

func (b *outbox) prune(now time.Time) {
	n := 0
	for n < len(b.kept)-1 && (b.keptB > keepBytes || len(b.kept)-n > keepCount || now.Sub(b.kept[n].sent) > keepFor) {
		b.keptB -= b.kept[n].bytes
		b.kept[n] = letter{}
		n++
	}
	b.kept = b.kept[n:]
}

// pump sends until its context ends. A letter that cannot be sent is one whose connection has broken: the end of an attempt
// is sent again on the next connection, other letters have lost their meaning.
func (b *outbox) pump(ctx context.Context, to link.End, failed func(m proto.Message, err error)) error {
	for {
		m, ok := b.next(time.Now())
		if !ok {
			select {
			case <-b.wake:
				continue
			case <-ctx.Done():
				return nil
			}
		}
		if err := to.SendWait(ctx, m); err != nil && ctx.Err() == nil {
			failed(m, err)
		}
	}
}

package zmtp

import (
	"context"
	"sync"
	"time"
)

// overhead is what a queued message counts besides its bytes.
const overhead = 64

// gatherSize is the size up to which a message takes further parts.
const gatherSize = 48 << 10

// queued is a message that waits: its frames, or the parts of one that is still being gathered.
type queued struct {
	frames [][]byte
	parts  *parts
}

// parts are a message of one frame. Their memory is used again once they have been written.
type parts struct{ buf []byte }

var spareParts = sync.Pool{New: func() any { return &parts{} }}

func (p *parts) free() {
	p.buf = p.buf[:0]
	spareParts.Put(p)
}

// queue holds what waits to be sent, bounded in bytes. Many goroutines put, one takes.
type queue struct {
	max int

	mu      sync.Mutex
	items   []queued
	bytes   int
	pong    []byte // the newest unanswered PING's context; nil for none
	closing bool
	err     error
	asleep  bool // the taker waits for wake
	direct  direct
	wake    chan struct{} // has room for one
	crowded bool          // somebody may wait for room
	room    chan struct{} // closed and replaced when bytes are freed and somebody may wait
}

func newQueue(max int) *queue {
	return &queue{max: max, wake: make(chan struct{}, 1), room: make(chan struct{})}
}

func size(frames [][]byte) int {
	n := overhead
	for _, f := range frames {
		n += len(f)
	}
	return n
}

// put queues a message, or says why it cannot: ErrFull, or why the queue has ended.
func (q *queue) put(frames [][]byte) error {
	_, err := q.tryPut(frames, false)
	return err
}

// tryPut queues a message; the error ErrFull, which force overrides, comes with a channel that is closed when there is more room.
func (q *queue) tryPut(frames [][]byte, force bool) (room chan struct{}, err error) {
	if len(frames) == 0 {
		return nil, ErrEmpty
	}
	n := size(frames)
	q.mu.Lock()
	defer q.mu.Unlock()
	if room, err = q.admit(n, force); err == nil {
		q.items = append(q.items, queued{frames: frames})
		q.bytes += n
		if q.bytes > q.direct.most {
			q.signal()
		}
	}
	return room, err
}

// gather has add append to the last message, if that consists of parts too, or to a new one. It reports whether add did, and is else
// like tryPut.
func (q *queue) gather(add func(buf []byte) ([]byte, bool)) (added bool, room chan struct{}, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if room, err = q.admit(0, false); err != nil {
		return false, room, err
	}
	var to *parts
	if n := len(q.items); n > 0 {
		to = q.items[n-1].parts
	}
	fresh := to == nil || len(to.buf) > gatherSize
	if fresh {
		to = spareParts.Get().(*parts)
	}
	before := len(to.buf)
	if to.buf, added = add(to.buf); !added {
		if fresh {
			to.free()
		}
		return false, nil, nil
	}
	if fresh {
		q.items = append(q.items, queued{parts: to})
		q.bytes += overhead
	}
	q.bytes += len(to.buf) - before
	if q.bytes > q.direct.most {
		q.signal()
	}
	return true, nil, nil
}

func (q *queue) gatherWait(ctx context.Context, add func(buf []byte) ([]byte, bool)) (added bool, err error) {
	for {
		added, room, err := q.gather(add)
		if room == nil {
			return added, err
		}
		select {
		case <-room:
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}

// putBatch queues all messages or none.
func (q *queue) putBatch(messages [][][]byte) error {
	n := 0
	for _, frames := range messages {
		if len(frames) == 0 {
			return ErrEmpty
		}
		n += size(frames)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, err := q.admit(n, false); err != nil {
		return err
	}
	for _, frames := range messages {
		q.items = append(q.items, queued{frames: frames})
	}
	q.bytes += n
	q.signal()
	return nil
}

// admit is called with the lock held.
func (q *queue) admit(n int, force bool) (room chan struct{}, err error) {
	switch {
	case q.err != nil:
		return nil, q.err
	case q.closing:
		return nil, ErrClosed
	case !force && q.bytes > 0 && q.bytes+n > q.max:
		q.crowded = true
		return q.room, ErrFull
	}
	return nil, nil
}

func (q *queue) putWait(ctx context.Context, frames [][]byte) error {
	for {
		room, err := q.tryPut(frames, false)
		if room == nil {
			return err
		}
		select {
		case <-room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// signal wakes the taker. It is called with the lock held.
func (q *queue) signal() {
	if q.asleep {
		q.asleep = false
		q.wake <- struct{}{}
	}
}

// makeRoom lets those try again who wait for room. It is called with the lock held.
func (q *queue) makeRoom() {
	if q.crowded {
		q.crowded = false
		close(q.room)
		q.room = make(chan struct{})
	}
}

func (q *queue) setPong(context []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pong = append(make([]byte, 0, len(context)), context...)
	q.signal()
}

// take waits for something to send; batch is reused for the answer. done is set when the queue has ended and nothing is left.
func (q *queue) take(batch []queued) (items []queued, pong []byte, done bool) {
	for {
		q.mu.Lock()
		if q.due() {
			items, q.items = q.items, batch[:0]
			pong, q.pong = q.pong, nil
			q.direct.rest = false
			done = q.err != nil || q.closing && len(items) == 0
			q.mu.Unlock()
			return items, pong, done
		}
		q.asleep = true
		q.mu.Unlock()
		<-q.wake
	}
}

// due reports whether there is something for the taker to do. It is called with the lock held.
func (q *queue) due() bool {
	return !q.direct.writing && (len(q.items) > 0 || q.direct.rest || q.pong != nil || q.closing || q.err != nil)
}

// sent takes note that the taker has written messages of n bytes, and reports whether nothing waits.
func (q *queue) sent(n int) (idle bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n > 0 && q.direct.most > 0 {
		q.direct.last = time.Now()
	}
	q.free(n)
	return len(q.items) == 0
}

// free frees the bytes of messages that have been written. It is called with the lock held.
func (q *queue) free(n int) {
	q.bytes -= n
	if n > 0 {
		q.makeRoom()
	}
}

func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes
}

// close ends the queue once it is empty; it reports whether this call did so.
func (q *queue) close() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	first := !q.closing && q.err == nil
	q.closing = true
	q.signal()
	return first
}

// fail ends the queue at once.
func (q *queue) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
		q.items, q.bytes = nil, 0
		q.makeRoom()
	}
	q.signal()
}

package zmtp

import (
	"context"
	"sync"
)

// overhead is what a queued message counts besides its bytes.
const overhead = 64

// queue holds what waits to be sent, bounded in bytes. Many goroutines put, one takes.
type queue struct {
	max int

	mu      sync.Mutex
	items   [][][]byte
	bytes   int
	pong    []byte // the newest unanswered PING's context; nil for none
	closing bool
	err     error
	wake    chan struct{} // holds a token when there may be something to take
	room    chan struct{} // closed and replaced when bytes are freed
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
		q.items = append(q.items, frames)
		q.bytes += n
		q.signal()
	}
	return room, err
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
	q.items = append(q.items, messages...)
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

// signal is called with the lock held.
func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) setPong(context []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pong = append(make([]byte, 0, len(context)), context...)
	q.signal()
}

// take waits for something to send; batch is reused for the answer. done is set when the queue has ended and nothing is left.
func (q *queue) take(batch [][][]byte) (items [][][]byte, pong []byte, done bool) {
	for {
		q.mu.Lock()
		if len(q.items) > 0 || q.pong != nil || q.closing || q.err != nil {
			items, q.items = q.items, batch[:0]
			pong, q.pong = q.pong, nil
			done = q.err != nil || q.closing && len(items) == 0
			q.mu.Unlock()
			return items, pong, done
		}
		q.mu.Unlock()
		<-q.wake
	}
}

// sent frees the bytes of messages that have been written, and reports whether nothing waits.
func (q *queue) sent(n int) (idle bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= n
	if n > 0 {
		close(q.room)
		q.room = make(chan struct{})
	}
	return len(q.items) == 0
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
		close(q.room)
		q.room = make(chan struct{})
	}
	q.signal()
}

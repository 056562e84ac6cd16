// Package flow bounds what is under way of a stream of bytes: who sends takes room for it, and who has received it gives the room back by a message.
package flow

import (
	"context"
	"sync"
)

// Bytes is how much of a stream may be under way.
const Bytes = 256 << 10

// Piece is how much is sent at a time.
const Piece = 32 << 10

// Window is the room that a sender has.
type Window struct {
	mu   sync.Mutex
	free int
	more chan struct{} // closed and replaced when there is more
}

// NewWindow returns one of Bytes.
func NewWindow() *Window { return &Window{free: Bytes, more: make(chan struct{})} }

// Take takes room for n bytes, at most Piece, once there is so much. It reports whether that was before ctx ended.
func (w *Window) Take(ctx context.Context, n int) bool {
	for {
		w.mu.Lock()
		if w.free >= n {
			w.free -= n
			w.mu.Unlock()
			return true
		}
		more := w.more
		w.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return false
		}
	}
}

// Give gives room back. There is never more than at first.
func (w *Window) Give(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.free = min(w.free+max(n, 0), Bytes)
	close(w.more)
	w.more = make(chan struct{})
}

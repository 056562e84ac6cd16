package zmtp

import (
	"io"
	"net"
	"syscall"
	"time"
)

// How much a sender writes himself: what encryption makes of it would be too much otherwise; a Unix socket takes that at once.
const (
	directMost = 16 << 10
	localMost  = 256 << 10
)

// Hold is Send for a message that may wait for what follows it: it is sent with the next message, or by Flush, which must be called.
func (p *Peer) Hold(frames [][]byte) error { return p.q.put(frames) }

// quiet is how long nobody must have written for a sender to write a part himself: parts that follow each other faster are gathered, and the
// writer sends many at once.
const quiet = 30 * time.Microsecond

// FlushSoon is Flush, but leaves it to the writer where messages follow each other fast.
func (p *Peer) FlushSoon() {
	if p.raw == nil {
		return
	}
	if p.q.busy() {
		return
	}
	p.Flush()
}

// busy reports whether the connection is not quiet; the taker is woken then.
func (q *queue) busy() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.asleep || len(q.items) == 0 {
		return true
	}
	if now := time.Now(); now.Sub(q.direct.last) < quiet {
		q.signal()
		return true
	}
	return false
}

// Flush sends what is queued, on the caller's goroutine, where that is possible: nobody else writes, it is not much. It does not wait: what
// the network does not take at once is left to the writer. Without Options.Direct it does nothing: the writer
// is at it already.
func (p *Peer) Flush() {
	if p.raw == nil {
		return
	}
	items := p.q.borrow()
	if items == nil {
		return
	}
	n := 0
	for _, m := range items {
		frames := m.frames
		if m.parts != nil {
			p.one[0] = m.parts.buf
			frames = p.one[:]
		}
		n += size(frames)
		p.g.out = appendMessage(p.g.out, frames)
		if m.parts != nil {
			m.parts.free()
		}
	}
	rest, err := p.g.tryFlush(p.raw)
	p.q.giveBack(items, n, rest)
	if err != nil {
		p.abort(err)
	}
}

// tryFlush sends what has been gathered, as far as that does not block, and reports whether there is a rest.
func (g *guard) tryFlush(raw syscall.RawConn) (rest bool, err error) {
	if g.cork != nil {
		if err := g.encrypt(g.out); err != nil {
			return false, err
		}
		n := len(g.out)
		g.out = g.out[:0]
		if rest, err = g.cork.try(); err == nil && !rest {
			g.sent.Add(int64(n))
		}
		return rest, err
	}
	n, err := tryWrite(raw, g.out)
	g.sent.Add(int64(n))
	g.out = g.out[:copy(g.out, g.out[n:])]
	if len(g.out) == 0 && cap(g.out) > 2*writeBuffer {
		g.out = nil
	}
	return len(g.out) > 0, err
}

// appendMessage appends a message as it is on the wire.
func appendMessage(b []byte, frames [][]byte) []byte {
	for i, f := range frames {
		flags := byte(0)
		if i < len(frames)-1 {
			flags = flagMore
		}
		if n := len(f); n <= maxShort {
			b = append(b, flags, byte(n))
		} else {
			b = append(b, flags|flagLong, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
		}
		b = append(b, f...)
	}
	return b
}

// maxShort is the size of the largest frame with a short header.
const maxShort = 255

// goDirect prepares the connection for being written to by senders, if it can be.
func (p *Peer) goDirect(c net.Conn, under *cork) {
	if under != nil {
		p.raw, p.q.direct.most, p.g.cork = under.raw, directMost, under
		return
	}
	sc, ok := c.(syscall.Conn)
	if !ok || !canTry {
		return
	}
	if raw, err := sc.SyscallConn(); err == nil {
		p.raw, p.q.direct.most = raw, directMost
		if c.RemoteAddr().Network() == "unix" {
			p.q.direct.most = localMost
		}
		p.g.source.Reader, p.g.lazy = directReader{raw, p.g.waits}, true
	}
}

// source is where a guard reads from.
type source struct {
	io.Reader
	idle func() // called before it is read from; nil: nothing is
}

func (s *source) Read(p []byte) (int, error) {
	if s.idle != nil {
		s.idle()
	}
	return s.Reader.Read(p)
}

// direct is what a queue knows of senders that write themselves.
type direct struct {
	most    int       // how much they write; 0: nothing
	last    time.Time // when somebody has written
	writing bool      // one of them writes
	rest    bool      // it has left something in the guard's buffer for the writer
	spare   []queued  // for the next
}

// borrow makes the caller the one who writes, in the taker's place, and returns what is to be written; nil where somebody writes, or
// nothing waits, or so much that it is the taker's affair.
func (q *queue) borrow() []queued {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.direct.writing || !q.asleep || len(q.items) == 0 || q.bytes > q.direct.most {
		return nil
	}
	items := q.items
	q.items, q.direct.spare = q.direct.spare, nil
	q.direct.writing = true
	q.direct.last = time.Now() // not when it has been written: who reads it may have the processor first, and answer
	return items
}

// giveBack ends what borrow began: messages of n bytes have been sent, but for a rest that the taker must flush.
func (q *queue) giveBack(items []queued, n int, rest bool) {
	clear(items)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free(n)
	q.direct.writing, q.direct.rest, q.direct.spare = false, rest, items[:0]
	if q.due() {
		q.signal()
	}
}

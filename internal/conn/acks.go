package conn

import (
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
)

// An acknowledgement waits for others, until it has been ackDelay, or there are ackCount of them, or they stand for ackBytes of results.
const (
	ackDelay = 5 * time.Millisecond
	ackCount = 128
	ackBytes = 256 << 10
)

// acks gathers acknowledgements, so that one message carries those of many jobs. One that is lost with its connection is made up for
// by the job's next, or by what the client says when it is back.
type acks struct {
	mu      sync.Mutex
	link    link.End
	ack     proto.Ack // what has been gathered
	bytes   int
	timer   *time.Timer
	ticking bool // the timer
	closed  bool
}

// add notes that a job's messages before next are here; bytes is what the last of them brought.
func (a *acks) add(job proto.JobID, next uint64, bytes int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	n := len(a.ack.Jobs)
	switch {
	case n > 0 && a.ack.Jobs[n-1].Job == job:
		a.ack.Jobs[n-1].Next = next
	default:
		a.ack.Jobs = append(a.ack.Jobs, proto.Acked{Job: job, Next: next})
	}
	a.bytes += bytes
	switch {
	case len(a.ack.Jobs) >= ackCount || a.bytes >= ackBytes:
		a.send()
	case a.timer == nil:
		a.ticking, a.timer = true, time.AfterFunc(ackDelay, a.flush)
	case !a.ticking:
		a.ticking = true
		a.timer.Reset(ackDelay)
	}
}

func (a *acks) flush() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ticking = false
	if !a.closed {
		a.send()
	}
}

// send sends what has been gathered. The caller holds mu.
func (a *acks) send() {
	if len(a.ack.Jobs) == 0 {
		return
	}
	_ = a.link.Send(&a.ack)
	a.ack.Jobs, a.bytes = a.ack.Jobs[:0], 0
}

// close sends what there is, and nothing after it.
func (a *acks) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timer != nil {
		a.timer.Stop()
	}
	a.send()
	a.closed = true
}

// cost is about how many bytes of the controller's memory a chunk takes.
func cost(k *proto.Chunk) int {
	n := len(k.Stdout) + len(k.Stderr)
	for _, b := range k.Outputs {
		n += b.Bytes()
	}
	return n
}

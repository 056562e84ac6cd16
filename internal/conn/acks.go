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
	mu     sync.Mutex
	link   link.End
	next   map[proto.JobID]uint64
	bytes  int
	timer  *time.Timer
	closed bool
}

// add notes that a job's messages before next are here; bytes is what the last of them brought.
func (a *acks) add(job proto.JobID, next uint64, bytes int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	if len(a.next) == 0 {
		if a.next = map[proto.JobID]uint64{}; a.timer == nil {
			a.timer = time.AfterFunc(ackDelay, a.flush)
		} else {
			a.timer.Reset(ackDelay)
		}
	}
	a.next[job] = next
	a.bytes += bytes
	if len(a.next) >= ackCount || a.bytes >= ackBytes {
		a.timer.Stop()
		a.send()
	}
}

func (a *acks) flush() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.closed {
		a.send()
	}
}

// send sends what has been gathered. The caller holds mu.
func (a *acks) send() {
	if len(a.next) == 0 {
		return
	}
	m := &proto.Ack{Jobs: make([]proto.Acked, 0, len(a.next))}
	for job, next := range a.next {
		m.Jobs = append(m.Jobs, proto.Acked{Job: job, Next: next})
	}
	clear(a.next)
	a.bytes = 0
	_ = a.link.Send(m)
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

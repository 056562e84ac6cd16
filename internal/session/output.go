package session

import (
	"encoding/gob"
	"fmt"
	"io"
	"os"
	"sync"
)

// output is the child's end of the pipes that are kept in order.
type output struct {
	mu     sync.Mutex
	marks  [2]*os.File // the text pipes once more: the user's code may close its own
	events *gob.Encoder
	mark   []byte
	n      int
	at     int // the pipe that was written last
	owner  int // the request that it was written for
}

func newOutput(events io.Writer, mark []byte) (*output, error) {
	o := &output{events: gob.NewEncoder(events), mark: mark, at: pipeEvents}
	for i, f := range []*os.File{os.Stdout, os.Stderr} {
		d, err := duplicate(f)
		if err != nil {
			return nil, fmt.Errorf("cannot duplicate %s: %w", f.Name(), err)
		}
		o.marks[i] = d
	}
	return o, nil
}

// barrier separates what was written on any pipe from what will be, on behalf of a request. The caller holds mu. Nobody is
// left to report to when a pipe is broken: the parent is gone then.
func (o *output) barrier(owner int) {
	o.n++
	o.owner = owner
	text := fmt.Appendf(o.mark[:len(o.mark):len(o.mark)], "%0*x%c", barrierDigits, uint32(o.n), barrierEnd)
	for _, f := range o.marks {
		_, _ = f.Write(text)
	}
	_ = o.events.Encode(&event{Barrier: &barrier{N: o.n, Owner: owner}})
}

// turn makes sure that what comes next, on pipe and for owner, is not mixed with what went before. The caller holds mu.
func (o *output) turn(pipe, owner int) {
	if o.at != pipe || o.owner != owner {
		o.barrier(owner)
		o.at = pipe
	}
}

// print writes text to a text pipe.
func (o *output) print(pipe, owner int, f *os.File, p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.turn(pipe, owner)
	return f.Write(p)
}

// send sends an event in its place among what was printed. There are barriers before and after it, since not everything that is
// printed goes through print.
func (o *output) send(owner int, e *event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.barrier(owner)
	_ = o.events.Encode(e)
	o.barrier(owner)
	o.at = pipeEvents
}

// tell sends an event that needs no place among what was printed.
func (o *output) tell(e *event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	_ = o.events.Encode(e)
}

// begin makes what is written from now on the owner's, by whatever means.
func (o *output) begin(owner int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.barrier(owner)
	o.at = pipeEvents
}

// finish sends the reply to a request, behind everything that was written before, by whatever means.
func (o *output) finish(owner int, e *event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.barrier(owner)
	o.at = pipeEvents
	_ = o.events.Encode(e)
}

package views

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"sync"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/proto"
)

// feed takes elements from iterators and hands them in, as far as the look-ahead allows. One goroutine walks the iterators, which are
// the user's code and may wait as they like; another one sends what there is.
func (r *Result) feed(c *conn.Conn, ins []input) error {
	q := &queue{ins: ins, more: make(chan struct{}, 1)}
	q.renew()
	err := c.Go("take inputs", func(ctx context.Context) error {
		defer q.end()
		if err := r.take(ctx, q); err != nil {
			r.abort(err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.Go("send inputs", func(ctx context.Context) error {
		if err := r.send(ctx, q); err != nil {
			r.abort(err)
		}
		return nil
	})
}

// take walks the inputs side by side.
func (r *Result) take(ctx context.Context, q *queue) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: the iterator of inputs panicked: %v", r.what, p)
		}
	}()
	first := -1
	nexts := make([]func() (reflect.Value, bool), len(q.ins))
	for i, in := range q.ins {
		switch {
		case in.ref != nil:
		case first < 0:
			first = i
		default:
			next, stop := iter.Pull(in.values())
			defer stop()
			nexts[i] = next
		}
	}
	taken := 0
	if !r.room(ctx, taken) {
		return nil
	}
	row := make([]reflect.Value, len(q.ins))
	for v := range q.ins[first].values() {
		row[first] = v
		for i, next := range nexts {
			if next == nil {
				continue
			}
			var ok bool
			if row[i], ok = next(); !ok {
				return fmt.Errorf("%s: input %d ends after %d elements, input %d does not; they must be equally long", r.what, i+1, taken, first+1)
			}
		}
		bytes, err := q.put(row)
		if err != nil {
			return fmt.Errorf("%s: element %d of %w", r.what, taken, err)
		}
		taken++
		r.took(bytes)
		if !r.room(ctx, taken) {
			return nil
		}
	}
	for i, next := range nexts {
		if next == nil {
			continue
		}
		if _, more := next(); more {
			return fmt.Errorf("%s: input %d ends after %d elements, input %d does not; they must be equally long", r.what, first+1, taken, i+1)
		}
	}
	return nil
}

// send hands elements in, as many at a time as there are, up to some bytes.
func (r *Result) send(ctx context.Context, q *queue) error {
	sent := 0
	for {
		batch := q.next(ctx)
		if batch == nil {
			break
		}
		if err := r.job.Extend(ctx, batch, false); err != nil {
			return err
		}
		sent += batch[0].N
	}
	r.mu.Lock()
	ending := r.err != nil
	if !ending {
		r.total = sent
		r.notify()
	}
	r.mu.Unlock()
	if ending {
		return nil // to say that these were all could make a job done that is being cancelled
	}
	return r.job.Extend(ctx, nil, true)
}

// queue has the elements that were taken from iterators and are to be sent, encoded.
type queue struct {
	ins  []input
	more chan struct{} // holds one: there is something, or the end

	mu    sync.Mutex
	full  [][]proto.Block
	last  []*codec.Builder // one for each input, nil for references
	n     int              // elements in last
	ended bool
}

// batchBytes is the size from which on elements are not sent together with what follows.
const batchBytes = 1 << 20

// renew begins a batch. The caller holds mu.
func (q *queue) renew() {
	q.last, q.n = make([]*codec.Builder, len(q.ins)), 0
	for i, in := range q.ins {
		if in.ref == nil {
			q.last[i] = codec.NewBuilder(in.param)
		}
	}
}

// put adds an element, and returns its size.
func (q *queue) put(row []reflect.Value) (bytes int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch := 0
	for i, b := range q.last {
		if b == nil {
			continue
		}
		before := b.Bytes()
		x, err := assignable(row[i], q.ins[i].param)
		if err != nil {
			return 0, fmt.Errorf("input %d %w", i+1, err)
		}
		if err := b.Append(x); err != nil {
			return 0, fmt.Errorf("input %d: %w", i+1, err)
		}
		bytes += b.Bytes() - before
		batch += b.Bytes()
	}
	if q.n++; batch >= batchBytes {
		q.cut()
	}
	q.wake()
	return bytes, nil
}

// cut makes a batch of what there is. The caller holds mu.
func (q *queue) cut() {
	var batch []proto.Block
	for _, b := range q.last {
		k := proto.Block{Kind: proto.BlockNone, N: q.n}
		if b != nil {
			k = b.Take()
		}
		batch = append(batch, k)
	}
	q.full, q.n = append(q.full, batch), 0
}

// next waits for elements; at the end, or when ctx is done, it returns none.
func (q *queue) next(ctx context.Context) []proto.Block {
	for {
		q.mu.Lock()
		if len(q.full) == 0 && q.n > 0 {
			q.cut()
		}
		if len(q.full) > 0 {
			defer q.mu.Unlock()
			batch := q.full[0]
			q.full[0] = nil
			q.full = q.full[1:]
			return batch
		}
		ended := q.ended
		q.mu.Unlock()
		if ended {
			return nil
		}
		select {
		case <-q.more:
		case <-ctx.Done():
			return nil
		}
	}
}

// end says that there is nothing more.
func (q *queue) end() {
	q.mu.Lock()
	q.ended = true
	q.mu.Unlock()
	q.wake()
}

func (q *queue) wake() {
	select {
	case q.more <- struct{}{}:
	default:
	}
}

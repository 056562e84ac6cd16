package views

import (
	"context"
	"fmt"
	"iter"
	"reflect"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/proto"
)

// feed takes elements from iterators and hands them in, as far as the look-ahead allows. One goroutine walks the iterators, which are
// the user's code and may wait as they like; another one sends what there is.
func (r *Result) feed(c *conn.Conn, ins []input) error {
	ahead := r.settings.lookAhead
	if ahead == 0 {
		ahead = defaultLookAhead
	}
	rows := make(chan []reflect.Value, ahead)
	err := c.Go("take inputs", func(ctx context.Context) error {
		defer close(rows)
		if err := r.take(ctx, ins, rows); err != nil {
			r.abort(err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.Go("send inputs", func(ctx context.Context) error {
		if err := r.send(ctx, ins, rows, ahead); err != nil {
			r.abort(err)
		}
		return nil
	})
}

// take walks the inputs side by side.
func (r *Result) take(ctx context.Context, ins []input, rows chan<- []reflect.Value) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: the iterator of inputs panicked: %v", r.what, p)
		}
	}()
	var nexts []func() (reflect.Value, bool)
	for i := range ins[1:] {
		next, stop := iter.Pull(ins[i+1].values())
		defer stop()
		nexts = append(nexts, next)
	}
	taken := 0
	if !r.room(ctx, taken) {
		return nil
	}
	for v := range ins[0].values() {
		row := []reflect.Value{v}
		for i, next := range nexts {
			x, ok := next()
			if !ok {
				return fmt.Errorf("%s: input %d ends after %d elements, input 1 does not; they must be equally long", r.what, i+2, taken)
			}
			row = append(row, x)
		}
		taken++
		rows <- row // never more than the look-ahead, which is its capacity
		if !r.room(ctx, taken) {
			return nil
		}
	}
	for i, next := range nexts {
		if _, more := next(); more {
			return fmt.Errorf("%s: input 1 ends after %d elements, input %d does not; they must be equally long", r.what, taken, i+2)
		}
	}
	return nil
}

// send hands elements in, as many at a time as there are.
func (r *Result) send(ctx context.Context, ins []input, rows <-chan []reflect.Value, most int) error {
	sent := 0
	for row := range rows {
		batch := make([]reflect.Value, len(ins))
		for i := range ins {
			batch[i] = reflect.MakeSlice(reflect.SliceOf(ins[i].param), 0, 1)
		}
		for open := true; open; {
			for i, v := range row {
				x, err := assignable(v, ins[i].param)
				if err != nil {
					return fmt.Errorf("%s: element %d of input %d %w", r.what, sent+batch[i].Len(), i+1, err)
				}
				batch[i] = reflect.Append(batch[i], x)
			}
			if open = batch[0].Len() < most; open {
				row, open = ready(rows)
			}
		}
		if err := r.extend(ctx, batch); err != nil {
			return err
		}
		sent += batch[0].Len()
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

// ready takes a row if there is one.
func ready(rows <-chan []reflect.Value) ([]reflect.Value, bool) {
	select {
	case row, ok := <-rows:
		return row, ok
	default:
		return nil, false
	}
}

func (r *Result) extend(ctx context.Context, batch []reflect.Value) error {
	var bs []proto.Block
	for i, xs := range batch {
		b, err := codec.Block(xs)
		if err != nil {
			return fmt.Errorf("%s: input %d: %w", r.what, i+1, err)
		}
		bs = append(bs, b)
	}
	return r.job.Extend(ctx, bs, false)
}

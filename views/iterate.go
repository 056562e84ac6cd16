package views

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// Element is one element of a job, as [Result.AsCompleted] gives it.
type Element struct {
	// Index is the element's index in the inputs.
	Index int
	// Value is the function's result, nil if Err is not.
	Value any
	Err   error
	// Engine is the engine that it ran on.
	Engine int
}

// All goes through the elements' values and errors, while the job runs: in the order of the inputs, or as they are completed
// with the option [AsCompleted]. What befalls the job as a whole comes last, with a nil value.
//
// If the inputs come from an iterator, elements are taken from it as those before are used up here, up to [LookAhead] of
// them, and some megabytes; so it may be endless. Values that have been gone through are not kept, and leaving the loop cancels the job.
// Get, Wait and Into ask for all values at once and lift that bound.
func (r *Result) All() iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		r.each(r.settings.unordered, func(e Element) bool { return yield(e.Value, e.Err) })
	}
}

// AsCompleted goes through the elements as they are completed. Otherwise it is like [Result.All].
func (r *Result) AsCompleted() iter.Seq[Element] {
	return func(yield func(Element) bool) { r.each(true, yield) }
}

// each goes through the job's elements.
func (r *Result) each(unordered bool, yield func(Element) bool) {
	for at := 0; ; {
		p, err := r.next(at, unordered)
		if p == nil {
			if err != nil {
				yield(Element{Index: -1, Err: err, Engine: -1})
			}
			return
		}
		for i := range p.N {
			if !yield(r.element(p, i)) {
				r.leave()
				return
			}
		}
		at = r.advance(at, p, unordered)
	}
}

// next waits for the piece at a position: an element's index, or, unordered, an index of pieces.
func (r *Result) next(at int, unordered bool) (*piece, error) {
	slow := time.NewTimer(slowStart)
	defer slow.Stop()
	for {
		r.mu.Lock()
		p, ended, err, changed := r.pieceAt(at, unordered), r.ended, r.err, r.change()
		r.mu.Unlock()
		if p != nil || ended {
			return p, err
		}
		if err := r.pause(context.Background(), changed, slow.C); err != nil {
			return nil, err
		}
	}
}

// pieceAt is next's look. The caller holds mu.
func (r *Result) pieceAt(at int, unordered bool) *piece {
	if unordered {
		if at < len(r.pieces) {
			return r.pieces[at]
		}
		return nil
	}
	return r.firstAt(max(at, r.lazy.usedUp())) // another loop may have used up what was before
}

// advance returns the position behind a piece, and forgets the piece where it is used up.
func (r *Result) advance(at int, p *piece, unordered bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lazy == nil || r.lazy.keep {
		if unordered {
			return at + 1
		}
		return p.First + p.N
	}
	delete(r.first, p.First)
	if i := slices.Index(r.pieces, p); i >= 0 {
		r.pieces = slices.Delete(r.pieces, i, i+1)
	}
	r.lazy.used += p.N
	r.lazy.held -= p.bytes()
	r.notify()
	if unordered {
		return 0
	}
	return p.First + p.N
}

// leave is called when a loop is left early.
func (r *Result) leave() {
	r.mu.Lock()
	lazy := r.lazy != nil && !r.lazy.keep
	r.mu.Unlock()
	if lazy {
		r.Cancel()
	}
}

func (r *Result) element(p *piece, i int) Element {
	e := Element{Index: p.First + i, Engine: int(p.Engine)}
	if at, failed := slices.BinarySearchFunc(p.Errors, e.Index, func(x proto.ElementError, i int) int { return x.Index - i }); failed {
		e.Err = r.shape.elementError(&p.Errors[at], p.Engine)
		return e
	}
	e.Value, e.Err = r.shape.value(p, i)
	return e
}

// aheadBytes bounds the bytes of a job whose inputs come from iterators: inputs without a result, the results that they may have, and
// results that have not been gone through. At least aheadLeast elements are under way, so that engines work side by side.
const (
	aheadBytes = 32 << 20
	aheadLeast = 4
	// aheadFirst is how many elements are under way before it is known how large results are, unless the user says how many.
	aheadFirst = 32
)

// stream is the state of a job whose inputs come from iterators. It is guarded by the result's mu.
type stream struct {
	// used are the elements that an iteration has used up.
	used int
	// keep is set when all values are asked for.
	keep bool
	// sizes are the elements' bytes from index from on: of those that have no result yet; 0 of the others.
	sizes []int
	from  int
	// waiting is their sum, held the bytes of results that have not been gone through.
	waiting, held int
	// results and results' bytes so far.
	results, resultBytes int
}

// took notes the size of the next element.
func (s *stream) took(bytes int) {
	s.sizes = append(s.sizes, bytes)
	s.waiting += bytes
}

// came notes that a piece has come.
func (s *stream) came(p *piece) {
	for i := max(p.First, s.from); i < p.First+p.N && i-s.from < len(s.sizes); i++ {
		s.waiting -= s.sizes[i-s.from]
		s.sizes[i-s.from] = 0
	}
	s.held += p.bytes()
	s.results += p.N
	s.resultBytes += p.bytes()
	done := 0
	for done < len(s.sizes) && s.from+done < p.First+p.N && s.sizes[done] == 0 {
		done++
	}
	s.sizes = s.sizes[done:]
	s.from += done
}

// full reports whether the elements under way, n of them without a result, take as many bytes as they may.
func (s *stream) full(n int) bool {
	bytes := s.waiting
	if s.results > 0 {
		bytes += s.resultBytes / s.results * n
	}
	if !s.keep {
		bytes += s.held
	}
	return bytes >= aheadBytes
}

// bytes is what a piece's values take.
func (p *piece) bytes() int {
	n := 0
	for _, b := range p.Outputs {
		n += b.Bytes()
	}
	return n
}

func (s *stream) usedUp() int {
	if s == nil {
		return 0
	}
	return s.used
}

// usedUp returns the error about values that are not there any more. The caller holds mu.
func (r *Result) usedUp() error {
	if n := r.lazy.usedUp(); n > 0 {
		return fmt.Errorf("%s: the values of %d elements have been used up by an iteration", r.what, n)
	}
	return nil
}

// keep asks for all values of a job whose inputs come from iterators.
func (r *Result) keep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lazy != nil && !r.lazy.keep {
		r.lazy.keep = true
		r.notify()
	}
}

// took notes that an element of some bytes has been taken from an iterator.
func (r *Result) took(bytes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lazy.took(bytes)
}

// room waits until the element that would be the taken+1st of an iterator is within the look-ahead; it is false when no more
// are wanted.
func (r *Result) room(ctx context.Context, taken int) bool {
	for {
		r.mu.Lock()
		ended, changed, base := r.ended || r.err != nil, r.change(), r.lazy.used
		if r.lazy.keep {
			base = r.done
		}
		ahead := r.settings.lookAhead
		if ahead == 0 {
			ahead = min(defaultLookAhead, aheadFirst+2*r.lazy.results)
		}
		full := taken-base >= ahead || taken-base >= aheadLeast && r.lazy.full(taken-r.done)
		r.mu.Unlock()
		if ended {
			return false
		}
		if !full {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

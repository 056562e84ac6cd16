package sched

import (
	"sort"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// piece is a range of a job's elements on its way to a result.
type piece struct {
	first, n int
	id       proto.TaskID // 0: it was never given out
	attempt  proto.Attempt
	deaths   int // workers that died under it
}

// segment is a stretch of a job's inputs as it was submitted or added.
type segment struct {
	first, n int
	inputs   []proto.Block
	left     int // elements that are still to be settled
}

func (j *job) addSegment(n int, inputs []proto.Block) {
	if n == 0 {
		return
	}
	j.segments = append(j.segments, segment{first: j.total, n: n, inputs: inputs, left: n})
	j.total += n
}

// segmentOf returns the segment that has an element.
func (j *job) segmentOf(i int) *segment {
	k := sort.Search(len(j.segments), func(k int) bool { return j.segments[k].first > i })
	return &j.segments[k-1]
}

// settled counts elements of a segment that need their inputs no more; inputs that nobody needs are dropped.
func (j *job) settled(first, n int) {
	g := j.segmentOf(first)
	if g.left -= n; g.left == 0 {
		g.inputs = nil
	}
	gone := 0
	for gone < len(j.segments)-1 && j.segments[gone].left == 0 && j.segments[gone].first+j.segments[gone].n <= j.next {
		gone++
	}
	if gone > 0 && gone >= len(j.segments)/2 {
		j.segments = append([]segment(nil), j.segments[gone:]...)
	}
}

// pending reports whether a job has work for its pool that is not given out.
func (j *job) pending() bool {
	return len(j.again) > 0 || j.spec.Placement == proto.PlaceAny && j.next < j.total
}

// cut takes the next piece of a job that has work: what was lost before, then new elements.
func (s *Scheduler) cut(j *job) piece {
	if k := len(j.again); k > 0 {
		p := j.again[k-1]
		j.again = j.again[:k-1]
		return p
	}
	g := j.segmentOf(j.next)
	left := g.first + g.n - j.next
	p := piece{first: j.next, n: s.size(j, g, left, j.total-j.next)}
	j.next += p.n
	return p
}

// The measures of a job's beginning: how many elements the first chunks have where their cost is unknown or only known from other
// jobs, from some or from many, and how much a chunk may exceed what the job has done by now. Inputs may differ, so growth is by steps.
const (
	startUnknown  = 1
	startKnown    = 32
	startFamiliar = 1024
	growth        = 2
)

// trust returns the number of elements up to which what is known of a job's cost is good for a forecast.
func (j *job) trust() int { return max(j.start, growth*j.done) }

// tailShare bounds a chunk to a part of what is left per engine, so that all end together; chunks that last less than
// Config.Chunk/tailFloor are not worth it.
const (
	tailShare = 2
	tailFloor = 20
)

// spread is how many engines a job is spread over at least, as far as there are so many, until the first of its own elements are done.
const spread = 32

func ceil(a, b int) int { return (a + b - 1) / b }

// size chooses how many of the left elements of a segment make the next chunk.
func (s *Scheduler) size(j *job, g *segment, left, remaining int) int {
	if j.spec.Chunk > 0 {
		return min(j.spec.Chunk, left)
	}
	if j.spec.Kind != proto.JobCall {
		return left
	}
	n, floor := startUnknown, 1
	if c := &j.cost; c.known() {
		n = min(j.trust(), c.fits(s.cfg.Chunk))
		floor = c.fits(s.cfg.Chunk / tailFloor)
	}
	if j.spec.Placement == proto.PlaceAny {
		engines := max(s.width(j.flow.pool), 1)
		if j.done == 0 { // what others of its kind took may be wrong by orders of magnitude
			floor = min(floor, ceil(j.total, min(engines, spread)))
		}
		n = min(n, max(ceil(remaining, tailShare*engines), floor))
	}
	n = min(n, s.byBytes(j, g))
	return min(max(n, 1), left)
}

// byBytes bounds a chunk by the bytes of its inputs and of the outputs it is likely to have.
func (s *Scheduler) byBytes(j *job, g *segment) int {
	each := 0.0
	for _, b := range g.inputs {
		each += float64(b.Bytes()) / float64(max(b.N, 1))
	}
	if j.cost.known() {
		each = max(each, j.cost.output())
	}
	if each < 1 {
		return g.n
	}
	return int(float64(s.cfg.ChunkBytes) / each)
}

// benefit is how many times as many elements than it trusts a job may have in flight on an engine.
const benefit = 4

// estimate returns how long n elements of a job may take. What is not known yet fills an engine, and what is not known well fills it
// in part: nothing much should be waiting behind it.
func (j *job) estimate(s *Scheduler, n int) time.Duration {
	if !j.cost.known() || j.spec.Kind != proto.JobCall {
		return s.cfg.Ahead
	}
	share := float64(n) / float64(benefit*j.trust())
	return max(j.cost.of(n), time.Duration(min(share, 1)*float64(s.cfg.Ahead)))
}

// inputs returns the blocks of a piece.
func (j *job) inputs(p piece) []proto.Block {
	g := j.segmentOf(p.first)
	if len(g.inputs) == 0 || g.first == p.first && g.n == p.n {
		return g.inputs
	}
	out := make([]proto.Block, len(g.inputs))
	for i, b := range g.inputs {
		if b.N == 1 && g.n > 1 { // one for all
			out[i] = b
			continue
		}
		out[i] = b.Slice(p.first-g.first, p.first-g.first+p.n)
	}
	return out
}

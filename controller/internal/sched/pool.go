package sched

import (
	"strconv"
	"strings"

	"github.com/gocluster/gocluster/internal/proto"
)

// pool is the work that any engine of a set may do: its clients' flows, the one that has had least first.
type pool struct {
	key     string
	targets []proto.EngineID // nil: every engine
	needs   []proto.Resource // of each of its tasks
	flows   heap[*flow]
	of      map[*client]*flow
	clock   float64 // the start of the work that was taken last
	jobs    int     // jobs that are not over
	live    int     // engines of it that are up
	packing *engine // had the last of its work
}

func newPool(key string, targets []proto.EngineID) *pool {
	return &pool{key: key, targets: targets, of: map[*client]*flow{}}
}

// flow is a client's share of a pool.
type flow struct {
	pool   *pool
	client *client
	used   float64    // seconds of work taken, from where it started
	jobs   heap[*job] // that have been served
	fresh  fifo       // those that have not, by their order
	clock  float64
	known  int // jobs that are not over
	index  int
}

func (f *flow) place() *int         { return &f.index }
func (f *flow) before(g *flow) bool { return f.used < g.used }

func (j *job) place() *int { return &j.index }
func (j *job) before(k *job) bool {
	if j.used == k.used {
		return j.number < k.number
	}
	return j.used < k.used
}

// fifo is a queue of jobs that were never served, from which any can be taken.
type fifo struct {
	jobs []*job
	head int // those before it are gone
}

func (q *fifo) push(j *job) {
	if q.head > len(q.jobs)/2 {
		n := copy(q.jobs, q.jobs[q.head:])
		clear(q.jobs[n:])
		q.jobs, q.head = q.jobs[:n], 0
	}
	j.fresh = true
	q.jobs = append(q.jobs, j)
}

// front returns the first job, nil if there is none.
func (q *fifo) front() *job {
	for ; q.head < len(q.jobs); q.head++ {
		if j := q.jobs[q.head]; j.fresh {
			return j
		}
		q.jobs[q.head] = nil
	}
	return nil
}

// remove takes a job out, if it is here.
func (q *fifo) remove(j *job) { j.fresh = false }

func poolKey(targets []proto.EngineID) string {
	var b strings.Builder
	for _, t := range targets {
		b.WriteString(strconv.Itoa(int(t)))
		b.WriteByte(',')
	}
	return b.String()
}

// join gives a job its place among the work of its targets.
func (s *Scheduler) join(j *job) {
	p := s.all
	if len(j.spec.Targets)+len(j.spec.Needs) > 0 {
		key := poolKey(j.spec.Targets) + needsText(j.spec.Needs)
		if p = s.pools[key]; p == nil {
			p = newPool(key, j.spec.Targets)
			p.needs = j.spec.Needs
			s.pools[key] = p
			for _, e := range s.enginesOf(p) {
				e.lanes = append(e.lanes, &lane{pool: p})
				if e.state == engineUp {
					p.live++
				}
			}
		}
	}
	f := p.of[j.client]
	if f == nil {
		f = &flow{pool: p, client: j.client}
		p.of[j.client] = f
		j.client.flows = append(j.client.flows, f)
	}
	p.jobs++
	f.known++
	j.flow = f
}

// leave is join's inverse.
func (s *Scheduler) leave(j *job) {
	f := j.flow
	if f == nil {
		return
	}
	j.flow = nil
	s.withdraw(f, j)
	p := f.pool
	p.jobs--
	if f.known--; f.known == 0 {
		delete(p.of, f.client)
		f.client.dropFlow(f)
	}
	if p.jobs > 0 || p == s.all {
		return
	}
	delete(s.pools, p.key)
	for _, e := range s.enginesOf(p) {
		e.dropLane(p)
	}
}

// enginesOf lists the engines that have a lane of a pool: its targets, or all there ever were.
func (s *Scheduler) enginesOf(p *pool) []*engine {
	if p.targets == nil {
		return s.engines
	}
	var out []*engine
	for _, id := range p.targets {
		out = append(out, s.engines[id])
	}
	return out
}

// ready puts a job that has work to give among those that are served.
func (s *Scheduler) ready(j *job) {
	f := j.flow
	if f == nil || j.index > 0 || j.fresh || !j.pending() {
		return
	}
	if !j.served {
		j.used = f.clock // which never falls, so that those that come are in order
		f.fresh.push(j)
	} else {
		j.used = max(j.used, f.clock)
		f.jobs.push(j)
	}
	s.openFlow(f)
	s.unhurry(j)
}

// first returns the job that is to be served next, nil if there is none.
func (f *flow) first() *job {
	j := f.fresh.front()
	if f.jobs.len() > 0 && (j == nil || f.jobs.min().before(j)) {
		return f.jobs.min()
	}
	return j
}

func (s *Scheduler) openFlow(f *flow) {
	if f.index > 0 || f.first() == nil || f.client.stalled {
		return
	}
	f.used = max(f.used, f.pool.clock)
	f.pool.flows.push(f)
}

func (s *Scheduler) closeFlow(f *flow) { f.pool.flows.remove(f) }

// withdraw takes a job from those that are served.
func (s *Scheduler) withdraw(f *flow, j *job) {
	f.jobs.remove(j)
	f.fresh.remove(j)
	if f.first() == nil {
		s.closeFlow(f)
	}
}

// take cuts the next chunk of a pool that has something for an engine.
func (s *Scheduler) take(p *pool, e *engine) (*job, piece) {
	f, j := s.pick(p, e)
	p.clock = p.flows.min().used
	f.clock = f.first().used
	cut := s.cut(j)
	spent := j.estimate(s, cut.n).Seconds()
	f.used += spent
	j.used += spent
	j.served = true
	f.fresh.remove(j)
	switch {
	case !j.pending():
		f.jobs.remove(j)
	case j.index > 0:
		f.jobs.fix(j)
	default:
		f.jobs.push(j)
	}
	if f.first() == nil {
		p.flows.remove(f)
	} else {
		p.flows.fix(f)
	}
	return j, cut
}

// correct charges a job for what a chunk really took, instead of what was expected.
func (s *Scheduler) correct(j *job, by float64) {
	f := j.flow
	if f == nil {
		return
	}
	j.used = max(j.used+by, f.clock)
	if j.index > 0 {
		f.jobs.fix(j)
	}
	f.used = max(f.used+by, f.pool.clock)
	if f.index > 0 {
		f.pool.flows.fix(f)
	}
}

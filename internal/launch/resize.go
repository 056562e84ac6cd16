package launch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
)

// growMost bounds how many engines are added at a time.
const growMost = 4096

// census is what a set has.
type census struct {
	set     *engineSet
	parts   []*part
	strays  []proto.EngineID // that somebody else has started
	unknown *member          // one whose number of engines is not known yet, nil: there is none
}

// part is a member in a census.
type part struct {
	*member
	live   []proto.EngineID // that are there and stay, the first to go first
	coming int
}

// total is how many engines the set has or will have.
func (x *census) total() int {
	n := len(x.strays)
	for _, p := range x.parts {
		n += len(p.live) + p.coming
	}
	return n
}

// count counts what a set has. What of it has failed is forgotten.
func (c *Cluster) count(s *engineSet, there []proto.EngineOf) *census {
	x := &census{set: s}
	c.mu.Lock()
	defer c.mu.Unlock()
	ours := map[int]bool{}
	c.members = slices.DeleteFunc(c.members, func(m *member) bool { return m.Set == s.Name && m.phase == Failed && m.stopped })
	for _, m := range c.members {
		ours[m.number] = true
		if m.Set != s.Name || m.leaving || m.phase == Failed || m.phase == Ended {
			continue
		}
		p := &part{member: m, coming: m.coming(there), live: m.live(there)}
		if m.phase != Ready && m.want == 0 {
			x.unknown = m
		}
		x.parts = append(x.parts, p)
	}
	for _, e := range there {
		if e.Set == s.Name && !ours[e.Part] {
			x.strays = append(x.strays, e.ID)
		}
	}
	slices.SortFunc(x.strays, falling)
	return x
}

func falling(a, b proto.EngineID) int { return cmp.Compare(b, a) }

// live lists a member's engines that are there, the first to go first: those of the last rank, and the last ids.
func (m *member) live(there []proto.EngineOf) []proto.EngineID {
	mine := slices.DeleteFunc(slices.Clone(there), func(e proto.EngineOf) bool { return e.Part != m.number })
	slices.SortFunc(mine, func(a, b proto.EngineOf) int { return cmp.Or(cmp.Compare(b.Rank, a.Rank), falling(a.ID, b.ID)) })
	var out []proto.EngineID
	for _, e := range mine {
		out = append(out, e.ID)
	}
	return out
}

// scale makes a set one of as many engines as the request says.
func (c *Cluster) scale(ctx context.Context, q *proto.SetsRequest, a *proto.Sets) error {
	s, err := c.set(q.Set)
	if err != nil {
		return err
	}
	a.Set = s.Name
	if err := s.sizable(q.N); err != nil {
		return err
	}
	x := c.count(s, q.There)
	d := q.N - x.total()
	if u := x.unknown; u != nil && (d > 0 || q.N > 0 && u.phase != Waiting) {
		return fmt.Errorf("%s will have one engine per core, and how many these are is not known before it is ready (it is %s): try again then, or give n in the profile", u, u.phase)
	}
	switch {
	case d > 0:
		err = c.grow(s, x, d, a)
	case d < 0 || x.unknown != nil:
		err = c.shrink(ctx, s, x, -d, a)
	}
	return err
}

// sizable says why a set cannot have n engines.
func (s *engineSet) sizable(n int) error {
	called := "engine set " + s.Name
	if s.Name == "" {
		called = "the cluster"
	}
	switch {
	case n < 0:
		return fmt.Errorf("%s of %d engines cannot be", called, n)
	case s.draining:
		return fmt.Errorf("%s is being drained: `gocluster sets add %s` adds it again when `gocluster sets` does not list it any more", called, s.Name)
	case s.Max > 0 && n > s.Max:
		return fmt.Errorf("%s has at most %d engines, which max says in its settings: %d cannot be", called, s.Max, n)
	}
	return nil
}

// growBy starts some more engines of a set or, below zero, gives up some that are not there yet.
func (c *Cluster) growBy(ctx context.Context, q *proto.SetsRequest, a *proto.Sets) error {
	s, err := c.set(q.Set)
	if err != nil {
		return err
	}
	x := c.count(s, q.There)
	if q.N < 0 {
		_, err := c.giveUp(ctx, s, x, -q.N, a)
		return err
	}
	n := min(q.N, s.Max-x.total())
	if n < 1 || s.draining {
		return nil
	}
	return c.grow(s, x, n, a)
}

// grow starts n more engines of a set.
func (c *Cluster) grow(s *engineSet, x *census, n int, a *proto.Sets) error {
	if n > growMost {
		return fmt.Errorf("%d more engines cannot be: add %d at most at a time", n, growMost)
	}
	placed, err := c.more(s, x, n)
	if err != nil {
		return err
	}
	return c.beginMore(s, placed, a)
}

// more says what is started where for n more engines of a set.
func (c *Cluster) more(s *engineSet, x *census, n int) ([]Placed, error) {
	switch {
	case s.Where == profiles.WhereSSH:
		return c.moreOverSSH(s, x, n)
	case s.Where == profiles.WhereSlurm && allocation() > 0:
		return nil, fmt.Errorf("the engines of set %s run in the job of Slurm's that this cluster was started in (%s), whose nodes are what there is: "+
			"start the cluster outside of it, and it submits jobs", s.Name, os.Getenv("SLURM_JOB_ID"))
	case s.Where.Batch():
		return c.moreJobs(s, n)
	case s.How != profiles.HowDirect:
		return nil, fmt.Errorf("the engines of set %s are ranks that %s has started, and it starts no more: `gocluster sets add` adds another set, "+
			"or change n in the profile and start the cluster again", s.Name, s.How)
	}
	host := s.Machines()[0]
	host.N = n
	return []Placed{{here{c}, Engines{Set: s.Name, Host: host, Hosts: 1}}}, nil
}

// moreOverSSH spreads more engines over a set's hosts, by an engine host of their own on each.
func (c *Cluster) moreOverSSH(s *engineSet, x *census, n int) ([]Placed, error) {
	hosts := s.Machines()
	have, weight := x.byHost(hosts)
	machines, err := c.where(s.Set)
	if err != nil {
		return nil, err
	}
	var out []Placed
	for i, k := range spread(n, have, weight) {
		if k == 0 {
			continue
		}
		if have[i]+k > profiles.MaxEngines {
			return nil, fmt.Errorf("%s would have %d engines: %d is the most", hosts[i].Name, have[i]+k, profiles.MaxEngines)
		}
		hosts[i].N = k
		out = append(out, Placed{machines[i], Engines{Set: s.Name, Host: hosts[i], Hosts: 1}})
	}
	return out, nil
}

// byHost counts the engines on each host, and says which part of all it is meant to have.
func (x *census) byHost(hosts []profiles.Host) (have, weight []int) {
	for _, h := range hosts {
		n := 0
		for _, p := range x.parts {
			if p.Host.Name == h.Name {
				n += len(p.live) + p.coming
			}
		}
		have, weight = append(have, n), append(weight, max(1, h.N))
	}
	return have, weight
}

// spread says how many of n more engines each host gets: always the one that then has the fewest for its weight.
func spread(n int, have, weight []int) []int {
	more := make([]int, len(have))
	for range n {
		best := 0
		for i := range have {
			if (have[i]+more[i]+1)*weight[best] < (have[best]+more[best]+1)*weight[i] {
				best = i
			}
		}
		more[best]++
	}
	return more
}

// fewest says how many of n engines each host gives: always the one that has the most for its weight, the last of several.
func fewest(n int, have, weight []int) []int {
	less := make([]int, len(have))
	for range n {
		best := -1
		for i := range have {
			if have[i] > less[i] && (best < 0 || (have[i]-less[i])*weight[best] >= (have[best]-less[best])*weight[i]) {
				best = i
			}
		}
		if best < 0 {
			return less
		}
		less[best]++
	}
	return less
}

// moreJobs says which jobs bring n more engines: one for each node that these fill, and others for the rest.
func (c *Cluster) moreJobs(s *engineSet, n int) ([]Placed, error) {
	each, tasks := s.Machines()[0].N, max(1, s.Tasks)
	if each == 0 {
		return nil, fmt.Errorf("engine set %s takes whole nodes, and how many engines these have is not known before: give n in its settings", s.Name)
	}
	nodes, rest := n/(each*tasks), n%(each*tasks)
	var out []Placed
	for _, j := range []struct{ nodes, tasks, n int }{{nodes, tasks, each}, {1, rest / each, each}, {1, 1, rest % each}} {
		if j.nodes*j.tasks*j.n == 0 {
			continue
		}
		set := s.Set
		set.Nodes, set.Tasks, set.N = j.nodes, j.tasks, &j.n
		set.Array = s.Array || j.nodes > 1 // each begins when there is room for it
		placed, err := c.placeSet(set)
		if err != nil {
			return nil, err
		}
		out = append(out, placed...)
	}
	return out, nil
}

// shrink takes n engines from a set: first those that are not there yet, and then those that are, which are drained.
func (c *Cluster) shrink(ctx context.Context, s *engineSet, x *census, n int, a *proto.Sets) error {
	n, err := c.giveUp(ctx, s, x, n, a)
	if err != nil {
		return err
	}
	ids := x.toGo(n)
	if len(ids) < n {
		return fmt.Errorf("%d engines of set %s that are too many are just starting: try again in a moment", n-len(ids), s.Name)
	}
	a.Drain = append(a.Drain, ids...)
	return nil
}

// giveUp gives up n engines that are not there yet, the last ones asked for first, and returns how many are still to go. Where a job
// was to have more than that, it is replaced by one for the others.
func (c *Cluster) giveUp(ctx context.Context, s *engineSet, x *census, n int, a *proto.Sets) (int, error) {
	var gone []*part
	back := 0
	for _, p := range slices.Backward(x.parts) {
		if p.phase != Ready && p.want == 0 {
			gone = append(gone, p)
			continue
		}
		if n > 0 && (n < p.coming || len(p.live) > 0) {
			shed, err := p.shed(ctx, n)
			if err != nil {
				return n, err
			}
			p.coming -= shed
			n -= shed
		}
		if n > 0 && p.coming > 0 && len(p.live) == 0 {
			gone = append(gone, p)
			n, back = max(0, n-p.coming), max(0, p.coming-n)
			p.coming = 0
		}
	}
	if err := c.endParts(ctx, gone); err != nil || back == 0 {
		return n, err
	}
	return 0, c.grow(s, x, back, a)
}

// endParts ends members at once.
func (c *Cluster) endParts(ctx context.Context, gone []*part) error {
	g := group.New(ctx)
	errs := make([]error, len(gone))
	for i, p := range gone {
		if err := g.Go("end of "+p.String(), func(ctx context.Context) error { errs[i] = c.retire(ctx, p.member); return nil }); err != nil {
			return err
		}
	}
	return errors.Join(append(errs, g.Wait())...)
}

// toGo chooses n of the engines that are there. Of hosts over SSH those go that have the most; jobs go as wholes, the last ones first; otherwise it
// is the last ids.
func (x *census) toGo(n int) []proto.EngineID {
	n = max(0, n)
	out := slices.Clone(x.strays)
	parts := slices.Clone(x.parts)
	switch {
	case x.set.Where == profiles.WhereSSH:
		hosts := x.set.Machines()
		have, weight := x.byHost(hosts)
		for i, k := range fewest(n-len(out), have, weight) {
			out = append(out, x.ofHost(hosts[i].Name, k)...)
		}
	default:
		slices.SortFunc(parts, func(a, b *part) int { return cmp.Compare(b.number, a.number) })
		for _, p := range parts {
			out = append(out, p.live...)
		}
		if !x.set.Where.Batch() {
			slices.SortFunc(out, falling)
		}
	}
	return out[:min(n, len(out))]
}

// ofHost chooses n engines of a host, those that came last first.
func (x *census) ofHost(name string, n int) []proto.EngineID {
	var out []proto.EngineID
	for _, p := range slices.Backward(x.parts) {
		if p.Host.Name == name {
			out = append(out, p.live...)
		}
	}
	return out[:min(n, len(out))]
}

// drainSet ends a set: its engines when they have done what they run.
func (c *Cluster) drainSet(ctx context.Context, q *proto.SetsRequest, a *proto.Sets) error {
	s, err := c.set(q.Set)
	if err != nil {
		return err
	}
	a.Set = s.Name
	c.mu.Lock()
	s.draining = true
	c.mu.Unlock()
	x := c.count(s, q.There)
	if err := c.shrink(ctx, s, x, x.total(), a); err != nil {
		return err
	}
	var failed []*part
	c.mu.Lock()
	for _, m := range c.members {
		if m.Set == s.Name && m.phase == Failed {
			failed = append(failed, &part{member: m})
		}
	}
	c.mu.Unlock()
	err = c.endParts(ctx, failed)
	c.forget(s)
	return err
}

// forget forgets a set that is drained and has nothing any more.
func (c *Cluster) forget(s *engineSet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.draining && c.sets[s.Name] == s && !slices.ContainsFunc(c.members, func(m *member) bool { return m.Set == s.Name && m.phase != Failed && m.phase != Ended }) {
		delete(c.sets, s.Name)
	}
}

package sched

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gocluster/gocluster/internal/proto"
)

// Named resources: what the engines of a machine share ({ gpu = 2 }), and what a job's tasks need of it. A task that needs some takes it when it is
// given to an engine, and gives it back when it has ended there. Jobs that need nothing know nothing of all this.

// stock is what a machine has. Engine hosts of one machine may share one.
type stock struct {
	total, used map[string]int
}

// Expected is what engines of a set have that may still come.
type Expected struct {
	Set       string
	Resources map[string]int
}

// stockUp notes what a host that has registered has.
func (s *Scheduler) stockUp(h *host) {
	key := h.info.Stock
	if key == "" {
		key = h.id.String()
	}
	st := s.stocks[key]
	if h.stock != st || len(h.info.Resources) == 0 {
		s.stockDown(h)
	}
	if len(h.info.Resources) == 0 {
		return
	}
	if st == nil {
		st = &stock{used: map[string]int{}}
		s.stocks[key] = st
	}
	st.total = map[string]int{}
	for _, r := range h.info.Resources {
		st.total[r.Name] = r.N
	}
	h.stock = st
	s.freed = append(s.freed, st)
}

// stockDown forgets what a host had, if nobody else has it. Tasks give back what they have taken all the same.
func (s *Scheduler) stockDown(h *host) {
	st := h.stock
	h.stock = nil
	for _, other := range s.hosts {
		if st == nil || other.stock == st {
			return
		}
	}
	maps.DeleteFunc(s.stocks, func(_ string, x *stock) bool { return x == st })
}

// has reports whether a machine has as much as is needed, whether it is free or not.
func (st *stock) has(needs []proto.Resource) bool {
	return !slices.ContainsFunc(needs, func(r proto.Resource) bool { return st == nil || st.total[r.Name] < r.N })
}

// enough reports whether as much as is needed is free.
func (st *stock) enough(needs []proto.Resource) bool {
	return !slices.ContainsFunc(needs, func(r proto.Resource) bool { return st == nil || st.total[r.Name]-st.used[r.Name] < r.N })
}

func (st *stock) add(needs []proto.Resource, by int) {
	for _, r := range needs {
		st.used[r.Name] += by * r.N
	}
}

// takes has a task take what it needs.
func (s *Scheduler) takes(t *task) {
	if needs := t.job.spec.Needs; len(needs) > 0 {
		t.took = t.engine.host.stock
		t.took.add(needs, 1)
	}
}

// givesBack is its inverse. Others may have it once all that has happened is taken into account.
func (s *Scheduler) givesBack(t *task) {
	if t.took != nil && s.cfg.defect != "leak resources" {
		t.took.add(t.job.spec.Needs, -1)
		s.freed = append(s.freed, t.took)
	}
	t.took = nil
}

// shareFreed has engines have work for which there is enough now.
func (s *Scheduler) shareFreed() {
	for len(s.freed) > 0 {
		st := s.freed[0]
		s.freed = s.freed[1:]
		for _, e := range s.engines {
			if e.host != nil && e.host.stock == st {
				s.feed(e)
			}
		}
	}
	s.freed = nil
}

// unblock lets engines go on with what waits behind a job's shares, if those wait for something to be given back.
func (s *Scheduler) unblock(j *job) {
	if len(j.spec.Needs) == 0 {
		return
	}
	for _, h := range j.shares {
		if host := h.engine.host; host != nil && host.stock != nil {
			s.freed = append(s.freed, host.stock)
		}
	}
}

// mayOwn reports whether there is enough for an engine's own work, of which there is some.
func (e *engine) mayOwn() bool {
	needs := e.own[0].job.spec.Needs
	return len(needs) == 0 || e.host.stock.enough(needs)
}

// width is how many of a pool's tasks can run at a time.
func (s *Scheduler) width(p *pool) int {
	if len(p.needs) == 0 {
		return p.live
	}
	engines := map[*stock]int{}
	for _, id := range s.members(p) {
		if e := s.engines[id]; e.state == engineUp && e.host.stock.has(p.needs) {
			engines[e.host.stock]++
		}
	}
	n := 0
	for st, most := range engines {
		for _, r := range p.needs {
			most = min(most, st.total[r.Name]/r.N)
		}
		n += most
	}
	return n
}

// members lists the engines that a pool's work may go to, some of which may not be there or not have what it needs.
func (s *Scheduler) members(p *pool) []proto.EngineID {
	if p.targets != nil {
		return p.targets
	}
	return s.present()
}

// checkNeeds says what is wrong with what a job needs: that no machine has it, and none can still come that has.
func (s *Scheduler) checkNeeds(spec *proto.JobSpec) *proto.Error {
	for i, r := range spec.Needs {
		if r.Name == "" || r.N < 1 || slices.ContainsFunc(spec.Needs[:i], func(x proto.Resource) bool { return x.Name == r.Name }) {
			return proto.Errorf(proto.KindValue, "the job is malformed: it needs %s", needsText(spec.Needs))
		}
	}
	if spec.Placement != proto.PlaceAny {
		for _, id := range spec.Targets {
			if e := s.engines[id]; !e.host.stock.has(spec.Needs) {
				return proto.Errorf(proto.KindNoEngine, "the job needs %s, and engine %d on %s has %s", needsText(spec.Needs), int(id), e.host.name, e.host.stock)
			}
		}
		return nil
	}
	ids := spec.Targets
	if len(ids) == 0 {
		if s.expects(spec.Needs) != "" {
			return nil
		}
		ids = s.present()
	}
	if slices.ContainsFunc(ids, func(id proto.EngineID) bool { return s.engines[id].host.stock.has(spec.Needs) }) {
		return nil
	}
	return proto.Errorf(proto.KindNoEngine, "the job needs %s for each of its tasks, and %s", needsText(spec.Needs), s.stocksText(ids))
}

// expects names a set whose engines, if they come, have what is needed, "" if there is none.
func (s *Scheduler) expects(needs []proto.Resource) string {
	for _, x := range s.cfg.Expected {
		if (&stock{total: x.Resources}).has(needs) {
			return x.Set
		}
	}
	return ""
}

// waitingFor counts the elements that wait for what engines of a set would have.
func (s *Scheduler) waitingFor(set string) int {
	n := 0
	for _, x := range s.cfg.Expected {
		if x.Set != set {
			continue
		}
		for _, p := range s.pools {
			if len(p.needs) > 0 && p.targets == nil && (&stock{total: x.Resources}).has(p.needs) {
				n += p.flows.len() // each of at least one
			}
		}
	}
	return n
}

// stocksText says what the machines of engines have.
func (s *Scheduler) stocksText(ids []proto.EngineID) string {
	var parts []string
	for _, id := range ids {
		h := s.engines[id].host
		if h == nil || h.stock == nil {
			continue
		}
		if part := fmt.Sprintf("%s has %s", h.name, h.stock); !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "no machine has any resources: give `resources` in the profile's engine sets, or --resources to goengine"
	}
	slices.Sort(parts)
	const most = 8
	if len(parts) > most {
		parts = append(parts[:most], "...")
	}
	return "no machine has that: " + strings.Join(parts, ", ")
}

// explainNeeds says why nothing of a job that needs resources is running.
func (s *Scheduler) explainNeeds(needs []proto.Resource, ids []proto.EngineID) string {
	var busy, without []proto.EngineID
	for _, id := range ids {
		e := s.engines[id]
		if e.state != engineUp || !e.host.stock.has(needs) {
			continue
		}
		if busy = append(busy, id); !e.host.stock.enough(needs) {
			without = append(without, id)
		}
	}
	switch set := s.expects(needs); {
	case len(busy) > 0 && len(without) == len(busy):
		return fmt.Sprintf("it needs %s, which others have now on %s", needsText(needs), s.engines[busy[0]].host.name)
	case len(busy) > 0:
		return fmt.Sprintf("it needs %s, and all engines where that is (%s) are busy with other work", needsText(needs), enginesText(busy))
	case set != "":
		return fmt.Sprintf("it needs %s, which no machine has that is there now; engine set %s has", needsText(needs), set)
	}
	return fmt.Sprintf("it needs %s, which no machine has any more: it waits for one that has", needsText(needs))
}

// String lists what there is.
func (st *stock) String() string {
	if st == nil {
		return "no resources"
	}
	var list []proto.Resource
	for _, name := range slices.Sorted(maps.Keys(st.total)) {
		list = append(list, proto.Resource{Name: name, N: st.total[name]})
	}
	return needsText(list)
}

// inUse lists what tasks have of it.
func (st *stock) inUse() (list []proto.Resource) {
	if st == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(st.used)) {
		if n := st.used[name]; n > 0 {
			list = append(list, proto.Resource{Name: name, N: n})
		}
	}
	return list
}

func needsText(needs []proto.Resource) string {
	var parts []string
	for _, r := range needs {
		parts = append(parts, r.Name+"="+strconv.Itoa(r.N))
	}
	return strings.Join(parts, ", ")
}

package launch

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
)

// engineSet is an engine set of the running cluster. Its fields are guarded by the cluster's mutex.
type engineSet struct {
	profiles.Set
	draining bool // it ends with its engines
	crews    int  // how many commands and jobs have started ranks of it
	ranks    int  // how many these were
}

// register makes a set one of the cluster's.
func (c *Cluster) register(set profiles.Set) *engineSet {
	s := &engineSet{Set: set}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sets[set.Name] = s
	return s
}

// number gives what a set starts its place among the set's commands and jobs.
func (s *engineSet) number(placed []Placed) []Placed {
	if !s.Where.Batch() && s.How != profiles.HowMpiexec {
		return placed
	}
	for i := range placed {
		placed[i].Crew, placed[i].First = s.crews, s.ranks
		s.crews++
		s.ranks += placed[i].Hosts
	}
	return placed
}

// set finds the set that a request is about; "" is the only one.
func (c *Cluster) set(name string) (*engineSet, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.sets[name]; s != nil {
		return s, nil
	}
	names := slices.Sorted(maps.Keys(c.sets))
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("the cluster has no engine sets any more: `gocluster sets add` adds one")
	case name == "" && len(names) == 1:
		return c.sets[names[0]], nil
	case name == "":
		return nil, fmt.Errorf("the cluster has engine sets: name one of them, %s", strings.Join(names, ", "))
	case len(names) == 1 && names[0] == "":
		return nil, fmt.Errorf("there is no engine set %s: the cluster's engines are in none, name none", name)
	}
	if near, ok := profiles.Closest(name, names); ok {
		return nil, fmt.Errorf("there is no engine set %s: did you mean %s?", name, near)
	}
	return nil, fmt.Errorf("there is no engine set %s: the cluster has %s", name, strings.Join(names, ", "))
}

// list tells of the set that is named, or of all.
func (c *Cluster) list(q *proto.SetsRequest, a *proto.Sets) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(c.sets)) {
		if q.Set == "" || q.Set == name {
			a.List = append(a.List, c.statusOf(c.sets[name]))
		}
	}
	return nil
}

// statusOf tells of a set.
func (c *Cluster) statusOf(s *engineSet) proto.SetStatus {
	out := proto.SetStatus{Name: s.Name, Where: string(s.Where), How: string(s.How), Max: s.Max, Draining: s.draining}
	if s.Max > 0 {
		out.Min = s.Least()
	}
	for _, m := range c.members {
		if m.Set != s.Name || m.leaving && m.phase == Ended {
			continue
		}
		p := proto.SetPart{Number: m.number, Machine: m.On.Name(), Phase: string(m.phase), Text: m.text, Engines: m.engines, Want: m.want, Coming: m.coming(nil)}
		if m.leaving {
			p.Phase = "leaving"
		}
		out.Parts = append(out.Parts, p)
	}
	return out
}

// keptSets is what the controller is told of the sets.
func (c *Cluster) keptSets() []proto.KeptSet {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []proto.KeptSet
	for _, name := range slices.Sorted(maps.Keys(c.sets)) {
		s := c.sets[name]
		if s.draining {
			continue
		}
		k := proto.KeptSet{Name: name, Max: s.Max}
		if s.Max > 0 {
			k.Min, k.Idle = s.Least(), s.IdleTime()
		}
		for _, m := range c.members {
			if m.Set == name && !m.leaving {
				k.Coming += m.coming(nil)
			}
		}
		out = append(out, k)
	}
	return out
}

// addSet adds a set to the running cluster and starts its engines.
func (c *Cluster) addSet(q *proto.SetsRequest, a *proto.Sets) error {
	if q.Set == "" {
		return fmt.Errorf("an engine set needs a name")
	}
	c.mu.Lock()
	there := c.sets[q.Set]
	c.mu.Unlock()
	switch {
	case there != nil && there.draining:
		return fmt.Errorf("engine set %s is still being drained: wait until `gocluster sets` does not list it any more", q.Set)
	case there != nil:
		return fmt.Errorf("the cluster has an engine set %s: `gocluster scale --set=%s` changes its size", q.Set, q.Set)
	}
	set, err := c.given(q)
	if err != nil {
		return err
	}
	placed, err := c.placeSet(set)
	if err != nil {
		return err
	}
	return c.beginMore(c.register(set), placed, a)
}

// given is the set that is to be added: as the request says or, where it says nothing, the profile.
func (c *Cluster) given(q *proto.SetsRequest) (profiles.Set, error) {
	if q.Config != "" {
		return profiles.ParseSet(q.Set, q.Config)
	}
	return c.cfg.Profile.Set(q.Set)
}

// beginMore starts more of a set, and tells what.
func (c *Cluster) beginMore(s *engineSet, placed []Placed, a *proto.Sets) error {
	c.mu.Lock()
	placed = s.number(placed)
	c.mu.Unlock()
	members, err := c.startMembers(placed)
	for _, m := range members {
		a.Begun = append(a.Begun, m.number)
	}
	a.Set = s.Name
	return err
}

package launch

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gocluster/gocluster/controller"
	"github.com/gocluster/gocluster/profiles"
)

// growMost bounds how many engines are added at a time.
const growMost = 1024

// growable returns the engine set that is to have n more engines. Those of this machine can; who else is to have more has settings to say so.
func growable(s *profiles.Settings, name string, n int) (profiles.Set, error) {
	if n < 1 || n > growMost {
		return profiles.Set{}, fmt.Errorf("%d more engines cannot be: give 1 to %d", n, growMost)
	}
	sets := s.EngineSets()
	i := slices.IndexFunc(sets, func(set profiles.Set) bool { return set.Name == name })
	switch {
	case i < 0 && name == "":
		return profiles.Set{}, fmt.Errorf("the profile has engine sets: name one of them, %s", strings.Join(slices.Sorted(maps.Keys(s.Sets)), ", "))
	case i < 0 && len(s.Sets) == 0:
		return profiles.Set{}, fmt.Errorf("there is no engine set %s: the profile has none, name none", name)
	case i < 0:
		return profiles.Set{}, fmt.Errorf("there is no engine set %s: the profile has %s", name, strings.Join(slices.Sorted(maps.Keys(s.Sets)), ", "))
	}
	set := sets[i]
	if set.Where != profiles.WhereLocal || set.How != profiles.HowDirect {
		return set, fmt.Errorf("engine set %s is started with where = %q and how = %q, and only sets of this machine grow while the cluster runs: "+
			"change n in the profile and start the cluster again", name, set.Where, set.How)
	}
	return set, nil
}

// growth starts more engines when the controller says that a client wants some.
func (c *Cluster) growth(controller *child) {
	for r := range controller.reports {
		if r.Event != growing {
			continue
		}
		if err := c.grow(r.Set, r.N); err != nil {
			c.notice("more engines cannot be started: %v", err)
		}
	}
}

// grow starts n more engines of a set: an engine host of their own.
func (c *Cluster) grow(name string, n int) error {
	set, err := growable(&c.cfg.Profile.Settings, name, n)
	if err != nil {
		return err
	}
	host := set.Machines()[0]
	host.N = n
	m := &member{Placed: Placed{here{c}, Engines{Set: set.Name, Host: host, Hosts: 1}}, begun: time.Now()}
	c.mu.Lock()
	c.members = append(c.members, m)
	c.mu.Unlock()
	return c.starting.Go("start of "+m.String(), c.starter(m))
}

// adapt lists the engine sets whose sizes follow the work, if somebody starts engines for the controller.
func (cfg *ControllerConfig) adapt() map[string]controller.Adapt {
	all := map[string]controller.Adapt{}
	for _, set := range cfg.Profile.Settings.EngineSets() {
		if cfg.grow != nil && set.Max > 0 {
			all[set.Name] = controller.Adapt{Min: set.Least(), Max: set.Max, Idle: set.IdleTime()}
		}
	}
	return all
}

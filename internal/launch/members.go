package launch

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/proto"
)

// member is the engines of one machine, as the cluster knows them. Its fields are guarded by the cluster's mutex.
type member struct {
	Placed
	number  int // rises with each member
	want    int // how many engines it has when it is ready, 0 if that is not known
	later   bool
	process Process
	phase   Phase
	text    string
	engines []proto.EngineID
	begun   time.Time

	cancel  context.CancelFunc // ends its start
	started chan struct{}      // closed when it is on its way, or is known not to be
	leaving bool               // it is to end
	stopped bool               // nothing is left of it
}

// partial is a Process whose engines may come one by one.
type partial interface {
	// coming is how many are still expected, apart from those of ranks that are there.
	coming(there map[int]bool) int
	// shed gives up to n of them up, and returns how many these were.
	shed(ctx context.Context, n int) (int, error)
}

// coming is how many engines are expected of a member, apart from those that are there.
func (m *member) coming(there []proto.EngineOf) int {
	n, ranks := 0, map[int]bool{}
	for _, e := range there {
		if e.Part == m.number {
			n++
			ranks[e.Rank] = true
		}
	}
	switch m.phase {
	case Failed, Ended:
		return 0
	case Ready:
		if p, ok := m.process.(partial); ok {
			return p.coming(ranks)
		}
		return 0
	}
	return max(0, m.want-n)
}

// shed gives up to n engines up that are expected of a member that has others.
func (m *member) shed(ctx context.Context, n int) (int, error) {
	if p, ok := m.process.(partial); ok {
		return p.shed(ctx, n)
	}
	return 0, nil
}

// String names the member for people.
func (m *member) String() string {
	if m.Set == "" {
		return m.On.Name()
	}
	return m.Set + " " + m.On.Name()
}

// bringUp starts the engines of all machines, each on its own: what fails on one is no matter of the others.
func (c *Cluster) bringUp(placed []Placed) error {
	for _, set := range c.cfg.sets() {
		s := c.register(set)
		for i, p := range placed {
			if p.Set == set.Name {
				s.number(placed[i : i+1])
			}
		}
	}
	_, err := c.startMembers(placed)
	return err
}

// startMembers starts engines.
func (c *Cluster) startMembers(placed []Placed) ([]*member, error) {
	var out []*member
	c.mu.Lock()
	for _, p := range placed {
		c.numbered++
		p.Part = c.numbered
		m := &member{Placed: p, number: c.numbered, want: p.total(), later: c.started(), begun: time.Now(), started: make(chan struct{})}
		if _, here := p.On.(here); here && m.want == 0 {
			m.want = runtime.NumCPU()
		}
		out = append(out, m)
	}
	c.members = append(c.members, out...)
	c.mu.Unlock()
	for i, m := range out {
		if err := c.starting.Go("start of "+m.String(), func(ctx context.Context) error { c.startMember(ctx, m); return nil }); err != nil {
			for _, m := range out[i:] {
				close(m.started)
			}
			return out, err
		}
	}
	return out, nil
}

func (c *Cluster) startMember(ctx context.Context, m *member) {
	defer close(m.started)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.mu.Lock()
	m.cancel = cancel
	if m.leaving {
		cancel()
	}
	c.mu.Unlock()
	process, err := m.On.Start(ctx, m.Engines, func(p Progress) { c.told(m, p) })
	if err != nil {
		c.mu.Lock()
		m.stopped = true
		c.mu.Unlock()
		c.told(m, Progress{Phase: Failed, Text: err.Error()})
		return
	}
	c.mu.Lock()
	m.process = process
	c.mu.Unlock()
	c.writeRecords()
}

// told takes a step of a member.
func (c *Cluster) told(m *member, p Progress) {
	c.mu.Lock()
	fewer := p.Phase == Ready && m.phase == Ready && len(p.Engines) < len(m.engines)
	if p.Phase != Said {
		m.phase, m.text = p.Phase, p.Text
	}
	if p.Phase == Ready || len(p.Engines) > 0 {
		c.claim(m, p.Engines)
	}
	silent := fewer || m.leaving && p.Phase != Said && p.Phase != Ended
	c.mu.Unlock()
	if p.Phase == Ready || len(p.Engines) > 0 {
		c.writeRecords()
	}
	if !silent && (p.Phase == Said || !isClosed(c.stop)) {
		c.say(m, p)
	}
	c.mu.Lock()
	c.settle() // after it was said: who waits may go then
	c.mu.Unlock()
	c.wake()
	if c.started() && !isClosed(c.stop) && (p.Phase == Ended || p.Phase == Failed && m.later) {
		_ = c.group.Go("end of "+m.String(), func(context.Context) error { // or the cluster has ended
			if err := c.retire(c.ending, m); err != nil {
				c.notice("%s: %v", m, indent(err.Error()))
			}
			return nil
		})
	}
}

// claim gives engines to a member. An id that another one has had is free, or it would not be this one's.
func (c *Cluster) claim(m *member, ids []proto.EngineID) {
	for _, other := range c.members {
		if other != m {
			other.engines = slices.DeleteFunc(slices.Clone(other.engines), func(id proto.EngineID) bool { return slices.Contains(ids, id) })
		}
	}
	m.engines = slices.Clone(ids)
}

// retire ends a member, if it has not ended, and forgets it when nothing is left of it. One that has failed is still told of.
func (c *Cluster) retire(ctx context.Context, m *member) error {
	c.mu.Lock()
	m.leaving = m.leaving || m.phase != Failed
	cancel := m.cancel
	c.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	<-m.started
	c.mu.Lock()
	process := m.process
	c.mu.Unlock()
	if process != nil {
		if err := process.Stop(ctx); err != nil {
			return err
		}
	}
	c.mu.Lock()
	m.stopped = true
	if m.leaving {
		c.members = slices.DeleteFunc(c.members, func(x *member) bool { return x == m })
	}
	s := c.sets[m.Set]
	c.mu.Unlock()
	if s != nil {
		c.forget(s)
	}
	c.writeRecords()
	c.wake()
	return nil
}

// say tells people about a step.
func (c *Cluster) say(m *member, p Progress) {
	switch {
	case p.Text == "" && (p.Phase == Ended || p.Phase == Said): // as they were asked to
	case m.Set == "" && (p.Phase == Said || p.Phase == Ended):
		c.notice("%s", p.Text)
	case m.Set == "": // the only set, of this machine: what Start returns says it all
	case p.Phase == Said:
		c.notice("%s: %s", m, indent(p.Text))
	case p.Phase == Ready:
		c.notice("%s: ready: %s (%.1f s)", m, enginesText(p.Engines), time.Since(m.begun).Seconds())
	case p.Text == "":
		c.notice("%s: %s", m, p.Phase)
	default:
		c.notice("%s: %s: %s", m, p.Phase, indent(p.Text))
	}
}

// indent sets the lines of a text after its first one off.
func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n    ") }

// settle notes that nobody need wait any longer for the cluster, once that is so: every machine is ready, failed or asked for.
func (c *Cluster) settle() {
	if c.started() {
		return
	}
	var failed []*member
	for _, m := range c.members {
		if !m.phase.settled() {
			return
		}
		if m.phase == Failed || m.phase == Ended {
			failed = append(failed, m)
		}
	}
	if len(failed) < len(c.members) {
		close(c.isReady)
		return
	}
	var all []error
	for _, m := range failed {
		if m.Set == "" {
			all = append(all, errors.New(m.text))
			continue
		}
		all = append(all, fmt.Errorf("%s: %s", m, m.text))
	}
	why := errors.Join(all...)
	if len(failed) > 1 {
		why = errors.New("there are no engines; each machine's failure is told above")
	}
	c.finishLocked(why)
}

// Missing names the machines that have no engines although they should.
func (c *Cluster) Missing() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := slices.Clone(c.missing) // a daemon's
	for _, m := range c.members {
		if m.phase == Failed || m.phase == Ended {
			out = append(out, m.On.Name())
		}
	}
	return out
}

// Coming is how many engines come when jobs start that wait in a queue, as far as that is known, and what they wait for.
func (c *Cluster) Coming() (engines int, why []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	engines, why = c.coming, slices.Clone(c.waiting) // a daemon's
	for _, m := range c.members {
		if m.phase == Waiting {
			engines += m.want
			why = append(why, m.text)
		}
	}
	return engines, why
}

// Engines are the engines' ids.
func (c *Cluster) Engines() []proto.EngineID {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := slices.Clone(c.engines) // a daemon's
	for _, m := range c.members {
		out = append(out, m.engines...)
	}
	slices.Sort(out)
	return out
}

// endMembers ends all engines. What is still being started is given up first.
func (c *Cluster) endMembers(ctx context.Context) error {
	_ = c.starting.Stop()
	ending := group.New(ctx)
	c.mu.Lock()
	members := slices.Clone(c.members)
	c.mu.Unlock()
	errs := make([]error, len(members))
	for i, m := range members {
		if m.process == nil {
			continue
		}
		_ = ending.Go("end of "+m.String(), func(ctx context.Context) error {
			if err := m.process.Stop(ctx); err != nil {
				errs[i] = fmt.Errorf("%s: %w", m, err)
			}
			return nil
		})
	}
	_ = ending.Wait()
	return errors.Join(errs...)
}

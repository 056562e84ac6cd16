package launch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/proto"
)

// member is the engines of one machine, as the cluster knows them. Its fields are guarded by the cluster's mutex.
type member struct {
	Placed
	process Process
	phase   Phase
	text    string
	engines []proto.EngineID
	begun   time.Time
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
	for _, p := range placed {
		c.members = append(c.members, &member{Placed: p, begun: time.Now()})
	}
	for _, m := range c.members {
		if err := c.starting.Go("start of "+m.String(), c.starter(m)); err != nil {
			return err
		}
	}
	return nil
}

// starter starts a member's engines.
func (c *Cluster) starter(m *member) func(context.Context) error {
	return func(ctx context.Context) error { c.startMember(ctx, m); return nil }
}

func (c *Cluster) startMember(ctx context.Context, m *member) {
	process, err := m.On.Start(ctx, m.Engines, func(p Progress) { c.told(m, p) })
	if err != nil {
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
	if p.Phase != Said {
		m.phase, m.text = p.Phase, p.Text
	}
	if p.Phase == Ready {
		m.engines = p.Engines
	}
	c.mu.Unlock()
	if p.Phase == Ready {
		c.writeRecords()
	}
	if p.Phase == Said || !isClosed(c.stop) {
		c.say(m, p)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle() // after it was said: who waits may go then
}

// say tells people about a step.
func (c *Cluster) say(m *member, p Progress) {
	switch {
	case p.Phase == Ended && p.Text == "": // as they were asked to
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

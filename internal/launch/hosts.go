package launch

import (
	"fmt"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/profiles"
)

// The pauses before an engine host that died is started again: none after the first death, then doubling; a host that has lived for
// hostLived counts as one that can.
const (
	firstHostPause = 250 * time.Millisecond
	lastHostPause  = 15 * time.Second
	hostLived      = 10 * time.Second
)

// patience is how often each engine's worker may fail before a cluster that is being started counts as one that cannot be.
const patience = 2

// hostPause is the pause before the next start after a number of deaths in a row.
func hostPause(deaths int) time.Duration {
	if deaths < 2 {
		return 0
	}
	return min(firstHostPause<<min(deaths-2, 10), lastHostPause)
}

// keepHost keeps an engine host running until the cluster ends. A host that is started again is the same peer with the
// same engines.
func (c *Cluster) keepHost(host *child) {
	o := c.order()
	o.N, o.Set, o.Peer = c.cfg.N, c.cfg.Set, peerText(link.NewPeerID())
	deaths := 0
	for {
		born := time.Now()
		if err := host.order(o); err == nil {
			c.follow(host, &o)
		}
		<-host.exited
		if c.ending() || host.clean() { // a host that was told to stop by a client stays away
			return
		}
		if deaths++; time.Since(born) > hostLived {
			deaths = 1
		}
		why := host.death()
		if !c.started() {
			c.finish(hostError(why))
			return
		}
		if c.cfg.Profile.Settings.Engines.Restart == profiles.RestartNever {
			c.notice("the engine host has ended: %s; the profile says that it is not started again", why)
			return
		}
		c.notice("the engine host has ended: %s; starting it again", why)
		if host = c.another(hostPause(deaths)); host == nil {
			return
		}
	}
}

type hostError string

func (e hostError) Error() string { return "the engine host did not start: " + string(e) }

// another starts an engine host in place of one that has died, after a pause; nil if the cluster ends.
func (c *Cluster) another(pause time.Duration) *child {
	for {
		select {
		case <-time.After(pause):
		case <-c.stop:
			return nil
		}
		host, err := c.launch(hostRole, enginesName)
		if err == nil && c.adopt(host) {
			return host
		}
		if err == nil {
			host.end(c.group.Context())
			return nil
		}
		c.notice("%v", err)
		pause = lastHostPause
	}
}

// adopt makes a host one that tearDown ends, unless that has begun.
func (c *Cluster) adopt(host *child) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.stop:
		return false
	default:
	}
	c.hosts = []*child{host}
	return true
}

// follow takes what a host reports, until it reports no more. Its engines' ids go into the order for the next.
func (c *Cluster) follow(host *child, o *order) {
	failures := 0
	for r := range host.reports {
		switch r.Event {
		case registered:
			o.IDs = r.Engines
		case ready:
			c.mu.Lock()
			c.engines = r.Engines
			c.mu.Unlock()
			if !c.started() {
				close(c.isReady)
			}
		case notice:
			c.notice("%s", r.Text)
			if failures++; !c.started() && failures > patience*c.cfg.N {
				c.finish(fmt.Errorf("the engines do not start: %s", r.Text))
			}
		}
	}
}

func (c *Cluster) started() bool { return isClosed(c.isReady) }
func (c *Cluster) ending() bool  { return isClosed(c.stop) }

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

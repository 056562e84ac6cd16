package launch

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/profiles"
)

// kept is an engine host on this machine that is started again when it dies.
type kept struct {
	order   order
	restart profiles.Restart
	tell    func(Progress)
	log     string                 // the file it logs to
	another func() (*child, error) // starts one in place of one that has died
	group   *group.Group

	mu       sync.Mutex
	child    *child
	wasReady bool
	stopping bool

	stop   chan struct{} // closed to ask for the end
	exited chan struct{}
}

func (k *kept) Exited() <-chan struct{} { return k.exited }

// Stop ends the engine host, and kills it if it does not end.
func (k *kept) Stop(ctx context.Context) error {
	k.mu.Lock()
	if !k.stopping {
		k.stopping = true
		close(k.stop)
	}
	child := k.child
	k.mu.Unlock()
	child.end(ctx)
	<-k.exited
	return nil
}

// Log writes the end of the log, which engine hosts of one set share.
func (k *kept) Log(ctx context.Context, w io.Writer, lines int, follow bool) error {
	return Tail(ctx, w, k.log, lines, follow)
}

// keep has an engine host that was started kept running. A host that is started again is the same peer with the same engines.
func keep(g *group.Group, first *child, k *kept) (Process, error) {
	k.child, k.group, k.stop, k.exited = first, g, make(chan struct{}), make(chan struct{})
	k.order.Peer = peerText(link.NewPeerID())
	if err := g.Go("engine host", func(context.Context) error { k.run(); return nil }); err != nil {
		first.end(context.Background())
		return nil, err
	}
	return k, nil
}

// run keeps the engine host running until it is to end.
func (k *kept) run() {
	defer close(k.exited)
	o := k.order
	deaths := 0
	for host := k.child; host != nil; {
		born := time.Now()
		if err := host.order(o); err == nil {
			k.follow(host, &o)
		}
		<-host.exited
		if isClosed(k.stop) {
			return
		}
		if host.clean() { // a host that was told to stop by a client stays away
			k.tell(Progress{Phase: Ended})
			return
		}
		if deaths++; time.Since(born) > hostLived {
			deaths = 1
		}
		why := host.death()
		if !k.ready() {
			k.tell(Progress{Phase: Failed, Text: "the engine host did not start: " + why})
			return
		}
		if k.restart == profiles.RestartNever {
			k.tell(Progress{Phase: Ended, Text: fmt.Sprintf("the engine host has ended: %s; the profile says that it is not started again", why)})
			return
		}
		k.tell(Progress{Text: fmt.Sprintf("the engine host has ended: %s; starting it again", why)})
		host = k.next(hostPause(deaths))
	}
}

// next starts an engine host in place of one that has died, after a pause; nil if it is to end.
func (k *kept) next(pause time.Duration) *child {
	for {
		select {
		case <-time.After(pause):
		case <-k.stop:
			return nil
		}
		host, err := k.another()
		if err == nil && k.adopt(host) {
			return host
		}
		if err == nil {
			host.end(k.group.Context())
			return nil
		}
		k.tell(Progress{Text: err.Error()})
		pause = lastHostPause
	}
}

// adopt makes a host one that Stop ends, unless that has begun.
func (k *kept) adopt(host *child) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopping {
		return false
	}
	k.child = host
	return true
}

func (k *kept) ready() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.wasReady
}

// follow takes what a host reports, until it reports no more. Its engines' ids go into the order for the next.
func (k *kept) follow(host *child, o *order) {
	failures := 0
	for r := range host.reports {
		switch r.Event {
		case registered:
			o.IDs, o.N = r.Engines, len(r.Engines)
			k.tell(Progress{Engines: r.Engines})
		case ready:
			k.mu.Lock()
			k.wasReady = true
			k.mu.Unlock()
			k.tell(Progress{Phase: Ready, Engines: r.Engines})
		case notice:
			k.tell(Progress{Text: r.Text})
			if failures++; !k.ready() && failures > patience*max(1, o.N, len(o.IDs)) {
				k.tell(Progress{Phase: Failed, Text: "the engines do not start: " + r.Text})
			}
		}
	}
}

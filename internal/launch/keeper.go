package launch

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
)

// keeper is the cluster's connection to its controller, by which it is asked for more engines and for fewer.
type keeper struct {
	c      *Cluster
	link   link.End
	asked  chan *proto.SetsRequest
	change chan struct{} // has one when the controller is to be told how the sets are
	known  chan struct{} // closed when the controller knows of us
	once   sync.Once

	told   []proto.KeptSet
	anew   bool // the controller knows nothing
	anewMu sync.Mutex
}

// keptRequests is how many requests may wait.
const keptRequests = 64

// beKeeper connects to the controller as who starts and ends the cluster's engines, and returns when the controller knows.
func (c *Cluster) beKeeper(ctx context.Context) error {
	conn, err := c.cfg.Profile.Connection(proto.RoleClient)
	if err != nil {
		return err
	}
	tls, err := conn.ClientTLS()
	if err != nil {
		return err
	}
	k := &keeper{c: c, asked: make(chan *proto.SetsRequest, keptRequests), change: make(chan struct{}, 1), known: make(chan struct{})}
	k.link, err = link.Dial(ctx, link.DialConfig{
		Addrs: conn.Addrs, TLS: tls, Role: proto.RoleClient, Name: "the process that has started the cluster", Handler: k, DialFunc: dialOf(conn),
	})
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.keeper = k
	c.mu.Unlock()
	if err := c.group.Go("keeper", func(context.Context) error { k.serve(); return nil }); err != nil {
		return err
	}
	select {
	case <-k.known:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.stop:
		return nil
	}
}

// Up, Message and Down are what happens on the link.
func (k *keeper) Up(proto.Welcome) {
	k.anewMu.Lock()
	k.anew = true
	k.anewMu.Unlock()
	k.wake()
}

func (k *keeper) Down(error, bool) {}

func (k *keeper) Message(m proto.Message) {
	switch m := m.(type) {
	case *proto.SetsRequest:
		select {
		case k.asked <- m:
		default:
			k.answer(&proto.Sets{Seq: m.Seq, Error: *proto.Errorf(proto.KindController, "the cluster is busy with other requests for engines: try again")})
		}
	case *proto.Status:
		k.once.Do(func() { close(k.known) })
	}
}

// answer answers a request. If the connection breaks, who has asked is told by the controller.
func (k *keeper) answer(a *proto.Sets) { _ = k.link.Send(a) }

// wake has the controller told how the sets are.
func (k *keeper) wake() {
	select {
	case k.change <- struct{}{}:
	default:
	}
}

// serve does what is asked for, one after the other, until the cluster ends.
func (k *keeper) serve() {
	for {
		select {
		case q := <-k.asked:
			k.answer(k.c.serve(k.c.ending, q))
			k.tell()
		case <-k.change:
			k.tell()
		case <-k.c.stop:
			return
		}
	}
}

// tell tells the controller how the sets are, if it does not know.
func (k *keeper) tell() {
	k.anewMu.Lock()
	anew := k.anew
	k.anew = false
	k.anewMu.Unlock()
	now := k.c.keptSets()
	if !anew && slices.Equal(now, k.told) {
		return
	}
	k.told = now
	// What does not arrive is told again when the connection is there again.
	_ = k.link.Send(&proto.Keep{Sets: now})
	if anew {
		_ = k.link.Send(&proto.StatusRequest{Brief: true}) // its answer says that we are known
	}
}

// wake has the controller told how the sets are.
func (c *Cluster) wake() {
	c.mu.Lock()
	k := c.keeper
	c.mu.Unlock()
	if k != nil {
		k.wake()
	}
}

// serve does what is asked for. It returns when that is under way.
func (c *Cluster) serve(ctx context.Context, q *proto.SetsRequest) *proto.Sets {
	a := &proto.Sets{Seq: q.Seq, Set: q.Set}
	var err error
	switch q.Do {
	case proto.SetsList:
		err = c.list(q, a)
	case proto.SetsScale:
		err = c.scale(ctx, q, a)
	case proto.SetsGrow:
		err = c.growBy(ctx, q, a)
	case proto.SetsAdd:
		err = c.addSet(q, a)
	case proto.SetsDrain:
		err = c.drainSet(ctx, q, a)
	default:
		err = fmt.Errorf("the process that has started the cluster does not know request %d: it is of another version", q.Do)
	}
	if err != nil {
		a.Error = *proto.Errorf(proto.KindController, "%v", err)
		if q.Do == proto.SetsGrow {
			c.notice("the size of engine set %s cannot be changed: %v", q.Set, err)
		}
	}
	return a
}

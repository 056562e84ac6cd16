package client

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// Scale makes the running cluster one of n engines, and returns when it is. What is missing is started by the process that has started the
// cluster, where its engine set runs: on that machine, spread over the hosts of a set over SSH, or in further jobs of a batch system. What is too
// many is drained: these engines take no more work, finish what they run and what only they may do, and end; jobs that wait in a queue go first.
// Engines of a job that waits in a queue are not waited for: WaitForEngines does. Where some could not be started, the error is a
// *PartsError, and the others are there. ctx bounds the wait; what is under way goes on without it.
func (c *Client) Scale(ctx context.Context, n int) error { return c.ScaleSet(ctx, "", n) }

// ScaleSet is Scale for one of the cluster's engine sets. "" are the engines of a profile without sets, or those of its only one.
func (c *Client) ScaleSet(ctx context.Context, set string, n int) error {
	return c.resize(ctx, proto.SetsRequest{Do: proto.SetsScale, Set: set, N: n})
}

// AddSet adds an engine set to the running cluster, and waits as Scale does. settings are as they stand below [sets.NAME] in a profile
// ("where = \"ssh\"\nhosts = [\"alpha\"]"); where they are empty, they are what the profile says by now.
func (c *Client) AddSet(ctx context.Context, name, settings string) error {
	return c.resize(ctx, proto.SetsRequest{Do: proto.SetsAdd, Set: name, Config: settings})
}

// DrainSet ends an engine set of the running cluster, whose engines finish first what they run and what only they may do. It returns when that
// has happened.
func (c *Client) DrainSet(ctx context.Context, name string) error {
	return c.resize(ctx, proto.SetsRequest{Do: proto.SetsDrain, Set: name})
}

// Sets lists the cluster's engine sets, by name.
func (c *Client) Sets() (Sets, error) {
	ctx, stop := withAmbient(context.Background())
	defer stop()
	a, err := c.conn.Sets(ctx, proto.SetsRequest{Do: proto.SetsList})
	if err != nil {
		return nil, err
	}
	return newSets(a.List), nil
}

// PartsError says that not all engines could be started that were wanted. The others are there.
type PartsError struct {
	// Failed tells each machine, job or command that brings none, and why.
	Failed []string
}

func (e *PartsError) Error() string { return strings.Join(e.Failed, "\n") }

// resizeStep is how often it is looked how far engines are that are started.
const resizeStep = 100 * time.Millisecond

// resize has sets changed and waits until that is done.
func (c *Client) resize(ctx context.Context, q proto.SetsRequest) error {
	ctx, stop := withAmbient(ctx)
	defer stop()
	a, err := c.conn.Sets(ctx, q)
	if err != nil {
		return err
	}
	if len(a.Drain) > 0 {
		if err := c.conn.UntilGone(ctx, a.Drain); err != nil {
			return err
		}
	}
	if q.Do == proto.SetsDrain {
		return c.untilForgotten(ctx, a.Set)
	}
	if len(a.Begun) == 0 {
		return nil
	}
	return c.untilBegun(ctx, a)
}

// untilBegun waits until what was begun is ready, has failed, or waits for a machine.
func (c *Client) untilBegun(ctx context.Context, begun *proto.Sets) error {
	for {
		parts, err := c.partsOf(ctx, begun.Set)
		if err != nil {
			return err
		}
		failed := &PartsError{}
		var ids []proto.EngineID
		open := 0
		for _, p := range parts {
			switch {
			case !slices.Contains(begun.Begun, p.Number):
			case p.Phase == partFailed:
				failed.Failed = append(failed.Failed, fmt.Sprintf("%s: %s", p.Machine, p.Text))
			case p.Phase == partReady:
				ids = append(ids, p.Engines...)
			case p.Phase != partWaiting:
				open++
			}
		}
		if open == 0 {
			if err := c.untilUp(ctx, ids); err != nil || len(failed.Failed) == 0 {
				return err
			}
			return failed
		}
		select {
		case <-time.After(resizeStep):
		case <-ctx.Done():
			return fmt.Errorf("waiting for engines of set %s: %w", begun.Set, context.Cause(ctx))
		}
	}
}

// untilUp waits until the controller has engines, too, that are ready.
func (c *Client) untilUp(ctx context.Context, ids []proto.EngineID) error {
	if len(ids) == 0 {
		return nil
	}
	return c.conn.Until(ctx, "engines", func(st *proto.Status) bool {
		for _, e := range st.Engines {
			if e.State == proto.EngineStarting && slices.Contains(ids, e.ID) {
				return false
			}
		}
		return true
	})
}

// untilForgotten waits until there is no set of a name.
func (c *Client) untilForgotten(ctx context.Context, set string) error {
	for {
		a, err := c.conn.Sets(ctx, proto.SetsRequest{Do: proto.SetsList})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(a.List, func(s proto.SetStatus) bool { return s.Name == set }) {
			return nil
		}
		select {
		case <-time.After(resizeStep):
		case <-ctx.Done():
			return fmt.Errorf("waiting for the end of engine set %s: %w", set, context.Cause(ctx))
		}
	}
}

func (c *Client) partsOf(ctx context.Context, set string) ([]proto.SetPart, error) {
	a, err := c.conn.Sets(ctx, proto.SetsRequest{Do: proto.SetsList})
	if err != nil {
		return nil, err
	}
	for _, s := range a.List {
		if s.Name == set {
			return s.Parts, nil
		}
	}
	return nil, nil
}

// The phases of a part that matter here, as package launch calls them.
const (
	partWaiting = "submitted"
	partReady   = "ready"
	partFailed  = "failed"
	partEnded   = "ended"
	partLeaving = "leaving"
)

package client

import (
	"context"
	"fmt"
	"slices"

	"github.com/gocluster/gocluster/internal/proto"
)

// Scale makes the running cluster one of n engines, and returns when it is. What is missing is started on the machine that the cluster was
// started on, which is what `gocluster start` does; what is too many is drained, the last ids first: these engines take no more work, finish what
// they run and what only they may do, and end. ctx bounds the wait; draining goes on without it.
func (c *Client) Scale(ctx context.Context, n int) error { return c.ScaleSet(ctx, "", n) }

// ScaleSet is Scale for an engine set of the cluster's profile. "" are the engines of a profile without sets, and those that belong to none.
func (c *Client) ScaleSet(ctx context.Context, set string, n int) error {
	if n < 0 {
		return fmt.Errorf("a cluster of %d engines cannot be", n)
	}
	ctx, stop := withAmbient(ctx)
	defer stop()
	st, err := c.conn.Engines(ctx)
	if err != nil {
		return err
	}
	ids := staying(st, set)
	switch {
	case len(ids) > n:
		return c.conn.Drain(ctx, ids[n:])
	case len(ids) == n:
		return nil
	}
	if err := c.conn.Grow(ctx, set, n-len(ids)); err != nil {
		return err
	}
	return c.conn.Until(ctx, fmt.Sprintf("%d engines", n), func(st *proto.Status) bool { return ready(st, set) >= n })
}

// staying lists the engines of a set that are there and are not being drained, rising.
func staying(st *proto.Status, set string) []proto.EngineID {
	var ids []proto.EngineID
	for _, e := range st.Engines {
		if e.Info.Set == set && e.State != proto.EngineLost && e.State != proto.EngineDraining {
			ids = append(ids, e.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// ready counts the engines of a set that take tasks.
func ready(st *proto.Status, set string) int {
	n := 0
	for _, e := range st.Engines {
		if e.Info.Set == set && (e.State == proto.EngineIdle || e.State == proto.EngineBusy) {
			n++
		}
	}
	return n
}

package client

import (
	"context"
	"time"
)

// ProcessProfile is what a process of the cluster has computed for a while.
type ProcessProfile struct {
	// Role is "controller", "engine host", "worker" or "program".
	Role, Host string
	PID        int
	// Data is a profile in the format of pprof; where there is none, Why says why.
	Data []byte
	Why  string
}

// ProfileCPU finds out what the controller, the engine hosts, their workers and programs compute within d, and returns when that time is over.
func (c *Client) ProfileCPU(ctx context.Context, d time.Duration) ([]ProcessProfile, error) {
	ctx, stop := withAmbient(ctx)
	defer stop()
	list, err := c.conn.Profiles(ctx, d)
	var out []ProcessProfile
	for _, p := range list {
		out = append(out, ProcessProfile(p))
	}
	return out, err
}

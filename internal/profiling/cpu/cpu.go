// Package cpu has a process watch itself compute, whichever of the cluster's it is. Programs that units become have it, too: it imports little.
package cpu

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// Longest bounds how long a process is watched.
const Longest = 10 * time.Minute

// Profile watches for a while what this process computes, or until ctx ends. A process is watched by one at a time.
func Profile(ctx context.Context, role string, d time.Duration) proto.Profile {
	p := proto.Profile{Role: role, PID: os.Getpid()}
	p.Host, _ = os.Hostname() // for people
	var out bytes.Buffer
	if err := pprof.StartCPUProfile(&out); err != nil {
		p.Why = fmt.Sprintf("somebody else is at it: %v", err)
		return p
	}
	timer := time.NewTimer(min(d, Longest))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	pprof.StopCPUProfile()
	p.Data = out.Bytes()
	return p
}

package launch

import "time"

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

func (c *Cluster) started() bool { return isClosed(c.isReady) }

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

//go:build unix

package kernel

import (
	"context"
	"os"
	"time"
)

// orphaned waits until the parent process is gone, if it was Jupyter that started this kernel; false is the end of ctx.
func orphaned(ctx context.Context) bool {
	if os.Getenv("JPY_PARENT_PID") == "" {
		<-ctx.Done()
		return false
	}
	parent := os.Getppid()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
			if os.Getppid() != parent {
				return true
			}
		}
	}
}

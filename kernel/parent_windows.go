package kernel

import (
	"context"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/windows"
)

// orphaned waits until the parent process is gone, if it was Jupyter that started this kernel; false is the end of ctx.
// Jupyter lets the kernel inherit a handle of its process and says its number.
func orphaned(ctx context.Context) bool {
	handle, err := strconv.ParseUint(os.Getenv("JPY_PARENT_PID"), 10, 64)
	if err != nil {
		<-ctx.Done()
		return false
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
			if event, err := windows.WaitForSingleObject(windows.Handle(handle), 0); err == nil && event == windows.WAIT_OBJECT_0 {
				return true
			}
		}
	}
}

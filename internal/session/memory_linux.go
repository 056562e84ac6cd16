package session

import (
	"fmt"
	"syscall"
)

// limitMemory makes the system refuse the process memory beyond the limit. The runtime then ends the process, saying so.
func limitMemory(bytes uint64) error {
	const rlimitData = 2 // RLIMIT_DATA: private writable memory
	const runtimeNeeds = 64 << 20
	if err := syscall.Setrlimit(rlimitData, &syscall.Rlimit{Cur: bytes + runtimeNeeds, Max: bytes + runtimeNeeds}); err != nil {
		return fmt.Errorf("cannot limit the memory to %d bytes: %w", bytes, err)
	}
	return nil
}

package worker

import "syscall"

// limitMemory makes the system refuse the process memory beyond the limit. The runtime then ends the process, saying so.
func limitMemory(bytes uint64) {
	const rlimitData = 2 // RLIMIT_DATA: private writable memory
	const runtimeNeeds = 64 << 20
	_ = syscall.Setrlimit(rlimitData, &syscall.Rlimit{Cur: bytes + runtimeNeeds, Max: bytes + runtimeNeeds}) // the soft limit remains
}

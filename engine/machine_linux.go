package engine

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// totalMemory is the memory in bytes that the machine has, or that our container may use; 0 if unknown.
func totalMemory() int64 {
	total := kilobytes("/proc/meminfo", "MemTotal:")
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 && (n < total || total == 0) {
			total = n
		}
	}
	return total
}

// processMemory is a process's resident memory in bytes, 0 if unknown.
func processMemory(pid int) int64 { return kilobytes(fmt.Sprintf("/proc/%d/status", pid), "VmRSS:") }

// kilobytes reads one line of a file of /proc.
func kilobytes(path, name string) int64 {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == name {
			n, _ := strconv.ParseInt(f[1], 10, 64) // 0 if it is no number
			return n << 10
		}
	}
	return 0
}

// load is the number of processes that run or wait for a processor, over the last minute.
func load() float64 {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(data), " ")
	x, _ := strconv.ParseFloat(first, 64) // 0 if it is no number
	return x
}

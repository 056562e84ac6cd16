package engine

import (
	"os"
	"strconv"
	"strings"
)

// totalMemory is the memory in bytes that the machine has, or that our container may use; 0 if unknown.
func totalMemory() int64 {
	total := kilobytes("/proc/meminfo", "MemTotal:")
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if n, err := readNumber(path); err == nil && n > 0 && (n < total || total == 0) {
			total = n
		}
	}
	return total
}

// freeMemory is the memory in bytes that the machine has left, or our container; 0 if unknown.
func freeMemory() int64 {
	free := kilobytes("/proc/meminfo", "MemAvailable:")
	for _, c := range [][2]string{
		{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"},
		{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"},
	} {
		limit, err := readNumber(c[0])
		used, err2 := readNumber(c[1])
		if err == nil && err2 == nil && limit-used < free {
			free = max(limit-used, 0)
		}
	}
	return free
}

func readNumber(path string) (int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

// processMemory is a process's resident memory in bytes, 0 if unknown.
func processMemory(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	var resident int64
	if f := strings.Fields(string(text)); len(f) > 1 {
		resident, _ = strconv.ParseInt(f[1], 10, 64) // 0 if it is no number
	}
	return resident * int64(os.Getpagesize())
}

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

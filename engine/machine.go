package engine

import (
	"maps"
	"os"
	"runtime"
	"slices"

	"github.com/gocluster/gocluster/internal/proto"
)

// describe says what this machine is.
func describe(cfg Config) proto.HostInfo {
	name, err := os.Hostname()
	if err != nil {
		name = "unknown"
	}
	info := proto.HostInfo{
		Host: name, PID: os.Getpid(), OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(),
		Memory: totalMemory(), GoVersion: runtime.Version(), Set: cfg.Set, Stock: cfg.Stock, Part: cfg.Part, Rank: cfg.Rank,
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Resources)) {
		info.Resources = append(info.Resources, proto.Resource{Name: name, N: cfg.Resources[name]})
	}
	return info
}

// sendStats tells the controller how the host is. The system is asked without the host's lock: with many engines it takes a while.
func (h *host) sendStats() {
	type one struct {
		id   proto.EngineID
		pid  int
		pool *pool
	}
	var up []one
	h.do(func() {
		for _, s := range h.slots {
			if s.up {
				up = append(up, one{s.id, s.pid, s.pool})
			}
		}
	})
	m := &proto.HostStats{Load: load(), Free: freeMemory()}
	for _, e := range up {
		memory := processMemory(e.pid)
		for _, pid := range e.pool.pids() {
			memory += processMemory(pid)
		}
		m.Engines = append(m.Engines, proto.EngineStats{Engine: e.id, Memory: memory})
	}
	h.do(func() {
		if h.welcome {
			h.tell(m)
		}
	})
}

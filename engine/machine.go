package engine

import (
	"os"
	"runtime"

	"github.com/gocluster/gocluster/internal/proto"
)

// describe says what this machine is.
func describe(set string) proto.HostInfo {
	name, err := os.Hostname()
	if err != nil {
		name = "unknown"
	}
	return proto.HostInfo{
		Host: name, PID: os.Getpid(), OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(),
		Memory: totalMemory(), GoVersion: runtime.Version(), Set: set,
	}
}

// sendStats tells the controller how the host is.
func (h *host) sendStats() {
	if !h.welcome {
		return
	}
	m := &proto.HostStats{Load: load()}
	for _, s := range h.slots {
		if s.up {
			m.Engines = append(m.Engines, proto.EngineStats{Engine: s.id, Memory: processMemory(s.pid)})
		}
	}
	h.tell(m)
}

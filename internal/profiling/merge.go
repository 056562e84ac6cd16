package profiling

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/pprof/profile"

	"github.com/gocluster/gocluster/internal/proto"
)

// Label is the label of the samples that says which process they are of; roleLabel says only what it is.
const (
	Label     = "process"
	roleLabel = "role"
)

// Share is what one process has computed.
type Share struct {
	// Process names it: its role, host and process id.
	Process string
	CPU     time.Duration
	// Why says why it is not in the profile.
	Why string
}

// Name is what a process is called in a merged profile.
func Name(p *proto.Profile) string { return fmt.Sprintf("%s %d on %s", p.Role, p.PID, p.Host) }

// Merge writes the processes' profiles to w as one, each sample with the name of its process, and says how much each has computed.
func Merge(w io.Writer, list []proto.Profile) ([]Share, error) {
	var all []*profile.Profile
	var shares []Share
	for i := range list {
		name := Name(&list[i])
		p, err := profile.ParseData(list[i].Data)
		if why := list[i].Why; why != "" || err != nil {
			if why == "" {
				why = err.Error()
			}
			shares = append(shares, Share{Process: name, Why: why})
			continue
		}
		shares = append(shares, Share{Process: name, CPU: mark(p, name, list[i].Role)})
		all = append(all, p)
	}
	if len(all) == 0 {
		return shares, errors.New("no process has a profile")
	}
	merged, err := profile.Merge(all)
	if err != nil {
		return shares, fmt.Errorf("the profiles do not fit together: %w", err)
	}
	return shares, merged.Write(w)
}

// mark labels a profile's samples, and returns their time.
func mark(p *profile.Profile, name, role string) (cpu time.Duration) {
	for _, s := range p.Sample {
		if s.Label == nil {
			s.Label = map[string][]string{}
		}
		s.Label[Label], s.Label[roleLabel] = []string{name}, []string{role}
		if n := len(s.Value); n > 0 {
			cpu += time.Duration(s.Value[n-1])
		}
	}
	return cpu
}

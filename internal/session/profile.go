package session

import (
	"context"
	"errors"
	"time"

	"github.com/gocluster/gocluster/internal/profiling/cpu"
	"github.com/gocluster/gocluster/internal/proto"
)

// ProfileCPU finds out what the session's process computes for a while, beside whatever runs in it.
func (s *Session) ProfileCPU(d time.Duration) (proto.Profile, error) {
	seq := s.next()
	// An interrupt is not for this: it ends with the process, or when its time is over.
	done, err := s.current().do(context.Background(), &request{Profile: &profileRequest{Seq: seq, For: d}}, seq)
	if err != nil {
		return proto.Profile{}, err
	}
	if done.Profile == nil {
		return proto.Profile{}, errors.New("the session's process does not say what it computes")
	}
	return *done.Profile, nil
}

// watched answers that, in the child.
func (p *process) watched(ctx context.Context, r *profileRequest) {
	profile := cpu.Profile(ctx, "worker", r.For)
	p.out.tell(&event{Done: &done{Seq: r.Seq, Profile: &profile}})
}

package engine

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/profiling/cpu"
	"github.com/gocluster/gocluster/internal/proto"
)

// watching is a while during which it is found out what processes compute. A program that starts meanwhile is watched for the rest of it.
type watching struct {
	group *group.Group
	until time.Time

	mu   sync.Mutex
	list []proto.Profile
}

func (w *watching) add(p proto.Profile) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, p)
}

// watchAll finds out what the host, its workers and their programs compute for a while.
func (h *host) watchAll(ctx context.Context, d time.Duration) []proto.Profile {
	d = min(d, cpu.Longest)
	w := &watching{group: group.New(ctx), until: time.Now().Add(d)}
	var sessions []*sessionWorker
	h.do(func() {
		for _, s := range h.slots {
			if s.pool != nil && s.session != nil {
				sessions = append(sessions, s.session)
			}
		}
	})
	for _, s := range sessions {
		// A group that has stopped has nobody who would be told.
		_ = w.group.Go("worker", func(context.Context) error { w.add(s.watch(d)); return nil })
		s.pool.watch(w)
	}
	mine := cpu.Profile(ctx, "engine host", d)
	for _, s := range sessions {
		s.pool.watch(nil)
	}
	_ = w.group.Wait() // who cannot be watched has said so
	slices.SortFunc(w.list, func(a, b proto.Profile) int {
		if a.Role != b.Role {
			return strings.Compare(b.Role, a.Role) // workers before programs
		}
		return a.PID - b.PID
	})
	return append([]proto.Profile{mine}, w.list...)
}

// watch finds out what the worker's session computes for a while.
func (w *sessionWorker) watch(d time.Duration) proto.Profile {
	s := w.session()
	p, err := s.ProfileCPU(d)
	if err != nil {
		return notWatched("worker", s.PID(), err.Error())
	}
	return p
}

func notWatched(role string, pid int, why string) proto.Profile {
	p := proto.Profile{Role: role, PID: pid, Why: why}
	p.Host, _ = os.Hostname() // for people
	return p
}

// watch has all programs watched that there are until it is called again, with nil.
func (l *pool) watch(w *watching) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watching = w
	for _, p := range l.programs {
		if w != nil {
			p.watch(w)
		}
	}
}

// watch has a program watched for the rest of the time.
func (p *program) watch(w *watching) {
	rest := time.Until(w.until)
	if rest <= 0 {
		return
	}
	// A group that has stopped has nobody who would be told.
	_ = w.group.Go("program", func(context.Context) error { w.add(p.profile(rest)); return nil })
}

// asked has who waits for a program's word about what it computes.
type asked struct {
	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan proto.Profile
}

// profile asks a program what it computes for a while.
func (p *program) profile(d time.Duration) proto.Profile {
	answer := make(chan proto.Profile, 1)
	a := &p.watched
	a.mu.Lock()
	a.last++
	seq := a.last
	if a.waiting == nil {
		a.waiting = map[uint64]chan proto.Profile{}
	}
	a.waiting[seq] = answer
	a.mu.Unlock()
	pid := p.cmd.Process.Pid
	if err := p.tell(&proto.ProfileRequest{Seq: seq, For: d}); err != nil {
		return notWatched("program", pid, err.Error())
	}
	select {
	case profile := <-answer:
		return profile
	case <-p.dead:
		return notWatched("program", pid, "it has ended")
	}
}

// isProfile takes a program's word about what it computes, and reports whether m was that.
func (p *program) isProfile(m proto.Message) bool {
	said, ok := m.(*proto.Profiles)
	if !ok {
		return false
	}
	a := &p.watched
	a.mu.Lock()
	defer a.mu.Unlock()
	if answer := a.waiting[said.Seq]; answer != nil && len(said.List) == 1 {
		delete(a.waiting, said.Seq)
		answer <- said.List[0]
	}
	return true
}

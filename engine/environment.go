package engine

import (
	"context"
	"errors"
	"strings"

	"github.com/gocluster/gocluster/internal/proto"
)

// The cluster's environment is source that a session runs before it has any task, again where its process is replaced, and also when another
// is set. An engine is up for the controller when its worker has run it: one that cannot is replaced, as one that cannot be started.

// loaded tells one environment from another.
type loaded struct{ name, source string }

// setEnvironment takes the cluster's environment. The two connections have no order between them: the last version counts.
func (h *host) setEnvironment(m proto.Environment) {
	if m.Version <= h.environment.Version {
		return
	}
	h.environment = m
	for _, s := range h.slots {
		if s.up {
			h.advance(s)
		}
	}
}

// prepared reports whether an engine's worker has run the environment.
func (h *host) prepared(s *slot) bool {
	if s.loaded == (loaded{h.environment.Name, h.environment.Source}) {
		s.prepared = h.environment.Version
	}
	return s.prepared == h.environment.Version
}

// prepare has an engine's worker run the environment, when it is done with what it runs.
func (h *host) prepare(s *slot) {
	if s.running != nil || len(s.inside) > 0 || h.leaving.why != "" {
		return
	}
	a := &attempt{slot: s, environment: h.environment.Version}
	a.Task.Task = proto.Task{Kind: proto.JobLoad, Engine: s.id, N: 1, Source: h.environment.Source, Cell: h.environment.Name, Line: 1}
	if h.files != nil {
		a.Files = h.files.Path()
	}
	a.ctx, a.cancel = context.WithCancelCause(h.group.Context())
	s.running = a
	s.work <- a // has room: the engine is idle
}

// tried takes what became of a try to run the environment. The keeper replaces a worker that cannot.
func (h *host) tried(a *attempt, err error) {
	s := a.slot
	if s.running != a {
		return // its engine was removed
	}
	h.drop(a)
	if err != nil {
		s.up, s.pool = false, nil
		return
	}
	s.prepared, s.loaded = a.environment, loaded{a.Cell, a.Source}
	h.isUp(s)
	h.advance(s)
}

// learn notes what a task has made of an engine's namespace: all of it is lost, or another environment is there.
func (s *slot) learn(a *attempt, version uint64) {
	switch a.Kind {
	case proto.JobClear:
		s.prepared, s.loaded = 0, loaded{}
	case proto.JobLoad:
		s.prepared, s.loaded = version, loaded{a.Cell, a.Source}
	}
}

// notPrepared says why a worker has failed to run the environment.
func notPrepared(err error) string {
	text := "the environment cannot be loaded: " + err.Error()
	var known *proto.Error
	if !errors.As(err, &known) {
		return text
	}
	for line := range strings.Lines(known.Trace) {
		if place, ok := strings.CutPrefix(line, "\t"); ok {
			return text + ", at " + strings.TrimSpace(place)
		}
	}
	return text
}

package invite

import (
	"sync"
	"time"
)

// The doorman's patience: a source may fail failures times at once, and then once every forgive.
const (
	failures = 10
	forgive  = time.Second
	// maxSources bounds the sources that are remembered.
	maxSources = 4096
)

// doorman turns sources away that have failed too often lately. A secret cannot be guessed anyhow: this keeps guessers from costing much.
type doorman struct {
	mu      sync.Mutex
	sources map[string]*source
}

// source is where guests come from. Its failures are forgiven with time.
type source struct {
	failed int
	since  time.Time // from when on failures have been forgiven
}

// settle forgives what time has forgiven.
func (s *source) settle(now time.Time) {
	n := int(now.Sub(s.since) / forgive)
	s.failed = max(s.failed-max(n, 0), 0)
	s.since = s.since.Add(time.Duration(n) * forgive)
}

// wait returns how long a source has to wait before it is looked at.
func (d *doorman) wait(from string, now time.Time) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sources[from]
	if s == nil {
		return 0
	}
	if s.settle(now); s.failed < failures {
		return 0
	}
	return s.since.Add(forgive).Sub(now)
}

// fail notes that a source has failed.
func (d *doorman) fail(from string, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sources[from]
	if s == nil {
		d.makeRoom(now)
		s = &source{since: now}
		d.sources[from] = s
	}
	s.settle(now)
	s.failed++
}

// makeRoom forgets sources: those that are forgiven, and all where that does not help.
func (d *doorman) makeRoom(now time.Time) {
	if len(d.sources) < maxSources {
		return
	}
	for from, s := range d.sources {
		if s.settle(now); s.failed == 0 {
			delete(d.sources, from)
		}
	}
	if len(d.sources) >= maxSources {
		clear(d.sources)
	}
}

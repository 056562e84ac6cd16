package jupyter

import (
	"log/slog"
	"sync"
	"time"
)

// The log gets at most burst lines in each period from what strangers send; the rest is counted.
const (
	burst  = 20
	period = 10 * time.Second
)

// Limiter writes warnings that others provoke, and not more of them than a log can bear.
type Limiter struct {
	log *slog.Logger

	mu         sync.Mutex
	since      time.Time
	n, skipped int
}

// NewLimiter returns a Limiter that writes to log.
func NewLimiter(log *slog.Logger) *Limiter { return &Limiter{log: log} }

// Warn writes a line, or counts it.
func (l *Limiter) Warn(msg string, args ...any) {
	skipped, ok := l.admit(time.Now())
	if skipped > 0 {
		l.log.Warn("more of these were not logged", "count", skipped)
	}
	if ok {
		l.log.Warn(msg, args...)
	}
}

// admit decides about one line at a time now; skipped is how many lines were left out before it, told once.
func (l *Limiter) admit(now time.Time) (skipped int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.since) >= period {
		skipped = l.skipped
		l.since, l.n, l.skipped = now, 0, 0
	}
	l.n++
	if l.n > burst {
		l.skipped++
		return 0, false
	}
	return skipped, true
}

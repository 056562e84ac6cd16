package progress

import "time"

// Speed tells how fast something goes, of what was done in the last seconds. The zero Speed is ready.
type Speed struct{ samples []sample }

type sample struct {
	at   time.Duration
	done int
}

// window is how far back the speed looks; apart is the least time between two samples.
const (
	window = 15 * time.Second
	apart  = 250 * time.Millisecond
)

// Note notes how much was done at a time since the beginning, and returns how much is done in a second.
func (s *Speed) Note(at time.Duration, done int) float64 {
	if len(s.samples) == 0 {
		s.samples = append(s.samples, sample{})
	}
	if last := s.samples[len(s.samples)-1]; at-last.at >= apart {
		s.samples = append(s.samples, sample{at, done})
	}
	for len(s.samples) > 2 && at-s.samples[1].at >= window {
		s.samples = s.samples[1:]
	}
	first := s.samples[0]
	if at <= first.at || done <= first.done {
		return 0
	}
	return float64(done-first.done) / (at - first.at).Seconds()
}

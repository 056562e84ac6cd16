package profiles

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// MaxEngines is how many engines one machine may have.
const MaxEngines = 4096

// The bounds of times.
const (
	minInterval = Duration(50 * time.Millisecond)
	maxInterval = Duration(time.Minute)
)

// check reports values that are impossible.
func (s *Settings) check(file string, text []byte) error {
	m := mistakes{file: file, text: text}
	wrong := m.add
	if _, err := netip.ParseAddr(s.Controller.IP); err != nil {
		wrong("controller.ip", "%q is not an IP address; host names go into announce", s.Controller.IP)
	}
	if s.Controller.Port < 0 || s.Controller.Port > 65535 {
		wrong("controller.port", "%d is not a port: give 1 to 65535, or 0 for any", s.Controller.Port)
	}
	for _, name := range s.Controller.Announce {
		if name == "" || strings.ContainsAny(name, " /") {
			wrong("controller.announce", "%q is not a host name or an address", name)
		}
	}
	if s.Engines.N < 0 || s.Engines.N > MaxEngines {
		wrong("engines.n", "%d engines on one machine: give 1 to %d, or 0 for one per core", s.Engines.N, MaxEngines)
	}
	if s.Engines.Restart != RestartAlways && s.Engines.Restart != RestartNever {
		wrong("engines.restart", "%q is no policy: give %q or %q", s.Engines.Restart, RestartAlways, RestartNever)
	}
	if i := s.Heartbeat.Interval; i < minInterval || i > maxInterval {
		wrong("heartbeat.interval", "%v is not between %v and %v", time.Duration(i), time.Duration(minInterval), time.Duration(maxInterval))
	}
	if s.Heartbeat.Silence < 2*s.Heartbeat.Interval {
		wrong("heartbeat.silence", "%v is less than two intervals of %v: peers would be lost by chance", time.Duration(s.Heartbeat.Silence), time.Duration(s.Heartbeat.Interval))
	}
	s.checkControllersHost(&m)
	s.SSH.check(&m)
	s.checkSets(&m)
	return errors.Join(m.all...)
}

// mistakes collects what is wrong with a file.
type mistakes struct {
	file string
	text []byte
	all  []error
}

// add notes that a setting's value is wrong. What is missing is told with the line of the table that lacks it.
func (m *mistakes) add(key, format string, args ...any) {
	line := lineOf(m.text, key)
	for table := key; line == 0; line = lineOf(m.text, table) {
		dot := strings.LastIndexByte(table, '.')
		if dot < 0 {
			line = 1
			break
		}
		table = table[:dot]
	}
	m.all = append(m.all, fmt.Errorf("%s:%d: %s: %s", m.file, line, key, fmt.Sprintf(format, args...)))
}

// given reports whether the file gives a setting.
func (m *mistakes) given(key string) bool { return lineOf(m.text, key) > 0 }

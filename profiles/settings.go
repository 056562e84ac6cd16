package profiles

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Settings is what a profile's configuration file says.
type Settings struct {
	Controller ControllerSettings `toml:"controller"`
	Engines    EngineSettings     `toml:"engines"`
	Heartbeat  HeartbeatSettings  `toml:"heartbeat"`
}

// ControllerSettings say where the controller listens.
type ControllerSettings struct {
	// IP is the address to listen on; "0.0.0.0" and "::" are all of the machine's.
	IP string `toml:"ip"`
	// Port is the port to listen on, 0 any free one.
	Port int `toml:"port"`
	// Announce lists the host names or addresses that others are told; empty: worked out from IP.
	Announce []string `toml:"announce"`
}

// EngineSettings say which engines `gocluster start` starts.
type EngineSettings struct {
	// N is their number, 0 one per core.
	N int `toml:"n"`
	// Restart says whether an engine host that ends by itself is started again.
	Restart Restart `toml:"restart"`
}

// HeartbeatSettings say how soon a peer that has gone silent is noticed.
type HeartbeatSettings struct {
	// Interval is how often each side sends a sign of life.
	Interval Duration `toml:"interval"`
	// Silence is how long a peer may send nothing before it counts as lost.
	Silence Duration `toml:"silence"`
}

// Restart is a restart policy.
type Restart string

// The restart policies.
const (
	RestartAlways Restart = "always"
	RestartNever  Restart = "never"
)

// Duration is a time.Duration that is written as "1.5s".
type Duration time.Duration

// UnmarshalText reads a duration as time.ParseDuration does.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as \"1.5s\" or \"200ms\"", text)
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes a duration as time.Duration prints it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Defaults are the settings of a profile whose file says nothing.
func Defaults() Settings {
	return Settings{
		Controller: ControllerSettings{IP: "127.0.0.1"},
		Engines:    EngineSettings{Restart: RestartAlways},
		Heartbeat:  HeartbeatSettings{Interval: Duration(time.Second), Silence: Duration(5 * time.Second)},
	}
}

// template is a new profile's configuration file: all settings with their defaults, as comments.
const template = `# Settings of the gocluster profile "{name}". Every line below shows a default; remove its # and change it.

[controller]
# The address the controller listens on. "0.0.0.0" lets engines and clients on other machines in; they need the
# connection files in security/ as well.
# ip = "127.0.0.1"

# The port, 0 for any that is free.
# port = 0

# What others are told to connect to, where that is not what the controller can see itself (behind a router, in a
# container): host names or addresses, without a port.
# announce = []

[engines]
# How many engines "gocluster start" starts; 0 is one per core.
# n = 0

# Whether engines that end by themselves are started again: "always" or "never".
# restart = "always"

[heartbeat]
# How often peers send a sign of life, and how long one may be silent before it counts as lost.
# interval = "1s"
# silence = "5s"
`

// ParseSettings reads a configuration file's text; file names it in errors, which tell every mistake with its line.
func ParseSettings(file string, text []byte) (Settings, error) {
	s := Defaults()
	d := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	err := d.Decode(&s)
	var unknown *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case errors.As(err, &unknown):
		var all []error
		for i := range unknown.Errors {
			e := &unknown.Errors[i]
			line, _ := e.Position()
			all = append(all, fmt.Errorf("%s:%d: %s", file, line, unknownKey(e.Key())))
		}
		return Settings{}, errors.Join(all...)
	case errors.As(err, &wrong):
		line, col := wrong.Position()
		return Settings{}, fmt.Errorf("%s:%d:%d: %s%s", file, line, col, keyPrefix(wrong.Key()), strings.TrimPrefix(wrong.Error(), "toml: "))
	case err != nil:
		return Settings{}, fmt.Errorf("%s: %w", file, err)
	}
	return s, s.check(file, text)
}

func keyPrefix(key toml.Key) string {
	if len(key) == 0 {
		return ""
	}
	return strings.Join(key, ".") + ": "
}

// unknownKey says what is wrong with a key and what was probably meant.
func unknownKey(key toml.Key) string {
	t := reflect.TypeFor[Settings]()
	for i, part := range key {
		names, next := fieldsOf(t)
		if sub, ok := next[part]; ok {
			t = sub
			continue
		}
		where := "there is no setting " + strings.Join(key[:i+1], ".")
		if near, ok := closest(part, names); ok {
			return fmt.Sprintf("%s: did you mean %s?", where, strings.Join(append(append(toml.Key{}, key[:i]...), near), "."))
		}
		if len(names) == 0 {
			return where
		}
		return fmt.Sprintf("%s: there are %s", where, strings.Join(names, ", "))
	}
	return "there is no setting " + strings.Join(key, ".")
}

// fieldsOf lists a table's keys in order, with their types.
func fieldsOf(t reflect.Type) ([]string, map[string]reflect.Type) {
	var names []string
	types := map[string]reflect.Type{}
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			name := t.Field(i).Tag.Get("toml")
			names = append(names, name)
			types[name] = t.Field(i).Type
		}
	}
	return names, types
}

// The bounds of settings.
const (
	maxEngines  = 4096
	minInterval = Duration(50 * time.Millisecond)
	maxInterval = Duration(time.Minute)
)

// check reports values that are impossible.
func (s *Settings) check(file string, text []byte) error {
	var all []error
	wrong := func(key, format string, args ...any) {
		all = append(all, fmt.Errorf("%s:%d: %s: %s", file, lineOf(text, key), key, fmt.Sprintf(format, args...)))
	}
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
	if s.Engines.N < 0 || s.Engines.N > maxEngines {
		wrong("engines.n", "%d engines on one machine: give 1 to %d, or 0 for one per core", s.Engines.N, maxEngines)
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
	return errors.Join(all...)
}

// lineOf returns the line on which a setting is given, 1 if it is not. A table without any keys makes each of
// those given an unknown one, and the library tells where it is.
func lineOf(text []byte, key string) int {
	var tables struct {
		Controller struct{} `toml:"controller"`
		Engines    struct{} `toml:"engines"`
		Heartbeat  struct{} `toml:"heartbeat"`
	}
	var all *toml.StrictMissingError
	if errors.As(toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&tables), &all) {
		for i := range all.Errors {
			if strings.Join(all.Errors[i].Key(), ".") == key {
				line, _ := all.Errors[i].Position()
				return line
			}
		}
	}
	return 1
}

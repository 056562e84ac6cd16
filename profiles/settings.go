package profiles

import (
	"fmt"
	"time"
)

// Settings is what a profile's configuration file says.
type Settings struct {
	Controller ControllerSettings     `toml:"controller"`
	Engines    EngineSettings         `toml:"engines"`
	Sets       map[string]SetSettings `toml:"sets"`
	SSH        SSHSettings            `toml:"ssh"`
	Heartbeat  HeartbeatSettings      `toml:"heartbeat"`
}

// ControllerSettings say where the controller runs and listens.
type ControllerSettings struct {
	// Host is the host that it runs on, reached over SSH ("user@head"); empty: this machine.
	Host string `toml:"host"`
	// IP is the address to listen on; "0.0.0.0" and "::" are all of the machine's.
	IP string `toml:"ip"`
	// Port is the port to listen on, 0 any free one.
	Port int `toml:"port"`
	// Ports is a range of ports, the first free one of which is listened on in place of Port.
	Ports PortRange `toml:"ports"`
	// Local says whether clients and engines of this machine and this user connect over a Unix socket.
	Local bool `toml:"local"`
	// Announce lists the host names or addresses that others are told; empty: worked out from IP.
	Announce []string `toml:"announce"`
}

// EngineSettings say which engines `gocluster start` starts on this machine where a profile has no Sets.
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
		Controller: ControllerSettings{IP: "127.0.0.1", Local: true},
		Engines:    EngineSettings{Restart: RestartAlways},
		Heartbeat:  HeartbeatSettings{Interval: Duration(time.Second), Silence: Duration(5 * time.Second)},
	}
}

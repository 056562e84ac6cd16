package profiles

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SetSettings describe an engine set: where its engines run, how they are started there, and what they are.
type SetSettings struct {
	// Where is the kind of place, and How the way of starting engines there.
	Where Where `toml:"where"`
	How   How   `toml:"how"`
	// Hosts are machines as ssh knows them: "alpha", "bob@beta", "beta:4" for four engines.
	Hosts []string `toml:"hosts"`
	// What counts for every host that Host says nothing else about.
	HostSettings
	// Host has what is different on single hosts, by their names in Hosts, without user and number.
	Host map[string]HostSettings `toml:"host"`
	BatchSettings
	AdaptSettings
}

// AdaptSettings let a set have more engines while work waits, and fewer when there is none.
type AdaptSettings struct {
	// Max is how many engines it may have; 0: the number stays as it is.
	Max int `toml:"max"`
	// Min is how many it keeps; not given: one.
	Min *int `toml:"min"`
	// Idle is how long an engine has nothing to do before it goes; 0 is a minute.
	Idle Duration `toml:"idle"`
}

// Least is how many engines the set keeps.
func (a *AdaptSettings) Least() int {
	if a.Min == nil {
		return 1
	}
	return *a.Min
}

// IdleTime is how long an engine has nothing to do before it goes.
func (a *AdaptSettings) IdleTime() time.Duration { return cmp.Or(time.Duration(a.Idle), time.Minute) }

// HostSettings are what engines of a host are; what is not given is nil or empty.
type HostSettings struct {
	// N is the number of engines, 0 one per core. It may be more than cores, for functions that wait.
	N *int `toml:"n"`
	// Slots is how many processes of a program started by `gocluster exec` the host takes at once; not given: as many as engines.
	Slots *int `toml:"slots"`
	// Env is added to the engines' environment.
	Env map[string]string `toml:"env"`
	// Dir is the engines' working directory; "~/" is the home there, and not given the home itself.
	Dir string `toml:"dir"`
	// Nice lowers the engines' priority, 1 to 19.
	Nice *int `toml:"nice"`
	// Resources are what else the machine has for its engines together, named as one likes: { gpu = 1 }. Tasks that need some run only where
	// enough are free.
	Resources map[string]int `toml:"resources"`
	// Restart says whether an engine host that ends by itself is started again.
	Restart Restart `toml:"restart"`
	// Program is the path of gocluster there; not given: it is copied there.
	Program string `toml:"program"`
}

// BatchSettings are what a batch system is asked for.
type BatchSettings struct {
	Nodes int `toml:"nodes"`
	// Tasks is the number of engine hosts on each node, 1 if it is 0. With mpiexec on this machine it is the number of ranks; if it is 0,
	// each engine is a rank.
	Tasks     int      `toml:"tasks"`
	Time      WallTime `toml:"time"`
	Partition string   `toml:"partition"`
	// Directives are added to the script's, as they are: "#SBATCH --account=physics".
	Directives []string `toml:"directives"`
	// Prologue are lines of shell that run before the engines: "module load gcc".
	Prologue []string `toml:"prologue"`
	// Array asks for an array of jobs of one node each in place of one job of all nodes.
	Array bool `toml:"array"`
	// Leave is how long before the end of their time engines begin nothing more: longer than what they do takes. If it is 0, a tenth of
	// what is left when they start, a minute at most.
	Leave WallTime `toml:"leave"`
	// Mpiexec is the command of how = "mpiexec", with its options; empty: mpiexec.
	Mpiexec []string `toml:"mpiexec"`
}

// SSHSettings are about the ssh program, which is the user's own with the user's own configuration.
type SSHSettings struct {
	// Command is the program; empty: ssh.
	Command string `toml:"command"`
	// Config is a configuration file in place of ~/.ssh/config.
	Config string `toml:"config"`
	// Options are given to ssh as they would stand in its configuration file: "ConnectTimeout=5".
	Options []string `toml:"options"`
}

// ConfigFile is Config with the home directory in the place of "~".
func (s *SSHSettings) ConfigFile() string {
	rest, ok := strings.CutPrefix(s.Config, "~/")
	home, err := os.UserHomeDir()
	if !ok || err != nil {
		return s.Config
	}
	return filepath.Join(home, rest)
}

// Where is a kind of place that engines run in.
type Where string

// The places.
const (
	WhereLocal Where = "local"
	WhereSSH   Where = "ssh"
	WhereSlurm Where = "slurm"
	WherePBS   Where = "pbs"
	WhereSGE   Where = "sge"
	WhereLSF   Where = "lsf"
)

var wheres = []string{string(WhereLocal), string(WhereSSH), string(WhereSlurm), string(WherePBS), string(WhereSGE), string(WhereLSF)}

// Batch reports whether machines are asked for at a batch system.
func (w Where) Batch() bool { return w != WhereLocal && w != WhereSSH }

// How is a way of starting engines.
type How string

// The ways.
const (
	HowDirect  How = "direct"
	HowSrun    How = "srun"
	HowMpiexec How = "mpiexec"
)

// how is the way in which engines are started there unless the settings say otherwise.
func (w Where) how() How {
	if w == WhereSlurm {
		return HowSrun
	}
	return HowDirect
}

var hows = []string{string(HowDirect), string(HowSrun), string(HowMpiexec)}

// PortRange is a range of ports that is written as "7000-7100"; the zero one is none.
type PortRange struct{ First, Last int }

// UnmarshalText reads a range, or a single port.
func (r *PortRange) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	first, last, two := strings.Cut(string(text), "-")
	if !two {
		last = first
	}
	a, err := strconv.Atoi(strings.TrimSpace(first))
	b, err2 := strconv.Atoi(strings.TrimSpace(last))
	if err != nil || err2 != nil || a < 1 || b > 65535 || a > b {
		return fmt.Errorf("%q is not a range of ports such as \"7000-7100\"", text)
	}
	r.First, r.Last = a, b
	return nil
}

// MarshalText writes a range as it is read.
func (r PortRange) MarshalText() ([]byte, error) {
	if r == (PortRange{}) {
		return nil, nil
	}
	return []byte(r.String()), nil
}

func (r PortRange) String() string { return fmt.Sprintf("%d-%d", r.First, r.Last) }

// WallTime is the time that a batch system gives a job, written as "90m" or, as batch systems do, "1:30:00" or "2-12:00:00".
type WallTime time.Duration

var wallForm = regexp.MustCompile(`^(?:(\d+)-)?(\d+):(\d\d)(?::(\d\d))?$`)

// UnmarshalText reads a wall time.
func (w *WallTime) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	if d, err := time.ParseDuration(string(text)); err == nil && d > 0 {
		*w = WallTime(d)
		return nil
	}
	m := wallForm.FindStringSubmatch(string(text))
	if m == nil {
		return fmt.Errorf("%q is not a wall time such as \"90m\", \"1:30:00\" or \"2-12:00:00\"", text)
	}
	var d time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if n, err := strconv.Atoi(cmp.Or(m[i+1], "0")); err == nil {
			d += time.Duration(n) * unit
		}
	}
	*w = WallTime(d)
	return nil
}

// MarshalText writes a wall time as it is read.
func (w WallTime) MarshalText() ([]byte, error) {
	if w == 0 {
		return nil, nil
	}
	return []byte(time.Duration(w).String()), nil
}

// Set is an engine set with all that counts for it.
type Set struct {
	// Name is the set's; the set of a profile without [sets] has none.
	Name string
	SetSettings
}

// Host is one host of a set, or for a set without hosts the machine that it is started from, with what counts there.
type Host struct {
	// Target is how ssh is told of it ("bob@beta"), Name the host alone.
	Target, Name string
	// N is the number of engines, 0 one per core, Slots the processes of `gocluster exec`, 0 as many as engines.
	N, Slots, Nice int
	Env            map[string]string
	Dir, Program   string
	Resources      map[string]int
	Restart        Restart
}

// EngineSets are the sets of engines, by name. Without any in [sets] it is one, of this machine.
func (s *Settings) EngineSets() []Set {
	if len(s.Sets) == 0 {
		n := s.Engines.N
		return []Set{{SetSettings: SetSettings{Where: WhereLocal, How: HowDirect, HostSettings: HostSettings{N: &n, Restart: s.Engines.Restart}}}}
	}
	var out []Set
	for _, name := range slices.Sorted(maps.Keys(s.Sets)) {
		set := s.Sets[name]
		set.Where = cmp.Or(set.Where, WhereLocal)
		set.How = cmp.Or(set.How, set.Where.how())
		out = append(out, Set{name, set})
	}
	return out
}

// Machines are the set's hosts in order, with what counts on each.
func (s *Set) Machines() []Host {
	if len(s.Hosts) == 0 {
		return []Host{s.resolve(hostName{}, HostSettings{})}
	}
	var out []Host
	for _, text := range s.Hosts {
		if h, err := parseHost(text); err == nil { // the others were refused when the file was read
			out = append(out, s.resolve(h, s.Host[h.name]))
		}
	}
	return out
}

// resolve puts together what is said about a host: by its own table, by its entry in hosts, and by the set.
func (s *Set) resolve(h hostName, own HostSettings) Host {
	out := Host{
		Target: h.target, Name: h.name,
		N: number(own.N, h.n, s.N), Slots: number(own.Slots, s.Slots), Nice: number(own.Nice, s.Nice),
		Dir: cmp.Or(own.Dir, s.Dir), Program: cmp.Or(own.Program, s.Program),
		Restart: cmp.Or(own.Restart, s.Restart, RestartAlways), Env: maps.Clone(s.Env), Resources: maps.Clone(s.Resources),
	}
	if out.Env == nil {
		out.Env = map[string]string{}
	}
	if out.Resources == nil {
		out.Resources = map[string]int{}
	}
	maps.Copy(out.Env, own.Env)
	maps.Copy(out.Resources, own.Resources)
	return out
}

// number is the first number that is given, 0 if none is.
func number(given ...*int) int {
	for _, n := range given {
		if n != nil {
			return *n
		}
	}
	return 0
}

// hostName is an entry of hosts.
type hostName struct {
	target, name string
	n            *int // the number after the colon
}

var targetForm = regexp.MustCompile(`^(?:([A-Za-z0-9_.+][A-Za-z0-9_.+-]*)@)?([A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9a-fA-F:.%a-z]+\])(?::(\d+))?$`)

// parseHost reads "host", "user@host", "host:4" or "[::1]:4". Nothing that ssh could take for an option is a host.
func parseHost(text string) (hostName, error) {
	m := targetForm.FindStringSubmatch(text)
	if m == nil {
		return hostName{}, fmt.Errorf("%q is not a host: write \"host\", \"user@host\" or \"host:4\" for four engines", text)
	}
	h := hostName{name: strings.Trim(m[2], "[]")}
	if h.target = h.name; m[1] != "" {
		h.target = m[1] + "@" + h.name
	}
	if m[3] != "" {
		n, err := strconv.Atoi(m[3])
		if err != nil || n < 1 || n > MaxEngines {
			return hostName{}, fmt.Errorf("%q: the number after the colon is that of engines, 1 to %d; a port belongs into ~/.ssh/config", text, MaxEngines)
		}
		h.n = &n
	}
	return h, nil
}

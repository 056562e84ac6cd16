package launch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/machines"
	"github.com/gocluster/gocluster/internal/ranks"
	"github.com/gocluster/gocluster/internal/ssh"
	"github.com/gocluster/gocluster/profiles"
)

// ExecConfig says which program is run where.
type ExecConfig struct {
	// Profile has the settings of ssh, and the running cluster whose machines are taken if there are no Hosts.
	Profile *profiles.Profile
	Hosts   []machines.Host
	// N is the number of ranks, 0 as many as the machines have slots. Each asks for one on each machine instead.
	N    int
	Each bool
	// Dir is the working directory; empty: the settings', or this process's on this machine and the home on others.
	Dir  string
	Argv []string

	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Signals        <-chan os.Signal
}

// Exec runs a program as ranks on machines and returns when nothing of it is left; the error of a program that failed is a *ranks.FailedError.
func Exec(ctx context.Context, cfg ExecConfig) error {
	hosts, around, far := cfg.Hosts, []profiles.Host(nil), map[string]*farMachine(nil)
	if hosts == nil {
		var err error
		if hosts, around, far, err = clusterHosts(ctx, cfg.Profile); err != nil {
			return err
		}
	}
	placed, err := cfg.placeRanks(hosts)
	if err != nil {
		return err
	}
	p := ranks.Program{Argv: cfg.Argv, Stdin: cfg.Stdin, Stdout: cfg.Stdout, Stderr: cfg.Stderr, Signals: cfg.Signals}
	on := map[string]rankMachine{}
	defer func() {
		for _, m := range on {
			_ = m.close()
		}
	}()
	for _, i := range placed {
		h := hosts[i]
		name := whose(h)
		if on[name] == nil {
			on[name] = cfg.machine(h)
			if m := far[name]; m != nil {
				on[name] = m
			}
		}
		r := ranks.Rank{On: on[name], Dir: cfg.Dir}
		if around != nil {
			r.Dir, r.Env = cmp.Or(cfg.Dir, around[i].Dir), pairs(around[i].Env)
		}
		if cfg.Each {
			r.Label = h.Name
		}
		p.Ranks = append(p.Ranks, r)
	}
	return ranks.Run(ctx, p)
}

// placeRanks returns the hosts of the ranks.
func (cfg ExecConfig) placeRanks(hosts []machines.Host) ([]int, error) {
	if !cfg.Each {
		return machines.Place(hosts, cfg.N)
	}
	var placed []int
	var seen []string
	for i, h := range hosts {
		if !slices.Contains(seen, whose(h)) {
			seen, placed = append(seen, whose(h)), append(placed, i)
		}
	}
	return placed, nil
}

// clusterHosts returns the machines of a profile's running cluster, with a slot for each engine unless the settings say otherwise, what
// programs find around them, and which of them are reached by their engine hosts alone.
func clusterHosts(ctx context.Context, p *profiles.Profile) (hosts []machines.Host, around []profiles.Host, far map[string]*farMachine, err error) {
	all, err := readRecords(p)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil, err
	}
	all = slices.DeleteFunc(all, func(r record) bool { return r.Far || r.Job != "" })
	for _, r := range all {
		where := settingsOf(p, r)
		n := cmp.Or(where.Slots, len(r.Engines))
		if n == 0 {
			continue // only the controller is there, or engines that are on their way
		}
		hosts = append(hosts, machines.Host{Target: r.Host, Name: r.Machine, Slots: n})
		around = append(around, where)
	}
	others, machines, err := farHosts(ctx, p, all)
	switch {
	case errors.Is(err, profiles.ErrNotRunning) && len(hosts) == 0:
		return nil, nil, nil, fmt.Errorf("no cluster of profile %s is running: start one with `gocluster start`, or give --machinefile", p.Name)
	case err != nil && len(hosts) == 0:
		return nil, nil, nil, err
	}
	far = map[string]*farMachine{}
	for i, h := range others {
		hosts, around = append(hosts, h), append(around, profiles.Host{})
		far[whose(h)] = machines[i]
	}
	if len(hosts) == 0 {
		return nil, nil, nil, fmt.Errorf("the cluster of profile %s has no engines on machines that programs can be run on", p.Name)
	}
	return hosts, around, far, nil
}

// settingsOf returns what the settings say about the machine of a record.
func settingsOf(p *profiles.Profile, r record) profiles.Host {
	for _, set := range p.Settings.EngineSets() {
		if set.Name != r.Set {
			continue
		}
		for _, h := range set.Machines() {
			if h.Target == r.Host {
				return h
			}
		}
	}
	return profiles.Host{}
}

// pairs is an environment as processes have it.
func pairs(env map[string]string) []string {
	var out []string
	for name, value := range env {
		out = append(out, name+"="+value)
	}
	slices.Sort(out)
	return out
}

// rankMachine is a machine that ranks run on.
type rankMachine interface {
	ranks.Machine
	close() error
}

// machine returns a host as a machine for ranks.
func (cfg ExecConfig) machine(h machines.Host) rankMachine {
	if whose(h) == "" {
		return &ranksHere{}
	}
	return &ranksThere{remote{host: ssh.New(sshConfig(cfg.Profile.Settings.SSH), h.Target)}}
}

// whose is a host's target, empty for this machine, which is used without ssh.
func whose(h machines.Host) string {
	if addr, err := netip.ParseAddr(h.Target); err == nil && addr.IsLoopback() || h.Target == "localhost" {
		return ""
	}
	if name, err := os.Hostname(); err == nil && h.Target == name {
		return ""
	}
	return h.Target
}

// ranksHere is this machine; a program's directory here is this process's.
type ranksHere struct{ here }

func (*ranksHere) Shell() bool { return runtime.GOOS != "windows" }

// Explain says what was printed, if anything was.
func (*ranksHere) Explain(_ context.Context, err error, said string) error {
	if said = strings.TrimSpace(said); said != "" {
		return errors.New(said)
	}
	return err
}

func (*ranksHere) close() error { return nil }

// Command is here's, except for the directory.
func (m *ranksHere) Command(ctx context.Context, dir string, env []string, argv ...string) *exec.Cmd {
	cmd := m.here.Command(ctx, dir, env, argv...)
	if dir == "" {
		cmd.Dir = ""
	}
	return cmd
}

// ranksThere is a host over SSH.
type ranksThere struct{ remote }

func (*ranksThere) Shell() bool { return true }

func (m *ranksThere) Explain(ctx context.Context, err error, said string) error {
	return m.host.Explain(ctx, err, said)
}

func (m *ranksThere) close() error { return m.host.Close() }

// MachineSets are the engine sets of a machinefile's hosts, with n engines, 0 as many as there are slots.
func MachineSets(hosts []machines.Host, n int) (map[string]profiles.SetSettings, error) {
	placed, err := machines.Place(hosts, n)
	if err != nil {
		return nil, err
	}
	var order []string
	count := map[string]int{}
	for _, i := range placed {
		target := whose(hosts[i])
		if count[target] == 0 {
			order = append(order, target)
		}
		if count[target]++; count[target] > profiles.MaxEngines {
			return nil, fmt.Errorf("more than %d engines on %s: one machine takes no more", profiles.MaxEngines, hosts[i].Name)
		}
	}
	sets := map[string]profiles.SetSettings{}
	var there profiles.SetSettings
	for _, target := range order {
		n := count[target]
		if target == "" {
			sets["here"] = profiles.SetSettings{Where: profiles.WhereLocal, HostSettings: profiles.HostSettings{N: &n}}
			continue
		}
		there.Where = profiles.WhereSSH
		there.Hosts = append(there.Hosts, fmt.Sprintf("%s:%d", bracketed(target), n))
	}
	if len(there.Hosts) > 0 {
		sets["machines"] = there
	}
	return sets, nil
}

// bracketed is a target as it stands before a colon.
func bracketed(target string) string {
	at := strings.LastIndex(target, "@") + 1
	if strings.Contains(target[at:], ":") {
		return target[:at] + "[" + target[at:] + "]"
	}
	return target
}

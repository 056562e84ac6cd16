package launch

import (
	"fmt"
	"strings"

	"github.com/gocluster/gocluster/internal/ssh"
)

// Plan tells, for people, what Start would run, and where.
func Plan(cfg Config) (string, error) {
	if err := cfg.check(); err != nil {
		return "", err
	}
	c := newCluster(cfg)
	placed, err := c.place()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if host := cfg.Profile.Settings.Controller.Host; host == "" {
		fmt.Fprintf(&b, "# the controller, on %s\ngocontroller --profile=%s\n", here{}.Name(), cfg.Profile.Name)
	} else {
		r := &remote{c: c, host: ssh.New(sshConfig(cfg.Profile.Settings.SSH), host)}
		fmt.Fprintf(&b, "# the controller, on %s\n%s\n", r.Name(), strings.Join(r.Plan(Engines{}), "\n"))
	}
	for _, p := range placed {
		fmt.Fprintf(&b, "# %s: %s\n", &member{Placed: p}, p.described())
		for _, line := range p.On.Plan(p.Engines) {
			fmt.Fprintln(&b, line)
		}
	}
	return b.String(), nil
}

// described says which engines these are.
func (e *Engines) described() string {
	n := "one engine per core"
	if e.N > 0 {
		n = plural(e.N, "engine")
	}
	if e.Hosts > 1 {
		n += fmt.Sprintf(" of each of %d hosts", e.Hosts)
	}
	if e.Nice > 0 {
		n += fmt.Sprintf(", nice %d", e.Nice)
	}
	if e.Dir != "" {
		n += ", in " + e.Dir
	}
	return n
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

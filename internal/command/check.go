package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/profiles"
)

func profileShowCommand(stdio stdio) *cobra.Command {
	return &cobra.Command{
		Use:     "show [NAME]",
		Short:   "Show what a profile's cluster consists of",
		Example: "  gocluster profile show lab",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := profiles.Open(named(args))
			if err != nil {
				return err
			}
			showProfile(stdio.out, p)
			return nil
		},
	}
}

// named is the profile that an optional argument names.
func named(args []string) string {
	if len(args) == 0 {
		return profiles.DefaultName
	}
	return args[0]
}

func showProfile(out io.Writer, p *profiles.Profile) {
	s := p.Settings.Controller
	where := "this machine"
	if s.Host != "" {
		where = s.Host + ", over SSH"
	}
	port := "any free port"
	switch {
	case s.Ports != (profiles.PortRange{}):
		port = "a port of " + s.Ports.String()
	case s.Port > 0:
		port = fmt.Sprintf("port %d", s.Port)
	}
	fmt.Fprintf(out, "profile %s: %s\ncontroller on %s, listens on %s, %s\n", p.Name, p.ConfigFile(), where, s.IP, port)
	for _, set := range p.Settings.EngineSets() {
		name := "engines"
		if set.Name != "" {
			name = "set " + set.Name
		}
		fmt.Fprintf(out, "%s: where = %q, how = %q\n", name, set.Where, set.How)
		for _, h := range set.Machines() {
			fmt.Fprintf(out, "  %s\n", hostLine(set, h))
		}
	}
}

// hostLine says what counts on a host.
func hostLine(set profiles.Set, h profiles.Host) string {
	words := []string{h.Target}
	if h.Target == "" {
		words[0] = "each machine"
	}
	n := "one engine per core"
	if h.N > 0 {
		n = fmt.Sprintf("n = %d", h.N)
	}
	words = append(words, n)
	for _, x := range []struct {
		name  string
		value int
	}{{"slots", h.Slots}, {"nice", h.Nice}, {"nodes", set.Nodes}, {"tasks", set.Tasks}} {
		if x.value > 0 {
			words = append(words, fmt.Sprintf("%s = %d", x.name, x.value))
		}
	}
	for _, x := range []struct{ name, value string }{{"dir", h.Dir}, {"program", h.Program}, {"partition", set.Partition}} {
		if x.value != "" {
			words = append(words, fmt.Sprintf("%s = %q", x.name, x.value))
		}
	}
	if h.Restart == profiles.RestartNever {
		words = append(words, "not restarted")
	}
	return strings.Join(words, ", ")
}

func profileCheckCommand(stdio stdio) *cobra.Command {
	return &cobra.Command{
		Use:   "check [NAME]",
		Short: "Try every machine of a profile, and start nothing",
		Long: `check connects to every machine of a profile's engine sets and says what it is like, or why no engines would run there and what to
do about it. It starts nothing.`,
		Example: "  gocluster profile check lab",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := profiles.Open(named(args))
			if err != nil {
				return err
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			found, err := launch.Check(ctx, p)
			if err != nil {
				return err
			}
			if bad := printFindings(stdio.out, found); bad > 0 {
				return silent{fmt.Errorf("%d machines would have no engines", bad)}
			}
			return nil
		},
	}
}

// printFindings prints what was found and returns how many machines are not as they should be.
func printFindings(out io.Writer, found []launch.Finding) (bad int) {
	for _, f := range found {
		name := strings.TrimSpace(f.Set + " " + f.Machine)
		if f.Err != nil {
			bad++
			fmt.Fprintf(out, "LACK %s: %s\n", name, strings.ReplaceAll(f.Err.Error(), "\n", "\n     "))
			continue
		}
		fmt.Fprintf(out, "ok   %s: %s\n", name, f.Text)
		for _, note := range f.Notes {
			fmt.Fprintf(out, "     %s\n", note)
		}
	}
	return bad
}

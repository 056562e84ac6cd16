package command

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
)

const clientRole = proto.RoleClient

func profileCommand(stdio stdio) *cobra.Command {
	c := &cobra.Command{
		Use:     "profile",
		Short:   "Create, list, show and check profiles, the named cluster configurations",
		Example: "  gocluster profile create lab\n  gocluster profile check lab",
		Args:    cobra.NoArgs,
		RunE:    help,
	}
	c.AddCommand(profileCreateCommand(stdio), profileListCommand(stdio), profileShowCommand(stdio), profileCheckCommand(stdio))
	return c
}

func profileCreateCommand(stdio stdio) *cobra.Command {
	return &cobra.Command{
		Use:     "create NAME",
		Short:   "Create a profile with a commented configuration file",
		Example: "  gocluster profile create lab",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := profiles.Create(args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(stdio.out, "created profile %s: %s\n", p.Name, p.ConfigFile())
			return nil
		},
	}
}

func profileListCommand(stdio stdio) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the profiles",
		Example: "  gocluster profile list",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return listProfiles(stdio, func(p *profiles.Profile) string { return p.Dir })
		},
	}
}

// listProfiles prints a line for each profile. One that cannot be opened is an error, but the others are listed.
func listProfiles(stdio stdio, say func(p *profiles.Profile) string) error {
	names, err := profiles.List()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		fmt.Fprintln(stdio.err, "there is no profile yet; 'gocluster start' makes the default one")
	}
	var errs []error
	for _, name := range names {
		p, err := profiles.Open(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Fprintf(stdio.out, "%-20s %s\n", name, say(p))
	}
	return errors.Join(errs...)
}

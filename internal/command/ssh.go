package command

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gocluster/gocluster/client"
)

// sshFlag is the flag of all commands that names the host through which they connect.
const sshFlag = "ssh"

// hereOnly are commands about this machine, which --ssh does not make ones about another.
var hereOnly = []string{"start", "exec", "list", "logs", "profile", "create", "show", "check", "doctor", "gocontroller", "goengine", "version", "install"}

// throughSSH has what the command and its sessions connect to be reached by way of --ssh's host.
func throughSSH(c *cobra.Command) error {
	f := c.Flags().Lookup(sshFlag)
	if f == nil || f.Value.String() == "" {
		return nil
	}
	if slices.Contains(hereOnly, c.Name()) {
		return usagef("--ssh: %s is about this machine; for a controller on another one, give [controller] host in a profile's settings", c.Name())
	}
	return os.Setenv(client.SSHEnv, f.Value.String())
}

// stopOver ends a cluster that is reached by way of a host.
func stopOver(ctx context.Context, stdio stdio, profile, target string) error {
	rc, err := client.Connect(ctx, client.Options{Profile: profile, Events: func(client.Event) {}})
	if err != nil {
		return err
	}
	defer rc.Close()
	if err := rc.Shutdown(); err != nil {
		return err
	}
	fmt.Fprintf(stdio.out, "cluster %s on %s has stopped\n", profile, target)
	return nil
}

package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// The exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// silent is an error whose text has been printed already; it only sets the exit status.
type silent struct{ error }

// usageError is a wrong use that only the command itself can see.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// Main runs the executable called name ("gocluster", "gocontroller", "goengine" or "gokernel") with the process's arguments and
// returns its exit status. Roles must have been dispatched before (see Setup).
func Main(name string) int {
	return run(context.Background(), name, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr})
}

// stdio is where a command reads and prints.
type stdio struct {
	in       *os.File
	out, err io.Writer
}

func run(ctx context.Context, name string, args []string, io stdio) int {
	cmd := commandFor(name, io)
	started := false
	cmd.PersistentPreRunE = func(ran *cobra.Command, _ []string) error {
		started = true
		return throughSSH(ran)
	}
	cmd.SetArgs(args)
	cmd.SetOut(io.out)
	cmd.SetErr(io.err)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	ran, err := cmd.ExecuteContextC(ctx)
	var own exitStatus
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, new(silent)):
		return exitFailed
	case errors.As(err, &own):
		fmt.Fprintf(io.err, "%s: %v\n", ran.CommandPath(), err)
		return own.status
	case started && !errors.As(err, new(usageError)):
		fmt.Fprintf(io.err, "%s: %v\n", ran.CommandPath(), err)
		return exitFailed
	}
	fmt.Fprintf(io.err, "%s: %s\nSee '%s --help'.\n", ran.CommandPath(), strings.TrimSpace(err.Error()), ran.CommandPath())
	return exitUsage
}

func commandFor(name string, io stdio) *cobra.Command {
	switch name {
	case "gocontroller":
		return controllerCommand(io)
	case "goengine":
		return engineCommand(io)
	case "gokernel":
		c := kernelRunCommand(io)
		c.Use, c.Example = "gokernel -f CONNECTION_FILE", "  gokernel -f kernel-1234.json"
		return c
	}
	return rootCommand(io)
}

func rootCommand(io stdio) *cobra.Command {
	root := &cobra.Command{
		Use:   "gocluster",
		Short: "Interactive parallel computing in Go",
		Long:  "gocluster runs Go interactively, in notebooks, scripts and at a prompt, and in parallel on the engines of a cluster.",
		Example: `  gocluster run --n=4 notebook.ipynb      # a notebook on four engines of its own
  gocluster start --n=4                   # a cluster on this machine, until Ctrl-C
  gocluster kernel install --user         # Go in Jupyter`,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().String(sshFlag, "", "connect by way of a `HOST` (\"user@head\"), to the cluster whose controller runs there")
	root.AddCommand(
		startCommand(io), stopCommand(io), scaleCommand(io), setsCommand(io), statusCommand(io), workersCommand(io), listCommand(io), logsCommand(io),
		execCommand(io), putCommand(io), runCommand(io), replCommand(io), kernelCommand(io), profileCommand(io), doctorCommand(io),
		inviteCommand(io), invitationsCommand(io), revokeCommand(io), profileCPUCommand(io),
		controllerCommand(io), engineCommand(io), versionCommand(io),
	)
	return root
}

// help is what a command does that only has subcommands; an unknown one is its arguments' error.
func help(c *cobra.Command, _ []string) error { return c.Help() }

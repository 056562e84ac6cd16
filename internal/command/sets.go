package command

import (
	"context"
	"fmt"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gocluster/gocluster/client"
)

func setsCommand(stdio stdio) *cobra.Command {
	var profile string
	var every time.Duration
	c := &cobra.Command{
		Use:   "sets [--profile=NAME] [--watch]",
		Short: "Show the engine sets of a running cluster, add some, end some",
		Long: `sets lists the engine sets of a running cluster with their engines, those on their way, and what is wrong with machines.
'gocluster scale --set=NAME' changes the size of one.`,
		Example: "  gocluster sets --profile=lab\n  gocluster sets add more --profile=lab --where=ssh --hosts=alpha,beta -n 2\n  gocluster sets drain more --profile=lab",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return look(c.Context(), stdio, profile, every, func(rc *client.Client) (fmt.Stringer, error) { return rc.Sets() })
		},
	}
	profileFlag(c, &profile)
	watchFlag(c, &every)
	c.AddCommand(addSetCommand(stdio), drainSetCommand(stdio))
	return c
}

func addSetCommand(stdio stdio) *cobra.Command {
	var profile string
	c := &cobra.Command{
		Use:   "add NAME [--profile=NAME] [--where=... and other settings of a set]",
		Short: "Add an engine set to a running cluster",
		Long: `add starts an engine set in a running cluster: the one that the options describe or, without any, [sets.NAME] of the profile, which
may have been written since the cluster was started. 'gocluster stop' ends it with the cluster. The profile itself is not changed.`,
		Example: "  gocluster sets add more --where=ssh --hosts=alpha,beta:4 -n 2\n  gocluster sets add queue --where=slurm --nodes=2 -n 8 --time=2:00:00\n" +
			"  gocluster sets add lab --profile=lab         # as [sets.lab] of the profile says by now",
		Args: cobra.ExactArgs(1),
	}
	profileFlag(c, &profile)
	settings := setFlags(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		text, err := settings()
		if err != nil {
			return err
		}
		return resize(c.Context(), stdio, profile, func(ctx context.Context, rc *client.Client) error { return rc.AddSet(ctx, args[0], text) })
	}
	return c
}

// setFlags adds the settings of a set, and returns what makes those that are given the text of a profile.
func setFlags(flags *pflag.FlagSet) func() (string, error) {
	for name, usage := range map[string]string{
		"where": "\"local\", \"ssh\", or a batch system: \"slurm\", \"pbs\", \"sge\", \"lsf\"", "how": "\"direct\", \"srun\" or \"mpiexec\"",
		"dir": "the engines' working directory", "program": "the path of gocluster there", "time": "the time that a job may run",
		"leave": "how long before the end of that engines begin nothing more", "partition": "the partition or queue", "idle": "how long an engine that is too many has nothing to do",
	} {
		flags.String(name, "", usage)
	}
	for name, usage := range map[string]string{
		"nice": "by how much the engines' priority is lowered", "nodes": "the nodes of a job", "tasks": "engine hosts on each node",
		"max": "how many engines there are at most while work waits", "min": "how many there are at least",
	} {
		flags.Int(name, 0, usage)
	}
	flags.IntP("n", "n", 0, "engines of each machine, 0 for one per core")
	flags.StringSlice("hosts", nil, "the machines of a set over SSH, \"alpha,bob@beta:4\"")
	flags.StringArray("directive", nil, "a further line for the batch system; may be given several times")
	flags.StringArray("prologue", nil, "a line of shell that comes first in a job; may be given several times")
	flags.StringToString("env", nil, "the engines' environment, \"NAME=value\"")
	flags.StringToInt("resources", nil, "what each engine has, \"gpu=1\"")
	flags.Bool("array", false, "a job of one node for each of --nodes")
	return func() (string, error) {
		given := map[string]any{}
		var err error
		flags.Visit(func(f *pflag.Flag) {
			if f.Name != "profile" && f.Name != sshFlag && err == nil {
				given[settingOf(f.Name)], err = valueOf(flags, f)
			}
		})
		if err != nil || len(given) == 0 {
			return "", err
		}
		text, err := toml.Marshal(given)
		return string(text), err
	}
}

// settingOf is the name of the setting that a flag gives.
func settingOf(flag string) string {
	if flag == "directive" {
		return "directives"
	}
	return flag
}

func valueOf(flags *pflag.FlagSet, f *pflag.Flag) (any, error) {
	switch f.Value.Type() {
	case "int":
		return flags.GetInt(f.Name)
	case "bool":
		return flags.GetBool(f.Name)
	case "stringSlice":
		return flags.GetStringSlice(f.Name)
	case "stringArray":
		return flags.GetStringArray(f.Name)
	case "stringToString":
		return flags.GetStringToString(f.Name)
	case "stringToInt":
		return flags.GetStringToInt(f.Name)
	}
	return f.Value.String(), nil
}

func drainSetCommand(stdio stdio) *cobra.Command {
	var profile string
	c := &cobra.Command{
		Use:   "drain NAME [--profile=NAME]",
		Short: "End an engine set of a running cluster when it has done what it runs",
		Long: `drain ends an engine set: its engines take no more work, and end when they have done what they run; jobs that wait in a queue are
cancelled. It returns when nothing of the set is left; Ctrl-C ends the wait for that, and nothing else.`,
		Example: "  gocluster sets drain more --profile=lab",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return resize(c.Context(), stdio, profile, func(ctx context.Context, rc *client.Client) error { return rc.DrainSet(ctx, args[0]) })
		},
	}
	profileFlag(c, &profile)
	return c
}

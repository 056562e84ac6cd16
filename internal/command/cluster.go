package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/profiles"
)

func startCommand(stdio stdio) *cobra.Command {
	var count engineCount
	var profile, file string
	var daemonize, dryRun bool
	c := &cobra.Command{
		Use:   "start [--n=N] [--profile=NAME] [--machinefile=FILE] [--daemonize] [--dry-run]",
		Short: "Start a cluster, on this machine or on those of a profile",
		Long: `start runs a controller and engines, in the foreground: Ctrl-C ends them all. With --daemonize it returns when they are
ready, and 'gocluster stop' ends them. They run on this machine, or where the profile's engine sets say.
With --machinefile they run on the hosts of the file instead, with an engine for each slot, or as many as --n says, in turn.`,
		Example: "  gocluster start --n=4\n  gocluster start --profile=lab --daemonize\n  gocluster start --profile=lab --dry-run",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := profiles.Open(profile)
			if err != nil {
				return err
			}
			n, note, err := count.get(c)
			if file != "" {
				n, note, err = 0, "", onMachines(p, file, count.n)
			}
			if err != nil {
				return err
			}
			if note != "" {
				fmt.Fprintln(stdio.err, note)
			}
			cfg := launch.Config{Profile: p, N: n, Daemonize: daemonize, Notice: func(text string) {
				fmt.Fprintln(stdio.err, text)
			}}
			if dryRun {
				plan, err := launch.Plan(cfg)
				fmt.Fprint(stdio.out, plan)
				return err
			}
			return start(c.Context(), stdio, cfg)
		},
	}
	count.flags(c, "engines to start (default: the profile's setting, or one per core)")
	profileFlag(c, &profile)
	machinefileFlag(c, &file)
	c.Flags().BoolVar(&daemonize, "daemonize", false, "leave the cluster running in the background")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "print what would be run, and where, and start nothing")
	return c
}

func profileFlag(c *cobra.Command, profile *string) {
	c.Flags().StringVar(profile, "profile", profiles.DefaultName, "the profile's `NAME`")
}

// withProfile makes f what a command does with the profile of its flag --profile, until it is interrupted.
func withProfile(name *string, f func(ctx context.Context, p *profiles.Profile, flags *pflag.FlagSet) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		p, err := profiles.Open(*name)
		if err != nil {
			return err
		}
		ctx, stop := interruptible(c.Context())
		defer stop()
		return f(ctx, p, c.Flags())
	}
}

func start(ctx context.Context, stdio stdio, cfg launch.Config) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	begun := time.Now()
	cl, err := launch.Start(ctx, cfg)
	if err != nil {
		return err
	}
	engines := "1 engine"
	if n := cl.N(); n != 1 {
		engines = fmt.Sprintf("%d engines", n)
	}
	coming, waiting := cl.Coming()
	if cl.N() == 0 && len(waiting) > 0 {
		fmt.Fprintf(stdio.out, "cluster %s runs, and has no engines yet, %.2f s\n", cfg.Profile.Name, time.Since(begun).Seconds())
	} else {
		fmt.Fprintf(stdio.out, "cluster %s is ready: %s, %.2f s\n", cfg.Profile.Name, engines, time.Since(begun).Seconds())
	}
	fmt.Fprint(stdio.out, comingText(coming, waiting, profileArg(cfg.Profile.Name)))
	if missing := cl.Missing(); len(missing) > 0 {
		fmt.Fprintf(stdio.out, "without %s\n", strings.Join(missing, ", "))
	}
	if cfg.Daemonize {
		fmt.Fprintf(stdio.out, "'gocluster stop%s' ends it\n", profileArg(cfg.Profile.Name))
		return nil
	}
	fmt.Fprintln(stdio.out, "Ctrl-C ends it")
	err = cl.Wait(ctx)
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return errors.Join(err, cl.Stop(stopCtx))
}

// comingText says which engines come later, "" if all are there.
func comingText(n int, waiting []string, profile string) string {
	if len(waiting) == 0 {
		return ""
	}
	engines := fmt.Sprintf("%d engines come", n)
	switch n {
	case 0:
		engines = "engines come"
	case 1:
		engines = "1 engine comes"
	}
	return fmt.Sprintf("%s when the batch system starts what waits there (%s); 'gocluster status --watch%s' shows them, and 'gocluster sets%s' what they wait for\n",
		engines, strings.Join(waiting, "; "), profile, profile)
}

// profileArg is the flag that names a profile, "" for the default one.
func profileArg(name string) string {
	if name == profiles.DefaultName {
		return ""
	}
	return " --profile=" + name
}

func stopCommand(stdio stdio) *cobra.Command {
	var profile string
	c := &cobra.Command{
		Use:     "stop [--profile=NAME]",
		Short:   "Stop a running cluster",
		Example: "  gocluster stop\n  gocluster stop --profile=lab",
		Args:    cobra.NoArgs,
		RunE: withProfile(&profile, func(ctx context.Context, p *profiles.Profile, _ *pflag.FlagSet) error {
			if target := os.Getenv(client.SSHEnv); target != "" {
				return stopOver(ctx, stdio, profile, target)
			}
			if err := launch.StopRunning(ctx, p); err != nil {
				return err
			}
			fmt.Fprintf(stdio.out, "cluster %s has stopped\n", p.Name)
			return nil
		}),
	}
	profileFlag(c, &profile)
	return c
}

func statusCommand(stdio stdio) *cobra.Command {
	var profile string
	var every time.Duration
	c := &cobra.Command{
		Use:     "status [--profile=NAME] [--watch]",
		Short:   "Show the engines and jobs of a running cluster",
		Example: "  gocluster status\n  gocluster status --profile=lab --watch",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return look(c.Context(), stdio, profile, every, func(rc *client.Client) (fmt.Stringer, error) { return rc.Status() })
		},
	}
	profileFlag(c, &profile)
	watchFlag(c, &every)
	return c
}

func listCommand(stdio stdio) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the profiles and whether their clusters run",
		Example: "  gocluster list",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return listProfiles(stdio, func(p *profiles.Profile) string { return launch.Running(c.Context(), p).String() })
		},
	}
}

// defaultLogLines is how much of each log is shown.
const defaultLogLines = 20

func logsCommand(stdio stdio) *cobra.Command {
	var profile string
	var lines, engine int
	var follow bool
	c := &cobra.Command{
		Use:     "logs [--profile=NAME] [--engine=ID] [--follow] [--lines=N]",
		Short:   "Show the end of a cluster's logs, or of that of an engine's machine",
		Example: "  gocluster logs\n  gocluster logs --profile=lab --engine=3 --follow",
		Args:    cobra.NoArgs,
		RunE: withProfile(&profile, func(ctx context.Context, p *profiles.Profile, flags *pflag.FlagSet) error {
			if flags.Changed("engine") {
				return launch.EngineLog(ctx, p, engine, lines, follow, stdio.out)
			}
			if follow {
				return usagef("--follow is for the log of one engine: give --engine")
			}
			return showLogs(ctx, stdio.out, p.LogDir(), lines)
		}),
	}
	profileFlag(c, &profile)
	c.Flags().IntVar(&lines, "lines", defaultLogLines, "lines of each log")
	c.Flags().IntVar(&engine, "engine", 0, "the log of the machine that has the engine with this `ID`, wherever it is")
	c.Flags().BoolVar(&follow, "follow", false, "go on showing what is added, until Ctrl-C")
	return c
}

func showLogs(ctx context.Context, out io.Writer, dir string, lines int) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("there is no log in %s: no cluster of this profile has run yet", dir)
	}
	sort.Strings(files)
	for _, file := range files {
		fmt.Fprintf(out, "==> %s\n", file)
		if err := launch.Tail(ctx, out, file, lines, false); err != nil {
			return err
		}
	}
	return nil
}

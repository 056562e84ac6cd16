package command

import (
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/internal/machines"
	"github.com/gocluster/gocluster/internal/ranks"
	"github.com/gocluster/gocluster/profiles"
)

// exitStatus is a failure with an exit status of its own.
type exitStatus struct {
	error
	status int
}

func execCommand(stdio stdio) *cobra.Command {
	cfg := launch.ExecConfig{Stdin: stdio.in, Stdout: stdio.out, Stderr: stdio.err}
	var profile, file string
	c := &cobra.Command{
		Use:   "exec [--machinefile=FILE | --profile=NAME] [-n N | --each-host] -- PROGRAM [ARGUMENT...]",
		Short: "Run any program on the machines of a machinefile, or of a running cluster",
		Long: `exec runs a program as N processes, as mpiexec does. Each finds its rank in GOCLUSTER_RANK, the number of ranks in GOCLUSTER_SIZE, and
its number among those of its machine in GOCLUSTER_LOCAL_RANK. What ranks print comes in whole lines, marked with the rank. Rank 0 reads the
standard input. Signals are passed on to all ranks. When a rank fails, the others are ended, and exec ends with its exit status.

A machinefile has a host on each line, as MPICH writes it ("donner:2") or Open MPI ("donner slots=2 max_slots=4"); a host without a number
takes ranks in turn with the others. Hosts are reached by ssh, except for localhost and this machine's own name.`,
		Example: "  gocluster exec --machinefile hosts -n 8 -- hostname\n  gocluster exec --profile=lab --each-host -- df -h /scratch",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if cfg.Profile, err = profiles.Open(profile); err != nil {
				return err
			}
			if c.Flags().Changed("n") && cfg.N < 1 {
				return usagef("-n %d: a program has at least one process", cfg.N)
			}
			if file != "" {
				if cfg.Hosts, err = machines.Read(file); err != nil {
					return err
				}
			}
			signals := make(chan os.Signal, 8)
			signal.Notify(signals, relayed...)
			defer signal.Stop(signals)
			cfg.Argv, cfg.Signals = args, signals
			err = launch.Exec(c.Context(), cfg)
			var failed *ranks.FailedError
			if errors.As(err, &failed) {
				return exitStatus{err, failed.Status}
			}
			return err
		},
	}
	profileFlag(c, &profile)
	machinefileFlag(c, &file)
	c.Flags().IntVarP(&cfg.N, "n", "n", 0, "processes to run (default: as many as there are slots, or engines)")
	c.Flags().BoolVar(&cfg.Each, "each-host", false, "run one process on each machine")
	c.Flags().StringVar(&cfg.Dir, "dir", "", "the `DIRECTORY` to run in, on all machines (default: this one here, the home directory on others)")
	c.Flags().SetInterspersed(false) // the program has flags of its own
	c.MarkFlagsMutuallyExclusive("n", "each-host")
	return c
}

func machinefileFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "machinefile", "", "the `FILE` with the machines, one on each line: \"host\", \"host:4\" or \"host slots=4\"")
}

// onMachines makes a machinefile's hosts the engine sets of a profile.
func onMachines(p *profiles.Profile, file string, n int) error {
	hosts, err := machines.Read(file)
	if err != nil {
		return err
	}
	if p.Settings.Sets, err = launch.MachineSets(hosts, n); err != nil {
		return fmt.Errorf("machinefile %s: %w", file, err)
	}
	return nil
}

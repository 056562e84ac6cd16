package command

import (
	"bytes"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/profiling"
	"github.com/gocluster/gocluster/internal/profiling/cpu"
	"github.com/gocluster/gocluster/internal/proto"
)

func profileCPUCommand(stdio stdio) *cobra.Command {
	var profile, file string
	var seconds float64
	c := &cobra.Command{
		Use:   "profile-cpu [--profile=NAME] [--seconds=N] -o FILE",
		Short: "Find out what a running cluster's processes compute",
		Long: `profile-cpu watches all processes of a running cluster for some seconds, while it works, and writes what they have computed
to a file, as one profile for pprof. The label "process" of a sample says whose it is, the label "role" what that is: the
controller, an engine host, an engine's worker, which interprets, or a program, which a function has become. What users'
functions compute in programs is there by their names.`,
		Example: `  gocluster profile-cpu --seconds=10 -o cluster.pprof
  go tool pprof -http=: cluster.pprof
  go tool pprof -top -tagfocus=role=controller cluster.pprof
  go tool pprof -top -tagfocus=role=program cluster.pprof`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			d := time.Duration(seconds * float64(time.Second))
			switch {
			case file == "":
				return usagef("-o is missing: name the file for the profile")
			case d <= 0 || d > cpu.Longest:
				return usagef("--seconds=%v: give more than 0 and at most %v", seconds, cpu.Longest.Seconds())
			}
			return asking(c.Context(), profile, func(rc *client.Client) error {
				list, err := rc.ProfileCPU(c.Context(), d)
				if err != nil {
					return err
				}
				return writeProfile(stdio, file, list)
			})
		},
	}
	profileFlag(c, &profile)
	c.Flags().StringVarP(&file, "output", "o", "", "write the profile to `FILE`")
	c.Flags().Float64Var(&seconds, "seconds", 5, "how long to watch")
	return c
}

// writeProfile writes the processes' profiles as one, and says how much each has computed.
func writeProfile(stdio stdio, file string, list []client.ProcessProfile) error {
	var all []proto.Profile
	for _, p := range list {
		all = append(all, proto.Profile(p))
	}
	var out bytes.Buffer
	shares, err := profiling.Merge(&out, all)
	w := tabwriter.NewWriter(stdio.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROCESS\tCPU")
	for _, s := range shares {
		text := fmt.Sprintf("%.2fs", s.CPU.Seconds())
		if s.Why != "" {
			text = "- (" + s.Why + ")"
		}
		fmt.Fprintf(w, "%s\t%s\n", s.Process, text)
	}
	_ = w.Flush() // as far as there is somebody who reads it
	if err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

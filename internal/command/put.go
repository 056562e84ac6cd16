package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/internal/machines"
	"github.com/gocluster/gocluster/profiles"
)

func putCommand(stdio stdio) *cobra.Command {
	var profile, file string
	c := &cobra.Command{
		Use:   "put [--machinefile=FILE | --profile=NAME] FILE|DIR [DEST]",
		Short: "Copy a file or a folder to each machine of a running cluster, or of a machinefile",
		Long: `put copies to every machine once, to all at the same time. DEST is the copy's path there, relative to the home directory; with a slash at
its end it is the folder that the copy is put into, and without it that is the home directory. A file that is there is replaced all at once; a folder
is added to.`,
		Example: "  gocluster put --profile=lab data.csv\n  gocluster put --machinefile hosts wheels/ /scratch/me/wheels",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := profiles.Open(profile)
			if err != nil {
				return err
			}
			cfg := launch.PutConfig{Profile: p, From: args[0], Done: func(machine string, c launch.Copied, err error) {
				switch {
				case err != nil:
					fmt.Fprintf(stdio.err, "%s: %v\n", machine, err)
				case c.There:
					fmt.Fprintf(stdio.out, "%s: %s is this file itself\n", machine, c.To)
				default:
					fmt.Fprintf(stdio.out, "%s: %s: %s, %.1f MB, %.1f s\n", machine, c.To, files(c.Files), float64(c.Bytes)/1e6, c.Took.Seconds())
				}
			}}
			if len(args) > 1 {
				cfg.To = args[1]
			}
			if file != "" {
				if cfg.Hosts, err = machines.Read(file); err != nil {
					return err
				}
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			return launch.Put(ctx, cfg)
		},
	}
	profileFlag(c, &profile)
	machinefileFlag(c, &file)
	return c
}

func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}

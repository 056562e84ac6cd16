package command

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/gocluster/gocluster/client"
)

func scaleCommand(stdio stdio) *cobra.Command {
	var profile, set string
	c := &cobra.Command{
		Use:   "scale N [--profile=NAME] [--set=NAME]",
		Short: "Give a running cluster more engines or fewer",
		Long: `scale makes a running cluster one of N engines. More are started on the machine that the cluster was started on. Those that are
too many take no more work, and end when they have done what they run; Ctrl-C ends the wait for that, and nothing else.`,
		Example: "  gocluster scale 8\n  gocluster scale 2 --profile=lab --set=here",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[0])
			if err != nil || n < 0 {
				return usagef("%q is no number of engines", args[0])
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			rc, err := client.Connect(ctx, client.Options{Profile: profile, Events: func(client.Event) {}})
			if err != nil {
				return err
			}
			defer rc.Close()
			began := time.Now()
			if err := rc.ScaleSet(ctx, set, n); err != nil {
				return err
			}
			fmt.Fprintf(stdio.out, "engines %v, %.2f s\n", rc.IDs(), time.Since(began).Seconds())
			return nil
		},
	}
	profileFlag(c, &profile)
	c.Flags().StringVar(&set, "set", "", "the engine set's `NAME`, for profiles that have some")
	return c
}

package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gocluster/gocluster/client"
)

func scaleCommand(stdio stdio) *cobra.Command {
	var profile, set string
	c := &cobra.Command{
		Use:   "scale N [--profile=NAME] [--set=NAME]",
		Short: "Give a running cluster more engines or fewer",
		Long: `scale makes a running cluster, or one of its engine sets, one of N engines. More are started where the set runs: on the machine that
the cluster was started on, on the hosts of a set over SSH, in further jobs of a batch system. Those that are too many take no more work, and
end when they have done what they run, jobs that wait in a queue before; Ctrl-C ends the wait for that, and nothing else.`,
		Example: "  gocluster scale 8\n  gocluster scale 2 --profile=lab --set=here",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[0])
			if err != nil || n < 0 {
				return usagef("%q is no number of engines: give 0 or more", args[0])
			}
			return resize(c.Context(), stdio, profile, func(ctx context.Context, rc *client.Client) error { return rc.ScaleSet(ctx, set, n) })
		},
	}
	profileFlag(c, &profile)
	c.Flags().StringVar(&set, "set", "", "the engine set's `NAME`, for clusters that have several")
	return c
}

// resize changes the size of a running cluster and tells what engines there are then.
func resize(ctx context.Context, stdio stdio, profile string, change func(ctx context.Context, rc *client.Client) error) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	rc, err := client.Connect(ctx, client.Options{Profile: profile, Events: func(client.Event) {}})
	if err != nil {
		return err
	}
	defer rc.Close()
	began := time.Now()
	failed := change(ctx, rc)
	if failed != nil && !errors.As(failed, new(*client.PartsError)) {
		return failed
	}
	if sets, err := rc.Sets(); err == nil {
		for _, s := range sets {
			if s.Coming > 0 {
				fmt.Fprintf(stdio.err, "%s\n", strings.Join(s.Notes, "\n"))
			}
		}
	}
	fmt.Fprintf(stdio.out, "engines %v, %.2f s\n", rc.IDs(), time.Since(began).Seconds())
	return failed
}

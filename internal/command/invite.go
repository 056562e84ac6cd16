package command

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/invite"
)

// asking connects to a profile's cluster for a question or two.
func asking(ctx context.Context, profile string, ask func(rc *client.Client) error) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	rc, err := client.Connect(ctx, client.Options{Profile: profile, Events: func(client.Event) {}})
	if err != nil {
		return err
	}
	return errors.Join(ask(rc), rc.Close())
}

func inviteCommand(stdio stdio) *cobra.Command {
	var profile string
	var good time.Duration
	var hosts, n int
	c := &cobra.Command{
		Use:   "invite [--profile=NAME] [--for=DURATION] [--hosts=N] [--n=N]",
		Short: "Print a line that makes another machine join a running cluster",
		Long: `invite prints a command line. Run on another machine, where nothing but goengine is needed, it adds that machine's
engines to the cluster. The token in it says where the controller is and how to recognize it, and is a secret: who has it
can add engines to the cluster, until it has expired or 'gocluster revoke' ends it.`,
		Example: "  gocluster invite\n  gocluster invite --profile=lab --for=10m --hosts=1",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case good <= 0 || good > invite.MaxFor:
				return usagef("--for=%v: give more than 0 and at most %v", good, invite.MaxFor)
			case hosts < 0 || n < 0:
				return usagef("--hosts and --n cannot be less than 0")
			}
			return asking(c.Context(), profile, func(rc *client.Client) error {
				token, v, err := rc.Invite(good, hosts)
				if err != nil {
					return err
				}
				line := "goengine --join " + token
				if n > 0 {
					line += fmt.Sprintf(" --n %d", n)
				}
				fmt.Fprintln(stdio.out, line)
				return explainInvitation(stdio, profile, token, v)
			})
		},
	}
	profileFlag(c, &profile)
	c.Flags().DurationVar(&good, "for", invite.DefaultFor, "how long it is good, such as 10m or 24h")
	c.Flags().IntVar(&hosts, "hosts", 0, "how many machines may join with it (default any number)")
	c.Flags().IntVar(&n, "n", 0, "engines on each of them (default one per core)")
	return c
}

// explainInvitation says, beside the line, what it is good for.
func explainInvitation(stdio stdio, profile, token string, v client.Invitation) error {
	machines := "any number of machines"
	if v.Hosts == 1 {
		machines = "one machine"
	} else if v.Hosts > 1 {
		machines = fmt.Sprintf("%d machines", v.Hosts)
	}
	fmt.Fprintf(stdio.err, "good until %s for %s; 'gocluster revoke%s %s' ends it\n", v.Expires.Local().Format(time.DateTime), machines, profileArg(profile), v.ID)
	t, err := invite.Parse(token)
	if err != nil {
		return err
	}
	for _, addr := range t.Addrs {
		if ip, err := netip.ParseAddrPort(addr); err != nil || !ip.Addr().IsLoopback() {
			return nil
		}
	}
	fmt.Fprintf(stdio.err, "the controller listens on %s, which only this machine reaches: for others, set ip in the profile's [controller] to \"0.0.0.0\" and start it again\n", strings.Join(t.Addrs, ", "))
	return nil
}

func invitationsCommand(stdio stdio) *cobra.Command {
	var profile string
	c := &cobra.Command{
		Use:     "invitations [--profile=NAME]",
		Short:   "List the invitations to a running cluster",
		Example: "  gocluster invitations",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return asking(c.Context(), profile, func(rc *client.Client) error {
				list, err := rc.Invitations()
				if err == nil {
					fmt.Fprintln(stdio.out, invitationTable(list))
				}
				return err
			})
		},
	}
	profileFlag(c, &profile)
	return c
}

func invitationTable(list []client.Invitation) string {
	if len(list) == 0 {
		return "there are no invitations; 'gocluster invite' makes one"
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "INVITATION\tMADE\tGOOD UNTIL\tMACHINES\tCONNECTED\tSTATE")
	for _, v := range list {
		machines := fmt.Sprint(v.Joined)
		if v.Hosts > 0 {
			machines += fmt.Sprintf(" of %d", v.Hosts)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", v.ID, v.Made.Local().Format(time.DateTime), v.Expires.Local().Format(time.DateTime), machines, v.Connected, v.State)
	}
	_ = w.Flush() // into memory
	return strings.TrimRight(b.String(), "\n")
}

func revokeCommand(stdio stdio) *cobra.Command {
	var profile string
	var all, cut bool
	c := &cobra.Command{
		Use:   "revoke {INVITATION | --all} [--profile=NAME] [--disconnect]",
		Short: "End an invitation to a running cluster",
		Long: `revoke ends an invitation: nobody joins with it any more. Machines that have joined with it stay, and may come back after
a restart; --disconnect drops them at once, has others do their tasks, and keeps them out.`,
		Example: "  gocluster revoke 7k3mq0ve\n  gocluster revoke --all --disconnect",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if all == (len(args) == 1) {
				return usagef("name one invitation, or give --all; 'gocluster invitations%s' lists them", profileArg(profile))
			}
			return asking(c.Context(), profile, func(rc *client.Client) error {
				ended, err := rc.Revoke(invitationID(args), cut)
				if err != nil {
					return err
				}
				if len(ended) == 0 {
					fmt.Fprintln(stdio.out, "there is no invitation to revoke")
				}
				for _, v := range ended {
					fmt.Fprintln(stdio.out, revokedText(v, cut))
				}
				return nil
			})
		},
	}
	profileFlag(c, &profile)
	c.Flags().BoolVar(&all, "all", false, "all invitations")
	c.Flags().BoolVar(&cut, "disconnect", false, "drop the machines that have joined with it, too")
	return c
}

// invitationID is the id that was given, maybe as the whole token; "" stands for all.
func invitationID(args []string) string {
	id := strings.Join(args, "")
	if t, err := invite.Parse(id); err == nil {
		return string(t.ID)
	}
	return strings.ToLower(id)
}

// revokedText says what has become of an invitation, and of those who came with it.
func revokedText(v client.Invitation, cut bool) string {
	text := fmt.Sprintf("invitation %s is revoked", v.ID)
	switch {
	case v.Joined == 0:
		return text + "; nobody has joined with it"
	case cut:
		return fmt.Sprintf("%s; %d of %d machines that have joined with it were connected, and are dropped", text, v.Connected, v.Joined)
	}
	return fmt.Sprintf("%s; machines that have joined with it stay (%d of %d are connected): --disconnect drops them", text, v.Connected, v.Joined)
}

package command

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/profiles"
)

func controllerCommand(stdio stdio) *cobra.Command {
	var profile, ip string
	var port int
	c := &cobra.Command{
		Use:   "gocontroller [--profile=NAME] [--ip=IP] [--port=PORT]",
		Short: "Run a cluster's controller in the foreground",
		Long: `gocontroller runs a controller for the engines and clients of a profile, until Ctrl-C. It writes the connection files
security/engine.json and security/client.json into the profile's folder; engines and clients on other machines need copies.`,
		Example: "  gocontroller --profile=lab --ip=127.0.0.1 --port=7123",
		Args:    cobra.NoArgs,
		RunE: withProfile(&profile, func(ctx context.Context, p *profiles.Profile, flags *pflag.FlagSet) error {
			if flags.Changed("ip") {
				p.Settings.Controller.IP = ip
			}
			if flags.Changed("port") {
				p.Settings.Controller.Port = port
			}
			return launch.RunController(ctx, launch.ControllerConfig{Profile: p, Ready: func(addr string) {
				fmt.Fprintf(stdio.out, "controller of profile %s listens on %s; Ctrl-C ends it\n", p.Name, addr)
			}, Notice: func(text string) { fmt.Fprintln(stdio.err, text) }})
		}),
	}
	profileFlag(c, &profile)
	c.Flags().StringVar(&ip, "ip", "", "address to listen on (default: the profile's setting)")
	c.Flags().IntVar(&port, "port", 0, "port to listen on, 0 for any (default: the profile's setting)")
	return c
}

func engineCommand(stdio stdio) *cobra.Command {
	var profile, file, join, set, resources string
	var count engineCount
	var wait time.Duration
	c := &cobra.Command{
		Use:   "goengine [--profile=NAME | --connection-file=FILE | --join=TOKEN] [--n=N] [--wait=DURATION]",
		Short: "Run the engines of this machine in the foreground",
		Long: `goengine connects to the controller of a profile and runs engines for it, until Ctrl-C or until the controller ends. An
engine's process that dies is replaced.

With --join it needs no file of the cluster's: 'gocluster invite' prints the token. What the machine is given for it is kept in
joined/ among gocluster's files, by which it is known when it joins again. A command line can be read by all users of a machine:
where those are strangers, --join=- reads the token from the standard input.`,
		Example: "  goengine --profile=lab --n=4\n  goengine --connection-file=engine.json --wait=1m\n  goengine --join=gcjoin1...",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			n, note, err := count.get(c)
			if err != nil {
				return err
			}
			if note != "" {
				fmt.Fprintln(stdio.err, note)
			}
			if c.Flags().Changed("resources") {
				if err := launch.SetResources(resources); err != nil {
					return usagef("--resources: %v", err)
				}
			}
			cfg := launch.EnginesConfig{N: n, Set: set, ConnectionFile: file, Join: join, Wait: wait, Ready: func(ids string) {
				fmt.Fprintf(stdio.out, "%s; Ctrl-C ends\n", ids)
			}, Notice: func(text string) { fmt.Fprintln(stdio.err, text) }}
			if c.Flags().Changed("join") && join == "" {
				return usagef("--join needs the token that 'gocluster invite' has printed")
			}
			if join == "-" {
				line, err := bufio.NewReader(stdio.in).ReadString('\n')
				if join = strings.TrimSpace(line); join == "" {
					return fmt.Errorf("--join=- reads the token from the standard input, which has none (%v)", err)
				}
				cfg.Join = join
			}
			if file == "" && join == "" {
				p, err := profiles.Open(profile)
				if err != nil {
					return err
				}
				cfg.Profile = p
				if n == 0 {
					cfg.N = p.Settings.Engines.N
				}
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			return launch.RunEngines(ctx, cfg)
		},
	}
	profileFlag(c, &profile)
	c.Flags().StringVar(&file, "connection-file", "", "an engines' connection `FILE`, in place of a profile's")
	c.Flags().StringVar(&join, "join", "", "the `TOKEN` of an invitation, in place of a profile's files")
	count.flags(c, "engines to run (default: the profile's setting, or one per core)")
	c.Flags().StringVar(&set, "set", "", "the engine set's `NAME`, for people to see")
	c.Flags().StringVar(&resources, "resources", "", "what the machine has for tasks that need it, such as \"gpu=2,licence=1\" (default: what GOCLUSTER_RESOURCES says)")
	c.Flags().DurationVar(&wait, "wait", 0, "how long to wait for a controller that is not there yet, such as 30s")
	c.MarkFlagsMutuallyExclusive("profile", "connection-file", "join")
	return c
}

package command

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/internal/machines"
	"github.com/gocluster/gocluster/profiles"
)

// putting is what `gocluster put` was asked for.
type putting struct {
	stdio                 stdio
	profile, file, forget string
	list                  bool
}

func putCommand(stdio stdio) *cobra.Command {
	p := &putting{stdio: stdio}
	c := &cobra.Command{
		Use:   "put [--machinefile=FILE | --profile=NAME] FILE|DIR [DEST] | --list | --forget=DEST",
		Short: "Copy a file or a folder to each machine of a running cluster, or of a machinefile",
		Long: `put copies to every machine of a running cluster once, and to each that joins later: its engines have no task before. DEST is the
copy's path there, relative to the home directory; with a slash at its end it is the folder that the copy is put into, and without it that is the home
directory. A file that is there is replaced all at once; a folder is added to. What machines have already is not sent again.

--list shows what was put and which machines have it. --forget has machines that join later not get it; those that have it keep it.

With --machinefile it is copied by ssh, to the machines of the file and to no others.`,
		Example: "  gocluster put --profile=lab data.csv\n  gocluster put --list\n  gocluster put --forget=data.csv\n  gocluster put --machinefile hosts wheels/ /scratch/me/wheels",
		Args:    cobra.MaximumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			asks := p.list || p.forget != ""
			switch {
			case asks && len(args) > 0, p.list && p.forget != "":
				return usagef("--list and --forget stand alone")
			case asks && p.file != "":
				return usagef("--machinefile: what was put on the machines of a file is not kept anywhere")
			case !asks && len(args) == 0:
				return usagef("give a file or a folder, or --list")
			case p.file != "":
				return p.byFile(c, args)
			}
			return p.toCluster(c, args)
		},
	}
	profileFlag(c, &p.profile)
	machinefileFlag(c, &p.file)
	c.Flags().BoolVar(&p.list, "list", false, "show what was put, and which machines have it")
	c.Flags().StringVar(&p.forget, "forget", "", "have the cluster forget what was put to `DEST`")
	return c
}

// toCluster puts something on the machines of a running cluster.
func (p *putting) toCluster(c *cobra.Command, args []string) error {
	ctx, stop := interruptible(c.Context())
	defer stop()
	if len(args) > 0 {
		if _, err := os.Stat(args[0]); err != nil {
			return err
		}
	}
	rc, err := client.Connect(ctx, client.Options{Profile: p.profile, Events: func(client.Event) {}})
	if err != nil {
		return err
	}
	defer rc.Close()
	switch {
	case p.list:
		puts, err := rc.Puts()
		if err == nil {
			fmt.Fprintln(p.stdio.out, puts)
		}
		return err
	case p.forget != "":
		return rc.Forget(ctx, p.forget)
	}
	machines := 0
	err = rc.PutEach(ctx, args[0], dest(args), func(x client.Copied) {
		machines++
		switch {
		case x.Err != nil:
			fmt.Fprintf(p.stdio.err, "%s: %v\n", x.Machine, x.Err)
		case x.There:
			fmt.Fprintf(p.stdio.out, "%s: %s: is there\n", x.Machine, x.To)
		default:
			p.copied(x.Machine, x.To, x.Files, x.Bytes, x.Took)
		}
	})
	var failed *client.PutError
	switch {
	case errors.As(err, &failed) && failed.Kept:
		return fmt.Errorf("%d of %d machines have no copy; their engines take no tasks until they have it, which is tried again by itself, or until `gocluster put%s --forget=%s`",
			len(failed.Failed), machines, profileArg(p.profile), failed.Dest)
	case errors.As(err, &failed):
		return errors.New("no machine has a copy")
	case err == nil && machines == 0:
		fmt.Fprintln(p.stdio.out, "the cluster has no machines yet: those that come get it")
	}
	return err
}

func dest(args []string) string {
	if len(args) > 1 {
		return args[1]
	}
	return ""
}

func (p *putting) copied(machine, to string, n int, bytes int64, took time.Duration) {
	fmt.Fprintf(p.stdio.out, "%s: %s: %s, %.1f MB, %.1f s\n", machine, to, files(n), float64(bytes)/1e6, took.Seconds())
}

// byFile copies to the machines of a machinefile.
func (p *putting) byFile(c *cobra.Command, args []string) error {
	profile, err := profiles.Open(p.profile)
	if err != nil {
		return err
	}
	hosts, err := machines.Read(p.file)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(c.Context())
	defer stop()
	return launch.Put(ctx, launch.PutConfig{Profile: profile, Hosts: hosts, From: args[0], To: dest(args), Done: func(machine string, x launch.Copied, err error) {
		switch {
		case err != nil:
			fmt.Fprintf(p.stdio.err, "%s: %v\n", machine, err)
		case x.There:
			fmt.Fprintf(p.stdio.out, "%s: %s is this file itself\n", machine, x.To)
		default:
			p.copied(machine, x.To, x.Files, x.Bytes, x.Took)
		}
	}})
}

func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}

package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/kernel"
	"github.com/gocluster/gocluster/kernel/spec"
	"github.com/gocluster/gocluster/profiles"
)

func kernelCommand(stdio stdio) *cobra.Command {
	c := &cobra.Command{
		Use:     "kernel",
		Short:   "Install, remove and run the Jupyter kernel",
		Example: "  gocluster kernel install --user",
		Args:    cobra.NoArgs,
		RunE:    help,
	}
	c.AddCommand(kernelInstallCommand(stdio), kernelUninstallCommand(stdio), kernelRunCommand(stdio))
	return c
}

// whereFlags say for whom a kernelspec is.
type whereFlags struct {
	where spec.Where
	name  string
}

func (w *whereFlags) flags(c *cobra.Command) {
	c.Flags().BoolVar(&w.where.User, "user", false, "for this user (the default)")
	c.Flags().BoolVar(&w.where.SysPrefix, "sys-prefix", false, "in the active Python environment")
	c.Flags().StringVar(&w.where.Prefix, "prefix", "", "in the environment in this `DIR`")
	c.Flags().StringVar(&w.name, "name", spec.DefaultName, "the kernel's name")
	c.MarkFlagsMutuallyExclusive("user", "sys-prefix", "prefix")
}

func kernelInstallCommand(stdio stdio) *cobra.Command {
	var w whereFlags
	var display, tier string
	var papermill bool
	c := &cobra.Command{
		Use:   "install [--user | --sys-prefix | --prefix=DIR] [--tier=TIER]",
		Short: "Install the Go kernel into Jupyter",
		Example: `  gocluster kernel install --user
  gocluster kernel install --sys-prefix --name=go --display-name="Go"
  gocluster kernel install --sys-prefix --papermill
  gocluster kernel install --name=go-interpreted --display-name="Go (interpreted)" --tier=interpreted`,
		Args:    cobra.NoArgs,
		PreRunE: func(*cobra.Command, []string) error { return checkTier(tier) },
		RunE: func(*cobra.Command, []string) error {
			o := spec.Options{Name: w.name, DisplayName: display, Where: w.where, Version: version()}
			if tier != string(session.TierAuto) {
				o.Args = []string{"--tier=" + tier}
			}
			dir, err := spec.Install(o)
			if err != nil {
				return err
			}
			fmt.Fprintf(stdio.out, "installed the kernel %q in %s\n", w.name, dir)
			if papermill {
				python, err := spec.InstallPapermill(w.where)
				if err != nil {
					return err
				}
				fmt.Fprintf(stdio.out, "installed gocluster-papermill for %s; 'pip uninstall gocluster-papermill' removes it\n", python)
			}
			return nil
		},
	}
	w.flags(c)
	c.Flags().StringVar(&display, "display-name", spec.DefaultDisplayName, "the name that people choose")
	c.Flags().BoolVar(&papermill, "papermill", false, "also teach papermill to write parameters in Go (-p), with pip")
	tierFlag(c, &tier)
	return c
}

func kernelUninstallCommand(stdio stdio) *cobra.Command {
	var w whereFlags
	c := &cobra.Command{
		Use:     "uninstall [--user | --sys-prefix | --prefix=DIR]",
		Short:   "Remove the Go kernel from Jupyter",
		Example: "  gocluster kernel uninstall --user",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			dir, err := spec.Uninstall(w.name, w.where)
			if err != nil {
				return err
			}
			fmt.Fprintf(stdio.out, "removed %s\n", dir)
			return nil
		},
	}
	w.flags(c)
	return c
}

func kernelRunCommand(stdio stdio) *cobra.Command {
	var file, profile, tier string
	c := &cobra.Command{
		Use:     "run -f CONNECTION_FILE",
		Short:   "Be the kernel of one notebook; Jupyter calls this",
		Example: "  gocluster kernel run -f kernel-1234.json",
		Args:    cobra.NoArgs,
		PreRunE: func(*cobra.Command, []string) error {
			if file == "" {
				return usagef("no connection file: Jupyter starts kernels with -f FILE; to use Go without Jupyter, see 'gocluster repl'")
			}
			return checkTier(tier)
		},
		RunE: func(c *cobra.Command, _ []string) error {
			return runKernel(c.Context(), file, profile, session.Tier(tier))
		},
	}
	c.Flags().StringVarP(&file, "connection-file", "f", "", "the connection `FILE` that Jupyter has written")
	c.Flags().StringVar(&profile, "profile", "", "the profile whose cluster cells connect to")
	tierFlag(c, &tier)
	return c
}

func runKernel(ctx context.Context, file, profile string, tier session.Tier) error {
	env, err := profileEnv(profile)
	if err != nil {
		return err
	}
	history, err := historyDir()
	if err != nil {
		history = "" // kept in memory
	}
	err = kernel.Run(ctx, kernel.Config{
		ConnectionFile: file,
		HistoryDir:     history,
		Version:        version(),
		NewSession:     kernelSession(env, tier),
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// profileEnv makes a session's clients use a profile's cluster where cells name none.
func profileEnv(profile string) ([]string, error) {
	if profile == "" {
		return nil, nil
	}
	p, err := profiles.Open(profile)
	if err != nil {
		return nil, err
	}
	return []string{profiles.ConnectionEnv + "=" + p.ConnectionFile(clientRole)}, nil
}

package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gocluster/gocluster/internal/native"
	"github.com/gocluster/gocluster/kernel/spec"
	"github.com/gocluster/gocluster/profiles"
)

func doctorCommand(stdio stdio) *cobra.Command {
	return &cobra.Command{
		Use:     "doctor",
		Short:   "Check what this machine lacks, and say how to get it",
		Example: "  gocluster doctor",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if missing := diagnose(c.Context(), stdio.out); missing > 0 {
				return silent{fmt.Errorf("%d things are missing", missing)}
			}
			return nil
		},
	}
}

// finding is what a check found: what is there, or what to do about what is not. What is only optional does not fail.
type finding struct {
	what     string
	found    string
	remedy   string
	optional bool
}

// diagnose prints every check's finding and returns how many things are missing.
func diagnose(ctx context.Context, out io.Writer) (missing int) {
	for _, f := range []finding{
		checkFolder(), checkNetwork(), checkSession(ctx), checkNative(ctx), checkKernelspec(), checkJupyter(ctx), checkToolchain(ctx),
	} {
		mark := "ok  "
		switch {
		case f.remedy == "":
		case f.optional:
			mark = "--  "
		default:
			mark = "LACK"
			missing++
		}
		fmt.Fprintf(out, "%s %-18s %s\n", mark, f.what, f.found)
		if f.remedy != "" {
			fmt.Fprintf(out, "     %-18s -> %s\n", "", f.remedy)
		}
	}
	return missing
}

func checkFolder() finding {
	f := finding{what: "profiles' folder"}
	dir, err := profiles.Dir()
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = writable(dir)
	}
	if err != nil {
		f.found, f.remedy = err.Error(), "make it writable, or set "+profiles.DirEnv+" to a folder that is"
		return f
	}
	f.found = dir
	return f
}

func writable(dir string) error {
	tmp, err := os.CreateTemp(dir, ".doctor*")
	if err != nil {
		return err
	}
	return errors.Join(tmp.Close(), os.Remove(tmp.Name()))
}

func checkNetwork() finding {
	f := finding{what: "loopback network"}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.found, f.remedy = err.Error(), "a cluster on this machine needs TCP on 127.0.0.1"
		return f
	}
	f.found = "127.0.0.1 accepts connections"
	_ = ln.Close()
	return f
}

func checkSession(ctx context.Context) finding {
	f := finding{what: "Go cells"}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	start := time.Now()
	value, err := evaluate(ctx, "6 * 7")
	switch {
	case err != nil:
		f.found, f.remedy = err.Error(), "a cell could not be run; is there memory for another process?"
	case value != "42":
		f.found, f.remedy = "6 * 7 is "+value, "this executable is broken; build it again"
	default:
		f.found = fmt.Sprintf("run, interpreted everywhere (%.2f s for the first)", time.Since(start).Seconds())
	}
	return f
}

// checkNative says whether cells can be compiled; where they cannot, they are interpreted.
func checkNative(ctx context.Context) finding {
	f := finding{what: "compiled Go cells", optional: true}
	kit, err := native.Find(ctx, native.Options{})
	if err != nil {
		f.found, f.remedy = "not here: "+err.Error(), "cells run interpreted"
		if missing := (*native.MissingError)(nil); errors.As(err, &missing) {
			f.found, f.remedy = "not here: "+missing.What, missing.Remedy+" (until then, cells run interpreted)"
			if missing.Why != "" {
				f.found += " (" + missing.Why + ")"
			}
		}
		return f
	}
	f.found = "run, at native speed"
	if !kit.Ready() {
		f.found = "run, at native speed; the first session on this machine prepares for that for some seconds"
	}
	if err := kit.Close(); err != nil {
		f.found += fmt.Sprintf(" (%v)", err)
	}
	return f
}

func checkKernelspec() finding {
	f := finding{what: "kernelspec", optional: true}
	for _, k := range spec.Find() {
		if k.Missing != nil {
			f.found, f.remedy = fmt.Sprintf("%s names %s: %v", k.Dir, k.Executable, k.Missing), "gocluster kernel install --user"
			return f
		}
		f.found = fmt.Sprintf("%q in %s", k.DisplayName, k.Dir)
		if k.Version != version() {
			f.found += fmt.Sprintf(", installed by version %q; this is %q", k.Version, version())
			f.remedy = "gocluster kernel install --user, if notebooks are to run this version"
			return f
		}
	}
	if f.found == "" {
		f.found, f.remedy = "not installed", "gocluster kernel install --user"
	}
	return f
}

func checkJupyter(ctx context.Context) finding {
	f := finding{what: "Jupyter", optional: true}
	f.found = firstLine(ctx, "jupyter", "--version")
	if f.found == "" {
		f.found, f.remedy = "not found on the PATH", "python3 -m pip install jupyterlab (notebooks also run with 'gocluster run')"
	}
	return f
}

func checkToolchain(ctx context.Context) finding {
	f := finding{what: "Go toolchain", optional: true}
	f.found = firstLine(ctx, "go", "version")
	if f.found == "" {
		f.found = fmt.Sprintf("not found on the PATH; cells and scripts run without it (this executable is of %s)", runtime.Version())
		f.remedy = "https://go.dev/dl, for programs that use the client"
	}
	return f
}

// firstLine is the first line that a program prints, "" if it cannot be run.
func firstLine(ctx context.Context, name string, args ...string) string {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	out, err := exec.CommandContext(ctx, path, args...).Output()
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return strings.TrimSpace(line) + " (" + filepath.Dir(path) + ")"
}

package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gocluster/gocluster/profiles"
)

// here is this machine.
type here struct{ c *Cluster }

func (here) Name() string {
	host, err := os.Hostname()
	if err != nil {
		return "this machine"
	}
	return host
}

func (here) Platform(context.Context) (string, error) {
	return runtime.GOOS + "/" + runtime.GOARCH, nil
}

func (here) Command(ctx context.Context, dir string, env []string, argv ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = atHome(dir), append(os.Environ(), env...)
	return cmd
}

// atHome is a path with the home directory in the place of "~", which an empty one means too.
func atHome(path string) string {
	home, err := os.UserHomeDir()
	switch {
	case err != nil:
	case path == "" || path == "~":
		return home
	case strings.HasPrefix(path, "~/"):
		return filepath.Join(home, path[2:])
	}
	return path
}

func (here) Copy(_ context.Context, from, to string) error {
	to = atHome(to)
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.CreateTemp(filepath.Dir(to), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Chmod(info.Mode().Perm()), out.Close()); err != nil {
		return fmt.Errorf("copying to %s: %w", to, err)
	}
	return os.Rename(out.Name(), to)
}

func (h here) Plan(e Engines) []string {
	if len(e.Before) > 0 {
		return []string{shellLine(append(h.c.rankCommand(e), "", "0"))}
	}
	return []string{strings.Join(h.c.engineArgs(e), " ")}
}

// engineArgs is the command line that does by hand what Start does.
func (c *Cluster) engineArgs(e Engines) []string {
	args := []string{"goengine", "--profile=" + c.cfg.Profile.Name, fmt.Sprintf("--n=%d", e.N)}
	if e.Set != "" {
		args = append(args, "--set="+e.Set)
	}
	return args
}

// logName names the log of a set's engines.
func logName(set string) string {
	if set == "" {
		return enginesName
	}
	return enginesName + "-" + set
}

// Start starts an engine host as a child of this process. It starts while the controller does, and gets its order when that listens.
func (h here) Start(ctx context.Context, e Engines, tell func(Progress)) (Process, error) {
	if len(e.Before) > 0 {
		return h.c.startRanks(ctx, e, 0, tell)
	}
	first, err := h.c.launch(hostRole, logName(e.Set))
	if err != nil {
		return nil, err
	}
	if _, err := h.c.connection(ctx); err != nil {
		first.end(ctx)
		return nil, err
	}
	tell(Progress{Phase: Starting})
	o := h.c.order()
	o.N, o.Set, o.Part, o.Around = e.N, e.Set, e.Part, surroundingsOf(e.Host)
	return keep(h.c.group, first, &kept{
		order: o, restart: e.Restart, tell: tell, log: filepath.Join(h.c.cfg.Profile.LogDir(), logName(e.Set)+".log"),
		another: func() (*child, error) { return h.c.launch(hostRole, logName(e.Set)) },
	})
}

// surroundings is what engines find around them.
type surroundings struct {
	Env       map[string]string `json:",omitempty"`
	Dir       string            `json:",omitempty"`
	Nice      int               `json:",omitempty"`
	Resources map[string]int    `json:",omitempty"`
}

func surroundingsOf(h profiles.Host) surroundings {
	return surroundings{h.Env, h.Dir, h.Nice, h.Resources}
}

// settle makes this process's surroundings these; what it starts inherits them.
func (s surroundings) settle() error {
	for name, value := range s.Env {
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("the profile's env: %w", err)
		}
	}
	if len(s.Resources) > 0 {
		if err := os.Setenv(ResourcesEnv, resourcesText(s.Resources)); err != nil {
			return fmt.Errorf("the profile's resources: %w", err)
		}
	}
	if s.Dir != "" {
		if err := os.Chdir(atHome(s.Dir)); err != nil {
			return fmt.Errorf("the profile's dir: %w", err)
		}
	}
	if s.Nice != 0 {
		if err := lowerPriority(s.Nice); err != nil {
			return fmt.Errorf("the profile's nice = %d: %w", s.Nice, err)
		}
	}
	return nil
}

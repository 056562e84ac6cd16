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
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/link"
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
	return []string{strings.Join(append(e.Before, h.c.engineArgs(e)...), " ")}
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
	child, err := h.c.launch(hostRole, logName(e.Set))
	if err != nil {
		return nil, err
	}
	k := &kept{c: h.c, e: e, tell: tell, child: child, stop: make(chan struct{}), exited: make(chan struct{})}
	if _, err := h.c.connection(ctx); err != nil {
		child.end(ctx)
		return nil, err
	}
	tell(Progress{Phase: Starting})
	if err := h.c.group.Go("engine host", func(context.Context) error { k.keep(); return nil }); err != nil {
		child.end(ctx)
		return nil, err
	}
	return k, nil
}

// kept is an engine host on this machine that is started again when it dies.
type kept struct {
	c    *Cluster
	e    Engines
	tell func(Progress)

	mu       sync.Mutex
	child    *child
	wasReady bool
	stopping bool

	stop   chan struct{} // closed to ask for the end
	exited chan struct{}
}

func (k *kept) Exited() <-chan struct{} { return k.exited }

// Stop ends the engine host, and kills it if it does not end.
func (k *kept) Stop(ctx context.Context) error {
	k.mu.Lock()
	if !k.stopping {
		k.stopping = true
		close(k.stop)
	}
	child := k.child
	k.mu.Unlock()
	child.end(ctx)
	<-k.exited
	return nil
}

// Log writes the end of the log, which engine hosts of one set share.
func (k *kept) Log(ctx context.Context, w io.Writer, lines int, follow bool) error {
	return Tail(ctx, w, filepath.Join(k.c.cfg.Profile.LogDir(), logName(k.e.Set)+".log"), lines, follow)
}

// order is what the engine host is told. A host that is started again is the same peer with the same engines.
func (k *kept) order() order {
	o := k.c.order()
	o.N, o.Set, o.Peer = k.e.N, k.e.Set, peerText(link.NewPeerID())
	o.Around = surroundingsOf(k.e.Host)
	return o
}

// keep keeps the engine host running until it is to end.
func (k *kept) keep() {
	defer close(k.exited)
	o := k.order()
	deaths := 0
	for host := k.child; host != nil; {
		born := time.Now()
		if err := host.order(o); err == nil {
			k.follow(host, &o)
		}
		<-host.exited
		if isClosed(k.stop) {
			return
		}
		if host.clean() { // a host that was told to stop by a client stays away
			k.tell(Progress{Phase: Ended})
			return
		}
		if deaths++; time.Since(born) > hostLived {
			deaths = 1
		}
		why := host.death()
		if !k.ready() {
			k.tell(Progress{Phase: Failed, Text: "the engine host did not start: " + why})
			return
		}
		if k.e.Restart == profiles.RestartNever {
			k.tell(Progress{Phase: Ended, Text: fmt.Sprintf("the engine host has ended: %s; the profile says that it is not started again", why)})
			return
		}
		k.tell(Progress{Text: fmt.Sprintf("the engine host has ended: %s; starting it again", why)})
		host = k.another(hostPause(deaths))
	}
}

// another starts an engine host in place of one that has died, after a pause; nil if it is to end.
func (k *kept) another(pause time.Duration) *child {
	for {
		select {
		case <-time.After(pause):
		case <-k.stop:
			return nil
		}
		host, err := k.c.launch(hostRole, logName(k.e.Set))
		if err == nil && k.adopt(host) {
			return host
		}
		if err == nil {
			host.end(k.c.group.Context())
			return nil
		}
		k.tell(Progress{Text: err.Error()})
		pause = lastHostPause
	}
}

// adopt makes a host one that Stop ends, unless that has begun.
func (k *kept) adopt(host *child) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopping {
		return false
	}
	k.child = host
	return true
}

func (k *kept) ready() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.wasReady
}

// follow takes what a host reports, until it reports no more. Its engines' ids go into the order for the next.
func (k *kept) follow(host *child, o *order) {
	failures := 0
	for r := range host.reports {
		switch r.Event {
		case registered:
			o.IDs = r.Engines
		case ready:
			k.mu.Lock()
			k.wasReady = true
			k.mu.Unlock()
			k.tell(Progress{Phase: Ready, Engines: r.Engines})
		case notice:
			k.tell(Progress{Text: r.Text})
			if failures++; !k.ready() && failures > patience*max(1, k.e.N, len(o.IDs)) {
				k.tell(Progress{Phase: Failed, Text: "the engines do not start: " + r.Text})
			}
		}
	}
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

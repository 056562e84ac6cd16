package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gocluster/gocluster/controller"
	"github.com/gocluster/gocluster/internal/heap"
	"github.com/gocluster/gocluster/internal/invite"
	"github.com/gocluster/gocluster/internal/spool"
	"github.com/gocluster/gocluster/profiles"
)

// heapRoom is by how much the heaps of controllers and hosts, which are full of short-lived messages, may grow between collections.
const heapRoom = 64 << 20

// memoryLimit is what a controller may take before its collector works harder, unless GOMEMLIMIT says otherwise.
const memoryLimit = 4 << 30

// ControllerConfig says how to run a controller.
type ControllerConfig struct {
	// Profile says where to listen and has the connection files.
	Profile *profiles.Profile
	// Ready is told the address once the connection files are there; nil: nobody is.
	Ready func(addr string)
	// Notice is told, for people, what else they should know; nil: nobody is.
	Notice func(text string)

	started func(cluster, addr string)
	log     io.Writer
}

// RunController runs a profile's controller until ctx ends, or until a client shuts the cluster down. The connection files are there
// as long as it runs.
func RunController(ctx context.Context, cfg ControllerConfig) (err error) {
	p := cfg.Profile
	held, err := hold(pidPath(p, controllerName))
	if errors.Is(err, errHeld) {
		return runningAlready(p)
	}
	if err != nil {
		return fmt.Errorf("noting that a controller runs: %w", err)
	}
	defer func() { err = errors.Join(err, held.release()) }()
	log, err := openLog(p, controllerName, cfg.log)
	if err != nil {
		return err
	}
	defer log.close()
	cfg.noticeSizes()
	heap.Pace(heapRoom)
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(memoryLimit)
	}
	authority, err := profiles.NewAuthority(profiles.NewClusterID(p.Name))
	if err != nil {
		return err
	}
	desk := invite.NewDesk(authority, log.Logger)
	c, err := startController(ctx, p, controller.Config{
		TLS: authority.ControllerTLS(), Local: p.Settings.Controller.Local, Cluster: authority.Cluster(), Desk: desk, Expected: cfg.expected(), Log: log.Logger, Spill: spool.Folder(p.Dir),
		Heartbeat: time.Duration(p.Settings.Heartbeat.Interval), Silence: time.Duration(p.Settings.Heartbeat.Silence),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	addrs, err := profiles.Addresses(c.Addr(), p.Settings.Controller.Announce)
	if err != nil {
		return err
	}
	desk.Announce(addrs)
	if err := p.WriteConnections(authority, addrs, c.Local()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.RemoveConnections(authority.Cluster())) }()
	if cfg.started != nil {
		cfg.started(authority.Cluster(), addrs[0])
	}
	if cfg.Ready != nil {
		cfg.Ready(addrs[0])
	}
	select {
	case <-ctx.Done():
		return nil
	case <-c.Done():
		return c.Err()
	}
}

// startController starts a controller on the profile's port, or on the first free one of its ports.
func startController(ctx context.Context, p *profiles.Profile, cfg controller.Config) (*controller.Controller, error) {
	s := p.Settings.Controller
	ports := s.Ports
	if ports == (profiles.PortRange{}) {
		ports = profiles.PortRange{First: s.Port, Last: s.Port}
	}
	var last error
	for port := ports.First; port <= ports.Last; port++ {
		cfg.Listen = net.JoinHostPort(s.IP, strconv.Itoa(port))
		c, err := controller.Start(ctx, cfg)
		if err == nil {
			return c, nil
		}
		last = fmt.Errorf("the controller cannot listen on %s: %w", cfg.Listen, err)
	}
	if ports.First < ports.Last {
		return nil, fmt.Errorf("none of the ports %s is free; %w", ports, last)
	}
	return nil, last
}

func runningAlready(p *profiles.Profile) error {
	return fmt.Errorf("a controller of profile %s is running already (process %d); `gocluster stop --profile=%s` ends it", p.Name, holder(pidPath(p, controllerName)), p.Name)
}

// logBytes is the size from which on a log is set aside at the next start.
const logBytes = 16 << 20

// logFile is a log that was opened.
type logFile struct {
	*slog.Logger
	f *os.File
}

// openLog opens one of a profile's logs, or logs to w if that is given.
func openLog(p *profiles.Profile, name string, w io.Writer) (*logFile, error) {
	if w != nil {
		return &logFile{Logger: slog.New(slog.NewTextHandler(w, nil))}, nil
	}
	f, err := logTo(p, name)
	if err != nil {
		return nil, err
	}
	return &logFile{slog.New(slog.NewTextHandler(f, nil)), f}, nil
}

// logTo opens a log for writing at its end.
func logTo(p *profiles.Profile, name string) (*os.File, error) {
	path := filepath.Join(p.LogDir(), name+".log")
	if info, err := os.Stat(path); err == nil && info.Size() > logBytes {
		_ = os.Rename(path, path+".old") // or it grows further
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening a log: %w", err)
	}
	return f, nil
}

func (l *logFile) close() {
	if l.f != nil {
		_ = l.f.Close()
	}
}

// noticeSizes says which sets do not follow the work although they should, because nobody starts engines for a controller by itself.
func (cfg *ControllerConfig) noticeSizes() {
	for _, set := range cfg.Profile.Settings.EngineSets() {
		if set.Max > 0 && cfg.Notice != nil {
			cfg.Notice(fmt.Sprintf("set %s: max = %d does nothing: this controller starts no engines, which `gocluster start` does", set.Name, set.Max))
		}
	}
}

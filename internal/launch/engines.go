package launch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gocluster/gocluster/engine"
	"github.com/gocluster/gocluster/internal/heap"
	"github.com/gocluster/gocluster/internal/invite"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session/api"
	"github.com/gocluster/gocluster/internal/spool"
	"github.com/gocluster/gocluster/profiles"
)

// giveUp is how long an engine host looks for a controller that it was connected to.
const giveUp = 8 * time.Second

// waitStep is how often a host that waits for a controller looks for one.
const waitStep = 200 * time.Millisecond

// EnginesConfig says how to run an engine host.
type EnginesConfig struct {
	// Profile has the connection file and the folder of logs. ConnectionFile, or the token of an invitation, stands in its place where
	// it is given.
	Profile        *profiles.Profile
	ConnectionFile string
	Join           string
	// N is the number of engines, 0 one per core.
	N int
	// Set names the engine set of the profile that the host belongs to.
	Set string
	// Wait is how long to wait for a controller that is not there yet; 0: not at all.
	Wait time.Duration
	// Ready is told, for people, which engines run here, once they do; nil: nobody is.
	Ready func(text string)
	// Notice is told, for people, what else they should know; nil: nobody is.
	Notice func(text string)

	// What a supervisor adds.
	conn              *profiles.ConnFile // in place of a file
	giveUp            time.Duration      // how long to look for a controller that it was connected to
	peer              proto.PeerID
	ids               []proto.EngineID
	part, rank        int
	registered, ready func([]proto.EngineID)
	failed            func(proto.EngineID, string)
	leaves, ends      time.Time // when the host is to begin nothing more, and when it is cut off; zero: it stays
	log               io.Writer
}

// RunEngines runs an engine host until ctx ends, or until its controller tells it to stop or is gone.
func RunEngines(ctx context.Context, cfg EnginesConfig) (err error) {
	if cfg.N == 0 {
		cfg.N = runtime.NumCPU()
	}
	if cfg.peer == (proto.PeerID{}) {
		cfg.peer = link.NewPeerID()
	}
	if cfg.giveUp == 0 {
		cfg.giveUp = giveUp
	}
	log := &logFile{}
	if cfg.Profile == nil && cfg.log != nil {
		log = &logFile{Logger: slog.New(slog.NewTextHandler(cfg.log, nil))}
	}
	if cfg.Profile != nil {
		if log, err = openLog(cfg.Profile, enginesName, cfg.log); err != nil {
			return err
		}
		defer log.close()
		held, err := hold(pidPath(cfg.Profile, hostFileName()))
		if err != nil {
			return fmt.Errorf("noting that engines run: %w", err)
		}
		defer func() { _ = held.release() }()
	}
	resources, err := parseResources(os.Getenv(ResourcesEnv))
	if err != nil {
		return fmt.Errorf("%s: %w", ResourcesEnv, err)
	}
	heap.Pace(heapRoom)
	conn, err := await(ctx, cfg)
	if err != nil {
		return err
	}
	if cfg.registered == nil { // nobody has looked after its end
		cfg.leaves, cfg.ends = leaveAt(time.Now(), cmp.Or(os.Getenv("GOCLUSTER_END"), jobEnd(ctx)), 0)
	}
	leave := make(chan string, 1)
	if !cfg.leaves.IsZero() {
		defer time.AfterFunc(time.Until(cfg.leaves), func() { leave <- "its job's time is nearly up" }).Stop()
	}
	err = engine.Run(ctx, engine.Config{
		Dial: dialer(conn, cfg.peer, cfg.giveUp), N: cfg.N, IDs: cfg.ids, Set: cfg.Set, Part: cfg.part, Rank: cfg.rank, Resources: resources, Stock: cfg.stock(), Leave: leave, Leaves: cfg.leaves, Ends: cfg.ends, Log: log.Logger, Spill: spillFolder(cfg.Profile),
		NewWorker: engine.Sessions(api.Code()), Registered: cfg.registered, Failed: cfg.failed,
		Ready: func(ids []proto.EngineID) {
			if cfg.ready != nil {
				cfg.ready(ids)
			}
			if cfg.Ready != nil {
				cfg.Ready(enginesText(ids) + " of cluster " + conn.Cluster)
			}
		},
	})
	if cfg.Join != "" {
		forget(conn, err)
	}
	if ctx.Err() != nil {
		return nil // asked to end
	}
	return err
}

// spillFolder is where an engine host keeps what has no room in memory.
func spillFolder(p *profiles.Profile) string {
	if p != nil {
		return spool.Folder(p.Dir)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "" // then it has no room for it
	}
	return spool.Folder(filepath.Join(cache, "gocluster"))
}

// hostFileName names the pid file of an engine host: several may run for one profile, and machines may share the folder.
func hostFileName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s-%s-%d", enginesName, filepath.Base(host), os.Getpid())
}

func enginesText(ids []proto.EngineID) string {
	if len(ids) == 1 {
		return ids[0].String()
	}
	var text []string
	for _, id := range ids {
		text = append(text, fmt.Sprint(int(id)))
	}
	return "engines " + strings.Join(text, ", ")
}

// await reads the connection file, when there is one, and when somebody answers there if the host is to wait.
func await(ctx context.Context, cfg EnginesConfig) (*profiles.ConnFile, error) {
	deadline := time.Now().Add(cfg.Wait)
	for {
		conn, err := connection(ctx, cfg)
		if err == nil && cfg.Wait > 0 {
			err = answers(ctx, conn)
		}
		if err == nil || time.Now().After(deadline) || hopeless(err) {
			return conn, err
		}
		select {
		case <-time.After(waitStep):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// hopeless reports whether waiting does not help against an error.
func hopeless(err error) bool {
	return errors.As(err, new(*invite.RefusedError)) || errors.Is(err, invite.ErrToken) || errors.Is(err, invite.ErrImpostor)
}

func connection(ctx context.Context, cfg EnginesConfig) (*profiles.ConnFile, error) {
	switch {
	case cfg.conn != nil:
		return cfg.conn, nil
	case cfg.Join != "":
		return join(ctx, cfg)
	case cfg.ConnectionFile != "":
		return profiles.ReadConnection(cfg.ConnectionFile)
	}
	conn, err := cfg.Profile.Connection(proto.RoleEngineHost)
	if errors.Is(err, profiles.ErrNotRunning) {
		return nil, fmt.Errorf("no controller of profile %s is running: start one with `gocontroller --profile=%s`, "+
			"or start controller and engines together with `gocluster start --profile=%s`", cfg.Profile.Name, cfg.Profile.Name, cfg.Profile.Name)
	}
	return conn, err
}

// dialer connects an engine host.
func dialer(conn *profiles.ConnFile, peer proto.PeerID, giveUp time.Duration) link.Dialer {
	return func(ctx context.Context, h link.ClientHandler) (link.End, error) {
		tls, err := conn.ClientTLS()
		if err != nil {
			return nil, err
		}
		name, err := os.Hostname()
		if err != nil {
			name = "unknown"
		}
		return link.Dial(ctx, link.DialConfig{
			Addrs: conn.Addrs, Local: conn.Local, TLS: tls, Peer: peer, Role: proto.RoleEngineHost, Name: name, Handler: h, GiveUp: giveUp, DialFunc: dialOf(conn),
		})
	}
}

package controller

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocluster/gocluster/controller/internal/sched"
	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/invite"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
)

// Config says how to run a controller. Zero fields get defaults, but for Listen and TLS.
type Config struct {
	// Listen is the address to serve, "host:port"; port 0 is any. Listener, where set, is served in its place.
	Listen   string
	Listener net.Listener
	// Local has it listen on a Unix socket, too, for processes of this user on this machine.
	Local bool
	// TLS has the controller's certificate, and the authority that its peers' must come from.
	TLS *tls.Config
	// Cluster is the cluster's name.
	Cluster string
	// Version is the program's version, for Status.
	Version string
	// Heartbeat is the time between pings, Silence after how long without any a peer counts as lost.
	Heartbeat, Silence time.Duration
	// HostGrace and ClientGrace are how long a peer that has lost its connection may take to come back; Return is how long
	// work that is bound to an engine waits for the engine when its host has not.
	HostGrace, ClientGrace, Return time.Duration
	// ObjectBytes bounds the objects (functions, captured values) that are kept.
	ObjectBytes int
	// Spill is a folder on a disk for objects that have no room in memory, up to SpillBytes; "": there is none.
	Spill      string
	SpillBytes int64
	// InboxBytes bounds the messages that were received and not yet looked at.
	InboxBytes int
	// Expected is what engines of the profile's sets have, which may still come.
	Expected []Expected
	// Desk is where hosts join with invitations; nil: nobody can.
	Desk *invite.Desk
	// Log gets a line per event; nil: nothing is logged.
	Log *slog.Logger
}

// Expected is what engines of a set have that may still come.
type Expected = sched.Expected

// The defaults of Config.
const (
	DefaultObjectBytes = 1 << 30
	DefaultInboxBytes  = 64 << 20
	DefaultSpillBytes  = 16 << 30
)

func (c Config) withDefaults() Config {
	if c.ObjectBytes == 0 {
		c.ObjectBytes = DefaultObjectBytes
	}
	if c.SpillBytes == 0 {
		c.SpillBytes = DefaultSpillBytes
	}
	if c.InboxBytes == 0 {
		c.InboxBytes = DefaultInboxBytes
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Controller is a running controller.
type Controller struct {
	cfg    Config
	log    *slog.Logger
	group  *group.Group
	server *link.Server
	local  string // the path of its Unix socket, if it has one
	inbox  *inbox
	done   chan struct{}
	err    error // once done is closed

	begun time.Time
	last  atomic.Int64  // when the last turn ended, since then
	row   atomic.Int32  // so many messages have come without a pause
	timer *time.Timer   // the loop's
	over  chan struct{} // has room for one: the loop is to end
	turn  sync.Mutex    // who has it may use what follows

	alarm       time.Time // when the timer goes off; zero: it has
	letters     []letter  // those of the last turn
	failure     error     // why the loop ends, if that is a defect
	sched       *sched.Scheduler
	peers       map[proto.PeerID]*peer
	profiles    map[uint64]*profile // what clients want to know, by our own numbers
	lastProfile uint64
	cells       cells
	store       *store
	offers      map[proto.PeerID]*offer // what clients are about to put
	keeper      *peer                   // who starts and ends engines, nil if nobody does
	everKept    bool                    // there has been one
	asked       map[uint64]asked        // what the keeper was asked, by our own numbers
	lastAsked   uint64
	spool       *spool.Dir // nil if there is none
	held        []*peer    // peers whose links hold messages
	patient     []*peer    // those whose messages can wait a moment more, since
	since       time.Time
	behind      []*peer         // peers whose outboxes are not empty
	events      []sched.Event   // gathered for the scheduler
	said        []sched.Message // among them
	quit        string          // why the loop ends, once it does on a peer's wish
}

// Start starts a controller. It serves until Close, until ctx ends, or until a client shuts the cluster down.
func Start(ctx context.Context, cfg Config) (*Controller, error) {
	cfg = cfg.withDefaults()
	files, err := spool.Make("")
	if err != nil {
		cfg.Log.Warn("large values travel through connections only", "err", err)
		files = nil
	}
	c := &Controller{
		cfg: cfg, log: cfg.Log, group: group.New(ctx), inbox: newInbox(cfg.InboxBytes), done: make(chan struct{}),
		peers: map[proto.PeerID]*peer{}, profiles: map[uint64]*profile{}, cells: newCells(), asked: map[uint64]asked{}, offers: map[proto.PeerID]*offer{}, store: newStore(cfg.ObjectBytes, files, overflow(cfg)), spool: files,
	}
	c.begun = time.Now()
	c.timer, c.over = time.NewTimer(far), make(chan struct{}, 1)
	c.alarm = time.Now().Add(far)
	c.sched = sched.New(sched.Config{
		Cluster: cfg.Cluster, Version: cfg.Version, PID: os.Getpid(),
		HostGrace: cfg.HostGrace, ClientGrace: cfg.ClientGrace, Return: cfg.Return, Expected: cfg.Expected,
	}, time.Now())
	links := link.ServerConfig{
		TLS: cfg.TLS, Cluster: cfg.Cluster, Heartbeat: cfg.Heartbeat, Silence: cfg.Silence, Listener: cfg.Listener, Spool: files,
	}
	if cfg.Desk != nil {
		links.Join = cfg.Desk.Serve
	}
	if cfg.Local {
		links.Local = c.listenLocally()
	}
	server, err := link.Listen(context.WithoutCancel(ctx), cfg.Listen, links, handler{c})
	if err != nil {
		if links.Local != nil {
			err = errors.Join(err, links.Local.Close())
		}
		return nil, errors.Join(fmt.Errorf("starting the controller: %w", err), files.Close())
	}
	c.server = server
	c.log.Info("the controller is listening", "addr", server.Addr().String(), "ipc", c.local, "cluster", cfg.Cluster)
	_ = c.group.Go("controller", func(ctx context.Context) error {
		defer close(c.done)
		c.err = c.run(ctx)
		return nil
	})
	return c, nil
}

// Addr returns the address that the controller serves.
func (c *Controller) Addr() net.Addr { return c.server.Addr() }

// Local returns the path of the Unix socket that the controller serves, empty if it has none.
func (c *Controller) Local() string { return c.local }

// Done is closed when the controller has ended.
func (c *Controller) Done() <-chan struct{} { return c.done }

// Err returns why the controller has ended, nil when it was asked to. It waits for the end.
func (c *Controller) Err() error {
	<-c.done
	return c.err
}

// Close ends the controller: its peers are told, and do not try to reconnect.
func (c *Controller) Close() error {
	err := c.group.Stop()
	<-c.done
	return errors.Join(err, c.err)
}

// run is the controller's life.
func (c *Controller) run(ctx context.Context) error {
	c.loop(ctx)
	failure := c.failure
	c.inbox.close()
	reason := c.quit
	if reason == "" {
		reason = "the controller was stopped"
	}
	if failure != nil {
		reason = "the controller has failed: " + failure.Error()
		c.log.Error("the controller has failed", "err", failure)
	}
	c.stopHosts(reason)
	err := c.server.Shutdown(reason, true)
	c.log.Info("the controller has ended", "reason", reason)
	return errors.Join(failure, err, c.store.disk.Close(), c.spool.Close())
}

// overflow is where objects go that have no room in memory.
func overflow(cfg Config) *spool.Overflow {
	if cfg.Spill == "" {
		return nil
	}
	return spool.NewOverflow(cfg.Spill, cfg.SpillBytes)
}

// stopHosts tells the engine hosts to end when the whole cluster does.
func (c *Controller) stopHosts(reason string) {
	for _, p := range c.peers {
		if p.link.Role() == proto.RoleEngineHost && c.quit != "" {
			// A host that is not reached sees its connection end for good.
			_ = p.link.Send(&proto.Stop{Reason: reason})
		}
	}
}

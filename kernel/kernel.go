package kernel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/jupyter"
	"github.com/gocluster/gocluster/internal/report"
	"github.com/gocluster/gocluster/kernel/history"
	"github.com/gocluster/gocluster/kernel/magic"
)

// Config is what a kernel needs to run.
type Config struct {
	// ConnectionFile is the file that Jupyter has written.
	ConnectionFile string
	// NewSession starts the session in which cells run. It is called once, while the kernel answers already.
	NewSession func(ctx context.Context) (Session, error)
	// HistoryDir is where inputs are kept over the lives of kernels; "" keeps none.
	HistoryDir string
	// Version is the program's.
	Version string
	// Log gets what the user of a notebook does not see; nil logs to stderr.
	Log *slog.Logger
}

// Run is a kernel's life: it returns nil after a shutdown request, and the cause otherwise. An interrupt signal interrupts
// the running cell; the end of ctx, a termination signal and the death of the parent process end the kernel.
func Run(ctx context.Context, c Config) error {
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	conn, err := jupyter.ReadConnection(c.ConnectionFile)
	if err != nil {
		return err
	}
	store, err := history.Open(c.HistoryDir)
	if err != nil {
		c.Log.Warn("inputs will not be kept after this session", "why", err)
		store, _ = history.Open("") // keeps nothing on disk and cannot fail
	}
	defer store.Close()

	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	author := jupyter.NewAuthor()
	k := newKernel(c, author, store)
	sockets, err := jupyter.Open(ctx, conn, author, k, c.Log)
	if err != nil {
		return fmt.Errorf("connection file %s: %w", c.ConnectionFile, err)
	}
	defer sockets.Close()
	return k.run(ctx, sockets)
}

// wire is the way to the clients; *jupyter.Sockets is one.
type wire interface {
	Reply(ctx context.Context, r *jupyter.Request, m *jupyter.Message) error
	Ask(ctx context.Context, r *jupyter.Request, m *jupyter.Message) error
	Publish(ctx context.Context, topic string, m *jupyter.Message) error
	Together(do func())
}

// kernel is one running kernel.
type kernel struct {
	config  Config
	author  *jupyter.Author
	history *history.Store
	log     *slog.Logger
	ignored *jupyter.Limiter // what clients send in vain
	lanes   map[lane]*line[*jupyter.Request]
	sources report.Sources // of the cells, for the lines that errors show
	iopub   *publisher
	input   inputs
	wire    wire
	// ready is closed when wire, iopub and the lanes' goroutines are there: requests may come before.
	ready chan struct{}
	// stopped is closed by the first shutdown.
	stop func()

	session        Session // set before started is closed
	sessionErr     error
	sessionStarted chan struct{}
	cluster        magic.Cluster
	subshells      subshells
	group          *group.Group // of what serves requests

	mu      sync.Mutex
	count   int                               // the number of the last stored cell
	running map[*context.CancelCauseFunc]bool // interrupts the running cell, and the callbacks of comms
	failed  map[string]time.Time              // when a cell failed last: what had been received by then is not executed
}

func newKernel(c Config, author *jupyter.Author, store *history.Store) *kernel {
	k := &kernel{config: c, author: author, history: store, log: c.Log, ignored: jupyter.NewLimiter(c.Log), ready: make(chan struct{}), sessionStarted: make(chan struct{}),
		lanes: map[lane]*line[*jupyter.Request]{}}
	for _, l := range lanes {
		k.lanes[l] = newLine[*jupyter.Request](laneCapacity)
	}
	return k
}

// run serves until a shutdown request or the end of ctx.
func (k *kernel) run(ctx context.Context, w wire) error {
	// Publishing outlives the rest, so that the last idle is out.
	public := group.New(context.WithoutCancel(ctx))
	k.wire, k.iopub = w, newPublisher(public.Context(), w, k.author, k.log)
	if err := public.Go("publisher", k.iopub.run); err != nil {
		return err
	}
	g := group.New(ctx)
	ctx = g.Context()
	var once sync.Once
	down := make(chan struct{})
	k.stop = func() { once.Do(func() { close(down) }) }
	k.group = g
	err := k.start(g)
	k.iopub.publish("status", nil, map[string]string{"execution_state": "starting"})
	close(k.ready)
	select {
	case <-ctx.Done():
	case <-down:
	}
	k.interrupt(errShutdown)
	err = errors.Join(err, g.Stop(), k.closeSession())
	k.iopub.close()
	// A client that reads nothing may cost the end some time, but not more than Jupyter allows.
	grace := time.AfterFunc(farewell, func() { _ = public.Stop() })
	defer grace.Stop()
	return errors.Join(err, public.Wait())
}

func (k *kernel) start(g *group.Group) error {
	err := errors.Join(
		g.Go("session", k.startSession),
		g.Go("signals", k.signals),
		g.Go("parent", func(ctx context.Context) error {
			if orphaned(ctx) {
				k.log.Info("the process that started this kernel is gone; ending")
				k.stop()
			}
			return nil
		}),
	)
	for name, l := range k.lanes {
		err = errors.Join(err, g.Go(string(name)+" requests", func(ctx context.Context) error { return k.drive(ctx, l) }))
	}
	return err
}

// startSession starts the session beside the answering of the first requests.
func (k *kernel) startSession(ctx context.Context) error {
	defer close(k.sessionStarted)
	k.session, k.sessionErr = k.config.NewSession(ctx)
	if k.sessionErr != nil {
		k.log.Error("no session", "why", k.sessionErr)
		return nil
	}
	_, status := k.session.Tier()
	k.log.Info("cells run " + status)
	return nil
}

// theSession waits until the session has started.
func (k *kernel) theSession(ctx context.Context) (Session, error) {
	select {
	case <-k.sessionStarted:
		return k.session, k.sessionErr
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (k *kernel) closeSession() error {
	<-k.sessionStarted
	if k.session == nil {
		return nil
	}
	return errors.Join(k.session.Close(), k.cluster.Close())
}

// signals interrupts the running cell on each interrupt signal.
func (k *kernel) signals(ctx context.Context) error {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	defer signal.Stop(c)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c:
			k.interrupt(errInterrupted)
		}
	}
}

// farewell is how long the last messages may take.
const farewell = time.Second

var (
	errInterrupted = errors.New("interrupted")
	errShutdown    = errors.New("the kernel is shutting down")
)

// interrupt interrupts all that runs: a cell, callbacks.
func (k *kernel) interrupt(cause error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for cancel := range k.running {
		(*cancel)(cause)
	}
}

package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/profiles"
)

// startTimeout bounds how long a cluster of this machine may take to be ready, remoteTimeout one of other machines, where gocluster has
// to be copied to.
const (
	startTimeout  = time.Minute
	remoteTimeout = 15 * time.Minute
)

// Config says which cluster to start.
type Config struct {
	Profile *profiles.Profile
	// N is the number of engines, in place of the profile's; 0: what the profile says. It is for profiles without engine sets.
	N int
	// Daemonize leaves the cluster running in the background when this process ends.
	Daemonize bool
	// Notice is told, for people, what happens to the cluster's processes; nil: nobody is.
	Notice func(text string)

	temporary bool
}

// Cluster is a cluster that this process has started.
type Cluster struct {
	cfg   Config
	group *group.Group
	held  *pidFile

	controller controllerProcess
	id         string // the cluster's name; empty before the controller has told it
	logs       []*os.File
	starting   *group.Group // machines whose engines are being started
	machines   int          // counts them

	executables executables

	mu       sync.Mutex
	engines  []proto.EngineID // of a cluster in the background
	missing  []string         // likewise
	coming   int              // likewise
	waiting  []string         // likewise
	members  []*member
	numbered int                   // counts them
	sets     map[string]*engineSet // by name
	keeper   *keeper               // nil before the controller listens
	err      error
	// recordsGone says that it is not noted any more where engines are.
	recordsGone bool

	ending context.Context // what is still done once the cluster is to end; cancelled, it is done the hard way
	hurry  context.CancelFunc

	listens chan struct{} // closed when the controller listens

	isReady chan struct{} // closed when every machine's engines are there, have failed or wait for a machine
	stop    chan struct{} // closed to ask for the end
	stopped sync.Once
	done    chan struct{} // closed when nothing is left
}

// Start starts a profile's cluster and returns when its engines are ready, or known not to be. Nothing is left of a cluster that could not
// be started: one without any engine.
// A cluster that is not daemonized ends with this process, however that ends.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	most := cfg.timeout()
	ctx, cancel := context.WithTimeoutCause(ctx, most, fmt.Errorf("the cluster was not ready after %v", most))
	defer cancel()
	if s := Running(ctx, cfg.Profile); s.Running {
		return nil, fmt.Errorf("a cluster of profile %s is %s; `gocluster stop --profile=%s` ends it", cfg.Profile.Name, s, cfg.Profile.Name)
	}
	if cfg.Daemonize {
		return startDaemon(ctx, cfg)
	}
	c := newCluster(cfg)
	err := c.begin(ctx)
	if err == nil {
		err = c.awaitReady(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, c.Stop(context.WithoutCancel(ctx)))
	}
	return c, nil
}

func newCluster(cfg Config) *Cluster {
	c := &Cluster{
		cfg: cfg, group: group.New(context.Background()), starting: group.New(context.Background()), listens: make(chan struct{}),
		isReady: make(chan struct{}), stop: make(chan struct{}), done: make(chan struct{}), sets: map[string]*engineSet{},
	}
	c.ending, c.hurry = context.WithCancel(context.Background())
	return c
}

// check reports what cannot be started.
func (cfg Config) check() error {
	switch {
	case cfg.N < 0:
		return fmt.Errorf("a cluster of %d engines cannot be", cfg.N)
	case cfg.N > 0 && len(cfg.Profile.Settings.Sets) > 0:
		return fmt.Errorf("profile %s has engine sets, which say how many engines there are: change n there, in %s", cfg.Profile.Name, cfg.Profile.ConfigFile())
	}
	return nil
}

// timeout bounds how long the cluster may take to be ready.
func (cfg Config) timeout() time.Duration {
	if cfg.Profile.Settings.Controller.Host != "" {
		return remoteTimeout
	}
	for _, set := range cfg.sets() {
		if set.Where != profiles.WhereLocal {
			return remoteTimeout
		}
	}
	return startTimeout
}

// sets are the engine sets to start.
func (cfg Config) sets() []profiles.Set {
	sets := cfg.Profile.Settings.EngineSets()
	if cfg.N > 0 {
		sets[0].N = &cfg.N
	}
	return sets
}

// begin starts the processes. Controller and machines start at the same time; the machines start engines once the controller listens.
func (c *Cluster) begin(ctx context.Context) error {
	// However it goes on, what was started here ends in tearDown.
	defer func() { _ = c.group.Go("cluster", func(context.Context) error { c.watch(); return nil }) }()
	p := c.cfg.Profile
	var err error
	if c.held, err = hold(pidPath(p, clusterName)); err != nil {
		return fmt.Errorf("a cluster of profile %s is being started or stopped by another process: %w", p.Name, err)
	}
	placed, err := c.place()
	if err != nil {
		return err
	}
	if host := p.Settings.Controller.Host; host != "" {
		if err := errors.Join(c.bringUp(placed), c.startHead(ctx, host)); err != nil {
			return err
		}
		return c.beKeeper(ctx)
	}
	first, err := c.launch(controllerRole, controllerName)
	if err != nil {
		return err
	}
	c.controller = first
	if err := c.bringUp(placed); err != nil {
		return err
	}
	if err := first.order(c.order()); err != nil {
		return err
	}
	if err := c.listening(ctx, first); err != nil {
		return err
	}
	return c.beKeeper(ctx)
}

// connection waits for the controller and returns how engine hosts find it.
func (c *Cluster) connection(ctx context.Context) (*profiles.ConnFile, error) {
	select {
	case <-c.listens:
		return c.cfg.Profile.Connection(proto.RoleEngineHost)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (c *Cluster) order() order {
	p := c.cfg.Profile
	return order{Dir: p.Dir, Name: p.Name, Settings: p.Settings, Temporary: c.cfg.temporary}
}

// launch starts a process in a role; it logs to the log of that name.
func (c *Cluster) launch(roleName, name string) (*child, error) {
	log, err := logTo(c.cfg.Profile, name)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.logs = append(c.logs, log)
	c.mu.Unlock()
	return begin(c.group, roleName, role.Command(roleName, roleName, c.cfg.Profile.Name), log)
}

// listening waits for the controller.
func (c *Cluster) listening(ctx context.Context, controller *child) error {
	for {
		select {
		case r, ok := <-controller.reports:
			if ok && r.Event == listening {
				c.id = r.Cluster
				close(c.listens)
				return nil
			}
			if !ok {
				<-controller.exited
				return fmt.Errorf("the controller did not start: %s", controller.death())
			}
		case <-ctx.Done():
			return fmt.Errorf("starting the controller: %w", context.Cause(ctx))
		}
	}
}

// awaitReady waits for the engines.
func (c *Cluster) awaitReady(ctx context.Context) error {
	select {
	case <-c.isReady:
		return nil
	case <-c.stop: // by itself: something went wrong
		<-c.done
		return c.Err()
	case <-ctx.Done():
		return fmt.Errorf("waiting for the engines: %w", context.Cause(ctx))
	}
}

// watch waits until the cluster is to end, and ends it.
func (c *Cluster) watch() {
	defer close(c.done)
	var exited <-chan struct{} // never, without a controller
	if c.controller != nil {
		exited = c.controller.over()
	}
	select {
	case <-c.stop:
	case <-exited:
		if c.controller.clean() {
			c.finish(nil)
		} else {
			c.finish(fmt.Errorf("the controller has ended: %s", c.controller.death()))
		}
	}
	c.tearDown()
}

// finish asks for the end of the cluster; the first error given is why.
func (c *Cluster) finish(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finishLocked(err)
}

func (c *Cluster) finishLocked(err error) {
	c.stopped.Do(func() {
		c.err = err
		close(c.stop)
	})
}

// tearDown ends the processes and removes the files.
func (c *Cluster) tearDown() {
	defer c.hurry()
	left := c.endMembers(c.ending) // before the controller, so that it sees them leave
	errs := []error{left, c.removeRecords(left == nil)}
	c.mu.Lock()
	k := c.keeper
	c.mu.Unlock()
	if k != nil {
		_ = k.link.Close("the cluster ends") // the controller may have ended
	}
	if c.controller != nil {
		c.controller.end(c.ending)
	}
	p := c.cfg.Profile
	if c.id != "" { // a controller that was killed leaves its files
		errs = append(errs, p.RemoveConnections(c.id))
	}
	for _, log := range c.logs {
		_ = log.Close()
	}
	if c.held != nil {
		// What processes that were killed have left behind is removed by looking.
		holders(p)
		errs = append(errs, c.held.release())
	}
	if c.cfg.temporary {
		errs = append(errs, os.RemoveAll(p.Dir))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = errors.Join(append([]error{c.err}, errs...)...)
}

func (c *Cluster) notice(format string, args ...any) {
	if c.cfg.Notice != nil {
		c.cfg.Notice(fmt.Sprintf(format, args...))
	}
}

// Stop ends the cluster and returns when nothing is left of it. It may be called again, and when the cluster has ended by itself.
func (c *Cluster) Stop(ctx context.Context) error {
	if c.cfg.Daemonize {
		return StopRunning(ctx, c.cfg.Profile)
	}
	ended := false // by itself, which Wait has told
	select {
	case <-c.stop:
		ended = true
	default:
	}
	c.finish(nil)
	select {
	case <-c.done:
	case <-ctx.Done():
		c.hurry()
		<-c.done
	}
	_ = c.group.Wait()
	if ended {
		return nil
	}
	return c.Err()
}

// Wait returns when ctx ends, or when the cluster has ended by itself: nil if a client has shut it down, otherwise why.
func (c *Cluster) Wait(ctx context.Context) error {
	select {
	case <-c.done:
		return c.Err()
	case <-ctx.Done():
		return nil
	}
}

// Done is closed when the cluster has ended and nothing is left of it.
func (c *Cluster) Done() <-chan struct{} { return c.done }

// Err returns why the cluster has ended by itself, nil if it has not or was shut down.
func (c *Cluster) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// N is the number of engines.
func (c *Cluster) N() int { return len(c.Engines()) }

// Profile is the cluster's profile.
func (c *Cluster) Profile() *profiles.Profile { return c.cfg.Profile }

// ConnectionFile is the path of the connection file for clients.
func (c *Cluster) ConnectionFile() string { return c.cfg.Profile.ConnectionFile(proto.RoleClient) }

// Embedded starts a cluster with n engines that belongs to this process: its profile is a temporary folder, and it ends with the
// process.
func Embedded(ctx context.Context, n int) (*Cluster, error) {
	dir, err := os.MkdirTemp("", "gocluster-")
	if err != nil {
		return nil, fmt.Errorf("a cluster needs a temporary folder: %w", err)
	}
	p, err := profiles.At(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	p.Name = "embedded"
	c, err := Start(ctx, Config{Profile: p, N: n, temporary: true})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return c, nil
}

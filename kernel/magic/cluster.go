package magic

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
	"github.com/gocluster/gocluster/views"
)

// Cluster is what the magics of a session have to do with clusters, from cell to cell. The zero Cluster is ready. Its host closes it
// with the session.
type Cluster struct {
	mu       sync.Mutex
	chosen   *pxOptions
	last     *pxRun
	auto     bool
	clients  map[string]*client.Client // by connection file
	started  *launch.Cluster           // by %cluster start
	previous *string                   // the connection file that the session used before that
	group    *group.Group
	told     map[string]bool // why code on engines is not compiled
}

// news reports whether there is a reason why code on engines is not compiled that nobody has been told of.
func (c *Cluster) news(why string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if why == "" || c.told[why] {
		return false
	}
	if c.told == nil {
		c.told = map[string]bool{}
	}
	c.told[why] = true
	return true
}

// Close ends what has been started, and the connection.
func (c *Cluster) Close() error {
	c.mu.Lock()
	clients, started, g := c.clients, c.started, c.group
	c.clients, c.started, c.group = nil, nil, nil
	c.mu.Unlock()
	var errs []error
	for _, rc := range clients {
		errs = append(errs, rc.Close())
	}
	if g != nil {
		errs = append(errs, g.Stop())
	}
	if started != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		errs = append(errs, started.Stop(ctx))
	}
	return errors.Join(errs...)
}

// stopTime bounds how long the end of a cluster may take.
const stopTime = 5 * time.Second

func (c *Cluster) options() pxOptions {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.chosen != nil {
		return *c.chosen
	}
	return pxDefaults
}

func (c *Cluster) configure(o pxOptions) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.chosen = &o
}

func (c *Cluster) latest() *pxRun {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// toggle turns %autopx on and off.
func (c *Cluster) toggle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.auto = !c.auto
	return c.auto
}

func (c *Cluster) isAuto() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.auto
}

// connect connects to the cluster that the session's own clients find, or to a profile's.
func (c *Cluster) connect(ctx context.Context, h Host, profile string) (*client.Client, error) {
	path, err := connectionFile(ctx, h, profile)
	if err != nil {
		return nil, err
	}
	rc, err := c.dial(ctx, path)
	switch {
	case err == nil:
		return rc, nil
	case ctx.Err() != nil:
		return nil, interrupted()
	case errors.Is(err, profiles.ErrNotRunning):
		return nil, noCluster(profile)
	}
	return nil, failed("%v; %%cluster start -n 4 starts another cluster", err)
}

// dial connects to a cluster, unless there is a connection.
func (c *Cluster) dial(ctx context.Context, path string) (*client.Client, error) {
	file, err := profiles.ReadConnection(path)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	rc := c.clients[path]
	c.mu.Unlock()
	if rc != nil && rc.Cluster() == file.Cluster && rc.Err() == nil {
		return rc, nil
	}
	fresh, err := client.Connect(ctx, client.Options{ConnectionFile: path, Events: func(client.Event) {}})
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	if c.clients == nil {
		c.clients = map[string]*client.Client{}
	}
	c.clients[path] = fresh
	c.mu.Unlock()
	if rc != nil {
		_ = rc.Close() // of a cluster that has ended
	}
	return fresh, nil
}

// connectionFile is where the session's cluster is, or a profile's.
func connectionFile(ctx context.Context, h Host, profile string) (string, error) {
	if profile == "" {
		at, err := h.Session().Place(ctx)
		if err != nil {
			return "", err
		}
		if path, ok := at.Getenv(profiles.ConnectionEnv); ok && path != "" {
			return path, nil
		}
	}
	p, err := profiles.Open(profile)
	if err != nil {
		return "", failed("%v", err)
	}
	return p.ConnectionFile(proto.RoleClient), nil
}

// noCluster says what to do where there are no engines.
func noCluster(profile string) error {
	if profile != "" {
		return failed("no cluster of profile %s is running: `%%cluster start --profile %s` starts one here, `gocluster start --profile=%s` in a terminal one that stays", profile, profile, profile)
	}
	return failed("no cluster is running: `%%cluster start -n 4` starts one here, `gocluster start --n=4` in a terminal one that stays")
}

// begin has engines execute code.
func (c *Cluster) begin(ctx context.Context, h Host, code gocode.Cell, o pxOptions) (*pxRun, error) {
	rc, err := c.connect(ctx, h, o.profile)
	if err != nil {
		return nil, err
	}
	engines := rc.Slice(o.targets).Engines()
	if o.targets == "all" {
		if engines = rc.IDs(); len(engines) == 0 {
			return nil, failed("%v", errNoEngines)
		}
	}
	if o.noblock {
		ctx = context.WithoutCancel(ctx)
	}
	p := &pxRun{name: code.Name, options: o, client: rc, engines: engines, started: time.Now(), wake: make(chan struct{}, 1)}
	opts := []views.Option{
		views.Context(ctx), views.Cell(code.Name, max(code.Line, 1)), views.Live(p.output), views.Label("%px " + code.Name),
	}
	if o.out != "" {
		opts = append(opts, views.Keep())
	}
	view := rc.Slice(o.targets)
	if len(engines) > 0 {
		view = rc.Engines(engines...)
	}
	p.result = view.ExecuteAsync(code.Source, opts...)
	if p.result.Ready() {
		if many, err := (*views.MapError)(nil), p.result.Err(); err != nil && !errors.As(err, &many) {
			return nil, failed("%%px: %v", err) // it could not be handed in
		}
	}
	c.mu.Lock()
	c.last = p
	c.mu.Unlock()
	return p, c.goes("px", p.follow)
}

// goes starts what goes on beside cells.
func (c *Cluster) goes(name string, f func(ctx context.Context) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.group == nil {
		c.group = group.New(context.Background())
	}
	return c.group.Go(name, func(ctx context.Context) error {
		_ = f(ctx) // it says itself what went wrong, if somebody has to know
		return nil
	})
}

const clusterHelp = `
  %cluster start -n 4               a cluster on this machine, for this session: it ends with the session, or with %cluster stop
  %cluster start --profile lab      the same with a profile's settings, where others find it too
  %cluster status                   the cluster that client.MustConnect() finds: its engines and jobs
  %cluster engines --watch 10       its engines; for ten seconds the table changes as they do,
                                    in a notebook while other cells run
  %cluster stop
  %cluster list                     the profiles, and whether their clusters run

client.MustConnect() and %px find the cluster that was started last.
`

// clusterAction is what %cluster is to do.
type clusterAction struct {
	profile string
	n       int
	watch   time.Duration
}

// clusterActions are what %cluster does, by name.
var clusterActions = map[string]func(a clusterAction, ctx context.Context, h Host) error{
	"start":   clusterAction.start,
	"stop":    clusterAction.stop,
	"status":  clusterAction.status,
	"engines": clusterAction.engines,
	"list":    clusterAction.list,
}

func (a clusterAction) start(ctx context.Context, h Host) error {
	return h.Cluster().start(ctx, h, a.profile, a.n)
}

func (a clusterAction) stop(ctx context.Context, h Host) error {
	return h.Cluster().stop(ctx, h, a.profile)
}

func (a clusterAction) status(ctx context.Context, h Host) error {
	return h.Cluster().status(ctx, h, a, true)
}

func (a clusterAction) engines(ctx context.Context, h Host) error {
	return h.Cluster().status(ctx, h, a, false)
}

func (clusterAction) list(ctx context.Context, h Host) error { return h.Cluster().list(ctx, h) }

// clusterFlags are the flags of each.
var clusterFlags = map[string][]string{
	"start": {"n", "profile"}, "stop": {"profile"}, "status": {"profile", "watch"}, "engines": {"profile", "watch"},
}

func prepareCluster(c call) (action, error) {
	verb, rest := cutWord(c.args)
	do, ok := clusterActions[verb]
	if !ok {
		return nil, wrong(c, "got %q", c.args)
	}
	c.args = rest
	f, err := readFlags(c, clusterFlags[verb], nil)
	if err != nil {
		return nil, err
	}
	if f.rest != "" {
		return nil, wrong(c, "got %q", f.rest)
	}
	n, err := f.number(c, "n")
	if err != nil {
		return nil, err
	}
	watch := pxOptions{}
	if text, ok := f.values["watch"]; ok {
		if err := watch.flag(c, "progress-after", text); err != nil {
			return nil, wrong(c, "--watch %s: want a number of seconds", text)
		}
	}
	a := clusterAction{f.values["profile"], n, watch.after}
	return func(ctx context.Context, h Host) error { return do(a, ctx, h) }, nil
}

// start starts a cluster that ends with the session.
func (c *Cluster) start(ctx context.Context, h Host, profile string, n int) error {
	if err := c.free(); err != nil {
		return err
	}
	begun := time.Now()
	cl, err := launched(ctx, profile, n)
	if ctx.Err() != nil {
		return interrupted()
	}
	if err != nil {
		return failed("%%cluster start: %v", err)
	}
	at, err := h.Session().Place(ctx)
	if err == nil {
		err = h.Session().Setenv(ctx, profiles.ConnectionEnv, cl.ConnectionFile())
	}
	if err != nil {
		return errors.Join(err, cl.Stop(context.WithoutCancel(ctx)))
	}
	c.mu.Lock()
	c.started, c.previous = cl, nil
	if path, ok := at.Getenv(profiles.ConnectionEnv); ok {
		c.previous = &path
	}
	c.mu.Unlock()
	say(h, "a cluster of %d engines has started in %v; client.MustConnect() and %%px find it. It ends with %%cluster stop, or with this session.\n",
		len(cl.Engines()), round(time.Since(begun)))
	return nil
}

// launched starts a cluster, with a profile or without.
func launched(ctx context.Context, profile string, n int) (*launch.Cluster, error) {
	if profile == "" {
		if n == 0 {
			n = defaultEngines()
		}
		return launch.Embedded(ctx, n)
	}
	p, err := profiles.Open(profile)
	if err != nil {
		return nil, err
	}
	return launch.Start(ctx, launch.Config{Profile: p, N: n})
}

// free fails if a cluster has been started that still runs.
func (c *Cluster) free() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.started == nil {
		return nil
	}
	select {
	case <-c.started.Done():
		c.started = nil
		return nil
	default:
	}
	return failed("%%cluster start: this session has a cluster of %d engines already; %%cluster stop ends it", len(c.started.Engines()))
}

// stop ends the cluster that has been started here, the one that the session uses, or a profile's.
func (c *Cluster) stop(ctx context.Context, h Host, profile string) error {
	c.mu.Lock()
	started, previous := c.started, c.previous
	if started != nil && profile != "" && started.Profile().Name != profile {
		started = nil
	}
	if started != nil {
		c.started = nil
	}
	c.mu.Unlock()
	if started == nil {
		return c.stopOther(ctx, h, profile)
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if rc, err := c.dial(limit, started.ConnectionFile()); err == nil {
		_ = rc.Shutdown() // so that its clients know that it is meant to end
	}
	err := started.Stop(limit)
	if previous != nil {
		err = errors.Join(err, h.Session().Setenv(ctx, profiles.ConnectionEnv, *previous))
	} else {
		err = errors.Join(err, h.Session().Unsetenv(ctx, profiles.ConnectionEnv))
	}
	if err != nil {
		return failed("%%cluster stop: %v", err)
	}
	say(h, "the cluster has stopped\n")
	return nil
}

// stopOther ends a cluster that has not been started here.
func (c *Cluster) stopOther(ctx context.Context, h Host, profile string) error {
	var err error
	if profile != "" {
		p, open := profiles.Open(profile)
		if open != nil {
			return failed("%%cluster stop: %v", open)
		}
		err = launch.StopRunning(ctx, p)
	} else {
		rc, connect := c.connect(ctx, h, "")
		if connect != nil {
			return connect
		}
		err = rc.Shutdown()
	}
	if err != nil {
		return failed("%%cluster stop: %v", err)
	}
	say(h, "the cluster has stopped\n")
	return nil
}

// list shows the profiles.
func (c *Cluster) list(ctx context.Context, h Host) error {
	names, err := profiles.List()
	if err != nil {
		return failed("%%cluster list: %v", err)
	}
	t := table{head: []string{"PROFILE", "CLUSTER"}}
	c.mu.Lock()
	if c.started != nil && c.started.Err() == nil {
		t.add("(this session)", fmt.Sprintf("running, %d engines", len(c.started.Engines())))
	}
	c.mu.Unlock()
	for _, name := range names {
		p, err := profiles.Open(name)
		if err != nil {
			t.add(name, err)
			continue
		}
		t.add(name, launch.Running(ctx, p))
	}
	h.Output().Display(show("", t))
	return nil
}

package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
	"github.com/gocluster/gocluster/views"
)

// ErrController is wrapped by the errors of calls whose controller is gone.
var ErrController = conn.ErrGone

// ErrClosed is wrapped by the errors of calls on a client that is closed.
var ErrClosed = conn.ErrClosed

// ErrNotRunning is wrapped by Connect's error if the profile's cluster is not running.
var ErrNotRunning = profiles.ErrNotRunning

// Options say which cluster to connect to, and how.
type Options struct {
	// Profile names the cluster's profile; empty is the cluster that the environment variable GOCLUSTER_CONNECTION tells, or
	// that of the default profile.
	Profile string
	// ConnectionFile is the path of a client's connection file, and wins over Profile.
	ConnectionFile string
	// SSH is a host, as ssh knows it ("user@head"), through which to connect, for a controller that cannot be reached from here. Where
	// it is given without a ConnectionFile, the profile's on that host is used. Empty is what the environment variable GOCLUSTER_SSH says.
	SSH string
	// SSHOptions are options of ssh as in its configuration file: "IdentityFile=key.rsa".
	SSHOptions []string
	// Timeout bounds how long Connect tries; 0 is 10 seconds.
	Timeout time.Duration
	// Events is told what happens to the cluster's engines. It is called from another goroutine, and must not wait for
	// results. If it is nil, losses are reported on standard error, a line each.
	Events func(Event)
}

// defaultTimeout bounds how long Connect tries.
const defaultTimeout = 10 * time.Second

// Client is a connection to a cluster's controller. All methods may be called concurrently.
type Client struct {
	conn *conn.Conn
	file *profiles.ConnFile
}

// Connect connects to a running cluster.
func Connect(ctx context.Context, o Options) (*Client, error) {
	timeout := o.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no answer within %v", timeout))
	defer cancel()
	file, err := connectionFile(ctx, o)
	if err != nil {
		return nil, err
	}
	events := o.Events
	if events == nil {
		events = printTo(os.Stderr)
	}
	c, err := conn.Dial(ctx, conn.Config{
		Dial: dialer(file, o.way(file)), Event: func(e proto.Event) { events(newEvent(e)) }, Spill: overflow(),
	})
	if err != nil {
		return nil, fmt.Errorf("connecting to cluster %s: %w", file.Cluster, err)
	}
	return &Client{conn: c, file: file}, nil
}

func connectionFile(ctx context.Context, o Options) (*profiles.ConnFile, error) {
	if o.ConnectionFile != "" {
		return profiles.ReadConnection(o.ConnectionFile)
	}
	if target := o.sshTarget(); target != "" {
		return o.fetch(ctx, target)
	}
	return profiles.ClientConnection(o.Profile)
}

// MustConnect is Connect without options, for notebooks and small programs: it panics with the error.
func MustConnect() *Client {
	c, err := Connect(conn.Ambient(), Options{})
	if err != nil {
		panic(err)
	}
	return c
}

// SetAmbient says under which context calls run that are given none: waiting for results ends when it is cancelled, and the jobs
// submitted under it are cancelled. A notebook's session sets it, so that an interrupt of a cell reaches the engines.
func SetAmbient(f func() context.Context) { conn.SetAmbient(f) }

// Close ends the connection. Jobs under way are dropped, and calls that wait for them return an error.
func (c *Client) Close() error { return c.conn.Close() }

// Cluster returns the cluster's name.
func (c *Client) Cluster() string { return c.file.Cluster }

// Done is closed when the connection has ended for good; Err says why.
func (c *Client) Done() <-chan struct{} { return c.conn.Done() }

// Err returns why the connection has ended for good, nil as long as it has not.
func (c *Client) Err() error { return c.conn.Err() }

func (c *Client) String() string {
	ids, err := c.ids(conn.Ambient())
	if err != nil {
		return fmt.Sprintf("client of cluster %s: %v", c.Cluster(), err)
	}
	return fmt.Sprintf("client of cluster %s, engines %v", c.Cluster(), ids)
}

// IDs returns the ids of the engines there are, rising. It is empty if there are none or if the controller is gone, which Status
// tells apart.
func (c *Client) IDs() []int {
	ids, _ := c.ids(conn.Ambient())
	return ids
}

func (c *Client) ids(ctx context.Context) ([]int, error) {
	st, err := c.conn.Engines(ctx)
	if err != nil {
		return nil, err
	}
	return present(st), nil
}

// present lists the engines that are not lost and do not leave.
func present(st *proto.Status) []int {
	ids := []int{}
	for _, e := range st.Engines {
		if e.State != proto.EngineLost && e.State != proto.EngineDraining {
			ids = append(ids, int(e.ID))
		}
	}
	slices.Sort(ids)
	return ids
}

// All returns a view of all engines: those there are whenever it is used.
func (c *Client) All() *views.DirectView { return views.NewDirect(c.conn, nil, nil) }

// Engines returns a view of the engines with these ids. Negative ones count from the end: -1 is the last engine there is.
func (c *Client) Engines(ids ...int) *views.DirectView {
	if len(ids) == 0 {
		return views.NewDirect(c.conn, nil, errors.New("rc.Engines() names no engine: give ids, or use rc.All()"))
	}
	return c.direct(c.resolve(ids))
}

// Slice returns a view of the engines that spec selects from those there are, as Python's slices do: "::2" is every second one, "1:3"
// those at 1 and 2, "-1" the last, "0,2" those at 0 and 2, "all" every one.
func (c *Client) Slice(spec string) *views.DirectView {
	if spec == "all" || spec == "" || spec == ":" {
		return c.All()
	}
	ids, err := c.ids(conn.Ambient())
	if err == nil {
		ids, err = slice(spec, ids)
	}
	return c.direct(ids, err)
}

// LoadBalanced returns a view that lets the scheduler choose among all engines, or among those with the given ids.
func (c *Client) LoadBalanced(ids ...int) *views.LoadBalancedView {
	ids, err := c.resolve(ids)
	return views.NewLoadBalanced(c.conn, engineIDs(ids), err)
}

func (c *Client) direct(ids []int, err error) *views.DirectView {
	return views.NewDirect(c.conn, engineIDs(ids), err)
}

// resolve replaces negative ids.
func (c *Client) resolve(ids []int) ([]int, error) {
	if !slices.ContainsFunc(ids, func(id int) bool { return id < 0 }) {
		return ids, nil
	}
	there, err := c.ids(conn.Ambient())
	if err != nil {
		return nil, err
	}
	out := slices.Clone(ids)
	for i, id := range out {
		switch {
		case id >= 0:
		case -id > len(there):
			return nil, fmt.Errorf("%w: there is no engine %d, counted from the end, among %d engines", views.ErrNoEngine, id, len(there))
		default:
			out[i] = there[len(there)+id]
		}
	}
	return out, nil
}

func engineIDs(ids []int) []proto.EngineID {
	var out []proto.EngineID
	for _, id := range ids {
		out = append(out, proto.EngineID(id))
	}
	return out
}

// WaitForEngines waits until there are n engines.
func (c *Client) WaitForEngines(ctx context.Context, n int) error {
	ctx, stop := withAmbient(ctx)
	defer stop()
	return c.conn.Until(ctx, fmt.Sprintf("%d engines", n), func(st *proto.Status) bool { return len(present(st)) >= n })
}

// Status asks the controller how the cluster is.
func (c *Client) Status() (*Status, error) {
	st, err := c.conn.Status(conn.Ambient())
	if err != nil {
		return nil, err
	}
	return newStatus(st), nil
}

// shutdownTimeout bounds how long Shutdown waits for the cluster's end.
const shutdownTimeout = 30 * time.Second

// Shutdown ends the whole cluster, or only the engines with these ids, and returns when that has happened.
func (c *Client) Shutdown(ids ...int) error {
	ids, err := c.resolve(ids)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(conn.Ambient(), shutdownTimeout)
	defer cancel()
	return c.conn.Shutdown(ctx, engineIDs(ids))
}

// withAmbient returns ctx, cancelled also with the ambient context.
func withAmbient(ctx context.Context) (context.Context, func()) {
	ambient := conn.Ambient()
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(ambient, func() { cancel(context.Cause(ambient)) })
	return ctx, func() { stop(); cancel(nil) }
}

// printTo reports losses a line each.
func printTo(w io.Writer) func(Event) {
	return func(e Event) {
		if e.Loss {
			fmt.Fprintln(w, e.Text)
		}
	}
}

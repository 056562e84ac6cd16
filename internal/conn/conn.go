package conn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
)

// ErrGone is wrapped by the errors of everything that waited for a controller that is gone.
var ErrGone = errors.New("the controller is gone")

// ErrClosed is wrapped by the errors of everything that uses a connection after its Close.
var ErrClosed = errors.New("the connection is closed")

// Config says how to connect.
type Config struct {
	Dial link.Dialer
	// Event is told what happens to the cluster; nil: nobody is.
	Event func(proto.Event)
	// Spill is room on a disk for objects of jobs under way that are more than Memory bytes, 0: some hundred million; nil: there is none. It is
	// closed with the connection.
	Spill  *spool.Overflow
	Memory int
}

// Conn is a connection to a controller. All methods may be called concurrently.
type Conn struct {
	cfg   Config
	link  link.End
	group *group.Group
	acks  acks

	// sending keeps a job's objects, the job and what extends it in order, over all who submit.
	sending sync.Mutex
	// offering is held by who finds out what cells we compile.
	offering sync.Mutex

	mu       sync.Mutex
	up       bool
	gone     error
	done     chan struct{}          // closed when gone is set
	jobs     map[proto.JobID]*Job   // those under way
	last     uint64                 // the number of the last job
	sent     map[proto.Hash]bool    // objects sent on this connection
	shared   map[proto.Hash]*shared // the large objects of jobs under way
	inMemory int                    // the bytes of those
	written  map[proto.Hash]file    // files of objects that are about to be sent
	spool    *spool.Dir             // the controller's, nil where it is on another machine
	asked    map[uint64]question
	runs     map[proto.JobID]*running
	seq      uint64
	changed  chan struct{} // closed and replaced at every event of the cluster
	welcome  proto.Welcome
	offered  *proto.CellMaker // what the controller was told
}

// Dial connects to a controller.
func Dial(ctx context.Context, cfg Config) (*Conn, error) {
	if cfg.Memory == 0 {
		cfg.Memory = sharedBytes
	}
	c := &Conn{
		cfg: cfg, group: group.New(context.Background()), done: make(chan struct{}), changed: make(chan struct{}),
		jobs: map[proto.JobID]*Job{}, sent: map[proto.Hash]bool{}, written: map[proto.Hash]file{}, shared: map[proto.Hash]*shared{}, asked: map[uint64]question{}, runs: map[proto.JobID]*running{},
	}
	link, err := cfg.Dial(ctx, handler{c})
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.link, c.acks.link = link, link
	c.up = true
	c.mu.Unlock()
	return c, lasting(ctx, c.sayLocal(ctx))
}

// sayLocal tells the controller that we see its spool directory, if we do.
func (c *Conn) sayLocal(ctx context.Context) error {
	c.mu.Lock()
	dir := c.spool
	c.mu.Unlock()
	if dir == nil {
		return nil
	}
	return c.link.SendWait(ctx, &proto.Local{Answer: dir.Answer()})
}

// handler keeps the link's calls out of Conn's own methods.
type handler struct{ c *Conn }

// Cluster is the name of the cluster that the controller welcomed us to.
func (c *Conn) Cluster() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.welcome.Cluster
}

// Done is closed when the connection has ended for good; Err says why.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err returns why the connection has ended for good, nil as long as it has not.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}

// Go runs f in a goroutine that the connection's Close waits for; f must end when its context does.
func (c *Conn) Go(name string, f func(ctx context.Context) error) error { return c.group.Go(name, f) }

// Close ends the connection. What still waits on it gets an error.
func (c *Conn) Close() error {
	c.end(ErrClosed)
	c.acks.close()
	err := c.link.Close("the client closed its connection")
	if stopped := c.group.Stop(); err == nil {
		err = stopped
	}
	return errors.Join(err, c.cfg.Spill.Close())
}

// end ends the connection for good, and every job with it.
func (c *Conn) end(why error) {
	c.mu.Lock()
	if c.gone != nil {
		c.mu.Unlock()
		return
	}
	c.gone, c.up = why, false
	close(c.done)
	jobs := c.underWay()
	for _, j := range jobs {
		c.unshare(j.objects)
	}
	c.jobs = map[proto.JobID]*Job{}
	c.mu.Unlock()
	for _, j := range jobs {
		j.finish(proto.JobFailed, &proto.Error{Kind: proto.KindController, Message: why.Error()}, why)
	}
}

// Up is called at every connection, the first one included.
func (h handler) Up(w proto.Welcome) {
	c := h.c
	c.mu.Lock()
	c.welcome = w
	// Where it cannot be joined, all goes through the connection.
	c.spool, _ = spool.Join(w.Spool, w.Proof)
	again := c.link != nil
	c.up = again
	clear(c.sent)
	c.mu.Unlock()
	if again {
		// A connection that stops meanwhile ends its jobs by itself.
		_ = c.group.Go("resume", func(ctx context.Context) error { c.resume(ctx); return nil })
	}
}

// Down is called whenever the connection breaks; final says that it stays so.
func (h handler) Down(err error, final bool) {
	h.c.mu.Lock()
	h.c.up = false
	h.c.cutRuns(err)
	h.c.mu.Unlock()
	if final {
		h.c.end(Gone(err))
	}
}

// Gone returns the error about a controller that is gone because of err.
func Gone(err error) error {
	if err == nil {
		return ErrGone
	}
	return &goneError{err}
}

// goneError is ErrGone with the reason in short.
type goneError struct{ cause error }

func (e *goneError) Error() string {
	why := e.cause.Error()
	var dial *link.DialError
	var left *link.LeftError
	switch {
	case errors.As(e.cause, &dial):
		why = fmt.Sprintf("%v at %s any more", dial.Kind, dial.Addr)
	case errors.As(e.cause, &left):
		why = left.Reason
	}
	return fmt.Sprintf("%v (%s); the jobs it had are lost, `gocluster start` starts another", ErrGone, why)
}

func (e *goneError) Unwrap() []error { return []error{ErrGone, e.cause} }

// Message takes what the controller sends.
func (h handler) Message(m proto.Message) {
	c := h.c
	switch m := m.(type) {
	case *proto.Accepted:
		c.accepted(m)
	case *proto.Result:
		c.result(m)
	case *proto.JobEnd:
		c.jobEnd(m)
	case *proto.Output:
		if j := c.job(m.Job); j != nil {
			j.sink.Output(*m)
		}
	case *proto.Progress:
		if j := c.job(m.Job); j != nil {
			if s, ok := j.sink.(ProgressSink); ok {
				s.Progress(m)
			}
		}
	case *proto.Event:
		c.event(m)
	case *proto.RunData:
		c.ran(m.ID, m)
	case *proto.RunEnd:
		c.ran(m.ID, m)
	case *proto.NeedObject:
		c.needObject(m.Hash)
	case *proto.NeedCell:
		c.makeCell(m)
	case proto.Answer:
		c.answered(m)
	}
}

func (c *Conn) event(e *proto.Event) {
	c.mu.Lock()
	close(c.changed)
	c.changed = make(chan struct{})
	c.mu.Unlock()
	if c.cfg.Event != nil {
		c.cfg.Event(*e)
	}
}

// Note tells the user something about the cluster.
func (c *Conn) Note(text string) {
	if c.cfg.Event != nil {
		c.cfg.Event(proto.Event{Engine: proto.NoEngine, Text: text, At: time.Now()})
	}
}

// Changed is closed at the next event of the cluster.
func (c *Conn) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// needObject answers for an object that the controller has not (any more).
func (c *Conn) needObject(h proto.Hash) {
	c.mu.Lock()
	answer := &proto.Object{Hash: h, Missing: true}
	for _, j := range c.jobs {
		for _, o := range j.objects {
			if o.Hash == h {
				answer = o
			}
		}
	}
	c.mu.Unlock()
	_ = c.group.Go("object", func(ctx context.Context) error {
		// Where the connection breaks, the controller asks again.
		_ = c.link.SendWait(ctx, c.sendable(answer))
		return nil
	})
}

// Shutdown ends engines, or the whole cluster where there are none given, and returns when that has happened.
func (c *Conn) Shutdown(ctx context.Context, engines []proto.EngineID) error {
	if err := c.link.SendWait(ctx, &proto.Shutdown{Engines: engines}); err != nil {
		return err
	}
	if len(engines) > 0 {
		return c.UntilGone(ctx, engines)
	}
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the controller to end: %w", context.Cause(ctx))
	}
}

// UntilGone waits until engines have ended.
func (c *Conn) UntilGone(ctx context.Context, engines []proto.EngineID) error {
	return c.Until(ctx, "the engines to end", func(st *proto.Status) bool {
		return !slices.ContainsFunc(st.Engines, func(e proto.EngineStatus) bool {
			return e.State != proto.EngineLost && slices.Contains(engines, e.ID)
		})
	})
}

// recheck bounds how long Until relies on being told of changes.
const recheck = time.Second

// Until waits until the cluster's engines are as ok wants it.
func (c *Conn) Until(ctx context.Context, what string, ok func(*proto.Status) bool) error {
	tick := time.NewTicker(recheck)
	defer tick.Stop()
	for {
		changed := c.Changed()
		st, err := c.Engines(ctx)
		if err != nil {
			return fmt.Errorf("waiting for %s: %w", what, err)
		}
		if ok(st) {
			return nil
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-c.done:
			return c.Err()
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, context.Cause(ctx))
		}
	}
}

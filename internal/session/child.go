package session

import (
	"context"
	"crypto/rand"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/role"
)

const (
	// envPipes names the descriptors of requests and events in the child's environment.
	envPipes = "GOCLUSTER_PIPES"
	// startTimeout bounds how long a child may take to be ready.
	startTimeout = 20 * time.Second
	// patience is how long an interrupted cell may take to end before its process is killed.
	patience = time.Second
	// lastOutput is how long output is awaited that other processes, which have inherited the pipes, may still write when
	// the child has ended.
	lastOutput = 200 * time.Millisecond
)

// errDied is wrapped by the errors of requests during which the child died.
var errDied = errors.New("the session's process ended")

// child is the life of one child process, seen from the parent.
type child struct {
	cmd    *exec.Cmd
	limit  int64 // of memory
	group  *group.Group
	order  *order
	router *router
	errs   *stderrSink

	sending  sync.Mutex
	requests *gob.Encoder
	to       *os.File
	from     [pipes]*os.File // what the child writes

	ready chan error
	// dead is closed when the process has ended and everything it wrote has been read; reason is set then.
	dead   chan struct{}
	reason string
	trace  trace // of what ended the process, if it said so
	// step is the statement of a light cell that began last.
	step atomic.Int64
	// closing tells that the session is being closed: the client may go on showing what it has.
	closing atomic.Bool

	mu sync.Mutex
	// waiting are those who wait for the replies to requests.
	waiting  map[int]chan *done
	exiting  *int   // the status given to os.Exit
	exitedAt trace  // where
	killed   string // why we killed it
	// units are the functions that the child has, the latest last, each with the captured values it has now.
	units []sentUnit
}

// startChild starts a process and waits until it is ready.
func startChild(ctx context.Context, o Options, r *router) (*child, error) {
	mark := make([]byte, 8)
	_, _ = rand.Read(mark) // never fails
	h := hello{Mark: append([]byte{markStart}, hex.EncodeToString(mark)...), Stdin: o.Stdin, Comms: o.Comms, MemoryLimit: o.MemoryLimit, Lasting: o.Lasting}
	c := &child{
		limit: o.MemoryLimit, group: group.New(context.Background()), order: newOrder(), router: r, ready: make(chan error, 1),
		waiting: map[int]chan *done{}, dead: make(chan struct{}),
	}
	c.errs = &stderrSink{c: c}
	if err := c.start(o, h); err != nil {
		return nil, fmt.Errorf("cannot start the session's process: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	err := c.send(&request{Hello: &h})
	if err == nil {
		select {
		case err = <-c.ready:
		case <-c.dead:
			err = fmt.Errorf("it ended: %s", c.reason)
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	if err != nil {
		c.close()
		return nil, fmt.Errorf("the session's process cannot work: %w", err)
	}
	return c, nil
}

// start starts the process and the goroutines that read what it writes.
func (c *child) start(o Options, h hello) (err error) {
	// The system's own error would blame the executable.
	if o.Dir != "" {
		if _, err := os.Stat(o.Dir); err != nil {
			return fmt.Errorf("its directory: %w", err)
		}
	}
	name := o.Role
	if name == "" {
		name = RoleSession
	}
	c.cmd = role.Command(name)
	if o.Executable != "" {
		c.cmd.Path, c.cmd.Args[0] = o.Executable, o.Executable
	}
	c.cmd.Env = without(append(c.cmd.Env, o.Env...), o.unset)
	c.cmd.Dir = o.Dir
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			_ = f.Close() // ours is the other end
		}
		if err != nil {
			c.closePipes()
		}
	}()
	pipe := func() (r, w *os.File) {
		if err == nil {
			r, w, err = os.Pipe()
		}
		return r, w
	}
	requests, to := pipe()
	stdout, outW := pipe()
	stderr, errW := pipe()
	events, evW := pipe()
	theirs = compact(requests, outW, errW, evW)
	c.to, c.from = to, [pipes]*os.File{stdout, stderr, events}
	if err != nil {
		return err
	}
	in, err := inherit(c.cmd, requests)
	if err != nil {
		return err
	}
	out, err := inherit(c.cmd, evW)
	if err != nil {
		return err
	}
	c.cmd.Env = append(c.cmd.Env, envPipes+"="+in+","+out)
	c.cmd.Stdout, c.cmd.Stderr = outW, errW
	c.requests = gob.NewEncoder(to)
	if err := c.cmd.Start(); err != nil {
		return err
	}
	return c.readers(h)
}

func compact(files ...*os.File) []*os.File {
	var out []*os.File
	for _, f := range files {
		if f != nil {
			out = append(out, f)
		}
	}
	return out
}

func (c *child) closePipes() {
	for _, f := range append(compact(c.from[:]...), compact(c.to)...) {
		_ = f.Close() // nothing is lost: the child is gone
	}
}

func (c *child) readers(h hello) error {
	var reading sync.WaitGroup
	reading.Add(pipes)
	start := func(name string, f func()) error {
		return c.group.Go(name, func(context.Context) error {
			defer reading.Done()
			f()
			return nil
		})
	}
	return errors.Join(
		start("stdout", func() { c.order.readText(c.from[pipeStdout], pipeStdout, h.Mark, stdoutSink{c}) }),
		start("stderr", func() { c.order.readText(c.from[pipeStderr], pipeStderr, h.Mark, c.errs) }),
		start("events", c.readEvents),
		c.group.Go("wait", func(context.Context) error { c.wait(&reading); return nil }),
	)
}

// wait waits for the process to end, and for what it wrote.
func (c *child) wait(reading *sync.WaitGroup) {
	err := c.cmd.Wait()
	drained := make(chan struct{})
	_ = c.group.Go("drain", func(context.Context) error {
		reading.Wait()
		close(drained)
		return nil
	})
	select {
	case <-drained:
	case <-time.After(lastOutput):
		c.closePipes()
		<-drained
	}
	c.closePipes()
	role.EndGroup(c.cmd.Process.Pid)
	c.reason = c.why(err)
	if c.trace = crash(c.errs.lastWords()); len(c.trace.positions) == 0 {
		c.trace = c.leftAt()
	}
	if !c.closing.Load() {
		c.router.comms.close()
	}
	close(c.dead)
}

// leftAt is where the code has ended the process, if it did.
func (c *child) leftAt() trace {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.exitedAt
}

// why says why the process ended.
func (c *child) why(waited error) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.killed != "":
		return c.killed
	case c.exiting != nil:
		return fmt.Sprintf("os.Exit(%d) was called", *c.exiting)
	case c.cmd.ProcessState == nil:
		return fmt.Sprint(waited)
	}
	words := c.errs.lastWords()
	if c.limit > 0 && wantsMemory.MatchString(words) {
		return fmt.Sprintf("out of memory: it needed more than its limit of %d MB", c.limit>>20)
	}
	return role.Death(c.cmd.ProcessState, words)
}

// wantsMemory finds what the runtime says when it gets no memory, be it for values, stacks or threads.
var wantsMemory = regexp.MustCompile(`out of memory|cannot allocate memory|pthread_create failed|failed to create new OS thread`)

// kill ends the process; why is what people are told, or "" for what the system says.
func (c *child) kill(why string) {
	c.mu.Lock()
	if c.killed == "" {
		c.killed = why
	}
	c.mu.Unlock()
	_ = c.cmd.Process.Kill() // it may have ended by itself
}

// close ends the process, if need be by force, and returns when it has ended.
func (c *child) close() {
	if c.cmd.Process == nil {
		return
	}
	_ = c.to.Close() // the child ends when there are no more requests
	select {
	case <-c.dead:
	case <-time.After(patience / 2):
		c.kill("closed")
		<-c.dead
	}
	_ = c.group.Stop() // its goroutines report nothing
}

func (c *child) send(r *request) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	return c.requests.Encode(r)
}

// readEvents takes the child's events.
func (c *child) readEvents() {
	defer c.order.end(pipeEvents)
	dec := gob.NewDecoder(c.from[pipeEvents])
	for {
		var e event
		if err := dec.Decode(&e); err != nil {
			return
		}
		c.take(&e)
	}
}

func (c *child) take(e *event) {
	switch {
	case e.Ready != nil:
		var err error
		if e.Ready.Error != "" {
			err = errors.New(e.Ready.Error)
		}
		c.ready <- err
	case e.Barrier != nil:
		c.order.own(e.Barrier.N, e.Barrier.Owner)
		c.order.reach(pipeEvents, e.Barrier.N)
	case e.Show != nil:
		if d, err := e.Show.data(); err == nil {
			c.router.display(c.order.ownerOf(pipeEvents), d)
		}
	case e.Clear != nil:
		c.router.clear(c.order.ownerOf(pipeEvents), e.Clear.Wait)
	case e.Ask != nil:
		c.ask(*e.Ask)
	case e.Exit != nil:
		c.mu.Lock()
		c.exiting, c.exitedAt = &e.Exit.Code, trace{e.Exit.Where.Positions, e.Exit.Where.Funcs, e.Exit.Where.Repeats}
		c.mu.Unlock()
	case e.Step != nil:
		c.step.Store(int64(e.Step.N))
	case e.Far != nil:
		c.router.far(*e.Far)
	case e.Late != nil:
		late := e.Late.cellError()
		if late.Goroutine = !e.Late.Returned; late.Goroutine {
			late.Trace[0] = "panic in a goroutine: " + late.Message
		}
		c.router.failed(c.order.ownerOf(pipeEvents), late)
	case e.Comm != nil:
		c.router.comm(e.Comm.Owner, e.Comm.Message)
	case e.Done != nil:
		c.answered(e.Done)
	}
}

// ask asks the user, beside the reading of events.
func (c *child) ask(a ask) {
	owner := c.order.ownerOf(pipeEvents)
	// A session that is closing has nobody to ask.
	_ = c.group.Go("input", func(context.Context) error {
		text, err := c.router.input(owner, a.Prompt, a.Password)
		r := answer{N: a.N, Text: text}
		if err != nil {
			r.Error = err.Error()
		}
		_ = c.send(&request{Answer: &r}) // a child that has died asks no more
		return nil
	})
}

// do sends a request and waits for its reply. When ctx is cancelled, the child is asked to stop, and killed if it does not.
func (c *child) do(ctx context.Context, r *request, seq int) (*done, error) {
	reply := make(chan *done, 1)
	c.mu.Lock()
	c.waiting[seq] = reply
	c.mu.Unlock()
	if err := c.send(r); err != nil {
		<-c.died()
		return nil, fmt.Errorf("%w: %s", errDied, c.reason)
	}
	cancelled := ctx.Done()
	var tired <-chan time.Time
	for {
		select {
		case d := <-reply:
			return d, nil
		case <-c.dead:
			select {
			case d := <-reply:
				return d, nil
			default:
			}
			return nil, fmt.Errorf("%w: %s", errDied, c.reason)
		case <-cancelled:
			cancelled = nil
			_ = c.send(&request{Interrupt: &struct{ Seq int }{seq}}) // a child that has died needs no interrupt
			tired = time.After(patience)
		case <-tired:
			c.kill(fmt.Sprintf("it was interrupted and did not stop within %v", patience))
		}
	}
}

// answered gives a reply to who waits for it.
func (c *child) answered(d *done) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if reply, ok := c.waiting[d.Seq]; ok {
		delete(c.waiting, d.Seq)
		reply <- d
	}
}

// died kills a child to which nothing can be sent, and returns its dead.
func (c *child) died() <-chan struct{} {
	select {
	case <-c.dead:
	case <-time.After(patience):
		c.kill("")
	}
	return c.dead
}

func (s *show) data() (Data, error) {
	d := Data{ID: s.ID, Update: s.Update}
	var body struct{ MIME, Metadata map[string]any }
	if err := json.Unmarshal(s.JSON, &body); err != nil {
		return d, err
	}
	d.MIME, d.Metadata = body.MIME, body.Metadata
	return d, nil
}

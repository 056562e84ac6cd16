package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/group"
)

// ErrClosed is what a closed session answers.
var ErrClosed = errors.New("the session is closed")

// errInterrupted is the cause of a context that Interrupt cancelled.
var errInterrupted = errors.New("interrupted")

// Session is a live namespace whose code runs in a child process. Its methods may be called concurrently; cells, calls, pushes and pulls
// run one after the other.
type Session struct {
	opts   Options
	group  *group.Group
	router *router
	turn   chan struct{} // holds one token: who has it may use the child
	deaths chan Death
	closed chan struct{}
	ended  chan struct{} // closed when a Once session's process has ended

	front   sync.Mutex // guards code, which is used beside a running cell for completion
	code    *gocode.Session
	columns columns
	// planning is the cell that is being planned.
	planning struct {
		ctx context.Context
		out Output
	}
	unitKey units

	tiers tiers
	files string // where the child may leave large results; of who has the turn

	mu     sync.Mutex
	child  *child
	seq    int
	cancel context.CancelCauseFunc // of the running request
	notice string                  // of a death while nothing ran, for the next cell
	reason string                  // why a Once session's process has ended
}

// Start starts a session. Its process is ready when Start returns; ctx bounds only the start.
func Start(ctx context.Context, o Options) (*Session, error) {
	s := &Session{
		opts: o, group: group.New(context.Background()), router: newRouter(), turn: make(chan struct{}, 1), deaths: make(chan Death, 16),
		closed: make(chan struct{}), ended: make(chan struct{}), columns: columns{},
	}
	s.opts.Code.Import, s.opts.Code.Doc, s.opts.Code.Paths = s.importPackage, s.docOf, s.pathsOf
	code, err := gocode.New(s.opts.Code)
	if err != nil {
		return nil, fmt.Errorf("cannot start a session: %w", err)
	}
	s.code = code
	if err := s.findKit(); err != nil {
		return nil, err
	}
	c, err := startChild(ctx, o, s.router)
	if err != nil {
		return nil, err
	}
	if err := s.adopt(c); err != nil {
		c.close()
		return nil, err
	}
	s.turn <- struct{}{}
	return s, nil
}

// adopt makes c the session's child, and has somebody see when it dies.
func (s *Session) adopt(c *child) error {
	s.mu.Lock()
	s.child = c
	s.mu.Unlock()
	return s.group.Go("undertaker", func(ctx context.Context) error {
		select {
		case <-c.dead:
		case <-ctx.Done():
			return nil
		}
		if s.opts.Once && s.current() == c {
			s.mu.Lock()
			s.reason = c.reason
			s.mu.Unlock()
			close(s.ended)
		}
		// If a request was running, it has replaced the child when the turn is ours.
		if err := s.take(ctx); err != nil {
			return nil
		}
		defer s.give()
		if s.current() == c {
			lost, err := s.replace(ctx)
			s.leaveNotice(c.reason, lost, err)
		}
		return nil
	})
}

func (s *Session) leaveNotice(reason string, lost []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notice = "The session's process ended between cells: " + reason + ". " + consequences(lost, err) + "\n"
}

// consequences says what the death of a child has come to.
func consequences(lost []string, err error) string {
	text := "It has been replaced."
	switch {
	case err != nil:
		text = "It could not be replaced: " + err.Error()
	case len(lost) > 0:
		text += " Declarations are restored; these variables have lost their values: " + strings.Join(lost, ", ") + "."
	}
	return text
}

func (s *Session) current() *child {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.child
}

// take waits until the child is ours to use.
func (s *Session) take(ctx context.Context) error {
	select {
	case <-s.closed:
		return ErrClosed
	default:
	}
	select {
	case <-s.turn:
		return nil
	case <-s.closed:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Session) give() { s.turn <- struct{}{} }

// replace puts a new child in place of a dead one and restores the declarations. The caller has the turn.
func (s *Session) replace(ctx context.Context) (lost []string, err error) {
	old := s.current()
	s.front.Lock()
	lost = s.code.Lose()
	s.front.Unlock()
	defer func() { s.post(Death{PID: old.cmd.Process.Pid, Reason: old.reason, Lost: lost}) }()
	old.close()
	if s.opts.Once {
		return lost, nil
	}
	select {
	case <-s.closed:
		return lost, ErrClosed
	default:
	}
	// A cell's interrupt must not keep the session from being restored.
	ctx = context.WithoutCancel(ctx)
	c, err := startChild(ctx, s.opts, s.router)
	if err != nil {
		return lost, err
	}
	if err := s.adopt(c); err != nil {
		c.close()
		return lost, err
	}
	return lost, s.replay(ctx, c)
}

// replay restores the session's declarations in a fresh child.
func (s *Session) replay(ctx context.Context, c *child) error {
	s.front.Lock()
	plans := s.code.Replay()
	s.front.Unlock()
	for _, p := range plans {
		seq := s.next()
		r, err := s.request(ctx, p, seq)
		if err != nil {
			return err
		}
		r.Run = false
		d, err := c.do(ctx, &request{Run: r}, seq)
		if err != nil {
			return err
		}
		if d.Failure != nil {
			return fmt.Errorf("a declaration could not be restored: %s", d.Failure.Message)
		}
	}
	return nil
}

// post tells of a death; if nobody listens, the oldest news goes.
func (s *Session) post(d Death) {
	for {
		select {
		case s.deaths <- d:
			return
		default:
		}
		select {
		case <-s.deaths:
		default:
		}
	}
}

func (s *Session) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	return s.seq
}

// running makes ctx the one that Interrupt cancels, until the function returned is called.
func (s *Session) running(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	s.mu.Lock()
	s.cancel = cancel
	s.mu.Unlock()
	return ctx, func() {
		s.mu.Lock()
		s.cancel = nil
		s.mu.Unlock()
		cancel(nil)
	}
}

// Interrupt interrupts what runs, if anything does. Code that does not end within a second is ended with its process.
func (s *Session) Interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel(errInterrupted)
	}
}

// PID returns the id of the process that code runs in now.
func (s *Session) PID() int { return s.current().cmd.Process.Pid }

// Deaths tells of processes that ended by themselves or were killed, each once. Who does not read loses the oldest.
func (s *Session) Deaths() <-chan Death { return s.deaths }

// Ended is closed when the process of a session with Once set has ended; Reason says why then.
func (s *Session) Ended() <-chan struct{} { return s.ended }

// Reason says why the process of a session with Once set has ended.
func (s *Session) Reason() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reason
}

// Kill ends the process at once, whatever it does. It is replaced, unless Once is set.
func (s *Session) Kill() { s.current().kill("killed on request") }

// Close ends the session and its process, whatever it does.
func (s *Session) Close() error {
	s.mu.Lock()
	select {
	case <-s.closed:
		s.mu.Unlock()
		return nil
	default:
	}
	close(s.closed)
	if s.cancel != nil {
		s.cancel(ErrClosed)
	}
	c := s.child
	s.mu.Unlock()
	c.closing.Store(true)
	c.close()
	err := errors.Join(s.group.Stop(), s.tiers.close())
	if last := s.current(); last != c {
		last.close()
	}
	return err
}

// Who lists the session's names.
func (s *Session) Who() []gocode.Decl {
	s.front.Lock()
	defer s.front.Unlock()
	return s.code.Vars()
}

// Clear forgets everything: the namespace is empty again, in a new process.
func (s *Session) Clear(ctx context.Context) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.give()
	code, err := gocode.New(s.opts.Code)
	if err != nil {
		return err
	}
	c, err := startChild(ctx, s.opts, s.router)
	if err != nil {
		return err
	}
	old := s.current()
	s.front.Lock()
	s.code = code
	s.front.Unlock()
	s.tiers.reopen()
	err = s.adopt(c)
	old.close()
	return err
}

// since rounds durations to what people read.
func since(t time.Time) time.Duration { return time.Since(t).Round(time.Microsecond) }

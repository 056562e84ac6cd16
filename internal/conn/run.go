package conn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/gocluster/gocluster/internal/flow"
	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
)

// RunConfig is a program for the engine host of an engine.
type RunConfig struct {
	Engine         proto.EngineID
	Argv, Env      []string
	Dir            string
	Stdin          io.Reader // nil: it is empty
	Stdout, Stderr io.Writer
}

// running is a program under way.
type running struct {
	stdin *flow.Window

	mu   sync.Mutex
	come []proto.Message // that is to be looked at
	news chan struct{}
}

// take takes a message of the program, in the reader's goroutine.
func (r *running) take(m proto.Message) {
	r.mu.Lock()
	r.come = append(r.come, m)
	r.mu.Unlock()
	select {
	case r.news <- struct{}{}:
	default:
	}
}

func (r *running) taken() []proto.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	come := r.come
	r.come = nil
	return come
}

// Run runs a program and returns its exit status. When ctx ends, the program is killed.
func (c *Conn) Run(ctx context.Context, cfg RunConfig) (status int, err error) {
	id := link.NewJobID()
	r := &running{stdin: flow.NewWindow(), news: make(chan struct{}, 1)}
	c.mu.Lock()
	if c.gone != nil {
		defer c.mu.Unlock()
		return 0, c.gone
	}
	c.runs[id] = r
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.runs, id)
	}()
	if err := c.link.SendWait(ctx, &proto.Run{ID: id, Engine: cfg.Engine, Argv: cfg.Argv, Env: cfg.Env, Dir: cfg.Dir}); err != nil {
		return 0, err
	}
	input, stop := context.WithCancel(ctx)
	defer stop()
	// Who reads the input may never come back, so nobody waits for that, not even Close: it has a group of its own.
	if err := group.New(input).Go("input of a program", func(ctx context.Context) error { c.feed(ctx, id, r, cfg.Stdin); return nil }); err != nil {
		return 0, err
	}
	for {
		for _, m := range r.taken() {
			switch m := m.(type) {
			case *proto.RunEnd:
				if m.Error != "" {
					return m.Status, errors.New(m.Error)
				}
				return m.Status, nil
			case *proto.RunData:
				c.output(ctx, id, r, m, cfg)
			}
		}
		select {
		case <-r.news:
		case <-c.done:
			return 0, c.Err()
		case <-ctx.Done():
			_ = c.link.Send(&proto.RunEnd{ID: id}) // where it does not get through, the connection's end kills the program
			return 0, context.Cause(ctx)
		}
	}
}

// output passes on what a program has printed, or notes what it has read.
func (c *Conn) output(ctx context.Context, id proto.JobID, r *running, m *proto.RunData, cfg RunConfig) {
	if m.Stream == proto.RunStdin {
		r.stdin.Give(m.Got)
		return
	}
	to := cfg.Stdout
	if m.Stream == proto.RunStderr {
		to = cfg.Stderr
	}
	if len(m.Data) > 0 && to != nil {
		_, _ = to.Write(m.Data) // who does not listen misses it
	}
	_ = c.link.SendWait(ctx, &proto.RunData{ID: id, Stream: m.Stream, Got: len(m.Data)}) // a connection that breaks ends the program
}

// feed sends a program its input.
func (c *Conn) feed(ctx context.Context, id proto.JobID, r *running, in io.Reader) {
	for in != nil {
		piece := make([]byte, flow.Piece)
		n, err := in.Read(piece)
		if n > 0 && (!r.stdin.Take(ctx, n) || c.link.SendWait(ctx, &proto.RunData{ID: id, Data: piece[:n]}) != nil) {
			return
		}
		if err != nil {
			break
		}
	}
	_ = c.link.SendWait(ctx, &proto.RunData{ID: id, End: true})
}

// ran takes a message of a program.
func (c *Conn) ran(id proto.JobID, m proto.Message) {
	c.mu.Lock()
	r := c.runs[id]
	c.mu.Unlock()
	if r != nil {
		r.take(m)
	}
}

// cutRuns ends what waits for programs whose connection has broken. The caller holds mu.
func (c *Conn) cutRuns(why error) {
	for id, r := range c.runs {
		r.take(&proto.RunEnd{ID: id, Error: fmt.Sprintf("the connection to the controller was lost, and the program is killed: %v", why)})
	}
}

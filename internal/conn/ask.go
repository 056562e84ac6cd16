package conn

import (
	"context"
	"fmt"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// question is what the controller was asked.
type question struct {
	m      proto.Message
	answer chan proto.Answer
}

// ask sends a question with a number and waits for the message that answers it; what calls that in errors.
func ask[A proto.Answer](ctx context.Context, c *Conn, what string, about func(seq uint64) proto.Message) (answer A, err error) {
	c.mu.Lock()
	if c.gone != nil {
		defer c.mu.Unlock()
		return answer, c.gone
	}
	c.seq++
	seq := c.seq
	q := question{about(seq), make(chan proto.Answer, 1)}
	c.asked[seq] = q
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.asked, seq)
	}()
	// A question that is lost with its connection is asked again on the next.
	if err := c.link.SendWait(ctx, q.m); err != nil && ctx.Err() != nil {
		return answer, context.Cause(ctx)
	}
	select {
	case m := <-q.answer:
		if _, failed := m.Answers(); failed != nil && failed.Message != "" {
			return answer, failed
		}
		return m.(A), nil
	case <-c.done:
		return answer, c.Err()
	case <-ctx.Done():
		return answer, fmt.Errorf("waiting for the controller's %s: %w", what, context.Cause(ctx))
	}
}

// answered hands an answer to who has asked, if that still waits.
func (c *Conn) answered(m proto.Answer) {
	seq, _ := m.Answers()
	c.mu.Lock()
	defer c.mu.Unlock()
	if q, ok := c.asked[seq]; ok {
		delete(c.asked, seq)
		q.answer <- m
	}
}

// Status asks the controller how the cluster is.
func (c *Conn) Status(ctx context.Context) (*proto.Status, error) {
	return ask[*proto.Status](ctx, c, "status", func(seq uint64) proto.Message { return &proto.StatusRequest{Seq: seq} })
}

// Engines asks the controller which engines and hosts there are, and how they are: it is a Status without jobs.
func (c *Conn) Engines(ctx context.Context) (*proto.Status, error) {
	return ask[*proto.Status](ctx, c, "status", func(seq uint64) proto.Message { return &proto.StatusRequest{Seq: seq, Brief: true} })
}

// Invitations asks the controller something about invitations.
func (c *Conn) Invitations(ctx context.Context, about func(seq uint64) proto.Message) (*proto.Invitations, error) {
	return ask[*proto.Invitations](ctx, c, "invitations", about)
}

// Profiles asks the controller what it and the engine hosts compute within d.
func (c *Conn) Profiles(ctx context.Context, d time.Duration) ([]proto.Profile, error) {
	answer, err := ask[*proto.Profiles](ctx, c, "profiles", func(seq uint64) proto.Message { return &proto.ProfileRequest{Seq: seq, For: d} })
	if err != nil {
		return nil, err
	}
	return answer.List, nil
}

// SetEnvironment makes source what every engine's session runs before any task, those there are and those to come.
func (c *Conn) SetEnvironment(ctx context.Context, name, source string) error {
	_, err := ask[*proto.Environment](ctx, c, "environment", func(seq uint64) proto.Message {
		return &proto.Environment{Seq: seq, Name: name, Source: source}
	})
	return err
}

// Sets asks the process that has started the cluster something about engine sets. What was asked for is under way when it has answered.
func (c *Conn) Sets(ctx context.Context, q proto.SetsRequest) (*proto.Sets, error) {
	return ask[*proto.Sets](ctx, c, "engine sets", func(seq uint64) proto.Message { q.Seq = seq; return &q })
}
